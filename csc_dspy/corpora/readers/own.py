"""This project's own format: one ``Conversation`` a line."""

from __future__ import annotations

from typing import Any

from csc_dspy.corpora.readers.calls import Call, Origin, validated
from csc_dspy.corpora.readers.fields import Fields


def is_own(record: Any) -> bool:
    """Whether a record is a conversation of this project."""
    return isinstance(record, dict) and isinstance(record.get("turns"), list) and {"lang", "topic"} <= record.keys()


def read_own(record: Any, origin: Origin, fields: Fields) -> Call:
    """Take a conversation as it is, with its strategies and stages.

    Raises:
        ValueError: It does not fit the contract.
    """
    return Call(validated(record))
