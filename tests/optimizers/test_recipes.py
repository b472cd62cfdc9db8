"""What recipes take from the examples to learn from."""

from __future__ import annotations

from collections import Counter
from typing import Any, cast

import dspy

from csc_dspy.optimizers.recipes import Setting, drawn


def given(labels: list[str], seed: int = 0) -> Setting:
    """A setting with one example a label."""
    train = [dspy.Example(id=str(at), label=label) for at, label in enumerate(labels)]
    nothing = cast(Any, None)
    return Setting(train, [], metric=nothing, budget=9, demos=4, threads=1, seed=seed, reflection=nothing)


def test_rare_labels_are_tried_as_often_as_common_ones() -> None:
    found = drawn(given(["common"] * 90 + ["rare"] * 5 + ["rarer"] * 2), 9)
    counts = Counter(one.label for one in found)
    assert counts["rarer"] == 2
    assert {counts["common"], counts["rare"]} == {3, 4}


def test_all_are_drawn_once_where_so_many_are_asked_for() -> None:
    few = given(["common"] * 9 + ["rare"])
    found = drawn(few, 100)
    assert sorted(one.id for one in found) == sorted(one.id for one in few.train)
    assert [one.id for one in found] == [one.id for one in drawn(few, 100)]
    assert [one.id for one in found] != [one.id for one in drawn(given(["common"] * 9 + ["rare"], seed=1), 100)]


def test_examples_without_labels_are_drawn_at_random() -> None:
    found = drawn(given([""] * 20), 5)
    assert len({one.id for one in found}) == 5
