"""A compile of one language: the search for a better program, and what it gained."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import dspy

from csc_dspy.errors import BudgetError, CscError, InputError, NothingLearnedError, one_line
from csc_dspy.framework import Lang
from csc_dspy.lms.models import Models
from csc_dspy.lms.replies import Replies, Watched
from csc_dspy.optimizers.data import Sets
from csc_dspy.optimizers.heartbeat import Voice
from csc_dspy.optimizers.heldout import Gain, answers, book, gains
from csc_dspy.optimizers.metrics import Metric
from csc_dspy.optimizers.options import Compilation
from csc_dspy.optimizers.outcome import CompiledLang
from csc_dspy.optimizers.quiet import screen
from csc_dspy.optimizers.recipes import Setting
from csc_dspy.optimizers.reflecting import ReflectingAdapter
from csc_dspy.optimizers.reserve import Reserve
from csc_dspy.optimizers.score import Score
from csc_dspy.optimizers.student import Student
from csc_dspy.optimizers.task import Task
from csc_dspy.optimizers.trials import Candidate, Trials
from csc_dspy.programs.asking import Program
from csc_dspy.programs.saved import SavedProgram
from csc_dspy.settings import Role
from csc_dspy.tracking import TrackedRun
from csc_dspy.wording import amount

INTERRUPTED = "interrupted"
"""Why a compile ended that a Ctrl-C or a SIGTERM ended."""


@dataclass
class Compiling:
    """The work on one language."""

    job: Compilation
    task: Task
    lang: Lang
    sets: Sets
    budget: int
    tracked: TrackedRun
    models: Models
    lms: Mapping[Role, dspy.LM]
    replies: Replies
    later: float = 0.0
    """The share of what is left of the limits on tokens and money that languages after this one have."""

    def __post_init__(self) -> None:
        self.trials = Trials([one.id for one in self.sets.validation], self.budget, self._tell)
        self._best: float | None = None
        self._step = 0
        self._voice = Voice(screen())  # the optimizers' own progress goes to a file
        self._doing, self._counted = f"compiling ({self.lang})", self.trials
        self.interrupted = False
        self._children: dict[int, TrackedRun] = {}
        self._learned_nothing: NothingLearnedError | None = None
        self._reserve = Reserve(
            self.replies, self.trials, len(self.sets.heldout), later=self.later, threads=self.models.concurrency
        )

    @property
    def _reflected(self) -> Watched | None:
        """What became of the questions to the model that reflects, if one does."""
        reflection = self.lms.get("reflection")
        return None if reflection is None else reflection.replies

    def run(self) -> tuple[Program, CompiledLang]:
        """The best program, and what was done; after a Ctrl-C the best so far, if there is one."""
        models = dspy.context(lm=self.lms[self.task.roles[0]], adapter=ReflectingAdapter())
        with models, self._voice.heartbeat(self._so_far):
            self.replies.kept = self._reserve
            stopped = self._search()
            self._reserve.examples = 0  # they are measured now
            chosen = self.trials.best()
            if chosen is None:
                if self.interrupted:
                    raise KeyboardInterrupt
                raise self.trials.failure or CscError(f"{self.job.optimizer}: {stopped}")
            after = self.task.build(self.lang)
            for name, saved in chosen.predictors.items():
                saved.put_into(after, name)
            measured: list[Gain] = []
            refused = 0
            try:
                if child := self._children.get(chosen.number):
                    child.set_tag("chosen", True)
                if not self.interrupted:
                    self._voice.say(f"best is trial {chosen.number}; measuring before and after")
                    measured, refused = self._gains(chosen, after)
            except Exception as error:  # what was found is paid for
                stopped = stopped or f"while measuring: {one_line(error)}"
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
            troubles=tuple(_troubles(self._reflected)),
        )

    def _gains(self, chosen: Candidate, after: Program) -> tuple[list[Gain], int]:
        """What the chosen program gained on what was held out, and how many answers were refused."""
        tuned = self.lms if chosen.tuned is None else self._with(chosen.tuned)
        before, refused = self._measured("before", self.task.build(self.lang), self.lms)
        now, more = self._measured("after", after, tuned)
        return gains(self.sets.heldout, before, now), refused + more

    def _measured(self, when: str, program: Program, lms: Mapping[Role, dspy.LM]) -> tuple[list[Score], int]:
        """What a program's answers to what was held out are worth, and how many were refused."""
        self._doing, self._counted = f"measuring {when} ({self.lang})", book(self.sets.heldout)
        return answers(self.task, program, lms, self.sets.heldout, self.models.concurrency, self._counted)

    def _search(self) -> str | None:
        """Search for a better program; why it ended early, if it did."""
        try:
            return self._searched()
        except KeyboardInterrupt:
            self.interrupted = True
            self.trials.failure = self.trials.failure or CscError(INTERRUPTED)  # threads left behind ask no more
            return INTERRUPTED

    def _searched(self) -> str | None:
        """Let the program as it is answer, then the optimizer search; why it ended early, if it did."""
        metric = Metric(self.task, self.trials)
        student = Student(self.task.build(self.lang), self.task, self.trials, self.lms)
        try:
            mean = self._setting(metric).evaluate(student)
            self._refuse_all_refused()
            if mean < 1:
                self.job.recipe.search(student.deepcopy(), self._setting(metric))
            if self.trials.failure is not None:  # some optimizers take a model that is gone for a bad candidate
                raise self.trials.failure
        except NothingLearnedError as error:
            self._learned_nothing = error
            return None
        except Exception as error:
            self.trials.settle()
            if isinstance(error, InputError) and not self.trials.whole():
                raise
            stopped = self._why(error)
            self._refuse_all_refused()
            return stopped
        reflected = self._reflected
        if reflected is not None and reflected.error is not None and not reflected.answered:
            return f"the reflection model never answered: {reflected.error}"
        return None

    def _refuse_all_refused(self) -> None:
        """End where the endpoint has refused every question so far."""
        if self.trials.refusal is not None and self.trials.refused >= self.trials.spent:
            raise self.trials.refusal

    def _setting(self, metric: Metric) -> Setting:
        return Setting(
            train=self.sets.train,
            validation=self.sets.validation,
            metric=metric,
            budget=self.trials.left,
            demos=self.job.demos,
            threads=self.models.concurrency,
            seed=self.job.seed,
            reflection=self.lms.get("reflection"),
        )

    def _with(self, tuned: str) -> dict[Role, dspy.LM]:
        """The models, the tuned one in the program's roles."""
        return {**self.lms, **dict.fromkeys(self.task.roles, self.models.open(tuned))}

    def _why(self, error: Exception) -> str | None:
        """Why the optimizer ended early; ``None`` if only its budget of answers did."""
        failure = self.trials.failure
        if failure is None:
            return f"the optimizer failed: {one_line(error)}"
        return None if isinstance(failure, BudgetError) and not self.trials.left else str(failure)

    def _notes(self, chosen: Candidate, measured: Sequence[Gain], refused: int) -> list[str]:
        found = []
        if refused:
            found.append(f"{amount(refused, 'answer')} refused by the endpoint, which counts as wrong")
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
            found.append(f"{self._none_whole()}; the program that was not compiled is kept")
        elif chosen.number == 0:
            found.append("no candidate was better than the program that was not compiled, which is kept")
        if not measured:
            found.append("what it gained is not known: the examples held out could not be answered any more")
        if self._learned_nothing is not None:
            found.append(f"{self._learned_nothing}; give a larger --budget, or a model that gets more right")
        if self.job.recipe.needs == "weights" and not any(one.tuned for one in self.trials.whole()):
            found.append("no tuned model was measured")
        found += [
            f"{gain.figure} is lower than before on what was held out: {gain.before:.1f}, now {gain.after:.1f}"
            for gain in measured
            if gain.difference < 0
        ]
        return found

    def _none_whole(self) -> str:
        """Why no candidate answered all examples to choose by."""
        if self.trials.count == 1:
            return "no candidate came about: the program got nothing right that could have been shown or learned"
        if not self.trials.left:
            return (
                f"the budget of {self.budget:,} answers ended before a candidate had answered all examples to choose by"
            )
        return "no candidate did well enough to be given all examples to choose by"

    def _always(self, value: float, candidate: Candidate) -> bool:
        """Whether a candidate has one figure, the same, for every answer to an example to choose by."""
        scores = [score for id, score in candidate.scores.items() if id in self.trials.validation]
        return all(score.figures.get(name) == value for score in scores for name in self.task.figures)

    def _so_far(self) -> str:
        """How far it is."""
        counted = self._counted
        asked = amount(self.replies.asked, "new request")
        return f"{self._doing}: {counted.spent:,} of {counted.budget:,} answers, {asked}"

    def _tell(self, candidate: Candidate, mean: float) -> None:
        """Show and track a candidate that answered all validation examples."""
        self._reserve.note()
        better = self._best is None or mean > self._best
        self._best = mean if self._best is None else max(self._best, mean)
        self._step += 1
        self._voice.say(
            f"trial {candidate.number} {self.lang}: {100 * mean:.1f}{' *' if better else ''} "
            f"(best {100 * self._best:.1f}; {self.trials.spent:,} of {self.budget:,} answers)"
        )
        curve = {f"trials.{self.lang}.score": 100 * mean, f"trials.{self.lang}.best": 100 * self._best}
        self.tracked.log_metrics(curve, step=self._step)
        shown = SavedProgram(program=self.job.program, langs={self.lang: candidate.predictors})
        tuned = {} if candidate.tuned is None else {"tuned": candidate.tuned}
        row = self.trials.row(candidate)
        child = self.tracked.log_child(
            "trial",
            f"{self.job.program} {self.job.optimizer} trial {candidate.number} {self.lang}",
            params={
                "program": self.job.program,
                "optimizer": self.job.optimizer,
                "lang": self.lang,
                "trial": candidate.number,
                "digest": candidate.digest,
                "worked_answers": row["worked answers"],
                **tuned,
            },
            metrics={
                "score": 100 * mean,
                **{name.replace(" ", "_"): row[name] for name in self.task.figures if name in row},
                "answers": len(candidate.scores),
                "answers_so_far": self.trials.spent,
            },
            texts={
                "program.json": json.dumps(shown.model_dump(mode="json", exclude_none=True), ensure_ascii=False),
                "instructions.txt": "\n\n".join(f"# {name}\n{text}" for name, text in row["instructions"].items()),
            },
        )
        if child is not None:
            self._children[candidate.number] = child


def _troubles(reflecting: Watched | None) -> Iterator[str]:
    if reflecting is not None and reflecting.failed and reflecting.answered:
        asked = reflecting.failed + reflecting.answered
        yield f"the reflection model failed {reflecting.failed:,} of {asked:,} times: {reflecting.error}"
