"""The work on one conversation: label its supporter turns. A pure function of it and the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from csc_dspy.conversation import Conversation
from csc_dspy.corpora.masking import mask
from csc_dspy.framework import Lang
from csc_dspy.jobs import Outcome
from csc_dspy.pipeline.outcomes import dropped, kept
from csc_dspy.programs.annotator import Annotator
from csc_dspy.programs.asking import GuardError


@dataclass(frozen=True)
class AnnotateWork:
    """Labels conversations.

    Attributes:
        annotators: The annotator of each language, with its model bound.
        masking: Whether personal data is masked in what the model sees; the words that are kept stay as they are.
        seed: Changes every sample.
        origin: What each record keeps of how it was made.
    """

    annotators: Mapping[Lang, Annotator]
    masking: bool
    seed: int
    origin: Mapping[str, Any]

    async def __call__(self, conversation: Conversation) -> Outcome:
        """Label one conversation; the labels it had are replaced, and stay in the input."""
        shown = mask(conversation).conversation if self.masking else conversation
        try:
            labelled = await self.annotators[conversation.lang].acall(conversation=shown, seed=self.seed)
        except GuardError as error:
            return dropped(error.group, str(error))
        meta = {**(conversation.meta or {}), "annotation": {**self.origin, "agreement": labelled.agreement}}
        turns = tuple(
            turn.model_copy(update={"stage": label.stage, "strategy": label.strategy})
            for turn, label in zip(conversation.turns, labelled.conversation.turns, strict=True)
        )
        return kept(conversation.model_copy(update={"turns": turns, "meta": meta}))
