"""What a run will take, before it is begun: calls, tokens, money."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from csc_dspy.jobs import paths_of
from csc_dspy.wording import amount

Prices = Mapping[str, tuple[float, float] | None]
"""Role to US dollars a million prompt and generated tokens, ``None`` if unknown."""


class Share(NamedTuple):
    """What one predictor takes."""

    calls: float = 0.0
    prompt_tokens: float = 0.0
    completion_tokens: float = 0.0

    def __add__(self, other: object) -> Share:
        """The sum, part by part."""
        assert isinstance(other, Share)
        return Share(*(a + b for a, b in zip(self, other, strict=True)))

    def cost(self, price: tuple[float, float] | None) -> float:
        """US dollars; 0 where no price is known."""
        return 0.0 if price is None else (self.prompt_tokens * price[0] + self.completion_tokens * price[1]) / 1e6


@dataclass(frozen=True)
class Estimate:
    """What is left to do and what it should take.

    Attributes:
        units: Units left.
        unit: What one of them is called: "conversation".
        doing: What is done to them: "to play".
        calls: Requests.
        prompt_tokens: Prompt tokens, most of which a prefix cache answers.
        completion_tokens: Generated tokens.
        cost: US dollars without cache discounts; ``None`` when a price is unknown.
        basis: What the estimate rests on.
        unpriced: Roles whose model has no known price.
        max_cost: US dollars the run may cost, if limited.
    """

    units: int
    unit: str
    doing: str
    calls: int
    prompt_tokens: int
    completion_tokens: int
    cost: float | None
    basis: str
    unpriced: tuple[str, ...] = ()
    max_cost: float | None = None

    @classmethod
    def of(
        cls,
        units: int,
        unit: str,
        doing: str,
        shares: Mapping[str, Share],
        prices: Prices,
        basis: str,
        max_cost: float | None,
    ) -> Estimate:
        """The estimate of what each role takes in all."""
        unpriced = tuple(role for role, price in prices.items() if price is None)
        total = sum(shares.values(), Share())
        cost = None if unpriced else sum(share.cost(prices.get(role)) for role, share in shares.items())
        calls, asked, answered = (round(part) for part in total)
        return cls(units, unit, doing, calls, asked, answered, cost, basis, unpriced, max_cost)

    def describe(self) -> str:
        """The estimate for people, in one line; what speaks against the budget in another."""
        unknown = f"cost unknown (no price for {', '.join(self.unpriced)})"
        cost = unknown if self.cost is None else f"${self.cost:.2f}"
        text = (
            f"{amount(self.units, self.unit)} {self.doing}: about {amount(self.calls, 'call')}, "
            f"{self.prompt_tokens:,} prompt and {self.completion_tokens:,} generated tokens, {cost} (from {self.basis})"
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


def finished(output: Path) -> tuple[set[str], list[Share]]:
    """Ids in a job's files of rows, and the use of each of those units; of no such files, none."""
    ids: set[str] = set()
    used: list[Share] = []
    paths = paths_of(output)
    for path in (paths["done"], paths["dropped"]):
        for line in path.read_text("utf-8", errors="replace").splitlines() if path.is_file() else ():
            try:
                row = json.loads(line)
                usage = row.get("usage") or row["meta"]["usage"]
                used.append(Share(*(float(usage[key]) for key in Share._fields)))
                ids.add(row["id"])
            except (ValueError, KeyError, TypeError):
                continue  # a torn or foreign line says nothing about cost
    return ids, used
