"""From what a reader found to a ``Conversation``: two sides, one language, an id, and where it came from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError

from csc_dspy.conversation import Conversation, fault_of
from csc_dspy.corpora.readers.roles import assign_roles
from csc_dspy.corpora.readers.transcripts import Transcript
from csc_dspy.framework import Lang

UNKNOWN_TOPIC = "unknown"
"""Topic of a call whose record names none."""

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]+")
_OTHER = re.compile(r"[\u0370-\u1fff\u3040-\u30ff\uac00-\ud7af]")
_TURN_SAMPLE = 60  # characters of each of the first turns that tell the language


class Call(NamedTuple):
    """A call that was read."""

    conversation: Conversation
    machine_lines: int = 0
    """Lines of a bot, an IVR or a system, left out."""
    directions: int = 0
    """Stage directions, left out."""
    actions: int = 0
    """Turns that hold a system action, for example a query written out."""
    media: int = 0
    """Lines that stand for pictures and files, left out."""
    notes: int = 0
    """Lines about the call, below it, left out."""
    was_ordered: bool = False
    """Whether its rows in a table were put in the order of their times."""


class Origin(NamedTuple):
    """What a call has from its file rather than from what was said."""

    id: str
    source: str
    file: str
    line: int
    lang: Lang | None = None
    """``None``: to be told from the characters."""
    topic: str = UNKNOWN_TOPIC
    fields: Mapping[str, Any] | None = None
    """Other fields of its record."""


def to_call(transcript: Transcript, origin: Origin) -> Call:
    """A transcript as a conversation.

    Raises:
        ValueError: A role cannot be known, only one side speaks, or the language is neither English nor Chinese.
    """
    roles = assign_roles(transcript)
    turns = [
        {"speaker": role, "text": text}
        for label, text, _ in transcript.utterances
        if (role := roles[label.key]) != "machine"
    ]
    machine_lines = len(transcript.utterances) - len(turns)
    sides = {turn["speaker"] for turn in turns}
    if len(sides) < 2:
        raise ValueError(f"one side only: only the {sides.pop()} speaks" if sides else "empty: nobody says anything")
    meta: dict[str, Any] = {"file": origin.file, "line": origin.line}
    named = {label.key for label in transcript.speakers if label.role is None or label.name}
    if named:  # a label such as `Agent` says it all
        meta["speakers"] = {key: roles[key] for key in roles if key in named}
    if origin.fields:
        meta["record"] = dict(origin.fields)
    conversation = validated(
        {
            "id": origin.id,
            "lang": origin.lang or language(" ".join([turn["text"][:_TURN_SAMPLE] for turn in turns[:6]])),
            "topic": origin.topic,
            "source": origin.source,
            "turns": turns,
            "meta": meta,
        }
    )
    return Call(conversation, machine_lines, transcript.directions, media=transcript.media, notes=transcript.notes)


def validated(record: Mapping[str, Any]) -> Conversation:
    """A record as a conversation.

    Raises:
        ValueError: It does not fit, and where.
    """
    try:
        return Conversation.model_validate(record)
    except ValidationError as error:
        raise ValueError(f"no conversation: {fault_of(error)}") from None


def language(text: str) -> Lang:
    """English or Chinese, by the characters: a Chinese character counts as much as an English word.

    Raises:
        ValueError: Most of it is in another script.
    """
    if text.isascii():
        return "en"
    han, other, words = sum(map(len, _HAN.findall(text))), len(_OTHER.findall(text)), len(_LATIN.findall(text))
    if other > han + words:
        raise ValueError("another language: the script is neither Latin nor Chinese; say --lang if it is one of both")
    return "zh" if han > words else "en"
