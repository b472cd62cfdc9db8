"""What an interactive evaluation writes down: every call of a supporter with a simulated customer, and what it held."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import Field, JsonValue

from csc_dspy.conversation import OnBad, Record, Turn, read_records
from csc_dspy.evaluation.records import Request, models_of, side_of
from csc_dspy.framework import Lang, Strategy
from csc_dspy.programs.briefs import Brief, CallOutcome

Stop = Literal["closed", "customer_left", "limit", "supporter_failed", "simulator_failed"]
"""Why a trial ended: the supporter said goodbye, the customer did (and was answered), it grew too long, or one side
could not be had."""

CRITERIA = ("met", "declined", "in_order", "closed")
"""What a trial must hold to succeed."""


class Trial(Record):
    """One call of the supporter with the simulated customer.

    Attributes:
        turns: What was said.
        stop: Why it ended.
        cause: Which part failed and why, where one did.
        outcome: What the judge says of it; ``None`` where it was not asked or could not be read.
        requests: Every request it took, the customer's and the judge's included.
    """

    turns: tuple[Turn, ...]
    stop: Stop
    cause: str | None = None
    outcome: CallOutcome | None = None
    requests: tuple[Request, ...] = ()

    @property
    def in_order(self) -> bool:
        """Whether the supporter never went back by more than one stage."""
        reached = 0
        for turn in self.turns:
            if turn.stage is not None:
                if turn.stage.position < reached - 1:
                    return False
                reached = max(reached, turn.stage.position)
        return True

    @property
    def closed(self) -> bool:
        """Whether the supporter's last turn is the goodbye, and no earlier one is."""
        used = [turn.strategy for turn in self.turns if turn.speaker == "supporter"]
        last = Strategy.APPRECIATION_AND_CLOSURE
        return bool(used) and used[-1] is last and last not in used[:-1]

    @property
    def held(self) -> dict[str, bool] | None:
        """Which of :data:`CRITERIA` it holds; ``None`` for a void trial and for one that could not be judged."""
        if self.stop == "supporter_failed":
            return dict.fromkeys(CRITERIA, False)
        if self.outcome is None:
            return None
        return {
            "met": self.outcome.met,
            "declined": self.outcome.declined,
            "in_order": self.in_order,
            "closed": self.closed,
        }

    @property
    def success(self) -> bool | None:
        """Whether it holds all of them; ``None`` is no failure."""
        return None if self.held is None else all(self.held.values())


class Played(Record):
    """A conversation's trials.

    Attributes:
        id: The conversation's.
        lang: Its language.
        topic: Its topic.
        source: Where it comes from.
        digest: Of the conversation as it was read.
        context: Always ``interactive``.
        program: Name of the program that was tried.
        brief: What the simulated customer knew and wanted.
        trials: The calls.
        meta: How they were made.
    """

    id: str = Field(min_length=1)
    lang: Lang
    topic: str
    source: str
    digest: str
    context: Literal["interactive"] = "interactive"
    program: str
    brief: Brief
    trials: tuple[Trial, ...] = Field(min_length=1)
    meta: dict[str, JsonValue] | None = None

    @property
    def side(self) -> str:
        """Who was tried, for people."""
        return side_of(self.program, models_of(self.meta))


def read_played(path: Path, on_bad: OnBad | None = None) -> Iterator[Played]:
    """Read a file of trials; see :func:`~csc_dspy.conversation.iter_lines` for errors."""
    return read_records(Played, path, on_bad)
