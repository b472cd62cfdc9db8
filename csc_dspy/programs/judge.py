"""The conversation judge: five 0/1 points with reasons by a model, the verdict by code."""

from __future__ import annotations

from collections import Counter
from typing import ClassVar

import dspy

from csc_dspy.conversation import Conversation, Record, render_transcript
from csc_dspy.framework import Lang
from csc_dspy.programs.asking import Asking, Program, asked_until_fit
from csc_dspy.signatures.judging import POINTS, judging


class Verdict(Record):
    """What the judge says of one conversation.

    Attributes:
        points: Point to 0 or 1.
        reasons: Point to the judge's reason.
    """

    points: dict[str, int]
    reasons: dict[str, str]

    @property
    def passed(self) -> bool:
        """Whether all five points were given, as the paper asks."""
        return all(self.points.values())

    @property
    def failed_points(self) -> tuple[str, ...]:
        """The points that were not given."""
        return tuple(name for name, value in self.points.items() if not value)


class ConversationJudge(Program):
    """Conversation in, verdict out."""

    repeating = ("judge",)
    max_tokens: ClassVar = {"judge": 480}

    def __init__(self, lang: Lang) -> None:
        """Build the judge of one language.

        Args:
            lang: Language of the conversations and of the prompt.
        """
        super().__init__(lang)
        self.judge = dspy.Predict(judging(lang))

    def forward(self, conversation: Conversation, seed: int = 0) -> dspy.Prediction:
        """Judge a conversation; returns ``verdict``, a :class:`Verdict`.

        Args:
            conversation: The conversation.
            seed: Changes the samples.

        Raises:
            GuardError: The judge's answer could not be read, twice.
        """
        return self.run(self._verdict(conversation), self._place(conversation, seed))

    async def aforward(self, conversation: Conversation, seed: int = 0) -> dspy.Prediction:
        """Judge a conversation without blocking; see :meth:`forward`."""
        return await self.arun(self._verdict(conversation), self._place(conversation, seed))

    @staticmethod
    def _place(conversation: Conversation, seed: int) -> str:
        return f"{seed}/{conversation.id}" if seed else conversation.id  # as before there was a seed

    def _verdict(self, conversation: Conversation) -> Asking:
        reply = yield from asked_until_fit(
            "judge",
            lambda answer: None if all(getattr(answer, point) in (0, 1) for point in POINTS) else "scale",
            Counter(),
            inputs={
                "scenario": conversation.scenario or "-",
                "transcript": render_transcript(conversation.turns, self.lang, strategies=True),
            },
        )
        verdict = Verdict(
            points={point: int(getattr(reply, point)) for point in POINTS},
            reasons={point: str(reply.get(f"{point}_reason", "")) for point in POINTS},
        )
        return dspy.Prediction(verdict=verdict)
