"""The interactive context: a supporter against a simulated customer, several times a conversation.

What is real is the customer's matter, which comes from a real call; every turn is new. A customer who could not be
played says nothing about the supporter: such a trial is void, and counted apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from csc_dspy.conversation import Conversation, Turn
from csc_dspy.corpora.masking import mask
from csc_dspy.evaluation.played import Played, Stop, Trial
from csc_dspy.evaluation.records import Request, digest_of_turns
from csc_dspy.evaluation.work import Answering, all_of
from csc_dspy.framework import Lang, Stage, Strategy
from csc_dspy.jobs import Outcome
from csc_dspy.pipeline.outcomes import dropped
from csc_dspy.programs.asking import GuardError
from csc_dspy.programs.briefs import Brief
from csc_dspy.programs.simulator import OutcomeJudge, SimulatedCustomer

MOST = 40
"""Utterances a trial may have."""


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
                cause = error.group
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
                return "simulator_failed", error.group
            requests += Request.all_of(answer.requests)
            turns.append(answer.turn)
            left = answer.left
