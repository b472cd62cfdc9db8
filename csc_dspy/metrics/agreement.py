"""How far raters agree: Cohen's kappa of two, Krippendorff's alpha of any number, Spearman's rank correlation."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from typing import Literal

Level = Literal["nominal", "ordinal"]
"""Whether values are names, or have an order."""


def cohen(one: Sequence[float], other: Sequence[float], level: Level) -> float | None:
    """Cohen's kappa of two raters over the same items (Cohen 1960); of ordered values with squared weights (1968).

    Values are categories, so a mean of several people is rounded, halves up.

    Returns:
        −1 to 1; ``None`` where there is no item, or both know one value only, so that chance alone agrees.
    """
    from sklearn.metrics import cohen_kappa_score

    one, other = ([math.floor(value + 0.5) for value in values] for values in (one, other))
    if len({*one, *other}) < 2:
        return None
    return _known(cohen_kappa_score(list(one), list(other), weights="quadratic" if level == "ordinal" else None))


def krippendorff_alpha(raters: Sequence[Mapping[str, float]], level: Level) -> float | None:
    """Krippendorff's alpha over items that not every rater need have rated (Krippendorff 2004).

    Args:
        raters: For each rater, item to value.
        level: Of the values.

    Returns:
        At most 1, 0 for chance; ``None`` where no item has two values, or all values are the same.
    """
    import krippendorff
    import numpy as np

    items = sorted({item for rater in raters for item in rater})
    table = np.array([[rater.get(item, np.nan) for item in items] for rater in raters], dtype=float)
    paired = table[:, (~np.isnan(table)).sum(axis=0) > 1] if items else table
    if not paired.size or len(np.unique(paired[~np.isnan(paired)])) < 2:
        return None
    return _known(krippendorff.alpha(reliability_data=paired, level_of_measurement=level))


def spearman(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Spearman's rank correlation of two raters over the same items.

    Returns:
        −1 to 1; ``None`` with fewer than three items, or where a rater gives one value only.
    """
    from scipy.stats import spearmanr

    if len(one) < 3 or len(set(one)) < 2 or len(set(other)) < 2:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _known(spearmanr(one, other).statistic)


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
