"""``compile``: a program tuned on examples, as one durable, tracked run."""

from __future__ import annotations

import contextlib
import json
import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dspy

from csc_dspy import __version__
from csc_dspy.errors import BudgetError, CscError, InputError
from csc_dspy.files import refuse_input, written_whole
from csc_dspy.framework import LANGS, Lang
from csc_dspy.lms.endpoint import is_local
from csc_dspy.lms.replies import Replies
from csc_dspy.optimizers.conversing import RewriterTask, RolePlayTask
from csc_dspy.optimizers.data import Sets, read_sets
from csc_dspy.optimizers.heldout import Gain, answers, gains
from csc_dspy.optimizers.labelling import AnnotatorTask, JudgeTask, SupporterTask
from csc_dspy.optimizers.metrics import Metric
from csc_dspy.optimizers.recipes import RECIPES, Setting
from csc_dspy.optimizers.student import Student
from csc_dspy.optimizers.task import Task
from csc_dspy.optimizers.trials import Candidate, Trials
from csc_dspy.pipeline.masking import MaskingOptions
from csc_dspy.pipeline.run import CONCURRENCY
from csc_dspy.programs.asking import Program
from csc_dspy.programs.saved import SavedProgram
from csc_dspy.settings import Role
from csc_dspy.tracking import TrackedRun, digest_of, register, tracked_run
from csc_dspy.usage import Usage

PROGRAMS: dict[str, type[Task]] = {
    task.name: task for task in (SupporterTask, RewriterTask, RolePlayTask, JudgeTask, AnnotatorTask)
}
"""What can be compiled, by name."""
_SERVED = Path(__file__).with_name("served.py")
BY_LABELS = ("labeled", "knn")
"""The recipes that make worked answers of labels."""


