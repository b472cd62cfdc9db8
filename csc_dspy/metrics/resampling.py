"""How sure a figure is: bootstrap over conversations, since the turns of one conversation are not independent.

Percentile intervals (Efron and Tibshirani 1993); comparisons are paired, the same conversations drawn for both sides
(Koehn 2004; Berg-Kirkpatrick et al. 2012).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from csc_dspy.metrics.metric import Counts

SAMPLES = 1000
"""Bootstrap samples."""
_AT_A_TIME = 50

Value = Callable[[Counts], float | None]


class Interval(NamedTuple):
    """A 95 % interval."""

    low: float
    high: float


class Difference(NamedTuple):
    """How much higher the second of two figures is.

    Attributes:
        value: Second minus first.
        interval: Its 95 % interval.
        p: Two-sided p-value: how often resampling puts a difference as large on the other side of 0.
    """

    value: float
    interval: Interval
    p: float


def interval(counts: Counts, values: Sequence[Value], seed: int = 0) -> list[Interval | None]:
    """The 95 % intervals of figures.

    Args:
        counts: Shape (conversations, width): the counts of each conversation.
        values: The figures, each of summed counts.
        seed: Of the samples.

    Returns:
        An interval a figure; ``None`` where fewer than two conversations are there or a sample has no figure.
    """
    if len(counts) < 2:
        return [None] * len(values)
    drawn: list[list[float | None]] = [[] for _ in values]
    for sums in _samples(counts, seed):
        for value, into in zip(values, drawn, strict=True):
            into.append(value(sums))
    return [_interval(one) for one in drawn]


def difference(first: Counts, second: Counts, value: Value, seed: int = 0) -> Difference | None:
    """How much higher a figure is for the second side than for the first, over the same conversations.

    Args:
        first: Shape (conversations, width).
        second: The same conversations in the same order.
        value: The figure of summed counts.
        seed: Of the samples.

    Returns:
        The difference; ``None`` where a side has no figure, or fewer than two conversations are there.
    """
    assert first.shape == second.shape
    a, b = value(first.sum(axis=0)), value(second.sum(axis=0))
    if len(first) < 2 or a is None or b is None:
        return None
    width = first.shape[1]
    drawn: list[float | None] = []
    for sums in _samples(np.hstack([first, second]), seed):
        one, other = value(sums[:width]), value(sums[width:])
        drawn.append(None if one is None or other is None else other - one)
    found = _interval(drawn)
    if found is None:
        return None
    known = np.array(drawn, dtype=float)
    # The share of samples on the far side of 0, doubled; one is added to both, as a p-value is never 0.
    beyond = min((known <= 0).sum(), (known >= 0).sum())
    # n pairs have 2 ** n ways to be of either sign: with few, not even the clearest difference is beyond chance.
    least = 2.0 ** (1 - len(first))
    return Difference(b - a, found, float(min(1.0, max(least, 2 * (beyond + 1) / (len(known) + 1)))))


def _samples(counts: Counts, seed: int) -> Iterator[Counts]:
    """The summed counts of each bootstrap sample."""
    random = np.random.default_rng(seed)
    n = len(counts)
    for start in range(0, SAMPLES, _AT_A_TIME):
        drawn = (random.integers(n, size=n) for _ in range(min(_AT_A_TIME, SAMPLES - start)))
        weights = np.array([np.bincount(one, minlength=n) for one in drawn], dtype=float)
        yield from weights @ counts  # of integers numpy multiplies matrices slowly


def _interval(drawn: Sequence[float | None]) -> Interval | None:
    if any(value is None for value in drawn):
        return None
    low, high = np.percentile(np.array(drawn, dtype=float), [2.5, 97.5])
    return Interval(float(low), float(high))
