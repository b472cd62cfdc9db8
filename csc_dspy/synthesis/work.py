"""The work on one conversation: play it, check it by rule, judge it.

A pure function of the part and the configuration.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from csc_dspy.conversation import Conversation
from csc_dspy.corpora.rules import Rule, check_rules
from csc_dspy.jobs import Outcome
from csc_dspy.pipeline.outcomes import dropped, dropped_by_rules, kept
from csc_dspy.programs.asking import GivenUpError, GuardError
from csc_dspy.programs.judge import ConversationJudge
from csc_dspy.programs.roleplay import RolePlay
from csc_dspy.synthesis.plan import Part, notes


@dataclass(frozen=True)
class Player:
    """Plays and filters conversations.

    Attributes:
        play: The role-play, with its models bound.
        judge: The judge, with its model bound; ``None`` leaves the judging out.
        rules: The free rules that come before the judge.
        seed: Changes every sample.
        origin: What each record keeps of how it was made.
    """

    play: RolePlay
    judge: ConversationJudge | None
    rules: Mapping[str, Rule]
    seed: int
    origin: Mapping[str, Any]

    async def __call__(self, part: Part) -> Outcome:
        """Play one conversation and filter it; what is dropped says why and keeps what was played."""
        meta: dict[str, Any] = {**self.origin, "profile_id": part.profile.id, "trial": part.trial, "seed": self.seed}
        try:
            played = await self.play.acall(
                id=part.id, topic=part.topic, notes=notes(part.profile, self.play.lang), seed=self.seed
            )
        except GivenUpError as error:
            return dropped(f"guard.{error.name}", str(error), self._fragment(part, error, meta))
        meta |= {name: played[name] for name in ("stop", "faults", "facts", "solution")}
        conversation: Conversation = played.conversation.model_copy(update={"meta": meta})
        if broken := check_rules(conversation, self.rules):
            return dropped_by_rules("rules", broken, conversation)
        if self.judge is not None:
            try:
                verdict = (await self.judge.acall(conversation=conversation)).verdict
            except GuardError as error:
                return dropped(f"judge.{error.name}", str(error), conversation)
            conversation = conversation.model_copy(update={"meta": {**meta, "judge": verdict.model_dump()}})
            if not verdict.passed:
                cause = "; ".join(f"{point}: {verdict.reasons[point]}" for point in verdict.failed_points)
                return dropped(f"judge.{verdict.failed_points[0]}", cause, conversation)
        return kept(conversation)

    def _fragment(self, part: Part, error: GivenUpError, meta: Mapping[str, Any]) -> Conversation | None:
        """What was played before the play was given up; nothing if nobody spoke."""
        if not error.turns:
            return None
        return Conversation(
            id=part.id,
            lang=self.play.lang,
            topic=part.topic,
            source="rolecs",
            scenario=error.scenario,
            turns=error.turns,
            meta=dict(meta),
        )
