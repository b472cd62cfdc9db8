"""The work on one call: filter it, rewrite it, filter what came out.

A pure function of the call and the configuration.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from csc_dspy.conversation import Conversation
from csc_dspy.corpora.masking import mask
from csc_dspy.corpora.rules import Rule, check_rules, with_bounds
from csc_dspy.framework import Lang
from csc_dspy.jobs import Outcome
from csc_dspy.pipeline.outcomes import dropped, dropped_by_rules, kept
from csc_dspy.programs.asking import GivenUpError, GuardError
from csc_dspy.programs.fidelity import RewritingJudge
from csc_dspy.programs.rewriter import Rewriter
from csc_dspy.programs.turn_rewriter import TurnRewriter

_REMARK = re.compile(
    r"\s*[\[(（【](?:the )?(?:call|conversation|chat|transcript|通话|对话|会话|电话)?\s*"
    r"(?:has |is |was )?(?:ended|ends|over|end|finished|disconnected|hung up|已?结束|挂断|完毕|终止)"
    r"[^\])）】]{0,12}[\])）】]\s*$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class RewriteWork:
    """Rewrites and filters calls.

    Attributes:
        rewriters: The rewriter of each language, with its model bound.
        judges: The judge of each language, with its model bound; ``None`` leaves screening and judging out.
        screens: Whether the judge screens calls.
        before: The free rules a call must pass to be rewritten.
        after: The free rules a rewriting must pass.
        masking: Whether personal data is masked before any model sees the call.
        seed: Changes every sample.
        origin: What each record keeps of how it was made.
    """

    rewriters: Mapping[Lang, Rewriter | TurnRewriter]
    judges: Mapping[Lang, RewritingJudge] | None
    screens: bool
    before: Mapping[str, Rule]
    after: Mapping[str, Rule]
    masking: bool
    seed: int
    origin: Mapping[str, Any]

    async def __call__(self, call: Conversation) -> Outcome:
        """Rewrite one call; what is dropped says at which filter and why, and keeps what there is of it."""
        if broken := check_rules(call, self.before):
            return dropped_by_rules("prefilter", broken)
        masked = mask(call) if self.masking else None
        call = masked.conversation if masked else call
        judge = self.judges[call.lang] if self.judges else None
        try:
            if judge is not None and self.screens and not (screening := await judge.ascreen(call)).passed:
                return dropped("prefilter.screening", screening.reason)
            rewritten = await self.rewriters[call.lang].acall(call=call, seed=self.seed)
        except GivenUpError as error:
            so_far = call.model_copy(update={"source": "csconv", "turns": error.turns}) if error.turns else None
            return dropped(error.group, str(error), so_far)
        except GuardError as error:
            return dropped(error.group, str(error))
        meta = {**self.origin, "seed": self.seed, **rewritten.notes, "faults": rewritten.faults}
        meta["before"] = size(call)
        if masked:
            meta["masked"] = masked.counts
        conversation = without_remark(rewritten.conversation).model_copy(update={"meta": meta})
        if broken := check_rules(conversation, self.after):
            return dropped_by_rules("rules", broken, conversation)
        if judge is not None:
            try:
                fidelity = (await judge.acall(call=call, rewritten=conversation)).fidelity
            except GuardError as error:
                return dropped(error.group, str(error), conversation)
            conversation = conversation.model_copy(update={"meta": {**meta, "judge": fidelity.model_dump(mode="json")}})
            if fidelity.failed:
                return dropped(f"judge.{fidelity.failed[0]}", fidelity.cause, conversation)
        return kept(conversation)


def rules_after(low: int, high: int) -> Mapping[str, Rule]:
    """The free rules of a rewriting: those of the role-play but for placeholders, which stand for private data here.

    A run of one strategy is left to the original's course as well.
    """
    given_up = ("placeholders", "strategy_runs")
    return {name: rule for name, rule in with_bounds(low, high).items() if name not in given_up}


def without_remark(conversation: Conversation) -> Conversation:
    """The conversation without a note at its end that the call is over; other brackets, say "(3-5 days)", stay."""
    *others, last = conversation.turns
    text = _REMARK.sub("", last.text)
    if text == last.text:
        return conversation
    turns = (*others, last.model_copy(update={"text": text})) if text.strip() else tuple(others)
    return conversation.model_copy(update={"turns": turns})


def size(conversation: Conversation) -> dict[str, float]:
    """Utterances of a conversation, and the mean characters of the supporter's."""
    lengths = [len(turn.text) for turn in conversation.supporter_turns]
    return {"utterances": len(conversation.turns), "supporter_length": round(fmean(lengths), 1) if lengths else 0.0}
