"""Conversations out of a job's side file, so that what was dropped can be looked at like what was kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from csc_dspy.conversation import Conversation, OnBad, as_mapping, iter_lines

REASON = "dropped"
"""Key in ``meta`` of a conversation from a side file: the filter that stopped it and why."""


def read_kept_or_dropped(path: Path | str, on_bad: OnBad | None = None) -> Iterator[Conversation]:
    """Read conversations from a file of them, or from the side file of a job (``out.dropped.jsonl``).

    Rows of a side file in which nothing was said yet are passed over.

    Raises:
        InputError: As :func:`~csc_dspy.conversation.iter_lines`.
    """
    return (found for found in iter_lines(path, _conversation, on_bad) if found is not None)


def reasons(path: Path | str) -> Iterator[tuple[str, str]]:
    """The ids and the reasons in a side file of those that were dropped before anything was said.

    Raises:
        InputError: As :func:`~csc_dspy.conversation.iter_lines`.
    """
    for row in iter_lines(path, as_mapping, lambda _: None):
        if "turns" not in row and "status" in row and played(row) is None:
            yield str(row.get("id")), f"{row.get('group')}: {row.get('cause')}"


def played(row: Mapping[str, Any]) -> Conversation | None:
    """What there is of the conversation in a row of a side file, if anything.

    Raises:
        ValueError: It does not fit the contract.
    """
    record = row.get("record")
    found = record.get("conversation") if isinstance(record, dict) else None
    return None if found is None else Conversation.model_validate(found)


def _conversation(line: str) -> Conversation | None:
    row = as_mapping(line)
    if "turns" in row or "status" not in row:
        return Conversation.model_validate(row)
    conversation = played(row)
    if conversation is None:
        return None
    reason = f"{row.get('group')}: {row.get('cause')}"
    return conversation.model_copy(update={"meta": {**(conversation.meta or {}), REASON: reason}})
