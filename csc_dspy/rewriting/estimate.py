"""What rewriting will take, from the calls and prompts at hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from csc_dspy.conversation import Conversation
from csc_dspy.corpora.prefilter import merged
from csc_dspy.corpora.rules import Rule, check_rules
from csc_dspy.pipeline.estimate import Estimate, Prices, Share, finished
from csc_dspy.programs.rewriter import windows
from csc_dspy.programs.steps import steps
from csc_dspy.programs.turn_rewriter import SEEN
from csc_dspy.usage import rough_tokens

GROWTH = 1.7
"""Tokens of a rewriting, labels included, for one of the call."""
LABELS = 30
"""Tokens of a turn's labels and braces."""
ANSWER = {"screen": 40, "judge": 80}
"""Tokens of the judge's answers."""


def estimate_rewriting(
    calls: Iterable[Conversation],
    before: Mapping[str, Rule],
    prompts: Mapping[str, str],
    prices: Prices,
    done: Path,
    window: int | None,
    max_cost: float | None = None,
) -> Estimate:
    """Estimate a rewriting run; calls that the free rules drop cost nothing, and those in ``done`` are done.

    Args:
        calls: The calls.
        before: The free rules before rewriting.
        prompts: ``predictor.lang`` to all that stands before its inputs.
        prices: The models' prices, by role.
        done: The job's output.
        window: Tokens of a call that are rewritten at a time; ``None``: the agent's turns one by one.
        max_cost: US dollars the run may cost, if limited.
    """
    ids, _ = finished(done)
    sizes = {name: rough_tokens(text) for name, text in prompts.items()}
    shares: dict[str, Share] = {}
    count: Counter[str] = Counter()
    for call in calls:
        if call.id in ids:
            continue
        count["left"] += 1
        if check_rules(call, before):
            continue
        turns = merged(call).turns
        text = float(sum(rough_tokens(turn.text) + 3 for turn in turns))
        for role, share in {
            "screen": Share(1, sizes.get(f"screen.{call.lang}", 0) + text, ANSWER["screen"]),
            "rewriter": _rewriting(call, text, sizes[f"rewriter.{call.lang}"], window),
            "judge": Share(1, sizes.get(f"judge.{call.lang}", 0) + (1 + GROWTH) * text, ANSWER["judge"]),
        }.items():
            if f"{role}.{call.lang}" in sizes:
                shares[role] = shares.get(role, Share()) + share
    priced = {**prices, **({"screen": prices["judge"]} if "judge" in prices else {})}
    return Estimate.of(count["left"], "call", "to rewrite", shares, priced, "the calls and prompts at hand", max_cost)


def _rewriting(call: Conversation, text: float, prompt: int, window: int | None) -> Share:
    """What the rewriter takes for a call of so many tokens."""
    if window is None:
        count = sum(1 for _ in steps(call))
        seen = (SEEN + 1) * text / len(merged(call).turns)
        return Share(count, count * (prompt + seen), text / 2 + count * LABELS)
    cut = sum(1 for _ in windows(merged(call).turns, window))
    return Share(cut, cut * prompt + 1.2 * text, GROWTH * text)
