"""From answers to a table of figures, each with its interval; what cannot be scored says why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Self, TypeVar

import numpy as np

from csc_dspy.conversation import Record
from csc_dspy.framework import LANGS, Lang
from csc_dspy.metrics import labels, neural, overlap
from csc_dspy.metrics.answers import Answer
from csc_dspy.metrics.metric import Count, Counts, Metric
from csc_dspy.metrics.neural import NeuralModels
from csc_dspy.metrics.resampling import Difference, Interval, Value, difference, interval
from csc_dspy.metrics.tokens import tokens
from csc_dspy.metrics.variety import distinct

T = TypeVar("T")


class Score(Record):
    """One figure.

    Attributes:
        name: The metric's id.
        label: Its name for people.
        value: The figure; ``None`` when it could not be scored.
        low: Lower end of its 95 % interval, if it has one.
        high: Upper end.
        turns: Answers it was scored on.
        how: What it depends on besides the texts.
        why: Why it has no value.
    """

    name: str
    label: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    turns: int = 0
    how: str = ""
    why: str | None = None

    @classmethod
    def of(
        cls, name: str, label: str, value: float | None, spread: Interval | None, turns: int, how: str, lacking: str
    ) -> Self:
        """A figure with its interval; what it lacks is said where it has no value."""
        known = value is not None
        return cls(
            name=name,
            label=label,
            value=value,
            low=spread.low if spread and known else None,
            high=spread.high if spread and known else None,
            turns=turns,
            how=how,
            why=None if known else lacking,
        )

    @classmethod
    def of_table(
        cls, name: str, label: str, table: Counts, value: Value, how: str, lacking: str, seed: int = 0
    ) -> Self:
        """A figure of a table with its interval.

        Args:
            name: The metric's id.
            label: Its name for people.
            table: Shape (conversations, 2): what counts, and out of how many.
            value: The figure of summed rows.
            how: What it depends on.
            lacking: Why it has no value where it has none.
            seed: Of the bootstrap samples.
        """
        (spread,) = interval(table, [value], seed)
        total = table.sum(axis=0)
        return cls.of(name, label, value(total), spread, int(total[1]), how, lacking)

    def text(self) -> str:
        """The figure with its interval, for people."""
        if self.value is None:
            return "–"
        spread = "" if self.low is None else f" ({self.low:.1f}–{self.high:.1f})"
        return f"{self.value:.2f}{spread}"


def apart(rows: Iterable[T], lang: Callable[[T], Lang]) -> dict[Lang, list[T]]:
    """Rows by their language, where there is more than one; else nothing, as the whole says it all."""
    found: dict[Lang, list[T]] = {one: [] for one in LANGS}
    for row in rows:
        found[lang(row)].append(row)
    there = {one: some for one, some in found.items() if some}
    return there if len(there) > 1 else {}


def all_metrics(answers: Iterable[Answer], models: NeuralModels) -> list[Metric]:
    """The metrics of answers, in the paper's order.

    Args:
        answers: All that will be counted: neural metrics score them together, beforehand.
        models: The models of neural metrics; those without one are in the list all the same, and say so.

    Raises:
        InputError: A model's folder holds no such model.
    """
    return [*overlap.metrics(), *neural.metrics(models, answers), *labels.metrics()]


@dataclass(frozen=True)
class Counted:
    """The counts of a set of answers: all that figures, intervals and comparisons need.

    Attributes:
        ids: The conversations, in order.
        metrics: What was counted.
        counts: For each metric's way of counting, shape (conversations, width).
        turns: For each way of counting, of how many answers of each conversation it could say something.
        said: The tokens of each conversation's responses.
    """

    ids: tuple[str, ...]
    metrics: tuple[Metric, ...]
    counts: dict[Count, Counts]
    turns: dict[Count, Counts]
    said: tuple[tuple[tuple[str, ...], ...], ...]

    @classmethod
    def of(cls, conversations: Iterable[tuple[str, Iterable[Answer]]], metrics: Sequence[Metric]) -> Counted:
        """Count answers.

        Args:
            conversations: Id and answers of each conversation.
            metrics: What to count.
        """
        ways = {metric.count: metric.width for metric in metrics}
        rows: dict[Count, list[Counts]] = {way: [] for way in ways}
        turns: dict[Count, list[int]] = {way: [] for way in ways}
        ids, said = [], []
        for id, answers in conversations:
            ids.append(id)
            texts = []
            sums = {way: np.zeros(width) for way, width in ways.items()}
            scored = dict.fromkeys(ways, 0)
            for answer in answers:
                if answer.response:
                    texts.append(tuple(tokens(answer.response, answer.lang)))
                for way in ways:
                    if (counts := way(answer)) is not None:
                        sums[way] += counts
                        scored[way] += 1
            said.append(tuple(texts))
            for way in ways:
                rows[way].append(sums[way])
                turns[way].append(scored[way])
        stacked = {way: np.array(rows[way]).reshape(len(ids), width) for way, width in ways.items()}
        return cls(
            tuple(ids),
            tuple(metrics),
            stacked,
            {way: np.array(n, dtype=float) for way, n in turns.items()},
            tuple(said),
        )

    def only(self, places: Sequence[int]) -> Counted:
        """The counts of some of the conversations, by their places."""
        return Counted(
            tuple(self.ids[place] for place in places),
            self.metrics,
            {way: counts[list(places)] for way, counts in self.counts.items()},
            {way: turns[list(places)] for way, turns in self.turns.items()},
            tuple(self.said[place] for place in places),
        )

    def scored(self, metric: Metric) -> int:
        """How many answers a metric could say something of."""
        return int(self.turns[metric.count].sum())

    def sums(self, metric: Metric) -> Counts:
        """The counts of all answers."""
        total: Counts = self.counts[metric.count].sum(axis=0)
        return total

    def value(self, metric: Metric) -> float | None:
        """The figure of all answers; ``None`` where the metric can say nothing of any."""
        return metric.value(self.sums(metric)) if self.scored(metric) else None


def scores(counted: Counted, seed: int = 0) -> list[Score]:
    """The figures of all metrics, and how varied the responses are.

    Args:
        counted: The counts.
        seed: Of the bootstrap samples.
    """
    at, width = {}, 0
    for way, counts in counted.counts.items():
        at[way] = slice(width, width := width + counts.shape[1])
    # All ways side by side, so that every bootstrap sample is drawn once.
    values = [partial(_of_part, metric.value, at[metric.count]) for metric in counted.metrics]
    spreads = interval(np.hstack(list(counted.counts.values())), values, seed)
    found = [
        Score.of(
            metric.name,
            metric.label,
            counted.value(metric),
            spread,
            counted.scored(metric),
            metric.how,
            metric.lacking,
        )
        for metric, spread in zip(counted.metrics, spreads, strict=True)
    ]
    return [*found, *(_distinct(counted, n) for n in (1, 2))]


def _of_part(value: Value, part: slice, counts: Counts) -> float | None:
    return value(counts[part])


def _distinct(counted: Counted, n: int) -> Score:
    responses = [response for conversation in counted.said for response in conversation]
    value = distinct(responses, n)
    how = "different n-grams per n-gram of all responses; depends on how many there are, so without an interval"
    share = None if value is None else 100 * value
    return Score.of(f"distinct-{n}", f"distinct-{n}", share, None, len(responses), how, "there is no response")


class Compared(Record):
    """One figure of two sides.

    Attributes:
        name: The metric's id.
        label: Its name for people.
        first: The first side's figure.
        second: The second side's.
        difference: Second minus first; ``None`` where it could not be scored.
        low: Lower end of the difference's 95 % interval.
        high: Upper end.
        p: Two-sided p-value of the paired bootstrap over conversations.
    """

    name: str
    label: str
    first: float | None
    second: float | None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None

    @classmethod
    def of(cls, name: str, label: str, first: float | None, second: float | None, found: Difference | None) -> Self:
        """A figure of both sides, with the difference where it could be had."""
        if found is None:
            return cls(name=name, label=label, first=first, second=second)
        return cls(
            name=name,
            label=label,
            first=first,
            second=second,
            difference=found.value,
            low=found.interval.low,
            high=found.interval.high,
            p=found.p,
        )


def compared(first: Counted, second: Counted, seed: int = 0) -> list[Compared]:
    """Compare two sides on the same conversations, in the same order, metric by metric."""
    assert first.ids == second.ids
    found = []
    for one, other in zip(first.metrics, second.metrics, strict=True):
        a, b = first.value(one), second.value(other)
        both = (
            None
            if a is None or b is None
            else difference(first.counts[one.count], second.counts[other.count], one.value, seed)
        )
        found.append(Compared.of(one.name, one.label, a, b, both))
    return found
