"""The work on one conversation: answer each of its supporter turns. A pure function of it and the configuration."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Protocol, TypeVar

import dspy

from csc_dspy.conversation import Conversation, Turn
from csc_dspy.corpora.masking import mask
from csc_dspy.evaluation.records import Answered, AnsweredTurn, Context, Request, digest_of_turns
from csc_dspy.framework import Lang
from csc_dspy.jobs import Outcome
from csc_dspy.pipeline.outcomes import dropped

T = TypeVar("T")


class Answering(Protocol):
    """What is evaluated: a call so far in, its next supporter turn out."""

    def acall(self, turns: Sequence[Turn], place: str = "") -> Coroutine[Any, Any, dspy.Prediction]:
        """As :meth:`csc_dspy.programs.supporter.Supporter.forward`."""


@dataclass(frozen=True)
class AnswerWork:
    """Answers conversations.

    Attributes:
        supporters: The supporter of each language, with its models bound.
        program: Its name.
        context: Whose supporter turns the history holds.
        masking: Whether personal data is masked, in what the model sees and in what its answers are compared with.
        seed: Changes every sample.
        origin: What each record keeps of how it was made.
    """

    supporters: Mapping[Lang, Answering]
    program: str
    context: Context
    masking: bool
    seed: int
    origin: Mapping[str, Any]

    async def __call__(self, conversation: Conversation) -> Outcome:
        """Answer one conversation; one without supporter turns is dropped."""
        if not conversation.supporter_turns:
            return dropped("input.no_supporter_turn", "there is no supporter turn to answer", conversation)
        digest = digest_of_turns(conversation)
        conversation = mask(conversation).conversation if self.masking else conversation
        answer = self._with_own_turns if self.context == "generated" else self._with_gold_turns
        record = Answered(
            id=conversation.id,
            lang=conversation.lang,
            topic=conversation.topic,
            source=conversation.source,
            digest=digest,
            context=self.context,
            program=self.program,
            turns=tuple(await answer(conversation)),
            meta={**self.origin, "seed": self.seed},
        )
        return Outcome("done", record.model_dump(mode="json", exclude_none=True))

    async def _with_gold_turns(self, conversation: Conversation) -> list[AnsweredTurn]:
        """All turns at once: none depends on another's answer."""
        places = [at for at, turn in enumerate(conversation.turns) if turn.speaker == "supporter"]
        return await all_of([self._answered(conversation, at, conversation.turns[:at]) for at in places])

    async def _with_own_turns(self, conversation: Conversation) -> list[AnsweredTurn]:
        """Turn by turn; where nothing was answered, the history goes on without a supporter turn."""
        answered: list[AnsweredTurn] = []
        history: list[Turn] = []
        for at, turn in enumerate(conversation.turns):
            if turn.speaker == "customer":
                history.append(turn)
                continue
            mine = await self._answered(conversation, at, history)
            answered.append(mine)
            # A program that only names strategies goes on from what was really said.
            text = turn.text if mine.response is None and mine.failure is None else mine.response
            if text is not None:
                history.append(Turn(speaker="supporter", text=text, strategy=mine.strategy, stage=mine.stage))
        return answered

    async def _answered(self, conversation: Conversation, at: int, history: Sequence[Turn]) -> AnsweredTurn:
        gold = conversation.turns[at]
        said = await self.supporters[conversation.lang].acall(
            turns=tuple(history), place=f"{self.seed}/{conversation.id}/{at}"
        )
        return AnsweredTurn(
            at=at,
            heard=tuple(turn.text for turn in _heard(conversation.turns[:at])),
            reference=gold.text,
            gold_strategy=gold.strategy,
            gold_stage=gold.stage,
            stage=said.stage,
            strategy=said.strategy,
            response=said.response,
            failure=said.failure,
            requests=Request.all_of(said.requests),
        )


def _heard(turns: Sequence[Turn]) -> list[Turn]:
    """The customer's turns at the end."""
    return list(takewhile(lambda turn: turn.speaker == "customer", reversed(turns)))[::-1]


async def all_of(work: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """The results of all, in order; if one fails, the others are stopped and its error is raised as it is."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
