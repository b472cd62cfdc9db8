"""What a metric is: counts of each answer, and a figure of their sum.

Counts of conversations add up, so a figure of any choice of conversations, every bootstrap sample included, needs no
second look at the texts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from csc_dspy.metrics.answers import Answer

Counts = NDArray[np.float64]
Count = Callable[[Answer], Sequence[float] | None]
"""The counts of an answer; ``None`` where nothing can be said of it."""


@dataclass(frozen=True)
class Metric:
    """One figure.

    Attributes:
        name: Its id, for example ``bleu-2``.
        label: Its name for people.
        width: How many counts an answer has.
        count: The counts of an answer; ``None`` where the metric cannot say anything of it.
        value: The figure of summed counts; ``None`` where they say nothing, for example when all are 0.
        lacking: Why it has no value where no answer has counts.
        how: What the figure depends on besides the texts: the tokenizer, the version.
    """

    name: str
    label: str
    width: int
    count: Count
    value: Callable[[Counts], float | None]
    lacking: str
    how: str = ""


def share(counts: Counts) -> float | None:
    """100 × the first count ÷ the second."""
    return 100 * float(counts[0] / counts[1]) if counts[1] else None
