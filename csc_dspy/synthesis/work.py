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
from csc_dspy.programs.asking import GuardError
from csc_dspy.programs.judge import ConversationJudge
from csc_dspy.programs.roleplay import GivenUpError, RolePlay
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
            return Outcome("dropped", self._fragment(part, error, meta), str(error), f"guard.{error.name}")
        meta |= {"stop": played.stop, "faults": played.faults, "solution": played.solution}
        conversation: Conversation = played.conversation.model_copy(update={"meta": meta})
        if broken := check_rules(conversation, self.rules):
            cause = "; ".join(f"{name}: {reason}" for name, reason in broken)
            return Outcome("dropped", {"conversation": _json(conversation)}, cause, f"rules.{broken[0][0]}")
        if self.judge is not None:
            try:
                verdict = (await self.judge.acall(conversation=conversation)).verdict
            except GuardError as error:
                return Outcome("dropped", {"conversation": _json(conversation)}, str(error), f"judge.{error.name}")
            conversation = conversation.model_copy(update={"meta": {**meta, "judge": verdict.model_dump()}})
            if not verdict.passed:
                cause = "; ".join(f"{point}: {verdict.reasons[point]}" for point in verdict.failed_points)
                group = f"judge.{verdict.failed_points[0]}"
                return Outcome("dropped", {"conversation": _json(conversation)}, cause, group)
        return Outcome("done", _json(conversation))

    def _fragment(self, part: Part, error: GivenUpError, meta: Mapping[str, Any]) -> dict[str, Any]:
        """What was played before the play was given up; nothing if nobody spoke."""
        if not error.turns:
            return {}
        conversation = Conversation(
            id=part.id,
            lang=self.play.lang,
            topic=part.topic,
            source="rolecs",
            scenario=error.scenario,
            turns=error.turns,
            meta=dict(meta),
        )
        return {"conversation": _json(conversation)}


def _json(conversation: Conversation) -> dict[str, Any]:
    return conversation.model_dump(mode="json", exclude_none=True)
