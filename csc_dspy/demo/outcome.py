"""What a synthesis left on disk, for showing: the conversations it kept, and those it dropped with their reasons."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from csc_dspy.conversation import Conversation, as_mapping, iter_lines, read_conversations
from csc_dspy.corpora.dropped import played
from csc_dspy.jobs import paths_of


@dataclass(frozen=True)
class Dropped:
    """A conversation that did not pass.

    Attributes:
        cause: Why, in one line.
        group: The filter that stopped it, for example ``judge.natural`` or ``guard.echo``.
        conversation: What was played, up to where it stopped; ``None`` when nothing was.
    """

    cause: str
    group: str
    conversation: Conversation | None


def read_kept(output: Path) -> list[Conversation]:
    """The conversations of a job's output; none if there is no such file."""
    return list(read_conversations(output)) if output.is_file() else []


def read_dropped(output: Path) -> list[Dropped]:
    """The conversations in the side file of a job's output; none if there is no such file."""
    path = paths_of(output)["dropped"]
    return list(iter_lines(path, lambda line: _dropped(as_mapping(line)))) if path.is_file() else []


def causes_of_failure(output: Path) -> dict[str, str]:
    """Id to cause of the units that failed, the newest row of each; empty if there is no such file."""
    path = paths_of(output)["failed"]
    rows = iter_lines(path, as_mapping) if path.is_file() else iter(())
    return {str(row.get("id")): str(row.get("cause") or row.get("group") or "unknown") for row in rows}


def _dropped(row: dict[str, Any]) -> Dropped:
    group = str(row.get("group") or "unknown")
    return Dropped(str(row.get("cause") or group), group, _played(row))


def _played(row: dict[str, Any]) -> Conversation | None:
    """What was played, up to where it was stopped."""
    try:
        return played(row)
    except ValidationError:  # a row of another version is no reason to end the demo
        return None
