"""A reply on record: a digest of the whole question, the outputs or why there are none, and what they took.

The record holds no question, so no text of a call; whoever asks the same thing again is answered from it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from csc_dspy.errors import ReplyError
from csc_dspy.usage import Usage

_MOST_FORMS = 4096


@dataclass(slots=True)
class Recorded:
    """One reply on record.

    Attributes:
        key: The digest of its question.
        body: ``outputs``, or ``error`` of one that was cut off or holds half a character.
        usage: What it took.
        counted: Whether this run's totals hold what it took.
    """

    key: str
    body: Mapping[str, Any]
    usage: Usage
    counted: bool = True

    def outputs(self) -> Any:
        """What was answered.

        Raises:
            ReplyError: It was cut off.
        """
        if "error" in self.body:
            raise ReplyError(str(self.body["error"]))
        return self.body["outputs"]

    def line(self, **more: Any) -> bytes:
        """As a line of a file, with its newline."""
        row = {**more, "key": self.key, **self.body, "usage": self.usage.to_dict()}
        return orjson.dumps(row, default=str, option=orjson.OPT_APPEND_NEWLINE)

    @classmethod
    def parse(cls, line: str) -> tuple[Recorded, dict[str, Any]]:
        """Of a line of a file, with the whole row; what it took counts as none of this run's.

        Raises:
            ValueError: It is no such line.
        """
        row = json.loads(line)
        try:
            body = {name: row[name] for name in ("outputs", "error") if name in row}
            found = cls(str(row["key"]), body, Usage.from_dict(row["usage"]), counted=False)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"no reply: {error}") from None
        if not body:
            raise ValueError("no reply")
        return found, row


def key_of(question: Mapping[str, Any]) -> str:
    """The digest of a question: all that decides its answer; JSON, or with a text that does not change."""
    plain = {name: _digest_of_form(value) if name == "response_format" else value for name, value in question.items()}
    return hashlib.sha256(_plain(plain)).hexdigest()[:32]


def writable(value: Any) -> bool:
    """Whether a value can be written down: a text with half a character, a surrogate without its other one, cannot."""
    try:
        json.dumps(value, default=str, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


_forms: dict[int, tuple[Any, str]] = {}


def _digest_of_form(form: Any) -> str:
    """The digest of a response format; they are few, the same objects come again, and they are long."""
    if (known := _forms.get(id(form))) is None:
        if len(_forms) >= _MOST_FORMS:
            _forms.clear()
        known = _forms[id(form)] = form, hashlib.sha256(_plain(form)).hexdigest()  # kept, so that no id comes again
    return known[1]


def _plain(value: Any) -> bytes:
    return orjson.dumps(value, default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
