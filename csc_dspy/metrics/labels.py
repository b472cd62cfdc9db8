"""Strategies and stages against gold ones: accuracy, macro-F1, precision and recall of each strategy, confusion.

All figures × 100. A turn without a gold label is not scored; an answer that could not be read is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from csc_dspy.framework import Strategy
from csc_dspy.metrics.answers import Answer
from csc_dspy.metrics.metric import Counts, Metric, share

_STRATEGIES = list(Strategy)
_PLACES = {strategy: place for place, strategy in enumerate(_STRATEGIES)}
_COLUMNS = len(_STRATEGIES) + 1  # the last one: could not be read


class Scores(NamedTuple):
    """How well one strategy is met, each × 100; ``None`` where there is nothing to divide by."""

    gold: int
    said: int
    precision: float | None
    recall: float | None
    f1: float | None


def metrics() -> list[Metric]:
    """The metrics of this file."""
    cells = len(Strategy) * _COLUMNS
    strategy = "no turn has both a gold strategy and a chosen one"
    stage = "no turn has both a gold stage and a named one"
    of_gold = "mean F1 of the strategies among the gold labels"
    of_all = "% of turns with a gold strategy"
    return [
        Metric("accuracy", "strategy accuracy", cells, confusion_counts, _accuracy, strategy, of_all),
        Metric("macro-f1", "strategy macro-F1", cells, confusion_counts, _macro_f1, strategy, of_gold),
        Metric("stage-accuracy", "stage accuracy", 2, _stage_counts, share, stage, "% of turns with a gold stage"),
    ]


def _stage_counts(answer: Answer) -> Sequence[float] | None:
    if answer.gold_stage is None or not answer.tried("stage"):
        return None
    return float(answer.stage is answer.gold_stage), 1


def confusion_counts(answer: Answer) -> Sequence[float] | None:
    """A one at the place of gold and chosen strategy, of a flattened table of 12 × 13 (the last: unreadable)."""
    if answer.gold_strategy is None or not answer.tried("strategy"):
        return None
    counts = [0.0] * (len(_STRATEGIES) * _COLUMNS)
    said = _COLUMNS - 1 if answer.strategy is None else _PLACES[answer.strategy]
    counts[_PLACES[answer.gold_strategy] * _COLUMNS + said] = 1
    return counts


def confusion(counts: Counts) -> dict[Strategy, dict[Strategy | None, int]]:
    """Gold strategy to chosen strategy to how often, without zeros; ``None``: could not be read."""
    table = counts.reshape(len(_STRATEGIES), _COLUMNS)
    said: list[Strategy | None] = [*_STRATEGIES, None]
    return {
        gold: {other: int(n) for other, n in zip(said, row, strict=True) if n}
        for gold, row in zip(_STRATEGIES, table, strict=True)
        if row.any()
    }


def by_strategy(counts: Counts) -> dict[Strategy, Scores]:
    """Precision, recall and F1 of each strategy that is among the gold labels or was said."""
    table = counts.reshape(len(_STRATEGIES), _COLUMNS)
    hits, gold, said = table.diagonal(), table.sum(axis=1), table.sum(axis=0)[:-1]
    found = {}
    for strategy, place in _PLACES.items():
        g, s, hit = (int(of[place]) for of in (gold, said, hits))
        if g or s:
            precision, recall = (100 * hit / of if of else None for of in (s, g))
            found[strategy] = Scores(g, s, precision, recall, 100 * 2 * hit / (g + s) if g else None)
    return found


def _accuracy(counts: Counts) -> float | None:
    table = counts.reshape(len(_STRATEGIES), _COLUMNS)
    return share(np.array([table.trace(), table.sum()]))


def _macro_f1(counts: Counts) -> float | None:
    table = counts.reshape(len(_STRATEGIES), _COLUMNS)
    gold, said = table.sum(axis=1), table.sum(axis=0)[:-1]
    occur = gold > 0
    if not occur.any():
        return None
    return float(100 * np.mean(2 * table.diagonal()[occur] / (gold + said)[occur]))
