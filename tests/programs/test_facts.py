"""Numbers as facts: equal ones in any layout, and what is none."""

from __future__ import annotations

import pytest

from csc_dspy.conversation import Turn
from csc_dspy.programs.facts import missing, numbers


def said(*texts: str) -> list[Turn]:
    return [Turn(speaker="customer", text=text) for text in texts]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It was $1,250.00 and then 1250 again", ["1250"]),
        ("２００元，还有 35％", ["200", "35"]),
        ("between 2 PM and 4 PM", []),
        ("only $5, or 3% of 7 euros", ["5", "3", "7"]),
        ("at 14:30, order ORD-00412", ["14:30", "00412"]),
        ("version 2.5, not 2.50", ["2.5", "2.50"]),
        ("write to [EMAIL_12] or 【手机号码_34】", []),
        ("1,2 or 3", ["1,2"]),
        ("none at all", []),
    ],
)
def test_numbers_are_found_in_any_layout(text: str, found: list[str]) -> None:
    assert list(numbers(said(text))) == found


def test_what_is_missing_is_told_in_order_and_once() -> None:
    before = said("I paid 380 euros on 12 May.", "Yes, 380 euros, order 4711.")
    assert missing(before, said("You paid 380 euros.")) == ("12", "4711")
    assert missing(before, before) == ()
