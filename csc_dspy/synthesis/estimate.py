"""What a run will take, estimated from the data at hand: prompts, profiles, and conversations already played."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from csc_dspy.framework import Lang
from csc_dspy.jobs import paths_of
from csc_dspy.synthesis.plan import Part, notes
from csc_dspy.usage import rough_tokens

ROUNDS = 9
"""Rounds of a conversation of average length (18 utterances), when none was played yet."""
LINE = {"en": 22, "zh": 28}
"""Tokens of an utterance in the transcript."""
ANSWER = {"profile_writer": 130, "planner": 190, "supporter_assistant": 40, "supporter": 50, "customer_assistant": 25}
"""Tokens of an answer; 40 for the roles not named."""


@dataclass(frozen=True)
class Estimate:
    """What is left to do and what it should take.

    Attributes:
        units: Conversations left to play.
        calls: Requests.
        prompt_tokens: Prompt tokens, most of which a prefix cache answers.
        completion_tokens: Generated tokens.
        cost: US dollars without cache discounts; ``None`` when a price is unknown.
        basis: What the estimate rests on.
        unpriced: Roles whose model has no known price.
        max_cost: US dollars the run may cost, if limited.
    """

    units: int
    calls: int
    prompt_tokens: int
    completion_tokens: int
    cost: float | None
    basis: str
    unpriced: tuple[str, ...] = ()
    max_cost: float | None = None

    def describe(self) -> str:
        """The estimate for people, in one line; what speaks against the budget in another."""
        cost = (
            f"${self.cost:.2f}" if self.cost is not None else f"cost unknown (no price for {', '.join(self.unpriced)})"
        )
        text = (
            f"{self.units:,} conversations to play: about {self.calls:,} calls, {self.prompt_tokens:,} prompt and "
            f"{self.completion_tokens:,} generated tokens, {cost} (from {self.basis})"
        )
        if self.max_cost is None:
            return text
        if self.cost is None:
            return f"{text}\n--max-cost cannot be held without prices: set input_price and output_price in csc.toml"
        if self.cost <= self.max_cost:
            return text
        return (
            f"{text}\n--max-cost {self.max_cost:g} ends it after about {int(self.units * self.max_cost / self.cost):,}"
        )


def estimate_play(
    todo: Sequence[Part],
    prompts: Mapping[str, str],
    lang: Lang,
    prices: Mapping[str, tuple[float, float] | None],
    done: Path,
    max_cost: float | None = None,
) -> Estimate:
    """Estimate a role-play run.

    Args:
        todo: What would be played, finished parts included.
        prompts: Predictor to all that stands before its inputs.
        lang: Language of the conversations.
        prices: Role to US dollars a million prompt and generated tokens, ``None`` if unknown.
        done: The job's output; conversations in it are not played again and show what one takes.
        max_cost: US dollars the run may cost, if limited.
    """
    finished, usages = _played(done)
    left = [part for part in todo if part.id not in finished]
    shares = _by_role(left, prompts, lang)
    unpriced = tuple(role for role, price in prices.items() if price is None)
    calls, asked, answered, asked_cost, answered_cost = 0.0, 0.0, 0.0, 0.0, 0.0
    for role, (times, prompt_tokens, completion_tokens) in shares.items():
        price = prices.get("planner" if role == "profile_writer" else role) or (0.0, 0.0)
        calls, asked, answered = calls + times, asked + prompt_tokens, answered + completion_tokens
        asked_cost += prompt_tokens * price[0] / 1e6
        answered_cost += completion_tokens * price[1] / 1e6
    basis = f"prompts and profiles at hand, {ROUNDS} rounds a conversation"
    if usages:  # what one takes is known; only the prompts at hand can tell which role takes how much of it
        played = [fmean(float(usage[key]) for usage in usages) for key in ("prompt_tokens", "completion_tokens")]
        asked_cost, answered_cost = asked_cost * played[0] / asked, answered_cost * played[1] / answered
        calls, (asked, answered) = fmean(float(usage["calls"]) for usage in usages), played
        basis = f"mean of {len(usages)} conversations played for {done.name}"
    n = len(left)
    cost = None if unpriced else n * (asked_cost + answered_cost)
    return Estimate(n, round(n * calls), round(n * asked), round(n * answered), cost, basis, unpriced, max_cost)


def _by_role(left: Sequence[Part], prompts: Mapping[str, str], lang: Lang) -> dict[str, tuple[float, float, float]]:
    """Predictor to calls, prompt tokens and generated tokens of a conversation."""
    person = fmean(rough_tokens(notes(part.profile, lang)) for part in left) if left else 0.0
    scene = person + ANSWER["planner"]
    shares = {}
    for role, prompt in prompts.items():
        once = role in ("profile_writer", "planner", "judge")
        times = 1 if once else ROUNDS
        growing = 0 if role in ("profile_writer", "planner") else LINE[lang] * ROUNDS * (2 if once else 1)
        asked = times * (rough_tokens(prompt) + (person if role == "profile_writer" else scene) + growing)
        shares[role] = (float(times), asked, float(times * ANSWER.get(role, 40 if not once else 150)))
    return shares


def _played(done: Path) -> tuple[set[str], list[dict[str, float]]]:
    """Ids in the job's files, and the use of each finished conversation."""
    ids: set[str] = set()
    usages: list[dict[str, float]] = []
    paths = paths_of(done)
    for path in (paths["done"], paths["dropped"]):
        if not path.is_file():
            continue
        for line in path.read_text("utf-8", errors="replace").splitlines():
            try:
                row = json.loads(line)
                ids.add(row["id"])
                usages.append(row.get("usage") or row["meta"]["usage"])
            except (ValueError, KeyError, TypeError):
                continue  # a torn or foreign line says nothing about cost
    return ids, usages
