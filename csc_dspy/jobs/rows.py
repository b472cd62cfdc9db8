"""The rows of a job's files: what a unit ended in, and its line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, get_args

from csc_dspy.conversation import as_mapping
from csc_dspy.jobs.files import Status
from csc_dspy.redaction import redact
from csc_dspy.usage import Usage

STATUSES: tuple[Status, ...] = get_args(Status)
_CAUSE_LENGTH = 500


@dataclass(frozen=True)
class Outcome:
    """What the work on one unit ended in."""

    status: Status
    record: Mapping[str, Any]
    """Done: the output record, a JSON object whose ``id`` is the unit's. Otherwise details, may be empty."""
    cause: str | None = None
    """Why it was dropped or failed; one line."""
    group: str | None = None
    """Short machine name of the cause for the funnel, for example ``rules.repetition`` or ``error.TimeoutError``."""
    transient: bool = False
    """A failed unit that the same command should try again."""


class State(NamedTuple):
    """What a unit's newest row says."""

    status: Status
    group: str | None = None
    transient: bool = False


def cause_text(text: str) -> str:
    """A text for a row's cause: without secrets and line breaks, at most 500 characters, valid UTF-8."""
    return " ".join(redact(text).split())[:_CAUSE_LENGTH].encode("utf-8", "replace").decode("utf-8")


@dataclass(frozen=True, slots=True)
class Row:
    """A unit's line, ready to be written."""

    id: str
    state: State
    usage: Usage
    line: bytes

    @classmethod
    def of(cls, unit_id: str, outcome: Outcome, usage: Usage) -> Row:
        """The row for an outcome.

        Raises:
            ValueError: The record is not the unit's, or cannot be written as JSON and UTF-8.
            TypeError: The record holds something that is not JSON.
        """
        if outcome.status not in STATUSES:
            raise ValueError(f"unknown status {outcome.status!r}")
        body: dict[str, Any]
        if outcome.status == "done":
            if outcome.record.get("id") != unit_id:
                raise ValueError(f"the record's id is {outcome.record.get('id')!r}, not the unit's {unit_id!r}")
            body = {**outcome.record, "meta": {**(outcome.record.get("meta") or {}), "usage": usage.to_dict()}}
            state = State("done")
        else:
            body = {
                "id": unit_id,
                "status": outcome.status,
                "group": outcome.group,
                "cause": None if outcome.cause is None else cause_text(outcome.cause),
                "transient": outcome.transient,
                "usage": usage.to_dict(),
                "record": dict(outcome.record),
            }
            state = State(outcome.status, outcome.group, outcome.status == "failed" and outcome.transient)
        line = json.dumps(body, ensure_ascii=False, allow_nan=False).encode("utf-8") + b"\n"
        return cls(unit_id, state, usage, line)


class Read(NamedTuple):
    """A line that was read."""

    id: str
    state: State
    usage: Usage


def usage_of(value: object) -> Usage:
    """What a row says that it took; nothing where it says nothing."""
    return Usage.from_dict(value) if isinstance(value, dict) else Usage()


def parse(line: str, status: Status) -> Read:
    """A line of a file of such units.

    Raises:
        ValueError: It is no such line.
    """
    row = as_mapping(line)
    unit_id = row.get("id")
    if not isinstance(unit_id, str):
        raise ValueError("id: a string is needed")
    if status == "done":
        meta = row.get("meta")
        return Read(unit_id, State("done"), usage_of(meta.get("usage") if isinstance(meta, dict) else None))
    group = row.get("group")
    state = State(status, group if isinstance(group, str) else None, status == "failed" and bool(row.get("transient")))
    return Read(unit_id, state, usage_of(row.get("usage")))
