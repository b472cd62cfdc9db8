"""How sure figures are: against known distributions, and paired where the same conversations are compared."""

from __future__ import annotations

import numpy as np
import pytest

from csc_dspy.framework import Strategy
from csc_dspy.metrics import labels
from csc_dspy.metrics.answers import Answer
from csc_dspy.metrics.metric import share
from csc_dspy.metrics.resampling import difference, interval
from csc_dspy.metrics.scoring import Counted, compared, scores
from csc_dspy.metrics.variety import distinct


def flips(n: int, chance: float, seed: int, turns: int = 10) -> np.ndarray:
    random = np.random.default_rng(seed)
    return np.stack([random.binomial(turns, chance, n), np.full(n, turns)], axis=1).astype(float)


def test_an_interval_is_that_of_the_binomial_where_turns_are_independent() -> None:
    counts = flips(400, 0.4, 0)
    (found,) = interval(counts, [share])
    assert found is not None
    assert found.high - found.low == pytest.approx(2 * 1.96 * 100 * np.sqrt(0.24 / 4000), rel=0.15)


def test_an_interval_is_wider_where_the_turns_of_a_conversation_go_together() -> None:
    together = np.array([[10.0, 10.0], [0.0, 10.0]] * 20)
    apart = np.array([[5.0, 10.0]] * 40)
    wide, none = interval(together, [share])[0], interval(apart, [share])[0]
    assert wide is not None
    assert none is not None
    assert wide.high - wide.low > 25
    assert none.high == none.low == 50


def test_about_nineteen_of_twenty_intervals_hold_the_truth() -> None:
    found = [interval(flips(60, 0.3, seed), [share], seed)[0] for seed in range(60)]
    holding = sum(one is not None and one.low <= 30 <= one.high for one in found)
    assert 51 <= holding <= 60


def test_a_paired_difference_sees_what_the_conversations_difficulty_hides() -> None:
    random = np.random.default_rng(3)
    hardness = random.integers(0, 8, 50)
    first = np.stack([hardness, np.full(50, 10)], axis=1).astype(float)
    second = first + np.array([1.0, 0.0])
    found = difference(first, second, share)
    assert found is not None
    assert found.value == pytest.approx(10)
    assert found.p < 0.01
    same = difference(first, first, share)
    assert same is not None
    assert (same.value, same.p) == (0, 1)


def test_nothing_is_said_of_a_single_conversation() -> None:
    assert interval(flips(1, 0.5, 0), [share]) == [None]
    assert difference(flips(1, 0.5, 0), flips(1, 0.5, 1), share) is None


def test_the_same_answers_give_the_same_intervals() -> None:
    answers = [[Answer("en", "x", Strategy.GREETING, strategy=Strategy(s))] for s in ("greeting", "others") * 9]
    counted = Counted.of([(str(n), one) for n, one in enumerate(answers)], labels.metrics())
    assert scores(counted) == scores(counted)
    assert all(one.difference == 0 for one in compared(counted, counted) if one.difference is not None)


def test_distinct_counts_within_turns() -> None:
    assert distinct([["a", "b", "a"], ["b", "a"]], 1) == pytest.approx(2 / 5)
    assert distinct([["a", "b", "a"], ["b", "a"]], 2) == pytest.approx(2 / 3)  # ab, ba, ba
    assert distinct([["a"]], 2) is None


def test_few_conversations_cannot_show_a_difference_however_clear() -> None:
    for n, least in ((3, 0.25), (4, 0.125), (5, 0.0625)):
        first, second = np.array([[0.0, 10.0]] * n), np.array([[10.0, 10.0]] * n)
        found = difference(first, second, share)
        assert found is not None
        assert found.p == least
    first, second = np.array([[0.0, 10.0]] * 6), np.array([[10.0, 10.0]] * 6)
    found = difference(first, second, share)
    assert found is not None
    assert found.p < 0.05
