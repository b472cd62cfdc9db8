"""Numbered turns under their own keys, as CRSA has them: the system serves the user.

{"1": {"system_1": "您好，请问有什么可以帮您", "user_2": "我要改签", "system_3": "…"}, "2": {…}}
"""

from __future__ import annotations

import re
from typing import Any

from csc_dspy.corpora.readers.calls import Call, Origin, to_call
from csc_dspy.corpora.readers.fields import Fields
from csc_dspy.corpora.readers.general_json import as_transcript

_NUMBERED = re.compile(r"^([A-Za-z]+|[\u4e00-\u9fff]+)[_ -]?(\d+)$")
# A query or a command written out in a turn: `Query_tickets(from,to)`, `[API_CALL …]`.
_ACTION = re.compile(r"\b[A-Za-z]+(?:_[A-Za-z]+)+\s*\([^()]*\)|\[(?:api|action|query|db)[ _:-][^\]]*\]", re.IGNORECASE)


def is_numbered(record: Any) -> bool:
    """Whether all keys of a record are numbered and all values texts."""
    if not isinstance(record, dict) or not record:
        return False
    return all(isinstance(value, str) and _NUMBERED.match(key) for key, value in record.items())


def read_numbered(record: Any, origin: Origin, fields: Fields) -> Call:
    """A record of numbered turns, ``{"system_1": "…", "user_2": "…"}``: the system serves the user.

    Raises:
        ValueError: A key has no number, the numbers do not go up, or a side is unknown.
    """
    if not isinstance(record, dict):
        raise ValueError(f"no record: an object of numbered turns is needed, not {type(record).__name__}")
    said, last = [], 0
    for key, text in record.items():
        match = _NUMBERED.match(key)
        if match is None or not isinstance(text, str):
            raise ValueError(f"no turn: {key!r} is no numbered turn such as 'user_2'")
        if int(match[2]) <= last:
            raise ValueError(f"order: the turn {key!r} comes after number {last}")
        last = int(match[2])
        said.append(("agent" if match[1].casefold() == "system" else match[1], text))
    call = to_call(as_transcript(said, origin.line), origin)
    texts = [turn.text for turn in call.conversation.turns]
    actions = sum(_ACTION.search(text) is not None for text in texts if "(" in text or "[" in text)
    return call._replace(actions=actions)
