"""What a role-play run will take, from the data at hand: prompts, profiles, and conversations already played."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean

from csc_dspy.framework import Lang
from csc_dspy.pipeline.estimate import Estimate, Prices, Share, finished
from csc_dspy.synthesis.plan import Part, notes
from csc_dspy.usage import rough_tokens

ROUNDS = 9
"""Rounds of a conversation of average length (18 utterances), when none was played yet."""
LINE = {"en": 22, "zh": 28}
"""Tokens of an utterance in the transcript."""
ANSWER = {"profile_writer": 130, "planner": 190, "supporter_assistant": 40, "supporter": 50, "customer_assistant": 25}
"""Tokens of an answer; 40 for the roles not named."""


def estimate_play(
    todo: Sequence[Part],
    prompts: Mapping[str, str],
    lang: Lang,
    prices: Prices,
    done: Path,
    max_cost: float | None = None,
) -> Estimate:
    """Estimate a role-play run.

    Args:
        todo: What would be played, finished parts included.
        prompts: Predictor to all that stands before its inputs.
        lang: Language of the conversations.
        prices: The models' prices, by role.
        done: The job's output; conversations in it are not played again and show what one takes.
        max_cost: US dollars the run may cost, if limited.
    """
    ids, used = finished(done)
    left = [part for part in todo if part.id not in ids]
    shares = _by_role(left, prompts, lang)
    basis = f"prompts and profiles at hand, {ROUNDS} rounds a conversation"
    if used:  # what one takes is known; only the prompts at hand can tell which role takes how much of it
        played = [fmean(column) for column in zip(*used, strict=True)]
        factors = [have / max(guess, 1e-9) for have, guess in zip(played, sum(shares.values(), Share()), strict=True)]
        shares = {role: Share(*(a * b for a, b in zip(s, factors, strict=True))) for role, s in shares.items()}
        basis = f"mean of {len(used)} conversations played for {done.name}"
    all_ = {role: Share(*(len(left) * part for part in share)) for role, share in shares.items()}
    prices = {**prices, **({"profile_writer": prices["planner"]} if "planner" in prices else {})}
    return Estimate.of(len(left), "conversation", "to play", all_, prices, basis, max_cost)


def _by_role(left: Sequence[Part], prompts: Mapping[str, str], lang: Lang) -> dict[str, Share]:
    """What each predictor takes for one conversation."""
    person = fmean(rough_tokens(notes(part.profile, lang)) for part in left) if left else 0.0
    scene = person + ANSWER["planner"]
    shares = {}
    for role, prompt in prompts.items():
        once = role in ("profile_writer", "planner", "judge")
        times = 1 if once else ROUNDS
        growing = 0 if role in ("profile_writer", "planner") else LINE[lang] * ROUNDS * (2 if once else 1)
        asked = times * (rough_tokens(prompt) + (person if role == "profile_writer" else scene) + growing)
        shares[role] = Share(float(times), asked, float(times * ANSWER.get(role, 40 if not once else 150)))
    return shares
