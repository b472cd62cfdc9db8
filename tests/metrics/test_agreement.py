"""Agreement of raters, by hand."""

from __future__ import annotations

import pytest

from csc_dspy.metrics.agreement import cohen, krippendorff_alpha, spearman


def test_cohens_kappa_takes_off_what_chance_agrees_on() -> None:
    # Agreed: 20 + 15 of 50 = 0.7; by chance 0.5 * 0.6 + 0.5 * 0.4 = 0.5 (Cohen's example).
    one = [1.0] * 25 + [0.0] * 25
    other = [1.0] * 20 + [0.0] * 5 + [1.0] * 10 + [0.0] * 15
    assert cohen(one, other, "nominal") == pytest.approx(0.4)


def test_of_ordered_values_a_near_miss_weighs_less() -> None:
    one = [1.0, 2.0, 3.0, 4.0, 5.0]
    near, far = [1.0, 2.0, 3.0, 5.0, 4.0], [5.0, 2.0, 3.0, 4.0, 1.0]
    # Squared distances: 2 seen, and the mean over all pairs of the two margins 20 / 5 = 4 a item by chance.
    assert cohen(one, near, "ordinal") == pytest.approx(1 - 2 / 20)
    assert cohen(one, far, "ordinal") == pytest.approx(1 - 32 / 20)


@pytest.mark.parametrize("values", [([], []), ([3.0, 3.0], [3.0, 3.0])])
def test_where_nothing_can_differ_kappa_is_unknown(values: tuple[list[float], list[float]]) -> None:
    assert cohen(*values, "nominal") is None


def test_krippendorffs_alpha_of_his_example_without_missing_values() -> None:
    # Krippendorff (2011), two raters and ten binary items: six agree; alpha = 1 - 4 / (2 * 14 * 6 / 19 / 1) = 0.095.
    one = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0]
    other = [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    raters = [{str(item): float(value) for item, value in enumerate(values)} for values in (one, other)]
    assert krippendorff_alpha(raters, "nominal") == pytest.approx(0.095, abs=0.001)


def test_alpha_passes_over_items_with_one_value() -> None:
    full = [{"a": 1.0, "b": 2.0, "c": 3.0}, {"a": 1.0, "b": 2.0, "c": 2.0}]
    holes = [{**full[0], "d": 3.0}, {**full[1], "e": 1.0}]
    assert krippendorff_alpha(holes, "ordinal") == pytest.approx(krippendorff_alpha(full, "ordinal"))  # type: ignore[arg-type]
    assert krippendorff_alpha([{"a": 1.0}, {"b": 1.0}], "ordinal") is None
    assert krippendorff_alpha([{"a": 1.0}, {"a": 1.0}], "ordinal") is None
    assert krippendorff_alpha([], "ordinal") is None


def test_rank_correlation_needs_ranks() -> None:
    assert spearman([1, 2, 3, 4], [2, 4, 6, 100]) == pytest.approx(1)
    assert spearman([1, 2, 3], [3, 2, 1]) == pytest.approx(-1)
    assert spearman([1, 2], [1, 2]) is None
    assert spearman([1, 2, 3], [5, 5, 5]) is None
