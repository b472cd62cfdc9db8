"""The annotator: stage and strategy of every supporter turn, by vote.

A turn is labelled from the context before it and its own words, several times; the share of the votes that agree is
the confidence. Labels the conversation already has are never shown to the model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import ClassVar

import dspy

from csc_dspy.conversation import Conversation, Turn, render_transcript
from csc_dspy.framework import Lang, Stage, Strategy
from csc_dspy.programs.asking import Ask, Asking, GuardError, Program
from csc_dspy.signatures.annotating import annotating

CONTEXT = 12
"""Turns before a turn that are shown with it."""


class Annotator(Program):
    """Conversation in, the same conversation with stages and strategies out.

    Attributes:
        votes: How often a turn is labelled.
    """

    repeating = ("annotator",)
    max_tokens: ClassVar = {"annotator": 120}

    def __init__(self, lang: Lang, *, votes: int = 1, temperature: float = 0.0) -> None:
        """Build the annotator of one language.

        Args:
            lang: Language of the conversation and of the prompt.
            votes: How often each turn is labelled.
            temperature: Sampling temperature of the first vote; further votes get at least 0.7.
        """
        super().__init__(lang, temperature)
        self.votes = votes
        self.annotator = dspy.Predict(annotating(lang))

    def forward(self, conversation: Conversation, seed: int = 0) -> dspy.Prediction:
        """Label a conversation.

        Args:
            conversation: The conversation; its texts are not changed.
            seed: Changes the samples.

        Returns:
            ``conversation`` with new labels, and ``agreement``: for each supporter turn the share of the votes, 0 to 1,
            that its strategy got.

        Raises:
            GuardError: No vote on a turn could be read.
        """
        return self.run(self._labelled(conversation), f"{seed}/{conversation.id}")

    async def aforward(self, conversation: Conversation, seed: int = 0) -> dspy.Prediction:
        """Label a conversation without blocking; see :meth:`forward`."""
        return await self.arun(self._labelled(conversation), f"{seed}/{conversation.id}")

    def label(self, turns: Sequence[Turn]) -> Asking:
        """The questions that label the last of some turns; its ``stage``, ``strategy`` and ``agreement``.

        What stays unread is ``None``, and ``failure`` says why.
        """
        *before, turn = turns
        try:
            stage, strategy, share = yield from self._vote(tuple(before[-CONTEXT:]), turn)
        except GuardError as error:
            return dspy.Prediction(stage=None, strategy=None, agreement=0.0, failure=error.group)
        return dspy.Prediction(stage=stage, strategy=strategy, agreement=share, failure=None)

    def _labelled(self, conversation: Conversation) -> Asking:
        turns: list[Turn] = []
        agreement: list[float] = []
        for at, turn in enumerate(conversation.turns):
            if turn.speaker == "customer":
                turns.append(turn)
                continue
            stage, strategy, share = yield from self._vote(conversation.turns[max(0, at - CONTEXT) : at], turn)
            turns.append(turn.model_copy(update={"stage": stage, "strategy": strategy}))
            agreement.append(share)
        return dspy.Prediction(
            conversation=conversation.model_copy(update={"turns": tuple(turns)}), agreement=agreement
        )

    def _vote(self, before: tuple[Turn, ...], turn: Turn) -> Asking:
        """Stage and strategy of most votes, and the strategy's share; of equals the one that came first wins."""
        inputs = {"context": render_transcript(before, self.lang), "turn": " ".join(turn.text.split())}
        stages: list[Stage] = []
        strategies: list[Strategy] = []
        for rollout in range(max(self.votes, 1) + 1):
            if len(strategies) == self.votes:
                break  # one more rollout is there in case that an answer could not be read
            reply = yield Ask("annotator", inputs, rollout)
            if reply.problem is None:
                strategies.append(Strategy(reply.prediction.strategy))
                stages.append(Stage(reply.prediction.stage))
        if not strategies:
            raise GuardError("annotator", "format")
        strategy, count = Counter(strategies).most_common(1)[0]
        # The stage is taken from those who agree on the strategy: the two are seen together.
        stage = Counter(s for s, chosen in zip(stages, strategies, strict=True) if chosen is strategy).most_common(1)[
            0
        ][0]
        return stage, strategy, count / len(strategies)
