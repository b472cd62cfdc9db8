"""Where a record keeps what: paths, ids, topics, and the fields beside them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from csc_dspy.corpora.readers.calls import UNKNOWN_TOPIC
from csc_dspy.errors import InputError
from csc_dspy.framework import Lang, Topic

_IDS = (
    "id",
    "conversationid",
    "callid",
    "dialogueid",
    "dialogid",
    "sessionid",
    "ticketid",
    "chatid",
    "caseid",
    "contactid",
)
_MORE_IDS = (
    "transcriptid",
    "interactionid",
    "uuid",
    "guid",
    "recordid",
    "threadid",
    "会话id",
    "会话编号",
    "通话id",
    "通话编号",
    "编号",
)
_TOPICS = ("topic", "category", "subject", "domain", "intent", "topics", "主题", "类别")


class Fields(NamedTuple):
    """Where a record keeps what: the ``--map`` option. Paths have dots: ``call.agent.name``."""

    turns: str | None = None
    speaker: str | None = None
    text: str | None = None
    id: str | None = None
    topic: str | None = None
    lang: str | None = None
    conversation: str | None = None
    """In a table: the column that says to which conversation a row belongs."""


def parse_map(text: str) -> Fields:
    """Read the value of ``--map``, for example ``turns=data.messages,speaker=role,text=content``.

    Raises:
        InputError: It is not of this form, or names something that no record has.
    """
    found: dict[str, str] = {}
    for pair in filter(None, (pair.strip() for pair in text.split(","))):
        name, sign, path = (part.strip() for part in pair.partition("="))
        if not sign or not path or name not in Fields._fields or name in found:
            known = ", ".join(Fields._fields)
            raise InputError(f"--map {text}: {pair!r} must be NAME=FIELD, each NAME once and one of {known}")
        found[name] = path
    if not found:
        raise InputError("--map is empty: give pairs such as speaker=role,text=content")
    return Fields(**found)


class MissingField(ValueError):
    """A field that the record does not have."""

    def __init__(self, path: str, record: object) -> None:
        there = ", ".join(map(str, record)) if isinstance(record, dict) else type(record).__name__
        super().__init__(f"no field {path!r}: there are {there[:300]}")


def at_path(record: Any, path: str) -> Any:
    """What stands at a dotted path; a key that has dots itself comes first, and numbers count entries of lists.

    Raises:
        ValueError: Nothing does; the fields there are named.
    """
    if isinstance(record, dict) and path in record:
        return record[path]
    place = record
    for part in path.split("."):
        if isinstance(place, dict) and part in place:
            place = place[part]
        elif isinstance(place, list) and part.isdigit() and int(part) < len(place):
            place = place[int(part)]
        else:
            raise MissingField(path, record)
    return place


def record_id(record: Any, fields: Fields) -> str | None:
    """The id a record brings, if any.

    Raises:
        ValueError: ``--map id=…`` names a field that is not there.
    """
    value = at_path(record, fields.id) if fields.id else _first(record, _IDS + _MORE_IDS)
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        return None
    return str(value)


@lru_cache(maxsize=4096)
def plain_key(key: str) -> str:
    """A name of a field without differences of case and separators: ``Call_ID`` is ``callid``."""
    return re.sub(r"[\s_-]", "", key).casefold()


def _first(record: Any, names: Sequence[str]) -> Any:
    """The value under the first of some names that a record has, in any spelling: ``callId``, ``Call_ID``."""
    if not isinstance(record, dict):
        return None
    plain = {plain_key(key): value for key, value in record.items()}
    return next((plain[name] for name in names if plain.get(name) is not None), None)


def record_topic(record: Any, fields: Fields) -> str:
    """The topic a record names, as one of the paper's topics where it is one."""
    value = at_path(record, fields.topic) if fields.topic else _first(record, _TOPICS)
    if not isinstance(value, str) or not value.strip():
        return UNKNOWN_TOPIC
    try:
        return Topic.parse(value).value
    except ValueError:
        return value.strip()


def record_lang(record: Any, fields: Fields) -> Lang | None:
    """The language a record names, if ``--map`` says where; ``zh-CN`` is ``zh``.

    Raises:
        ValueError: It is neither English nor Chinese, or ``--map lang=…`` names a field that is not there.
    """
    if not fields.lang:
        return None
    value = str(at_path(record, fields.lang)).strip().casefold()
    if value[:2] in ("en", "zh") and not value[2:3].isalpha():
        return "en" if value[:2] == "en" else "zh"
    known: dict[str, Lang] = {"english": "en", "chinese": "zh", "中文": "zh", "英文": "en", "汉语": "zh", "英语": "en"}
    if value not in known:
        raise ValueError(f"another language: {value[:40]!r} is neither en nor zh")
    return known[value]


def other_fields(record: Any, used: Sequence[str | None]) -> dict[str, Any] | None:
    """The short fields of a record beside those that were read: dates, names of queues."""
    if not isinstance(record, dict):
        return None
    return {
        str(key): value
        for key, value in record.items()
        if key not in used and isinstance(value, str | int | float | bool) and len(str(value)) <= 200
    } or None
