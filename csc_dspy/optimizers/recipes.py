"""The optimizers, each with settings that fit a budget of answers."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import dspy
from dspy.teleprompt.gepa.instruction_proposal import InstructionProposer

from csc_dspy.errors import CscError
from csc_dspy.optimizers.keeping import keeping
from csc_dspy.optimizers.metrics import Metric
from csc_dspy.optimizers.reflecting import ReflectingAdapter
from csc_dspy.optimizers.student import Student
from csc_dspy.programs.nearest import LINES, Nearest
from csc_dspy.programs.saved import may_be_missing


@dataclass(frozen=True)
class Setting:
    """What every recipe is given besides the program.

    Attributes:
        train: Examples to learn from.
        validation: Examples by which candidates are chosen.
        metric: What answers are worth.
        budget: Answers to examples it may ask for.
        demos: Worked answers a predictor is shown at most.
        threads: Answers at a time.
        seed: Changes what is sampled.
        reflection: The model that writes instructions, where a recipe asks one.
    """

    train: Sequence[dspy.Example]
    validation: Sequence[dspy.Example]
    metric: Metric
    budget: int
    demos: int
    threads: int
    seed: int
    reflection: dspy.LM | None

    @property
    def trials(self) -> int:
        """How many candidates the budget has answers of all validation examples for."""
        return self.budget // max(1, len(self.validation))

    def evaluate(self, student: Student) -> float:
        """Let a candidate answer all validation examples; its mean score."""
        found = dspy.Evaluate(
            devset=list(self.validation), metric=self.metric.number, num_threads=self.threads, max_errors=1
        )(student)
        return float(found.score) / 100


@dataclass(frozen=True)
class Recipe:
    """An optimizer with what has to be known of it before it begins.

    Attributes:
        search: From a program to a better one. What it tries is in the book of trials, by which the best is chosen.
        least: Answers that it needs, of examples to learn from and how many there are to choose by.
        needs: What it makes candidates of besides the program's own answers: labels; the instructions or rules of a
            model that reflects; or a model whose weights it tunes, for programs whose questions stand in their
            predictors alone.
    """

    search: Callable[[Student, Setting], Student]
    least: Callable[[Sequence[dspy.Example], int], int]
    needs: Literal["labels", "reflection", "weights"] | None = None


def labeled(student: Student, given: Setting) -> Student:
    """Fixed worked answers, made of labels: random sets with equal shares of the labels, the best of them."""
    rng = random.Random(given.seed)
    for count in _counts(given):
        candidate = _without_reasons(student)
        chosen = _balanced(given.train, count, rng)
        for name, predictor in candidate.program.named_predictors():
            predictor.demos = [dspy.Example(**demo) for demo in _worked(candidate, name, chosen)]
        given.evaluate(candidate)
    return student


def _counts(given: Setting) -> Iterator[int]:
    """How many worked answers each set has: as many as may be, then half, and so on round."""
    sizes = [max(1, given.demos * share // 4) for share in (4, 2, 4, 1)]
    for number in range(max(1, given.trials)):
        yield sizes[number % len(sizes)]


def knn(student: Student, given: Setting) -> Student:
    """Worked answers made of labels, for each question the nearest; tried out is how many, and what they leave open."""
    fewer = sorted({given.demos, max(1, given.demos // 2), max(1, given.demos // 4)}, reverse=True)
    rng = random.Random(given.seed)
    memory = list(given.train) if len(given.train) <= MEMORY else rng.sample(list(given.train), MEMORY)
    tries = [(k, choice) for k in fewer for choice in reversed(student.task.choices)]
    for k, choice in tries[: max(1, given.trials)]:
        candidate = _without_reasons(student)
        for name, _ in candidate.program.named_predictors():
            if worked := _worked(candidate, name, memory):
                candidate.program.memories[name] = Nearest(
                    worked, student.task.compared(name), k=k, tokens=student.task.shown_tokens, choice=choice
                )
        given.evaluate(candidate)
    return student


MEMORY = 2000
"""Worked answers that a memory holds at most."""


def bootstrap(student: Student, given: Setting) -> Student:
    """The program's own right answers as worked ones; random sets of them, the best (``BootstrapFewShot…Search``)."""
    attempts = drawn(given, _attempts(given))
    candidates = max(1, (given.budget - len(attempts)) // len(given.validation))
    found: Student = search(given, candidates).compile(
        student, trainset=attempts, valset=list(given.validation), restrict=own_answers(candidates)
    )
    return found


OWN = 2
"""Own answers at least, of which worked ones are made."""


def _attempts(given: Setting) -> int:
    """Examples to answer for worked answers, so many that a candidate can be validated afterwards."""
    return max(OWN, min(max(given.demos, given.budget // 3), given.budget - len(given.validation)))


def search(given: Setting, candidates: int) -> dspy.BootstrapFewShotWithRandomSearch:
    """Random sets of the program's own right answers."""
    return dspy.BootstrapFewShotWithRandomSearch(
        metric=given.metric.passes,
        max_bootstrapped_demos=given.demos,
        max_labeled_demos=0,
        num_candidate_programs=candidates - 1,
        num_threads=given.threads,
        max_errors=1,
    )


def own_answers(candidates: int) -> range:
    """Its candidates by number, without the program as it is and without bare labels."""
    return range(-1, candidates - 1)


def miprov2(student: Student, given: Setting) -> Student:
    """Instructions and sets of worked answers, found together by Bayesian search (``MIPROv2``)."""
    attempts = drawn(given, _attempts(given))
    trials = max(2, (given.budget - len(attempts)) // len(given.validation))
    optimizer = dspy.MIPROv2(
        metric=given.metric.passes,
        prompt_model=given.reflection,
        task_model=student.program.predictors()[0].lm,
        auto=None,
        num_candidates=max(2, min(8, trials // 2)),
        max_bootstrapped_demos=min(4, given.demos),
        max_labeled_demos=0,
        num_threads=given.threads,
        max_errors=1,
        seed=given.seed,
        track_stats=False,
    )
    found: Student = optimizer.compile(
        student,
        trainset=attempts,
        valset=list(given.validation),
        num_trials=trials,
        minibatch=False,
        program_aware_proposer=False,
        view_data_batch_size=4,
    )
    return found


def simba(student: Student, given: Setting) -> Student:
    """Worked answers and rules from examples on which answers differ most (``SIMBA``)."""
    # A step lets 3 samples and up to 4 candidates answer a batch; at the end each step's winner answers all of them.
    budget = max(1, given.budget - len(given.validation))
    steps = max(1, min(8, budget // 60))
    batch = max(2, min(32, len(given.train), budget // (9 * steps + 2)))
    optimizer = dspy.SIMBA(
        metric=given.metric.number,
        bsize=batch,
        num_candidates=3,
        max_steps=steps,
        max_demos=given.demos,
        prompt_model=given.reflection,
        num_threads=given.threads,
    )
    found: Student = optimizer.compile(student, trainset=shuffled(given)[: 2 * batch], seed=given.seed)
    given.evaluate(found)
    for other in found.candidate_programs:  # few examples decided between them; there is room left for more
        if given.metric.trials.left >= len(given.validation):
            given.evaluate(other["program"])
    return found


def gepa(student: Student, given: Setting) -> Student:
    """Instructions that a model rewrites after reading what went wrong (``GEPA``)."""
    found: Student = dspy.GEPA(
        metric=given.metric.feedback,
        max_metric_calls=given.budget,
        reflection_minibatch_size=_minibatch(given.train),
        reflection_lm=given.reflection,
        instruction_proposer=_Proposer(student),
        num_threads=given.threads,
        seed=given.seed,
        track_stats=False,
    ).compile(student, trainset=shuffled(given), valset=list(given.validation))
    return found


MISSED = 3
"""Instructions that may fail to come one after the other before ``gepa`` ends."""


class _Proposer(InstructionProposer):  # type: ignore[misc]
    """GEPA's own, with what the student's instructions keep: GEPA finds a predictor by the instructions it gave it."""

    def __init__(self, student: Student) -> None:
        super().__init__(adapter=ReflectingAdapter())
        self._lang, self._trials = student.program.lang, student.trials
        self._missed: list[tuple[object, CscError]] = []
        self._given = {name: predictor.signature.instructions for name, predictor in student.named_predictors()}

    def __call__(
        self, candidate: dict[str, str], reflective_dataset: Mapping[str, Any], components_to_update: list[str]
    ) -> dict[str, str]:
        """Component to new instructions; when none came several times running, the compile is over."""
        if self._missed and (self._missed[-1][0] is reflective_dataset or self._trials.failure is not None):
            raise self._missed[-1][1]  # GEPA asks for the same once more, whatever went wrong
        try:
            written: dict[str, str] = super().__call__(candidate, reflective_dataset, components_to_update)
        except CscError as error:  # GEPA lets it pass, and goes on paying for answers that nobody learns from
            self._missed.append((reflective_dataset, error))
            if len(self._missed) >= MISSED:
                self._trials.failure = self._trials.failure or error
            raise
        self._missed.clear()
        return {name: keeping(self._given[name], text, self._lang) for name, text in written.items()}


def _minibatch(train: Sequence[dspy.Example]) -> int:
    return max(2, min(4, len(train)))


def copro(student: Student, given: Setting) -> Student:
    """Instructions in other words, the best of them in other words again (``COPRO``)."""
    predictors = len(student.program.predictors())
    breadth = max(2, min(6, given.trials // (2 * predictors)))
    depth = max(1, given.trials // (breadth * predictors))
    optimizer = dspy.COPRO(
        prompt_model=given.reflection, metric=given.metric.number, breadth=breadth, depth=min(3, depth)
    )
    asked = {"num_threads": given.threads, "display_progress": False}
    with dspy.context(max_errors=1):  # where a model is gone its zeros are no figures
        found: Student = optimizer.compile(student, trainset=list(given.validation), eval_kwargs=asked)
    return found


def least(train: Sequence[dspy.Example], validation: int) -> int:
    """The baseline and one candidate, validated."""
    return 2 * validation


def least_by_own(train: Sequence[dspy.Example], validation: int) -> int:
    """The same, and answers to make worked ones of."""
    return 2 * validation + OWN


def least_for_simba(train: Sequence[dspy.Example], validation: int) -> int:
    """The baseline and the winner, validated, and a step with the smallest batch."""
    return 2 * validation + 11 * OWN


def least_for_gepa(train: Sequence[dspy.Example], validation: int) -> int:
    """The baseline, its own, and three candidates tried and validated."""
    return 2 * validation + 3 * (_minibatch(train) + validation)


def _worked(student: Student, name: str, examples: Sequence[dspy.Example]) -> list[dict[str, Any]]:
    """The worked answers that labels make for a predictor; its questions are shortened from now on where those are."""
    found = [demo for example in examples if (demo := student.task.worked(example).get(name))]
    if found:
        student.program.last_lines[name] = dict.fromkeys(student.task.shortened(name), LINES)
    return found


def _without_reasons(student: Student) -> Student:
    """A copy whose predictors give no reasons: labels come without, and a worked answer must show all it asks for."""
    candidate: Student = student.deepcopy()
    for predictor in candidate.program.predictors():
        for name in filter(may_be_missing, [*predictor.signature.output_fields]):
            predictor.signature = predictor.signature.delete(name)
        predictor.demos = []
    return candidate


def shuffled(given: Setting) -> list[dspy.Example]:
    """The examples to learn from, in random order."""
    found = list(given.train)
    random.Random(given.seed).shuffle(found)
    return found


def drawn(given: Setting, count: int) -> list[dspy.Example]:
    """So many examples whose right answers become worked ones: equal shares of the labels, as far as there are.

    A program is right on the commonest label first, and would show itself nothing else.
    """
    return _balanced(given.train, count, random.Random(given.seed))


def _balanced(examples: Sequence[dspy.Example], count: int, rng: random.Random) -> list[dspy.Example]:
    """Examples with equal shares of the labels, as far as there are, in random order."""
    by_label: dict[str, list[dspy.Example]] = defaultdict(list)
    for example in rng.sample(list(examples), len(examples)):
        by_label[example.label].append(example)
    found: list[dspy.Example] = []
    while len(found) < count and any(by_label.values()):
        for label in rng.sample(sorted(by_label), len(by_label)):
            if by_label[label] and len(found) < count:
                found.append(by_label[label].pop())
    rng.shuffle(found)
    return found
