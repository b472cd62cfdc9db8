"""What compiling gained: figures before and after, on the same examples."""

from __future__ import annotations

import dspy

from csc_dspy.optimizers.heldout import gains
from csc_dspy.optimizers.score import Score

EXAMPLES = [dspy.Example(id=str(number), group=f"call {number // 3}") for number in range(6)]


def scores(*values: float) -> list[Score]:
    return [Score(value, value > 0.5, {}) for value in values]


def test_a_gain_is_after_minus_before_times_a_hundred() -> None:
    (gain,) = gains(EXAMPLES, scores(0, 0, 1, 0, 0, 1), scores(1, 0, 1, 0, 1, 1))
    assert (gain.figure, gain.examples) == ("score", 6)
    assert gain.text().startswith("score: 33.3 (33.3–33.3) before, 66.7 (66.7–66.7) after (+33.3, ")


def test_the_same_scores_in_another_order_are_no_loss() -> None:
    assert sum([0.1, 0.2, 0.3]) != sum([0.3, 0.2, 0.1])
    (gain,) = gains(EXAMPLES, scores(0.1, 0.2, 0.3, 0, 0, 0), scores(0.3, 0.2, 0.1, 0, 0, 0))
    assert (gain.difference, gain.p) == (0, 1)
    assert "(+0.0" in gain.text()


def test_answers_that_changed_are_counted_also_where_the_figure_did_not() -> None:
    (gain,) = gains(EXAMPLES, scores(1, 0, 1, 0, 0, 1), scores(0, 1, 1, 0, 0, 1))
    assert (gain.difference, gain.better, gain.worse) == (0, 1, 1)
    assert gain.text().endswith("p = 1.000; 1 better, 1 worse)")
