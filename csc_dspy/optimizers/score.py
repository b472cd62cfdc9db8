"""What one answer is worth: one score behind every form that optimizers ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Score:
    """What one answer is worth.

    Attributes:
        value: 0 to 1; what optimizers raise.
        passed: Whether it is good enough to be a worked answer.
        figures: The figures it counts for, each 0 to 1.
        feedback: Predictor to what it did wrong or right, and how to do better; under an empty name what concerns all
            the others.
    """

    value: float
    passed: bool
    figures: Mapping[str, float]
    feedback: Mapping[str, str] = field(default_factory=dict)
