"""Chats with a model: OpenAI's ``messages`` and ShareGPT's ``conversations``.

{"messages": [{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}]}
{"conversations": [{"from": "human", "value": "…"}, {"from": "gpt", "value": "…"}]}
"""

from __future__ import annotations

import re
from typing import Any

from csc_dspy.conversation import Turn
from csc_dspy.corpora.readers.calls import Call, Origin
from csc_dspy.corpora.readers.fields import Fields, MissingField, other_fields
from csc_dspy.corpora.readers.general_json import entries_of, from_turns
from csc_dspy.corpora.readers.vocabulary import Role
from csc_dspy.framework import Strategy

_MODEL_SIDES: dict[str, Role] = {
    "human": "customer", "user": "customer", "gpt": "supporter", "chatgpt": "supporter", "assistant": "supporter",
    "model": "supporter", "bot": "supporter", "bard": "supporter", "claude": "supporter", "system": "machine",
    "tool": "machine", "tool_call": "machine", "tool_response": "machine",
    "function": "machine", "observation": "machine", "function_call": "machine", "developer": "machine",
    "ipython": "machine",
}  # fmt: skip

_TAG = re.compile(r"\[([^\[\]]{2,40})\] (?=\S)")


def is_openai(record: Any) -> bool:
    """Whether a record has ``messages`` with ``role`` and ``content``."""
    return _has(record, "messages", {"role", "content"})


def is_sharegpt(record: Any) -> bool:
    """Whether a record has ``conversations`` with ``from`` and ``value``."""
    return _has(record, "conversations", {"from", "value"})


def _has(record: Any, turns: str, keys: set[str]) -> bool:
    entries = record.get(turns) if isinstance(record, dict) else None
    return isinstance(entries, list) and bool(entries) and isinstance(entries[0], dict) and keys <= entries[0].keys()


def read_openai(record: Any, origin: Origin, fields: Fields) -> Call:
    """Read ``messages``: the user is the customer, the assistant the supporter; what system and tools say is left out.

    Raises:
        ValueError: The record has another shape.
    """
    return _read(record, origin, "messages", "role", "content")


def read_sharegpt(record: Any, origin: Origin, fields: Fields) -> Call:
    """Read ``conversations``: ``human`` is the customer, ``gpt`` the supporter; what system and tools say is left out.

    Raises:
        ValueError: The record has another shape.
    """
    return _read(record, origin, "conversations", "from", "value")


def _read(record: Any, origin: Origin, turns: str, speaker: str, text: str) -> Call:
    if not isinstance(record, dict) or turns not in record:
        raise MissingField(turns, record)
    entries = entries_of(record[turns], turns)
    call = from_turns(entries, speaker, text, origin, other_fields(record, [turns]), sides=_MODEL_SIDES)
    labelled = tuple(map(_labelled, call.conversation.turns))
    return call._replace(conversation=call.conversation.model_copy(update={"turns": labelled}))


def _labelled(turn: Turn) -> Turn:
    """A supporter's turn with the strategy that its text begins with, as ``corpus export`` writes it."""
    tag = _TAG.match(turn.text) if turn.speaker == "supporter" else None
    try:
        return Turn(speaker="supporter", text=turn.text[tag.end() :], strategy=Strategy.parse(tag[1])) if tag else turn
    except ValueError:
        return turn