@dataclass(frozen=True, kw_only=True)
class Compilation(MaskingOptions):
    """What to compile, how, and on what; the options of every job besides.

    Attributes:
        program: Name of the program, one of :data:`PROGRAMS`.
        optimizer: Name of the recipe, one of :data:`~csc_dspy.optimizers.recipes.RECIPES`.
        train: What to learn from: conversations, or profiles for the role-play.
        validation: By what candidates are chosen; ``None`` sets some of ``train`` aside.
        heldout: What to be measured on; ``None`` sets some of what to choose by aside.
        budget: Answers to examples that the optimizer may ask for, of all languages together.
        demos: Worked answers a predictor is shown at most.
        validation_size: Examples to choose by; ``None`` takes an eighth of the budget.
        heldout_size: Examples to be measured on.
        words: Whether the supporter writes its words, too.
        rules: Whether code restricts the supporter's strategies.
        by_turn: Whether the rewriter goes turn by turn; ``None``: on local weights.
        lang: Language in which the role-play plays people who have none of their own.
    """

    program: str
    optimizer: str
    train: Path
    validation: Path | None = None
    heldout: Path | None = None
    budget: int = 400
    demos: int = 8
    validation_size: int | None = None
    heldout_size: int = 300
    words: bool = True
    rules: bool = True
    by_turn: bool | None = None
    lang: Lang = "en"

    @property
    def roles(self) -> tuple[Role, ...]:
        """The roles whose models are needed."""
        task = PROGRAMS[self.program]
        judge: tuple[Role, ...] = ("judge",) if task.judged else ()
        return (*task.roles, *judge, "reflection")

    def task(self) -> Task:
        """What is compiled.

        Raises:
            InputError: There is no such program, or no such recipe.
        """
        if self.program not in PROGRAMS:
            raise InputError(f"{self.program}: no program that can be compiled; there are {', '.join(PROGRAMS)}")
        if self.optimizer not in RECIPES:
            raise InputError(f"{self.optimizer}: no such optimizer; there are {', '.join(RECIPES)}")
        if self.optimizer in BY_LABELS and not PROGRAMS[self.program].labelled:
            raise InputError(f"{self.optimizer} makes worked answers of labels, and a {self.program} has none to learn")
        if self.program == "supporter":
            return SupporterTask(words=self.words, rules=self.rules)
        if self.program == "rewriter":
            local = is_local(self.models().name_for("rewriter", self.lm, self.role_lms))
            return RewriterTask(by_turn=local if self.by_turn is None else self.by_turn)
        if self.program == "roleplay":
            return RolePlayTask(lang=self.lang)
        return PROGRAMS[self.program]()

    def sets(self, task: Task) -> dict[Lang, Sets]:
        """The examples by language.

        Raises:
            InputError: Files cannot be read, share conversations, or hold too little.
        """
        return read_sets(
            task,
            self.train,
            self.validation,
            self.heldout,
            validation_size=self.validation_size or max(8, self.budget // 8),
            heldout_size=self.heldout_size,
            seed=self.seed,
            masking=self.masks,
            on_bad=self.on_bad,
        )

    @property
    def beside(self) -> Path:
        """What the files beside the output begin with."""
        return self.output.with_suffix("") if self.output.suffix == ".json" else self.output


@dataclass(frozen=True)
class CompiledLang:
    """What compiling did for one language.

    Attributes:
        gains: The figures on examples no optimizer saw, before and after.
        trials: Candidates that answered all validation examples.
        spent: Answers the optimizer asked for.
        best: Number of the candidate that was chosen; 0 is the program that was not compiled.
        stopped: Why it ended early, if it did.
        notes: What has to be said loudly.
    """

    gains: Sequence[Gain]
    trials: int
    spent: int
    best: int
    stopped: str | None
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Compiled:
    """What a compile came to.

    Attributes:
        langs: Each language's part.
        usage: What all replies on record took.
        asked: Questions asked in this run; the others were on record.
        model: The registered model's address, ``models:/supporter/3``; ``None`` if it is not tracked.
    """

    langs: Mapping[Lang, CompiledLang]
    usage: Usage
    asked: int
    model: str | None

    @property
    def complete(self) -> bool:
        """Whether nothing but the budget of answers ended it."""
        return all(one.stopped is None for one in self.langs.values())


def compile_program(job: Compilation) -> Compiled:
    """Compile a program and measure it; the same call again asks for nothing that is on record.

    Raises:
        InputError: Options or examples do not fit.
        ModelError: A model cannot be had.
        RunError: A file cannot be written.
    """
    task = job.task()
    inputs = [path for path in (job.train, job.validation, job.heldout) if path is not None]
    refuse_input(job.output, *inputs)
    sets = job.sets(task)
    record = job.beside.with_name(job.beside.name + ".replies.jsonl")
    if job.fresh and record.exists():
        record.replace(record.with_name(record.name + ".old"))
    with job.models() as models:
        names: dict[Role, str] = {role: models.name_for(role, job.lm, job.role_lms) for role in job.roles}
        local = all(map(is_local, names.values()))
        models.concurrency = job.concurrency or (1 if local else CONCURRENCY)
        replies = Replies(record, max_tokens=job.max_tokens, max_cost=job.max_cost)
        lms = {role: models.open(name) for role, name in names.items()}
        for lm in lms.values():
            lm.replies = replies
        if task.judged:
            task.judge(lms["judge"])
        programs = {lang: task.build(lang) for lang in sets}
        with tracked_run(
            "compile",
            name=f"compile {job.program} {job.optimizer} {job.output.name}",
            params=_params(job, sets),
            inputs=inputs,
            models={str(role): name for role, name in names.items()},
            prompts=Program.prompts_by_lang(programs),
            enabled=job.tracking,
        ) as run:
            done: dict[Lang, CompiledLang] = {}
            best: dict[Lang, Program] = {}
            tables: list[dict[str, Any]] = []
            for lang, examples in sets.items():
                print(f"{job.program} ({lang}): {examples.described()}", file=sys.stderr)
                compiling = _Compiling(job, task, lang, examples, job.budget // len(sets), run)  # before it is quiet
                with _quiet(job.beside.with_name(job.beside.name + ".log")):
                    best[lang], done[lang] = compiling.run(lms, models.concurrency)
                tables += [{"lang": lang, **row} for row in compiling.trials.rows()]
            saved = SavedProgram.of(job.program, best, _made(job, done))
            saved.write(job.output)
            trials = job.beside.with_name(job.beside.name + ".trials.jsonl")
            with written_whole(trials) as part:
                part.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in tables), "utf-8")
            run.log_usage(replies.ledger.total)
            run.log_table(tables, "trials.json")
            for lang, one in done.items():
                run.log_metrics(_figures(lang, one))
            for path in (job.output, trials):
                run.log_output(path)
            model = register(run, job.program, _SERVED, job.output, f"csc-dspy=={__version__}")
        return Compiled(done, replies.ledger.total, replies.asked, model)


