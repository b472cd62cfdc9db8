"""The conversations that two sides have in common, and that are the same for both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from csc_dspy.errors import InputError
from csc_dspy.evaluation.played import Played
from csc_dspy.evaluation.records import Answered

R = TypeVar("R", bound=Answered | Played)


def paired(first: Iterable[R], second: Mapping[str, R], names: tuple[str, str]) -> Iterator[tuple[R, R]]:
    """Pair two sides' rows, in the order of the first.

    Args:
        first: Rows of one side.
        second: Rows of the other, by id.
        names: What the sides are called.

    Raises:
        InputError: They have no conversation in common, or different versions of one.
    """
    found = False
    for one in first:
        if (other := second.get(one.id)) is None:
            continue
        found = True
        if one.digest != other.digest:
            where = f"in {names[0]} than in {names[1]}"
            raise InputError(f"{one.id} has other words or labels {where}: they cannot be compared")
        yield one, other
    if not found:
        raise InputError(f"{names[0]} and {names[1]} have no conversation in common")
