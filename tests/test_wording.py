"""Amounts as people read them."""

from __future__ import annotations

import pytest

from csc_dspy.wording import amount, clock, money


@pytest.mark.parametrize(
    ("count", "called", "shown"),
    [
        (0, ("call",), "0 calls"),
        (1, ("bad line",), "1 bad line"),
        (1234, ("call",), "1,234 calls"),
        (1, ("reply", "replies"), "1 reply"),
        (2, ("reply", "replies"), "2 replies"),
    ],
)
def test_one_is_not_several(count: int, called: tuple[str, ...], shown: str) -> None:
    assert amount(count, *called) == shown


@pytest.mark.parametrize(("seconds", "shown"), [(0, "0:00"), (7.4, "0:07"), (760, "12:40"), (11100, "3:05:00")])
def test_durations_read_like_a_clock(seconds: float, shown: str) -> None:
    assert clock(seconds) == shown


@pytest.mark.parametrize(("cost", "shown"), [(None, "$?"), (0.01234, "$0.0123"), (12.345, "$12.35")])
def test_money_is_dollars(cost: float | None, shown: str) -> None:
    assert money(cost) == shown
