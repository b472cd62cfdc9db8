"""What metrics look at: one supporter turn as it should be, and as it was answered."""

from __future__ import annotations

from typing import Literal, NamedTuple

from csc_dspy.framework import Lang, Stage, Strategy

Part = Literal["stage", "strategy", "response"]


class Answer(NamedTuple):
    """One answered supporter turn.

    Attributes:
        lang: Language of the conversation; decides how texts are cut into tokens.
        reference: What the supporter really said.
        gold_strategy: The reference's strategy, if it has one.
        gold_stage: The reference's stage, if it has one.
        response: What was answered; ``None`` where nothing was, or nothing is ever.
        strategy: The strategy that was chosen, likewise.
        stage: The stage that was named, likewise.
        failed: The parts that were asked for and could not be read: they count as wrong, not as missing.
    """

    lang: Lang
    reference: str
    gold_strategy: Strategy | None = None
    gold_stage: Stage | None = None
    response: str | None = None
    strategy: Strategy | None = None
    stage: Stage | None = None
    failed: frozenset[Part] = frozenset()

    def tried(self, part: Part) -> bool:
        """Whether a part was asked for: it is there, or could not be read."""
        return getattr(self, part) is not None or part in self.failed
