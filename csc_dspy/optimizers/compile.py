"""``compile``: a program tuned on examples, as one durable, tracked run."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from csc_dspy import __version__
from csc_dspy.distillation.provider import StudentProvider
from csc_dspy.errors import CscError, InputError
from csc_dspy.files import held, refuse_input, written_whole
from csc_dspy.framework import Lang
from csc_dspy.jobs import fingerprint
from csc_dspy.lms.endpoint import is_local
from csc_dspy.lms.replies import Replies, Watched
from csc_dspy.optimizers.compilation import Compilation
from csc_dspy.optimizers.compiling import INTERRUPTED, Compiling
from csc_dspy.optimizers.data import Sets
from csc_dspy.optimizers.outcome import Compiled, CompiledLang, figures, finished, made, tuned_models
from csc_dspy.optimizers.quiet import quiet
from csc_dspy.optimizers.report import briefly
from csc_dspy.pipeline.run import CONCURRENCY, behind, refuse_unpriced, students
from csc_dspy.programs.asking import Program
from csc_dspy.programs.saved import SavedProgram
from csc_dspy.tracking import register, tracked_run

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
    if job.optimizer == "simba" and len({names[role] for role in task.roles}) > 1:
        raise InputError("simba samples one model's answers: give all roles of the program the same one")
    if (earlier := finished(job, config)) is not None:
        return earlier
    sets = job.sets(task)
    record = job.beside.with_name(job.beside.name + ".replies.jsonl")
    with held(job.output), job.models() as models:
        if job.fresh and record.exists():
            _moved_aside(record)
        if job.max_cost is not None:
            refuse_unpriced(models, names)
        models.concurrency = job.concurrency or (1 if any(map(is_local, answering)) else CONCURRENCY)
        of = {**students(names), **behind(models, names), **({"api_base": job.api_base} if job.api_base else {})}
        replies = Replies(record, of=of, max_tokens=job.max_tokens, max_cost=job.max_cost)
        lms = {role: models.open(name) for role, name in names.items()}
        for lm in lms.values():
            lm.replies, lm.patience = replies, PATIENCE
        if "reflection" in lms:
            most = {"max_tokens": REFLECTION_TOKENS} if is_local(names["reflection"]) else {}
            lms["reflection"] = lms["reflection"].copy(**most)
            lms["reflection"].replies = Watched(replies)
        if trained is not None:
            tuner = StudentProvider(models, trained, job.tuned, job.tuning)
            for role in task.roles:
                lms[role].provider = tuner
        if task.judged:
            task.judge(lms["judge"])
        programs = {lang: task.build(lang) for lang in sets}
        with tracked_run(
            "compile",
            name=f"compile {job.program} {job.optimizer} {job.output.name}",
            params=_params(job, sets),
            inputs=job.inputs,
            models={str(role): name for role, name in names.items()},
            prompts=Program.prompts_by_lang(programs),
            enabled=job.tracking,
        ) as run:
            done: dict[Lang, CompiledLang] = {}
            best: dict[Lang, Program] = {}
            tables: list[dict[str, Any]] = []
            failures: list[CscError | KeyboardInterrupt] = []
            interrupted = False
            for lang, examples in sets.items():
                print(f"{job.program} ({lang}): {examples.described()}", file=sys.stderr)
                compiling = Compiling(job, task, lang, examples, job.budget // len(sets), run, models, replies)
                try:
                    with quiet(job.beside.with_name(job.beside.name + ".log")):
                        best[lang], done[lang] = compiling.run(lms, models.concurrency)
                except (CscError, KeyboardInterrupt) as error:  # what other languages come to is kept
                    failures.append(error)
                    interrupted = isinstance(error, KeyboardInterrupt)
                    best[lang] = task.build(lang)
                    stopped = INTERRUPTED if interrupted else str(error)
                    done[lang] = CompiledLang(gains=(), trials=0, spent=0, best=0, stopped=stopped)
                tables += [{"lang": lang, **row} for row in compiling.trials.rows()]
                interrupted = interrupted or compiling.interrupted
                if interrupted:
                    break
            if len(failures) == len(done):
                raise failures[-1 if interrupted else 0]
            saved = SavedProgram.of(job.program, best, made(job, done, config))
            _put_aside(job, saved)
            saved.write(job.output)
            trials = job.beside.with_name(job.beside.name + ".trials.jsonl")
            with written_whole(trials) as part:
                part.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in tables), "utf-8")
            run.log_usage(replies.ledger.total)
            run.log_table(tables, "trials.json")
            for lang, one in done.items():
                run.log_metrics(figures(lang, one))
            for path in (job.output, trials):
                run.log_output(path)
            if stops := [one.stopped for one in done.values() if one.stopped is not None]:
                run.ends = "FAILED"
                run.set_tag("error", "; ".join(stops))
            model = register(
                run,
                job.program,
                _SERVED,
                job.output,
                f"csc-dspy=={__version__}",
                description=briefly(done),
                tags={"optimizer": job.optimizer, **{f"{lang}.chosen_trial": one.best for lang, one in done.items()}},
            )
            if interrupted:
                print(f"{job.output}: the best so far; the same command goes on", file=sys.stderr)
                raise KeyboardInterrupt
        return Compiled(done, replies.ledger.total, replies.asked, model, tuned_models(job, done))


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
    print(f"{job.output}: was compiled {how}; that one is {aside} now", file=sys.stderr)


def _moved_aside(path: Path, suffix: str = "") -> Path:
    """Give a file a name that no other has: ``.old`` before the suffix, then ``.old-2`` and so on."""
    for number in itertools.count(1):
        again = f"-{number}" if number > 1 else ""
        aside = path.with_name(f"{path.name.removesuffix(suffix)}.old{again}{suffix}")
        if not aside.exists():
            break
    return path.replace(aside)


def _params(job: Compilation, sets: Mapping[Lang, Sets]) -> dict[str, Any]:
    return {
        "program": job.program,
        "optimizer": job.optimizer,
        "budget": job.budget,
        "demos": job.demos,
        "seed": job.seed,
        "words": job.words,
        "rules": job.rules,
        "masking": job.masks,
        "examples": {
            lang: {"train": len(one.train), "validation": len(one.validation), "heldout": len(one.heldout)}
            for lang, one in sets.items()
        },
    }
