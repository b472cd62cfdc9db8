"""Baselines without a model: the next strategy from the ones before, by counts.

A figure says little without them: on real calls always saying the commonest strategy is right every fifth to seventh
time, and the strategy of the turn before already tells much.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from csc_dspy.conversation import Turn, read_conversations
from csc_dspy.errors import InputError
from csc_dspy.evaluation.records import digest_of_turns
from csc_dspy.framework import Strategy

if TYPE_CHECKING:
    import dspy

Trivial = Literal["majority", "bigram", "trigram"]
TRIVIAL: tuple[Trivial, ...] = get_args(Trivial)
_ORDERS: dict[Trivial, int] = {"majority": 0, "bigram": 1, "trigram": 2}
_Past = tuple[Strategy | None, ...]


class NextStrategy:
    """The commonest strategy after those before; what was never seen is looked up with a shorter past.

    Supporter turns without a strategy are passed over.

    Attributes:
        name: ``majority``, ``bigram`` or ``trigram``.
        fitted: Supporter turns it has counted.
    """

    def __init__(self, name: Trivial, conversations: Iterable[Iterable[Strategy | None]]) -> None:
        """Count.

        Args:
            name: How much of the past is looked at: nothing, the supporter turn before, or two of them.
            conversations: The strategies of each conversation's supporter turns, in order; other conversations than
                those it is measured on.

        Raises:
            InputError: No turn has a strategy.
        """
        self.name = name
        counts: dict[_Past, Counter[Strategy]] = defaultdict(Counter)
        for strategies in conversations:
            past: list[Strategy] = []
            for strategy in filter(None, strategies):
                for key in self._keys(past):
                    counts[key][strategy] += 1
                past.append(strategy)
        if not counts:
            raise InputError(f"trivial:{name} cannot be fitted: no supporter turn has a strategy")
        self.fitted = counts[()].total()
        # Of equals the first in the framework's order.
        self._commonest = {key: max(Strategy, key=found.__getitem__) for key, found in counts.items()}

    def next(self, past: Sequence[Strategy | None]) -> Strategy:
        """The strategy of the next supporter turn, from those of the supporter turns before."""
        keys = self._keys([strategy for strategy in past if strategy is not None])
        return next(self._commonest[key] for key in keys if key in self._commonest)

    def _keys(self, past: Sequence[Strategy]) -> list[_Past]:
        """What is looked up, the longest first."""
        order = _ORDERS[self.name]
        last: _Past = tuple([None, None, *past[-2:]][-2:])
        return [last[len(last) - length :] for length in range(order, -1, -1)]

    async def acall(self, turns: Sequence[Turn], place: str = "") -> dspy.Prediction:
        """Answer a call as a supporter does, but with a strategy only."""
        import dspy  # slow to import, and scoring saved answers needs none of it

        strategy = self.next([turn.strategy for turn in turns if turn.speaker == "supporter"])
        return dspy.Prediction(stage=None, strategy=strategy, response=None, failure=None, faults={}, requests=[])


def train_strategies(path: Path, answered: Collection[str]) -> list[list[Strategy | None]]:
    """The strategies of each conversation's supporter turns, of a file of conversations.

    Args:
        path: The file.
        answered: Digests of the conversations that are measured; see
            :func:`~csc_dspy.evaluation.records.digest_of_turns`.

    Raises:
        InputError: The file cannot be read, or holds one of these: a baseline must not have seen the answers.
    """
    found = []
    for one in read_conversations(path):
        if digest_of_turns(one) in answered:
            raise InputError(f"{path}: {one.id} is among the conversations that are measured; --train needs others")
        found.append([turn.strategy for turn in one.supporter_turns])
    return found