@dataclass
class _Compiling:
    """The work on one language."""

    job: Compilation
    task: Task
    lang: Lang
    sets: Sets
    budget: int
    tracked: TrackedRun

    def __post_init__(self) -> None:
        self.trials = Trials([one.id for one in self.sets.validation], self.budget, self._tell)
        self._best: float | None = None
        self._step = 0
        self._out = sys.stderr  # the optimizers' own progress goes to a file

    def run(self, lms: Mapping[Role, dspy.LM], threads: int) -> tuple[Program, CompiledLang]:
        """The best program, and what was done."""
        metric, reflection = Metric(self.task, self.trials), lms["reflection"]
        student = Student(self.task.build(self.lang), self.task, self.trials, lms)
        stopped = None
        with dspy.context(lm=lms[self.task.roles[0]]):
            try:
                given = self._setting(metric, threads, reflection)
                given.evaluate(student)
                RECIPES[self.job.optimizer](student.deepcopy(), self._setting(metric, threads, reflection))
            except InputError:
                raise
            except Exception as error:
                self.trials.settle()
                stopped = self._why(error)
            chosen = self.trials.best()
            if chosen is None:
                raise self.trials.failure or CscError(f"{self.job.optimizer}: {stopped}")
            before, after = self.task.build(self.lang), self.task.build(self.lang)
            for name, saved in chosen.predictors.items():
                saved.put_into(after, name)
            self._say(f"best is trial {chosen.number}; measuring before and after")
            heldout = self.sets.heldout
            measured: list[Gain] = []
            try:
                scores = [answers(self.task, one, heldout, lms, threads) for one in (before, after)]
                measured = gains(heldout, *scores)
            except CscError as error:
                stopped = stopped or f"while measuring: {error}"
        done = CompiledLang(
            measured, len(self.trials.whole()), self.trials.spent, chosen.number, stopped, self._notes(chosen, measured)
        )
        return after, done

    def _setting(self, metric: Metric, threads: int, reflection: dspy.LM) -> Setting:
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

    def _why(self, error: Exception) -> str | None:
        """Why the optimizer ended early; ``None`` if only its budget of answers did."""
        failure = self.trials.failure
        if failure is None:
            return f"the optimizer failed: {' '.join(str(error).split())[:300] or type(error).__name__}"
        return None if isinstance(failure, BudgetError) and not self.trials.left else str(failure)

    def _notes(self, chosen: Candidate, measured: Sequence[Gain]) -> list[str]:
        found = []
        means = [one.mean(self.trials.validation) for one in self.trials.whole()]
        if set(means) == {0.0} or set(means) == {1.0}:
            found.append(
                f"every candidate scores {means[0]:g} on every example to choose by: nothing can be learned from that"
            )
        elif chosen.number == 0:
            found.append("no candidate was better than the program that was not compiled, which is kept")
        found += [
            f"{gain.figure} is lower than before on what was held out: {gain.before:.1f}, now {gain.after:.1f}"
            for gain in measured
            if gain.difference < 0
        ]
        return found

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
            params={"optimizer": self.job.optimizer, "lang": self.lang, "digest": candidate.digest},
            metrics={"score": mean, "answers": self.trials.spent},
            texts={"program.json": json.dumps(shown.model_dump(mode="json", exclude_none=True), ensure_ascii=False)},
        )


@contextlib.contextmanager
def _quiet(log: Path) -> Iterator[None]:
    """What the optimizers print and log goes to a file."""
    logger = logging.getLogger("dspy")
    before, handlers, propagate = logger.level, logger.handlers[:], logger.propagate
    with log.open("a", encoding="utf-8") as file:
        to_file = logging.StreamHandler(file)
        logger.handlers, logger.propagate = [to_file], False
        logger.setLevel(logging.INFO)
        try:
            with contextlib.redirect_stdout(file), contextlib.redirect_stderr(file):
                yield
        finally:
            logger.handlers, logger.propagate = handlers, propagate
            logger.setLevel(before)


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


def _made(job: Compilation, done: Mapping[Lang, CompiledLang]) -> dict[str, Any]:
    """How a program was compiled, for its file: no model, no key, no path."""
    return {
        "version": __version__,
        "dspy": dspy.__version__,
        "optimizer": job.optimizer,
        "budget": job.budget,
        "demos": job.demos,
        "seed": job.seed,
        "train": digest_of(job.train).sha256[:12],
        "uncompiled": [lang for lang in LANGS if lang not in done],
        "heldout": {
            lang: [gain.model_dump(mode="json", exclude_none=True) for gain in one.gains] for lang, one in done.items()
        },
    }


def _figures(lang: Lang, done: CompiledLang) -> dict[str, float | None]:
    found: dict[str, float | None] = {f"{lang}.trials": done.trials, f"{lang}.answers": done.spent}
    for gain in done.gains:
        name = f"{lang}.{gain.figure}".replace(" ", "_")
        found |= {f"{name}.before": gain.before, f"{name}.after": gain.after, f"{name}.difference": gain.difference}
    return found
