"""The judges of replies: one scores a reply criterion by criterion, one says which of two is better, in both orders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, ClassVar

import dspy

from csc_dspy.chats import CONTEXT
from csc_dspy.conversation import Turn, render_transcript
from csc_dspy.framework import Lang
from csc_dspy.programs.asking import Asking, GuardError, Program, asked_until_fit
from csc_dspy.programs.plans import line
from csc_dspy.signatures.criteria import CRITERIA, SCALE
from csc_dspy.signatures.rating import CompareReplies, RateReply, rating
from csc_dspy.usage import Usage


class ReplyRater(Program):
    """A reply in its place in, a score a criterion out."""

    max_tokens: ClassVar = {"rate": 320}

    def __init__(self, lang: Lang, *, temperature: float = 0.0) -> None:
        """Build the rater of one language.

        Args:
            lang: Language of the calls and of the prompts.
            temperature: Sampling temperature.
        """
        super().__init__(lang, temperature)
        self.rate = dspy.Predict(rating(RateReply, lang))

    def forward(self, turns: Sequence[Turn], reply: str, place: str = "") -> dspy.Prediction:
        """Rate a reply.

        Args:
            turns: What was said before it.
            reply: The reply.
            place: What the samples depend on besides the question.

        Returns:
            ``scores`` (criterion to 1–5) and ``reasons``, both ``None`` where the answer could not be read or lay
            outside the scale, twice: unscored is not 0; ``failure`` says why; ``requests``.
        """
        return self.run(self._rated(turns, reply), place)

    async def aforward(self, turns: Sequence[Turn], reply: str, place: str = "") -> dspy.Prediction:
        """Rate a reply without blocking; see :meth:`forward`."""
        return await self.arun(self._rated(turns, reply), place)

    def _rated(self, turns: Sequence[Turn], reply: str) -> Asking:
        requests: list[tuple[str, Usage]] = []
        inputs = {"transcript": render_transcript(turns[-CONTEXT:], self.lang), "reply": reply}
        try:
            said = yield from asked_until_fit("rate", _on_the_scale, Counter(), inputs=inputs, requests=requests)
        except GuardError as error:
            return dspy.Prediction(scores=None, reasons=None, failure=error.group, requests=requests)
        return dspy.Prediction(
            scores={one.id: int(getattr(said, one.id)) for one in CRITERIA},
            reasons={one.id: line(getattr(said, f"{one.id}_reason")) for one in CRITERIA},
            failure=None,
            requests=requests,
        )


class ReplyComparer(Program):
    """Two replies in the same place in, which is better by each criterion out; asked in both orders."""

    max_tokens: ClassVar = {"compare": 200}

    def __init__(self, lang: Lang, *, temperature: float = 0.0) -> None:
        """Build the comparer of one language; see :class:`ReplyRater`."""
        super().__init__(lang, temperature)
        self.compare = dspy.Predict(rating(CompareReplies, lang))

    def forward(self, turns: Sequence[Turn], first: str, second: str, place: str = "") -> dspy.Prediction:
        """Compare two replies.

        Args:
            turns: What was said before them.
            first: One reply.
            second: The other.
            place: What the samples depend on besides the question.

        Returns:
            ``votes``: for each order (``first`` shown first, then ``second`` shown first) criterion to ``first``,
            ``second`` or ``tie``, or ``None`` where that order could not be read, twice; ``reasons``, likewise;
            ``failure``: why, of the last such; ``requests``.
        """
        return self.run(self._compared(turns, first, second), place)

    async def aforward(self, turns: Sequence[Turn], first: str, second: str, place: str = "") -> dspy.Prediction:
        """Compare two replies without blocking; see :meth:`forward`."""
        return await self.arun(self._compared(turns, first, second), place)

    def _compared(self, turns: Sequence[Turn], first: str, second: str) -> Asking:
        transcript = render_transcript(turns[-CONTEXT:], self.lang)
        requests: list[tuple[str, Usage]] = []
        votes: list[dict[str, str] | None] = []
        reasons: list[str | None] = []
        failure = None
        shown = {"first": first, "second": second}
        for sides in (("first", "second"), ("second", "first")):
            inputs = {"transcript": transcript, "reply_a": shown[sides[0]], "reply_b": shown[sides[1]]}
            means = {"A": sides[0], "B": sides[1], "tie": "tie"}
            try:
                said = yield from asked_until_fit("compare", _decided, Counter(), inputs=inputs, requests=requests)
            except GuardError as error:
                failure = error.group
                votes.append(None)
                reasons.append(None)
                continue
            votes.append({one.id: means[getattr(said, one.id)] for one in CRITERIA})
            reasons.append(line(said.reason))
        return dspy.Prediction(votes=tuple(votes), reasons=tuple(reasons), failure=failure, requests=requests)


def _on_the_scale(reply: Any) -> str | None:
    return None if all(getattr(reply, one.id) in SCALE for one in CRITERIA) else "scale"


def _decided(reply: Any) -> str | None:
    return None if all(getattr(reply, one.id) in ("A", "B", "tie") for one in CRITERIA) else "option"
