"""What judges write down: scores of replies, and votes on pairs of replies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field, JsonValue

from csc_dspy.conversation import OnBad, Record, read_records
from csc_dspy.evaluation.records import Context, Request, models_of
from csc_dspy.framework import Lang

Vote = Literal["first", "second", "tie"]
"""Which of two sides is better."""


class Rating(Record):
    """A score of one reply by one criterion.

    Attributes:
        score: 1 to 5.
        reason: Why.
    """

    score: int = Field(ge=1, le=5)
    reason: str = ""


class RatedTurn(Record):
    """One reply and its scores.

    Attributes:
        at: Its place in the conversation, from 0.
        reply: Its words.
        ratings: Criterion to score; empty where the judge could not be read: unscored, not 0.
        failure: Why there are none.
        requests: Every request it took.
    """

    at: int = Field(ge=0)
    reply: str
    ratings: dict[str, Rating] = Field(default_factory=dict)
    failure: str | None = None
    requests: tuple[Request, ...] = ()


class Rated(Record):
    """A conversation's replies and their scores.

    Attributes:
        id: The conversation's.
        lang: Its language.
        digest: Of the conversation as it was read.
        context: Whose supporter turns the history held.
        program: Who replied, with the model behind it.
        turns: The replies; those that failed are left out.
        meta: How the scores were made.
    """

    id: str = Field(min_length=1)
    lang: Lang
    digest: str
    context: Context
    program: str
    turns: tuple[RatedTurn, ...]
    meta: dict[str, JsonValue] | None = None


class ComparedTurn(Record):
    """Two replies in the same place, and the votes on them.

    Attributes:
        at: Their place in the conversation, from 0.
        first: The first side's reply.
        second: The second side's.
        votes: Criterion to side, for each order in which the replies were shown, the first side first, then the
            second; ``None`` for an order that could not be read.
        reasons: Why, for each order.
        failure: Why a vote could not be had.
        requests: Every request it took.
    """

    at: int = Field(ge=0)
    first: str
    second: str
    votes: tuple[dict[str, Vote] | None, dict[str, Vote] | None]
    reasons: tuple[str | None, str | None] = (None, None)
    failure: str | None = None
    requests: tuple[Request, ...] = ()

    def vote(self, criterion: str) -> Vote | None:
        """The side that both orders name; ``tie`` where they differ, ``None`` where one could not be read."""
        one, other = self.votes
        if one is None or other is None:
            return None
        return one[criterion] if one[criterion] == other[criterion] else "tie"


class Compared(Record):
    """A conversation's pairs of replies and the votes on them.

    Attributes:
        id: The conversation's.
        lang: Its language.
        digest: Of the conversation as it was read.
        first: Who gave the first reply of each pair, with the model behind it.
        second: Who gave the second.
        turns: The pairs; those with a reply that failed are left out.
        meta: How the votes were made.
    """

    id: str = Field(min_length=1)
    lang: Lang
    digest: str
    first: str
    second: str
    turns: tuple[ComparedTurn, ...]
    meta: dict[str, JsonValue] | None = None


def read_rated(path: Path, on_bad: OnBad | None = None) -> Iterator[Rated]:
    """Read a file of scores; see :func:`~csc_dspy.conversation.iter_lines` for errors."""
    return read_records(Rated, path, on_bad)


def read_compared(path: Path, on_bad: OnBad | None = None) -> Iterator[Compared]:
    """Read a file of votes; see :func:`~csc_dspy.conversation.iter_lines` for errors."""
    return read_records(Compared, path, on_bad)


def item_of(id: str, at: int) -> str:
    """What is judged: a reply or a pair, by its conversation and its place there."""
    return f"{id}\x1f{at}"


def judge_of(rows: Sequence[Rated | Compared]) -> str:
    """The model that judged."""
    return models_of(rows[0].meta).get("judge", "judge") if rows else "judge"
