"""``compile``: a program tuned on examples, as one durable, tracked run."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from csc_dspy import __version__
from csc_dspy.distillation.provider import StudentProvider
from csc_dspy.errors import InputError, one_line
from csc_dspy.files import held, refuse_input, written_whole
from csc_dspy.framework import Lang
from csc_dspy.jobs import fingerprint
from csc_dspy.lms.endpoint import is_local
from csc_dspy.lms.lm import CscLM
from csc_dspy.lms.replies import Replies, Watched
from csc_dspy.optimizers.data import Sets
from csc_dspy.optimizers.options import Compilation
from csc_dspy.optimizers.outcome import Compiled, CompiledLang, figures, finished, made, tuned_models
from csc_dspy.optimizers.quiet import quiet, screen
from csc_dspy.optimizers.report import briefly
from csc_dspy.optimizers.work import INTERRUPTED, Compiling
from csc_dspy.pipeline.roles import refuse_unpriced
from csc_dspy.pipeline.run import CONCURRENCY
from csc_dspy.programs.asking import Program
from csc_dspy.programs.saved import SavedProgram
from csc_dspy.settings import Role
from csc_dspy.tracking import TrackedRun, TrackingError, digest_of, register, registered, tracked_run
from csc_dspy.wording import amount

PATIENCE = 2
"""How much more often a request is tried than in jobs, which put a unit back: an outage of a minute is waited out."""
REFLECTION_TOKENS = 2000
"""What a local model may write of instructions: a small one may never come to an end by itself, and takes minutes."""
_SERVED = Path(__file__).with_name("served.py")


def compile_program(job: Compilation) -> Compiled:
    """Compile a program and measure it; the same call again goes on, or does nothing if nothing is left to do.

    Raises:
        InputError: Options or examples do not fit.
        ModelError: A model cannot be had.
        RunError: A file cannot be written.
        KeyboardInterrupt: After a Ctrl-C or a SIGTERM, once the best program so far is on disk.
    """
    task = job.task()
    refuse_output(job)
    names, trained = job.names(), job.trained(task)
    config = fingerprint(job.config())[:12]
    answering = [names[role] for role in (*task.roles, *(("judge",) if task.judged else ()))]
    if (earlier := finished(job, config)) is not None:
        return _tracked(job, earlier, names) if job.tracking else earlier
    sets = job.sets(task)
    with held(job.output), job.models() as models:
        if job.max_cost is not None:
            refuse_unpriced(models, names)
        models.concurrency = job.concurrency or (1 if any(map(is_local, answering)) else CONCURRENCY)
        lms = {role: models.open(name) for role, name in names.items()}
        record = job.beside.with_name(job.beside.name + ".replies.jsonl")
        if job.fresh and record.exists():
            _moved_aside(record)
        replies = Replies(record, max_tokens=job.max_tokens, max_cost=job.max_cost)
        if len(replies) > 0:
            known = amount(len(replies), "reply", "replies")
            print(f"{record}: {known} on record, not asked for again", file=screen())
        _on_record(lms, names, replies)
        if trained is not None:
            tuner = StudentProvider(models, trained, job.tuned, job.tuning)
            for role in task.roles:
                lms[role].provider = tuner
        if task.judged:
            task.judge(lms["judge"])
        prompts = Program.prompts_by_lang({lang: task.build(lang) for lang in sets})
        with _run(job, names, prompts, examples=_counts(sets)) as run:
            run.log_text(json.dumps(_ids(sets), ensure_ascii=False, indent=2) + "\n", "examples.json")
            budget = job.budget // len(sets)
            found = _each_language(
                Compiling(job, task, lang, one, budget, run, models, lms, replies, later=1 - 1 / (len(sets) - done))
                for done, (lang, one) in enumerate(sets.items())
            )
            _write(job, found, config)
            run.log_usage(replies.spent)
            model = _log(run, job, found.done, found.rows)
            if found.interrupted:
                same = "the same command, without --fresh," if job.fresh else "the same command"
                print(f"{job.output}: the best so far; {same} goes on", file=sys.stderr)
                raise KeyboardInterrupt
        return Compiled(found.done, replies.ledger.total, replies.asked, model, tuned_models(job, found.done))


@dataclass
class _Found:
    """What the languages came to.

    Attributes:
        programs: The best program of each.
        done: What was done for it.
        rows: Every trial, with its language.
        interrupted: Whether a Ctrl-C or a SIGTERM ended it.
    """

    programs: dict[Lang, Program] = field(default_factory=dict)
    done: dict[Lang, CompiledLang] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)
    interrupted: bool = False


def _run(
    job: Compilation, names: Mapping[Role, str], prompts: Mapping[str, str], **params: Any
) -> AbstractContextManager[TrackedRun]:
    return tracked_run(
        "compile",
        name=f"compile {job.program} {job.optimizer} {job.output.name}",
        params={**_params(job), **params},
        inputs=job.inputs,
        models={str(role): name for role, name in names.items()},
        prompts=prompts,
        enabled=job.tracking,
    )


def _tracked(job: Compilation, earlier: Compiled, names: Mapping[Role, str]) -> Compiled:
    """An earlier compile, tracked now if a kill, an outage or ``--no-tracking`` kept it from being so."""
    trials = _trials(job)
    try:
        with held(job.output):
            if (known := registered(job.program, {"digest": digest_of(job.output).sha256})) is not None:
                return replace(earlier, model=known)
            rows = [json.loads(line) for line in trials.read_text("utf-8").splitlines()] if trials.exists() else []
            with _run(job, names, {}) as run:
                return replace(earlier, model=_log(run, job, earlier.langs, rows))
    except TrackingError as error:
        print(f"{job.output}: is not tracked: {error}", file=sys.stderr)
        return earlier


def _on_record(lms: dict[Role, CscLM], names: Mapping[Role, str], replies: Replies) -> None:
    """Let all models answer from the record; the one that reflects is watched, and a local one comes to an end."""
    if "reflection" in lms:  # first, for it may be another role's, too
        most = {"max_tokens": REFLECTION_TOKENS} if is_local(names["reflection"]) else {}
        lms["reflection"] = lms["reflection"].copy(**most)
    for role, lm in lms.items():
        reflects = role == "reflection"
        lm.replies, lm.patience = Watched(replies) if reflects else replies, PATIENCE
        lm.answered = not reflects and len(replies) > 0


def _each_language(compilings: Iterable[Compiling]) -> _Found:
    """Compile one language after the other; what some come to is kept where others fail.

    Raises:
        Exception: Why the first one failed, if none came to anything.
        KeyboardInterrupt: None had come to anything.
    """
    found = _Found()
    failures: list[BaseException] = []
    for compiling in compilings:
        job, lang = compiling.job, compiling.lang
        print(f"{job.program} ({lang}): {compiling.sets.described()}", file=screen())
        try:
            with quiet(job.beside.with_name(job.beside.name + ".log")):
                found.programs[lang], found.done[lang] = compiling.run()
        except (Exception, KeyboardInterrupt) as error:
            failures.append(error)
            compiling.interrupted = compiling.interrupted or isinstance(error, KeyboardInterrupt)
            stopped = INTERRUPTED if compiling.interrupted else one_line(error)
            found.programs[lang] = compiling.task.build(lang)
            found.done[lang] = CompiledLang(gains=(), trials=0, spent=0, best=0, stopped=stopped)
        found.rows += [{"lang": lang, **row} for row in compiling.trials.rows()]
        if compiling.interrupted:
            found.interrupted = True
            break
    if len(failures) == len(found.done):
        raise failures[-1 if found.interrupted else 0]
    return found


def _write(job: Compilation, found: _Found, config: str) -> None:
    """Write the trials and the program, which is last: where it is whole, everything is."""
    saved = SavedProgram.of(job.program, found.programs, made(job, found.done, config))
    _put_aside(job, saved)
    with written_whole(_trials(job)) as part:
        part.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in found.rows), "utf-8")
    saved.write(job.output)


def _trials(job: Compilation) -> Path:
    """Where the trials of a compile are."""
    return job.beside.with_name(job.beside.name + ".trials.jsonl")


def _log(
    run: TrackedRun, job: Compilation, done: Mapping[Lang, CompiledLang], rows: Sequence[Mapping[str, Any]]
) -> str | None:
    """Log what there is to say of a program that is written; returns its address among the registered ones."""
    run.log_table(rows, "trials.json")
    for lang, one in done.items():
        run.log_metrics(figures(lang, one))
    for path in (job.output, _trials(job)):
        if path.exists():
            run.log_output(path)
    stops = [one.stopped for one in done.values() if one.stopped is not None]
    if stops:
        run.ends = "FAILED"
        run.set_tag("error", "; ".join(stops))
    chosen = {f"{lang}.chosen_trial": one.best for lang, one in done.items()}
    told = {"digest": digest_of(job.output).sha256, "complete": "false" if stops else "true"}
    return register(
        run,
        job.program,
        _SERVED,
        job.output,
        f"csc-dspy=={__version__}",
        description=briefly(done),
        tags={"optimizer": job.optimizer, **told, **chosen},
    )


def refuse_output(job: Compilation) -> None:
    """Never write over what is read, or what is no program of this kind.

    Raises:
        InputError: There is something else.
    """
    refuse_input(job.output, *job.inputs.values())
    if not job.output.exists():
        return
    try:
        SavedProgram.read(job.output, job.program)
    except InputError as error:
        raise InputError(f"{error}; it is not written over: give another -o") from None


def _put_aside(job: Compilation, saved: SavedProgram) -> None:
    """Keep the program that lies where this one goes, unless this one is what became of it."""
    if not job.output.exists():
        return
    earlier = SavedProgram.read(job.output, job.program).made
    same = earlier.get("config") == saved.made["config"]
    less = earlier.get("complete") is True and saved.made["complete"] is not True
    if same and not less and not job.fresh:
        return
    aside = _moved_aside(job.output, ".json")
    how = "before" if same else "with other settings before"
    print(f"{job.output}: was compiled {how}; that program was kept as {aside}", file=sys.stderr)


def _moved_aside(path: Path, suffix: str = "") -> Path:
    """Give a file a name that no other has: ``.old`` before the suffix, then ``.old-2`` and so on."""
    path = path.resolve() if path.is_symlink() else path  # a link goes on to lead to what is written next
    for number in itertools.count(1):
        again = f"-{number}" if number > 1 else ""
        aside = path.with_name(f"{path.name.removesuffix(suffix)}.old{again}{suffix}")
        if not aside.exists():
            break
    return path.replace(aside)


def _ids(sets: Mapping[Lang, Sets]) -> dict[str, dict[str, list[str]]]:
    """Which examples each set of each language has."""
    return {lang: {use: [one.id for one in part] for use, part in vars(one).items()} for lang, one in sets.items()}


def _counts(sets: Mapping[Lang, Sets]) -> dict[str, dict[str, int]]:
    """How many they are."""
    return {lang: {use: len(ids) for use, ids in one.items()} for lang, one in _ids(sets).items()}


def _params(job: Compilation) -> dict[str, Any]:
    return {
        "program": job.program,
        "optimizer": job.optimizer,
        "budget": job.budget,
        "demos": job.demos,
        "seed": job.seed,
        "words": job.words,
        "rules": job.rules,
        "masking": job.masks,
    }
