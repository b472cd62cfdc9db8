"""The interactive context: a supporter against a simulated customer, several times a conversation.

What is real is the customer's matter, which comes from a real call; every turn is new. A customer who could not be
played says nothing about the supporter: such a trial is void, and counted apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, JsonValue

from csc_dspy.conversation import Conversation, OnBad, Record, Turn, read_records
from csc_dspy.corpora.masking import mask
from csc_dspy.evaluation.records import Request, digest_of_turns
from csc_dspy.evaluation.work import Answering, all_of
from csc_dspy.framework import Lang, Stage, Strategy
from csc_dspy.jobs import Outcome
from csc_dspy.pipeline.outcomes import dropped
from csc_dspy.programs.asking import GuardError
from csc_dspy.programs.simulator import Brief, CallOutcome, OutcomeJudge, SimulatedCustomer

MOST = 40
"""Utterances a trial may have."""

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


def read_played(path: Path, on_bad: OnBad | None = None) -> Iterator[Played]:
    """Read a file of trials; see :func:`~csc_dspy.conversation.iter_lines` for errors."""
    return read_records(Played, path, on_bad)


@dataclass(frozen=True)
class PlayWork:
    """Tries a supporter on conversations.

    Attributes:
        supporters: The supporter of each language, with its models bound.
        customers: The simulated customer of each language, likewise.
        judges: The judge of each language, likewise.
        program: The supporter's name.
        trials: Calls a conversation.
        most: Utterances a call may have.
        masking: Whether personal data is masked before any model sees the conversation.
        seed: Changes every sample.
        origin: What each record keeps of how it was made.
    """

    supporters: Mapping[Lang, Answering]
    customers: Mapping[Lang, SimulatedCustomer]
    judges: Mapping[Lang, OutcomeJudge]
    program: str
    trials: int
    most: int
    masking: bool
    seed: int
    origin: Mapping[str, Any]

    async def __call__(self, conversation: Conversation) -> Outcome:
        """Brief the customer once, then play; a conversation whose customer cannot be briefed is dropped."""
        digest = digest_of_turns(conversation)
        conversation = mask(conversation).conversation if self.masking else conversation
        try:
            brief = await self.customers[conversation.lang].abrief(conversation, f"{self.seed}")
        except GuardError as error:
            return dropped(f"simulator.{error.name}", str(error), conversation)
        trials = await all_of([self._trial(conversation, brief, number) for number in range(self.trials)])
        record = Played(
            id=conversation.id,
            lang=conversation.lang,
            topic=conversation.topic,
            source=conversation.source,
            digest=digest,
            program=self.program,
            brief=brief,
            trials=tuple(trials),
            meta={**self.origin, "seed": self.seed},
        )
        return Outcome("done", record.model_dump(mode="json", exclude_none=True))

    async def _trial(self, conversation: Conversation, brief: Brief, number: int) -> Trial:
        lang, place = conversation.lang, f"{self.seed}/{conversation.id}/{number}"
        turns: list[Turn] = []
        requests: list[Request] = []
        stop, cause = await self._played(lang, brief, place, turns, requests)
        outcome = None
        if cause is None:
            try:
                judged = await self.judges[lang].acall(brief=brief, turns=tuple(turns), place=place)
                outcome = judged.outcome
                requests += Request.all_of(judged.requests)
            except GuardError as error:
                cause = f"{error.role}.{error.name}"
        return Trial(turns=tuple(turns), stop=stop, cause=cause, outcome=outcome, requests=tuple(requests))

    async def _played(
        self, lang: Lang, brief: Brief, place: str, turns: list[Turn], requests: list[Request]
    ) -> tuple[Stop, str | None]:
        """Play one call into ``turns``; returns why it ended, and what failed."""
        left = False
        while True:
            said = await self.supporters[lang].acall(turns=tuple(turns), place=f"{place}/{len(turns)}")
            requests += Request.all_of(said.requests)
            if said.failure is not None:
                return "supporter_failed", said.failure
            turns.append(Turn(speaker="supporter", text=said.response, strategy=said.strategy, stage=Stage(said.stage)))
            if left:
                return "customer_left", None
            if said.strategy is Strategy.APPRECIATION_AND_CLOSURE:
                return "closed", None
            if len(turns) + 2 > self.most:
                return "limit", None
            try:
                answer = await self.customers[lang].acall(
                    brief=brief, turns=tuple(turns), place=f"{place}/{len(turns)}"
                )
            except GuardError as error:
                return "simulator_failed", f"{error.role}.{error.name}"
            requests += Request.all_of(answer.requests)
            turns.append(answer.turn)
            left = answer.left
