"""``compile``: a program tuned on examples, as one durable, tracked run."""

from __future__ import annotations

import contextlib
import json
import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TextIO

import dspy

from csc_dspy import __version__
from csc_dspy.distillation.provider import StudentProvider
from csc_dspy.errors import BudgetError, CscError, InputError
from csc_dspy.files import held, refuse_input, written_whole
from csc_dspy.framework import Lang
from csc_dspy.jobs import fingerprint
from csc_dspy.lms.endpoint import is_local
from csc_dspy.lms.models import Models
from csc_dspy.lms.replies import Replies, Watched
from csc_dspy.optimizers.compilation import BY_WEIGHTS, RECIPES, Compilation
from csc_dspy.optimizers.data import Sets
from csc_dspy.optimizers.heldout import Gain, answers, gains
from csc_dspy.optimizers.metrics import Metric
from csc_dspy.optimizers.outcome import Compiled, CompiledLang, figures, finished, made, tuned_models
from csc_dspy.optimizers.recipes import Setting
from csc_dspy.optimizers.student import Student
from csc_dspy.optimizers.task import Task
from csc_dspy.optimizers.trials import Candidate, Trials
from csc_dspy.pipeline.run import CONCURRENCY, refuse_unpriced, students
from csc_dspy.programs.asking import Program
from csc_dspy.programs.saved import SavedProgram
from csc_dspy.settings import Role
from csc_dspy.tracking import TrackedRun, register, tracked_run

