"""Lists of words, written as one text."""

from __future__ import annotations


def words(text: str) -> tuple[str, ...]:
    """The words of a text, between spaces."""
    return tuple(text.split())


def phrases(text: str) -> tuple[str, ...]:
    """The phrases of a text, between commas; line breaks count as spaces."""
    return tuple(" ".join(phrase.split()) for phrase in text.split(","))
