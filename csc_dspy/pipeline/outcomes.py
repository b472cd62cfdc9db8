"""What the work on a conversation ends in: kept, or dropped with the filter that stopped it and what there is of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from csc_dspy.conversation import Conversation
from csc_dspy.jobs import Outcome


def kept(conversation: Conversation) -> Outcome:
    """The outcome of a conversation that passed everything."""
    return Outcome("done", _json(conversation))


def dropped(group: str, cause: str, conversation: Conversation | None = None) -> Outcome:
    """The outcome of one that did not; ``conversation`` is what there is of it, if anything."""
    return Outcome("dropped", {} if conversation is None else {"conversation": _json(conversation)}, cause, group)


def dropped_by_rules(
    stage: str, broken: Sequence[tuple[str, str]], conversation: Conversation | None = None
) -> Outcome:
    """The outcome of one that breaks free rules, at least one: all are named, and the first is the group's."""
    cause = "; ".join(f"{name}: {reason}" for name, reason in broken)
    return dropped(f"{stage}.{broken[0][0]}", cause, conversation)


def _json(conversation: Conversation) -> dict[str, Any]:
    return conversation.model_dump(mode="json", exclude_none=True)
