"""How varied texts are: distinct-n (Li et al. 2016)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice


def distinct(turns: Iterable[Sequence[str]], n: int) -> float | None:
    """Different n-grams per n-gram, counted within turns, 0 to 1; ``None`` where there are none.

    Longer corpora have lower values: compare only what is of the same size.

    Args:
        turns: The tokens of each turn.
        n: Tokens of an n-gram.
    """
    seen: set[tuple[str, ...]] = set()
    total = 0
    for tokens in turns:
        grams = list(zip(*(islice(tokens, start, None) for start in range(n)), strict=False))
        seen.update(grams)
        total += len(grams)
    return len(seen) / total if total else None