PATIENCE = 2
"""How much more often a request is tried than in jobs, which put a unit back: an outage of a minute is waited out."""
INTERRUPTED = "interrupted"
"""Why a compile ended that a Ctrl-C or a SIGTERM ended."""
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
    refuse_input(job.output, *job.inputs.values())
    _refuse_other(job)
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
            record.replace(record.with_name(record.name + ".old"))
        if job.max_cost is not None:
            refuse_unpriced(models, names)
        models.concurrency = job.concurrency or (1 if any(map(is_local, answering)) else CONCURRENCY)
        replies = Replies(record, of=students(names), max_tokens=job.max_tokens, max_cost=job.max_cost)
        lms = {role: models.open(name) for role, name in names.items()}
        for lm in lms.values():
            lm.replies, lm.patience = replies, PATIENCE
        if "reflection" in lms:
            lms["reflection"] = lms["reflection"].copy()
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
            interrupted = False
            for lang, examples in sets.items():
                print(f"{job.program} ({lang}): {examples.described()}", file=sys.stderr)
                compiling = _Compiling(job, task, lang, examples, job.budget // len(sets), run, models)  # before quiet
                try:
                    with _quiet(job.beside.with_name(job.beside.name + ".log")):
                        best[lang], done[lang] = compiling.run(lms, models.concurrency)
                except (CscError, KeyboardInterrupt) as error:
                    if not done:  # else what another language came to is kept
                        raise
                    best[lang] = task.build(lang)
                    stopped = INTERRUPTED if compiling.interrupted else str(error)
                    done[lang] = CompiledLang(gains=(), trials=0, spent=0, best=0, stopped=stopped)
                tables += [{"lang": lang, **row} for row in compiling.trials.rows()]
                if interrupted := compiling.interrupted:
                    break
            saved = SavedProgram.of(job.program, best, made(job, done, config))
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
            model = register(run, job.program, _SERVED, job.output, f"csc-dspy=={__version__}")
            if interrupted:
                print(f"{job.output}: the best so far; the same command goes on", file=sys.stderr)
                raise KeyboardInterrupt
        return Compiled(done, replies.ledger.total, replies.asked, model, tuned_models(job, done))


@dataclass
class _Compiling:
    """The work on one language."""

    job: Compilation
    task: Task
    lang: Lang
    sets: Sets
    budget: int
    tracked: TrackedRun
    models: Models

    def __post_init__(self) -> None:
        self.trials = Trials([one.id for one in self.sets.validation], self.budget, self._tell)
        self._best: float | None = None
        self._step = 0
        self._out = sys.stderr  # the optimizers' own progress goes to a file
        self.interrupted = False

    def run(self, lms: Mapping[Role, dspy.LM], threads: int) -> tuple[Program, CompiledLang]:
        """The best program, and what was done; after a Ctrl-C the best so far, if there is one."""
        reflection = lms.get("reflection")
        reflected: Watched | None = None if reflection is None else reflection.replies
        with dspy.context(lm=lms[self.task.roles[0]]):
            stopped = self._search(lms, threads, reflection, reflected)
            chosen = self.trials.best()
            if chosen is None:
                if self.interrupted:
                    raise KeyboardInterrupt
                raise self.trials.failure or CscError(f"{self.job.optimizer}: {stopped}")
            before, after = self.task.build(self.lang), self.task.build(self.lang)
            for name, saved in chosen.predictors.items():
                saved.put_into(after, name)
            measured: list[Gain] = []
            refused = 0
            if not self.interrupted:
                self._say(f"best is trial {chosen.number}; measuring before and after")
                tuned = lms if chosen.tuned is None else self._with(chosen.tuned, lms)
                try:
                    asked = [
                        answers(self.task, *one, self.sets.heldout, threads) for one in ((before, lms), (after, tuned))
                    ]
                    measured = gains(self.sets.heldout, *(scores for scores, _ in asked))
                    refused = sum(count for _, count in asked)
                except CscError as error:
                    stopped = stopped or f"while measuring: {error}"
                except KeyboardInterrupt:
                    self.interrupted = True
                    stopped = stopped or f"while measuring: {INTERRUPTED}"
        return after, CompiledLang(
            gains=tuple(measured),
            trials=len(self.trials.whole()),
            spent=self.trials.spent,
            best=chosen.number,
            tuned=chosen.tuned and Path(chosen.tuned).name,
            stopped=stopped,
            notes=tuple(self._notes(chosen, measured, self.trials.refused + refused)),
            troubles=tuple(_troubles(reflected)),
        )

    def _search(
        self, lms: Mapping[Role, dspy.LM], threads: int, reflection: dspy.LM | None, reflected: Watched | None
    ) -> str | None:
        """Let the program as it is answer, then the optimizer search; why it ended early, if it did."""
        metric = Metric(self.task, self.trials)
        student = Student(self.task.build(self.lang), self.task, self.trials, lms)
        try:
            mean = self._setting(metric, threads, reflection).evaluate(student)
            self._refuse_all_refused()
            if mean < 1:
                RECIPES[self.job.optimizer](student.deepcopy(), self._setting(metric, threads, reflection))
            if self.trials.failure is not None:  # some optimizers take a model that is gone for a bad candidate
                raise self.trials.failure
        except InputError:
            raise
        except KeyboardInterrupt:
            self.interrupted = True
            self.trials.failure = self.trials.failure or CscError(INTERRUPTED)  # threads left behind ask no more
            return INTERRUPTED
        except Exception as error:
            self.trials.settle()
            stopped = self._why(error)
            self._refuse_all_refused()
            return stopped
        if reflected is not None and reflected.error is not None and not reflected.answered:
            return f"the reflection model never answered: {reflected.error}"
        return None

    def _refuse_all_refused(self) -> None:
        """End where the endpoint has refused every question so far."""
        if self.trials.refusal is not None and self.trials.refused >= self.trials.spent:
            raise self.trials.refusal

    def _setting(self, metric: Metric, threads: int, reflection: dspy.LM | None) -> Setting:
        return Setting(
            train=self.sets.train,
            validation=self.sets.validation,
            metric=metric,
            budget=self.trials.left,
            demos=self.job.demos,
            threads=threads,
            seed=self.job.seed,
            reflection=reflection,
        )

    def _with(self, tuned: str, lms: Mapping[Role, dspy.LM]) -> dict[Role, dspy.LM]:
        """The models, the tuned one in the program's roles."""
        return {**lms, **dict.fromkeys(self.task.roles, self.models.open(tuned))}

    def _why(self, error: Exception) -> str | None:
        """Why the optimizer ended early; ``None`` if only its budget of answers did."""
        failure = self.trials.failure
        if failure is None:
            return f"the optimizer failed: {' '.join(str(error).split())[:300] or type(error).__name__}"
        return None if isinstance(failure, BudgetError) and not self.trials.left else str(failure)

    def _notes(self, chosen: Candidate, measured: Sequence[Gain], refused: int) -> list[str]:
        found = []
        if refused:
            found.append(f"{refused:,} answers were refused by the endpoint, and count as wrong ones")
        tried = self.trials.whole()
        kept = ", and is kept" if chosen.number == 0 else ""
        if all(self._always(0, one) for one in tried):
            figures = " and ".join(self.task.figures)
            found.append(
                f"every candidate scores 0 in {figures} on every example to choose by: nothing can be learned from that"
            )
        elif self._always(1, tried[0]):
            found.append(
                f"the program that was not compiled is right on every example to choose by{kept}: "
                "give more examples, or harder ones"
            )
        elif len(tried) == 1:
            found.append("no candidate answered all examples to choose by; the program that was not compiled is kept")
        elif chosen.number == 0:
            found.append("no candidate was better than the program that was not compiled, which is kept")
        if not measured:
            found.append("what it gained is not known: the examples held out could not be answered any more")
        if self.job.optimizer in BY_WEIGHTS and not any(one.tuned for one in self.trials.whole()):
            found.append("no tuned model was measured")
        found += [
            f"{gain.figure} is lower than before on what was held out: {gain.before:.1f}, now {gain.after:.1f}"
            for gain in measured
            if gain.difference < 0
        ]
        return found

    def _always(self, value: float, candidate: Candidate) -> bool:
        """Whether a candidate has one figure, the same, for every answer to an example to choose by."""
        scores = [score for id, score in candidate.scores.items() if id in self.trials.validation]
        return all(score.figures.get(name) == value for score in scores for name in self.task.figures)

    def _say(self, line: str) -> None:
        print(line, file=self._out, flush=True)

    def _tell(self, candidate: Candidate, mean: float) -> None:
        """Show and track a candidate that answered all validation examples."""
        better = self._best is None or mean > self._best
        self._best = mean if self._best is None else max(self._best, mean)
        self._step += 1
        name = f"trial {candidate.number} {self.lang}"
        self._say(
            f"{name}: {100 * mean:.1f}{' *' if better else ''} (best {100 * self._best:.1f}; "
            f"{self.trials.spent:,} of {self.budget:,} answers)"
        )
        curve = {f"trials.{self.lang}.score": mean, f"trials.{self.lang}.best": self._best}
        self.tracked.log_metrics(curve, step=self._step)
        shown = SavedProgram(program=self.job.program, langs={self.lang: candidate.predictors})
        self.tracked.log_child(
            "trial",
            name,
            params={
                "optimizer": self.job.optimizer,
                "lang": self.lang,
                "digest": candidate.digest,
                "tuned": candidate.tuned,
            },
            metrics={"score": mean, "answers": self.trials.spent},
            texts={"program.json": json.dumps(shown.model_dump(mode="json", exclude_none=True), ensure_ascii=False)},
        )


def _troubles(reflecting: Watched | None) -> Iterator[str]:
    if reflecting is not None and reflecting.failed and reflecting.answered:
        asked = reflecting.failed + reflecting.answered
        yield f"the reflection model failed {reflecting.failed:,} of {asked:,} times: {reflecting.error}"


class _Log:
    """A file that takes no more once it is closed: threads that optimizers left behind may still write."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, text: str) -> int:
        return len(text) if self._file.closed else self._file.write(text)

    def flush(self) -> None:
        if not self._file.closed:
            self._file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()


@contextlib.contextmanager
def _quiet(log: Path) -> Iterator[None]:
    """What the optimizers print and log goes to a file."""
    logger = logging.getLogger("dspy")
    before, handlers, propagate = logger.level, logger.handlers[:], logger.propagate
    with _Log(log.open("a", encoding="utf-8")) as file:
        to_file = logging.StreamHandler(file)
        logger.handlers, logger.propagate = [to_file], False
        logger.setLevel(logging.INFO)
        try:
            with contextlib.redirect_stdout(file), contextlib.redirect_stderr(file):
                yield
        finally:
            logger.handlers, logger.propagate = handlers, propagate
            logger.setLevel(before)


def _refuse_other(job: Compilation) -> None:
    """Never write over what is no program of this kind.

    Raises:
        InputError: There is something else.
    """
    if not job.output.exists():
        return
    try:
        SavedProgram.read(job.output, job.program)
    except InputError as error:
        raise InputError(f"{error}; it is not written over: give another -o") from None


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
