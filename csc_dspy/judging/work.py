"""The work on one conversation: score each of its replies, or vote on each pair of replies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from csc_dspy.evaluation.records import Answered, Request
from csc_dspy.evaluation.work import all_of
from csc_dspy.framework import Lang
from csc_dspy.jobs import Outcome
from csc_dspy.judging.pairs import Pair, masked, places, replies
from csc_dspy.judging.records import Compared, ComparedTurn, Rated, RatedTurn, Rating
from csc_dspy.pipeline.outcomes import dropped
from csc_dspy.programs.rater import ReplyComparer, ReplyRater


@dataclass(frozen=True)
class RateWork:
    """Scores the replies of a conversation.

    Attributes:
        raters: The judge of each language, with its model bound.
        masking: Whether personal data is masked before the judge sees it.
        seed: Changes every sample.
        origin: What each record keeps of how it was made.
    """

    raters: Mapping[Lang, ReplyRater]
    masking: bool
    seed: int
    origin: Mapping[str, Any]

    async def __call__(self, row: Answered) -> Outcome:
        """Score one conversation's replies; one without a reply is dropped."""
        row = masked(row) if self.masking else row
        rater = self.raters[row.lang]
        replied = list(replies(row))
        if not replied:
            return dropped("input.no_reply", "there is no reply to score")
        said = await all_of(
            [
                rater.acall(turns=reply.turns, reply=reply.text, place=f"{self.seed}/{row.id}/{reply.at}")
                for reply in replied
            ]
        )
        record = Rated(
            id=row.id,
            lang=row.lang,
            digest=row.digest,
            context=row.context,
            program=row.side,
            turns=tuple(
                RatedTurn(
                    at=reply.at,
                    reply=reply.text,
                    ratings={
                        name: Rating(score=score, reason=one.reasons[name])
                        for name, score in (one.scores or {}).items()
                    },
                    failure=one.failure,
                    requests=Request.all_of(one.requests),
                )
                for reply, one in zip(replied, said, strict=True)
            ),
            meta={**self.origin, "seed": self.seed},
        )
        return Outcome("done", record.model_dump(mode="json", exclude_none=True))


@dataclass(frozen=True)
class CompareWork:
    """Votes on the pairs of a conversation.

    Attributes:
        comparers: The judge of each language, with its model bound.
        masking: Whether personal data is masked before the judge sees it.
        seed: Changes every sample.
        origin: What each record keeps of how it was made.
    """

    comparers: Mapping[Lang, ReplyComparer]
    masking: bool
    seed: int
    origin: Mapping[str, Any]

    async def __call__(self, pair: Pair) -> Outcome:
        """Vote on one conversation's pairs; one without a pair of different replies is dropped."""
        pair = Pair(masked(pair.first), masked(pair.second)) if self.masking else pair
        row = pair.first
        comparer = self.comparers[row.lang]
        found = list(places(pair))
        if not found:
            return dropped("input.no_pair", "nowhere did both sides reply, and differently")
        said = await all_of(
            [
                comparer.acall(
                    turns=one.turns, first=one.first, second=one.second, place=f"{self.seed}/{row.id}/{one.at}"
                )
                for one in found
            ]
        )
        record = Compared(
            id=row.id,
            lang=row.lang,
            digest=row.digest,
            first=row.side,
            second=pair.second.side,
            turns=tuple(
                ComparedTurn(
                    at=place.at,
                    first=place.first,
                    second=place.second,
                    votes=one.votes,
                    reasons=one.reasons,
                    failure=one.failure,
                    requests=Request.all_of(one.requests),
                )
                for place, one in zip(found, said, strict=True)
            ),
            meta={**self.origin, "seed": self.seed},
        )
        return Outcome("done", record.model_dump(mode="json"))
