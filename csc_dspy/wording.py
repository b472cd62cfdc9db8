"""Amounts as people read them."""

from __future__ import annotations


def amount(count: int, one: str, more: str | None = None) -> str:
    """How many there are of something: ``1 conversation``, ``1,024 conversations``.

    Args:
        count: How many.
        one: What a single one is called.
        more: What several are called; ``None``: the same with an "s".
    """
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def clock(seconds: float) -> str:
    """A duration like ``0:07``, ``12:40`` or ``3:05:00``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def money(cost: float | None) -> str:
    """Dollars like ``$0.0123`` or ``$12.34``; ``$?`` when a price is unknown."""
    if cost is None:
        return "$?"
    return f"${cost:.2f}" if cost >= 10 else f"${cost:.4f}"
