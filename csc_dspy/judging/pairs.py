"""Saved answers reply by reply, of one side or of two to the same calls."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from csc_dspy.conversation import Conversation, Turn
from csc_dspy.corpora.masking import mask
from csc_dspy.errors import InputError
from csc_dspy.evaluation.pairing import paired
from csc_dspy.evaluation.records import Answered, read_answered


class Pair(NamedTuple):
    """Two sides' answers to the same conversation."""

    first: Answered
    second: Answered


class Place(NamedTuple):
    """Two replies in the same place.

    Attributes:
        at: The place in the conversation, from 0.
        turns: What was said before.
        first: The first side's reply.
        second: The second side's.
    """

    at: int
    turns: tuple[Turn, ...]
    first: str
    second: str


class Reply(NamedTuple):
    """One reply in its place.

    Attributes:
        at: The place in the conversation, from 0.
        turns: What was said before.
        text: The reply.
    """

    at: int
    turns: tuple[Turn, ...]
    text: str


def pairs(answers: Path, other: Path) -> Iterator[Pair]:
    """The conversations that both sides answered, in the order of the first file.

    Raises:
        InputError: They have none in common, answered different versions of one, or a side answered in its own context,
            where each leads another call.
    """
    theirs = {row.id: row for row in _read(other)}
    return (Pair(*both) for both in paired(_read(answers), theirs, (str(answers), str(other))))


def unpaired(answers: Path, other: Path) -> tuple[int, int]:
    """How many conversations only the one side answered, and only the other.

    Raises:
        InputError: A file cannot be read.
    """
    ours, theirs = ({row.id for row in _read(path)} for path in (answers, other))
    return len(ours - theirs), len(theirs - ours)


def _read(path: Path) -> Iterator[Answered]:
    for row in read_answered(path):
        if row.context != "reference":
            raise InputError(
                f"{path}: replies in the {row.context} context answer calls of their own; pairs need reference"
            )
        yield row


def replies(row: Answered) -> Iterator[Reply]:
    """What was replied; answers that failed are left out."""
    for turns, turn in zip(row.histories(), row.turns, strict=True):
        if turn.response:
            yield Reply(turn.at, turns, turn.response)


def places(pair: Pair) -> Iterator[Place]:
    """Where both sides replied, in different words; two equal replies need no vote."""
    for turns, one, other in zip(pair.first.histories(), pair.first.turns, pair.second.turns, strict=True):
        if one.response and other.response and one.response != other.response:
            yield Place(one.at, turns, one.response, other.response)


def told_apart(pair: Pair) -> bool:
    """Whether personal data is masked on one side only."""
    both = zip(pair.first.turns, pair.second.turns, strict=True)
    return any(one.reference != other.reference or one.heard != other.heard for one, other in both)


def masked(row: Answered) -> Answered:
    """The same answers without personal data; the same value is the same placeholder in all of them."""
    turns: list[Turn] = []
    for turn in row.turns:
        turns += (Turn(speaker="customer", text=text) for text in turn.heard)
        turns += (Turn(speaker="supporter", text=text) for text in (turn.reference, turn.response or ""))
    whole = Conversation(id=row.id, lang=row.lang, topic=row.topic, source=row.source, turns=tuple(turns))
    texts = iter([turn.text for turn in mask(whole).conversation.turns])
    told = [
        turn.model_copy(
            update={
                "heard": tuple(next(texts) for _ in turn.heard),
                "reference": next(texts),
                "response": next(texts) or None,
            }
        )
        for turn in row.turns
    ]
    return row.model_copy(update={"turns": tuple(told)})
