"""What calls to language models use: tokens, time, money; and the limits set on it.

A ``Ledger`` opened with ``with`` sees every call made inside it, also from tasks started there, so
a job keeps one for the whole run and one for each unit without passing anything around.
"""

from __future__ import annotations

import re
from contextvars import ContextVar, Token
from dataclasses import asdict, dataclass, fields
from types import TracebackType
from typing import Any, NamedTuple, Self

from csc_dspy.errors import BudgetError

_HAN = re.compile("[\u4e00-\u9fff]")


def rough_tokens(text: str) -> int:
    """A rough token count without a tokenizer: a Chinese character is one, four others make one."""
    chinese = 0 if text.isascii() else len(_HAN.findall(text))
    return chinese + (len(text) - chinese) // 4 + 1


@dataclass(frozen=True, slots=True)
class Usage:
    """Use of language models, summed with ``+``."""

    calls: int = 0
    """Requests answered."""
    retries: int = 0
    """Requests that had to be sent again."""
    prompt_tokens: int = 0
    """Prompt tokens sent, cached ones included."""
    cached_tokens: int = 0
    """Prompt tokens the server did not evaluate again."""
    completion_tokens: int = 0
    """Tokens generated."""
    cost: float | None = 0.0
    """US dollars; ``None`` as soon as one call's price is unknown."""
    seconds: float = 0.0
    """Time spent waiting for answers, summed over calls."""

    def __add__(self, other: Usage) -> Usage:
        cost = None if self.cost is None or other.cost is None else self.cost + other.cost
        counts = {f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self) if f.name != "cost"}
        return Usage(**counts, cost=cost)

    def __sub__(self, other: Usage) -> Usage:
        cost = None if self.cost is None or other.cost is None else self.cost - other.cost
        counts = {f.name: getattr(self, f.name) - getattr(other, f.name) for f in fields(self) if f.name != "cost"}
        return Usage(**counts, cost=cost)

    @property
    def tokens(self) -> int:
        """Prompt and completion tokens together."""
        return self.prompt_tokens + self.completion_tokens

    def to_dict(self) -> dict[str, Any]:
        """As JSON-serializable fields."""
        return {**asdict(self), "seconds": round(self.seconds, 3)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Usage:
        """From :meth:`to_dict`; unknown keys are left out, missing ones are 0."""
        return cls(**{f.name: values[f.name] for f in fields(cls) if f.name in values})


class Kept(NamedTuple):
    """What of the limits may not be used yet, as something comes after that needs it."""

    tokens: float = 0.0
    cost: float = 0.0


NOTHING_KEPT = Kept()

_open: ContextVar[tuple[Ledger, ...]] = ContextVar("csc_open_ledgers", default=())


class Ledger:
    """Sums the usage of the calls made while it is open, and refuses calls past its limits.

    Attributes:
        total: Usage so far.
    """

    def __init__(
        self, *, max_tokens: int | None = None, max_cost: float | None = None, spent: Usage | None = None
    ) -> None:
        """Open limits.

        Args:
            max_tokens: Prompt and completion tokens allowed, ``spent`` included.
            max_cost: US dollars allowed, ``spent`` included.
            spent: What an earlier part of the same run used.
        """
        self.max_tokens = max_tokens
        self.max_cost = max_cost
        self.total = spent or Usage()
        self._tokens: list[Token[tuple[Ledger, ...]]] = []

    def __enter__(self) -> Self:
        self._tokens.append(_open.set((*_open.get(), self)))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        _open.reset(self._tokens.pop())

    def check(self, kept: Kept = NOTHING_KEPT) -> None:
        """Refuse when a limit is reached.

        Args:
            kept: Of the limits, what may not be used yet.

        Raises:
            BudgetError: The tokens or the money are used up, or money is limited and a price is unknown.
        """
        used = self.total
        if self.max_tokens is not None and used.tokens + kept.tokens >= self.max_tokens:
            rest = f", as {kept.tokens:,.0f} are kept for what comes after" if used.tokens < self.max_tokens else ""
            raise BudgetError(f"token budget used up: {used.tokens:,} of {self.max_tokens:,}{rest}")
        if self.max_cost is not None:
            if used.cost is None:
                raise BudgetError("--max-cost cannot be held: a price is unknown; set --max-tokens instead")
            if used.cost + kept.cost >= self.max_cost:
                rest = f", as ${kept.cost:.4f} are kept for what comes after" if used.cost < self.max_cost else ""
                raise BudgetError(f"cost budget used up: ${used.cost:.4f} of ${self.max_cost:.4f}{rest}")


def record(usage: Usage, *, but: Ledger | None = None) -> None:
    """Add a call's usage to every open ledger, with one exception if need be."""
    for ledger in _open.get():
        if ledger is not but:
            ledger.total = ledger.total + usage


def check_budgets() -> None:
    """Raise :class:`~csc_dspy.errors.BudgetError` when any open ledger is at its limit."""
    for ledger in _open.get():
        ledger.check()
