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
    """

    units: int
    calls: int
    prompt_tokens: int
    completion_tokens: int
    cost: float | None
    basis: str

    def describe(self) -> str:
        """The estimate in one line for people."""
        cost = "cost unknown" if self.cost is None else f"${self.cost:.2f}"
        return (
            f"{self.units:,} conversations to play: about {self.calls:,} calls, {self.prompt_tokens:,} prompt and "
            f"{self.completion_tokens:,} generated tokens, {cost} (from {self.basis})"
        )


def estimate_play(
    todo: Sequence[Part],
    prompts: Mapping[str, str],
    lang: Lang,
    prices: tuple[float, float] | None,
    done: Path,
) -> Estimate:
    """Estimate a role-play run.

    Args:
        todo: What would be played, finished parts included.
        prompts: System prompt of each role.
        lang: Language of the conversations.
        prices: US dollars a million prompt and generated tokens, if known.
        done: The job's output; conversations in it are not played again and show what one takes.
    """
    finished, usages = _played(done)
    left = [part for part in todo if part.id not in finished]
    if usages:
        calls, asked, answered = (
            fmean(float(usage[key]) for usage in usages) for key in ("calls", "prompt_tokens", "completion_tokens")
        )
        basis = f"mean of {len(usages)} conversations in {done.name}"
    else:
        calls, asked, answered = _from_prompts(left, prompts, lang)
        basis = f"prompts and profiles at hand, {ROUNDS} rounds a conversation"
    n = len(left)
    cost = None if prices is None else n * (asked * prices[0] + answered * prices[1]) / 1e6
    return Estimate(n, round(n * calls), round(n * asked), round(n * answered), cost, basis)


def _from_prompts(left: Sequence[Part], prompts: Mapping[str, str], lang: Lang) -> tuple[float, float, float]:
    person = fmean(rough_tokens(notes(part.profile, lang)) for part in left) if left else 0.0
    scene = person + ANSWER["planner"]
    calls, asked, answered = 0.0, 0.0, 0.0
    for role, prompt in prompts.items():
        once = role in ("profile_writer", "planner", "judge")
        times = 1 if once else ROUNDS
        growing = 0 if role in ("profile_writer", "planner") else LINE[lang] * ROUNDS * (2 if once else 1)
        calls += times
        asked += times * (rough_tokens(prompt) + (person if role == "profile_writer" else scene) + growing)
        answered += times * ANSWER.get(role, 40 if not once else 150)
    return calls, asked, answered


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
