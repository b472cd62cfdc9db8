"""What compiling gained, measured on examples that no optimizer saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import fsum
from typing import Any

import dspy
import numpy as np

from csc_dspy.conversation import Record
from csc_dspy.errors import CscError
from csc_dspy.metrics.metric import share
from csc_dspy.metrics.resampling import Interval, difference, interval
from csc_dspy.optimizers.metrics import Metric
from csc_dspy.optimizers.score import Score
from csc_dspy.optimizers.student import Student
from csc_dspy.optimizers.task import Task
from csc_dspy.optimizers.trials import Trials
from csc_dspy.programs.asking import Program
from csc_dspy.settings import Role

SCORE = "score"
"""The name of the figure that optimizers raise."""


class Gain(Record):
    """A figure before and after compiling, on the same examples, each × 100.

    Attributes:
        figure: Its name.
        examples: Examples that it was measured on.
        before: Of the program that was not compiled.
        before_low: Lower end of its 95 % interval; ``None`` where there are fewer than two conversations.
        before_high: Upper end.
        after: Of the compiled one.
        after_low: Lower end.
        after_high: Upper end.
        difference: After minus before.
        low: Lower end of the difference's 95 % interval.
        high: Upper end.
        p: Two-sided p-value of the paired bootstrap over conversations.
        better: Examples that are worth more than before; ``None`` in files of earlier versions.
        worse: Examples that are worth less.
    """

    figure: str
    examples: int
    before: float
    before_low: float | None = None
    before_high: float | None = None
    after: float
    after_low: float | None = None
    after_high: float | None = None
    difference: float
    low: float | None = None
    high: float | None = None
    p: float | None = None
    better: int | None = None
    worse: int | None = None

    def text(self) -> str:
        """The figure for people."""

        def with_interval(value: float, low: float | None, high: float | None) -> str:
            return f"{value:.1f}" + ("" if low is None else f" ({low:.1f}–{high:.1f})")

        sure = "" if self.low is None else f", 95 % interval {self.low:+.1f} to {self.high:+.1f}, p = {self.p:.3f}"
        sure += "" if self.better is None else f"; {self.better:,} better, {self.worse:,} worse"
        return (
            f"{self.figure}: {with_interval(self.before, self.before_low, self.before_high)} before, "
            f"{with_interval(self.after, self.after_low, self.after_high)} after ({self.difference:+.1f}{sure})"
        )


def book(examples: Sequence[dspy.Example]) -> Trials:
    """A book of trials for a program that answers some examples once."""
    return Trials([example.id for example in examples], len(examples))


def answers(
    task: Task,
    program: Program,
    lms: Mapping[Role, dspy.LM],
    examples: Sequence[dspy.Example],
    threads: int,
    trials: Trials,
) -> tuple[list[Score], int]:
    """Let a program answer examples; outside the budget of a compile.

    Args:
        task: What the program does.
        program: The program.
        lms: Role to model.
        examples: What it answers.
        threads: Answers at a time.
        trials: A new :func:`book` of them.

    Returns:
        What each answer is worth, and how many the endpoint refused to give.

    Raises:
        CscError: The model could not be had.
    """
    student = Student(program, task, trials, lms)
    metric = Metric(task, trials)
    try:
        dspy.Evaluate(devset=list(examples), metric=metric.number, num_threads=threads, max_errors=1)(student)
    except Exception:
        trials.settle()
        if trials.failure is not None:
            raise trials.failure from None
        raise
    if not (whole := trials.whole()):
        raise CscError("the held-out examples could not all be answered")
    candidate = whole[0]
    return [candidate.scores[example.id] for example in examples], trials.refused


def gains(examples: Sequence[dspy.Example], before: Sequence[Score], after: Sequence[Score]) -> list[Gain]:
    """The figures before and after, the score that optimizers raise first.

    Args:
        examples: What was answered.
        before: What the answers of the program that was not compiled are worth, in the same order.
        after: What those of the compiled one are worth.
    """
    names = dict.fromkeys([SCORE, *(name for score in (*before, *after) for name in score.figures)])
    found = []
    for name in names:
        a, b = (_table(examples, scores, name) for scores in (before, after))
        first, second = share(a.sum(axis=0)), share(b.sum(axis=0))
        if first is None or second is None:
            continue
        (one,), (other,) = interval(a, [share]), interval(b, [share])
        apart = difference(a, b, share)
        pairs = [(_value(one, name), _value(other, name)) for one, other in zip(before, after, strict=True)]
        changed = [now - then for then, now in pairs if then is not None and now is not None]
        found.append(
            Gain(
                figure=name,
                examples=int(a[:, 1].sum()),
                before=first,
                after=second,
                difference=second - first,
                better=sum(one > 0 for one in changed),
                worse=sum(one < 0 for one in changed),
                **_ends("before_", one),
                **_ends("after_", other),
                **(_ends("", apart.interval) | {"p": apart.p} if apart else {}),
            )
        )
    return found


def _ends(prefix: str, found: Interval | None) -> dict[str, Any]:
    return {} if found is None else {f"{prefix}low": found.low, f"{prefix}high": found.high}


def _value(score: Score, name: str) -> float | None:
    return score.value if name == SCORE else score.figures.get(name)


def _table(examples: Sequence[dspy.Example], scores: Sequence[Score], name: str) -> np.ndarray[Any, Any]:
    """Shape (conversations, 2): the sum of a figure over a conversation's examples, and how many have it."""
    groups: dict[str, list[float]] = {}
    for example, score in zip(examples, scores, strict=True):
        values = groups.setdefault(example.group, [])
        if (value := _value(score, name)) is not None:
            values.append(value)
    # Exact sums, so that the same scores in another order are no difference.
    return np.array([(fsum(values), len(values)) for values in groups.values()], dtype=float)
