"""How well labels agree with those that are there: accuracy with its interval, macro-F1, Cohen's kappa, confusion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from csc_dspy.conversation import Conversation, Record, read_conversations
from csc_dspy.errors import InputError
from csc_dspy.framework import Strategy


class Agreement(Record):
    """What labels are worth, compared turn by turn where both sides have one.

    Attributes:
        turns: Supporter turns compared.
        correct: Those with the same strategy.
        macro_f1: Mean F1 of the strategies that occur among the gold labels, 0 to 1.
        kappa: Cohen's kappa, −1 to 1; ``None`` when chance alone agrees.
        majority: Accuracy of always saying the commonest gold label.
        confusion: Gold strategy to labelled strategy to count.
    """

    turns: int
    correct: int
    macro_f1: float
    kappa: float | None
    majority: float
    confusion: dict[Strategy, dict[Strategy, int]]

    @property
    def accuracy(self) -> float:
        """Share of the turns with the same strategy."""
        return self.correct / self.turns

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the accuracy."""
        from scipy.stats import binomtest

        low, high = binomtest(self.correct, self.turns).proportion_ci(0.95, method="wilson")
        return float(low), float(high)

    @property
    def title(self) -> str:
        """The figures in a few words, as a picture's title."""
        low, high = self.interval
        return f"Accuracy {self.accuracy:.1%} (95 % interval {low:.1%} to {high:.1%}), macro-F1 {self.macro_f1:.2f}"

    def describe(self) -> str:
        """The figures in one line for people."""
        low, high = self.interval
        kappa = "unknown" if self.kappa is None else f"{self.kappa:.2f}"
        return (
            f"strategy accuracy {self.accuracy:.1%} ({self.correct:,} of {self.turns:,} turns, 95 % interval "
            f"{low:.1%} to {high:.1%}), macro-F1 {self.macro_f1:.2f}, kappa {kappa}; always the commonest: "
            f"{self.majority:.1%}"
        )


def agreement(gold: Iterable[Conversation], labelled: Path) -> Agreement | None:
    """Compare labels with gold ones.

    Args:
        gold: Conversations of which some supporter turns have a strategy.
        labelled: The same conversations with new labels, JSONL in any order.

    Returns:
        The agreement, or ``None`` when no turn has a gold label.

    Raises:
        InputError: A conversation has other turns than its gold one.
    """
    by_id = {conversation.id: conversation for conversation in read_conversations(labelled)}
    pairs = Counter(pair for one in gold if one.id in by_id for pair in _pairs(one, by_id[one.id]))
    return measured(pairs) if pairs else None


def _pairs(gold: Conversation, labelled: Conversation) -> Iterator[tuple[Strategy, Strategy]]:
    if len(gold.turns) != len(labelled.turns):
        raise InputError(f"{gold.id}: {len(labelled.turns)} turns are labelled, {len(gold.turns)} are in the original")
    for one, other in zip(gold.turns, labelled.turns, strict=True):
        if one.strategy is not None and other.strategy is not None:
            yield one.strategy, other.strategy


def measured(pairs: Counter[tuple[Strategy, Strategy]]) -> Agreement:
    """The figures of counted (gold, labelled) pairs, at least one."""
    from sklearn.metrics import cohen_kappa_score, f1_score

    gold = [one for one, _ in pairs]
    said = [other for _, other in pairs]
    weights = list(pairs.values())
    times = Counter[Strategy]()
    for one, count in zip(gold, weights, strict=True):
        times[one] += count
    # Where both sides know one label only, chance alone agrees, and kappa is 0 / 0.
    kappa = cohen_kappa_score(gold, said, sample_weight=weights) if len({*gold, *said}) > 1 else None
    return Agreement(
        turns=pairs.total(),
        correct=sum(count for (one, other), count in pairs.items() if one is other),
        macro_f1=float(f1_score(gold, said, labels=sorted(times), average="macro", sample_weight=weights)),
        kappa=kappa,
        majority=max(times.values()) / pairs.total(),
        confusion={one: {other: n for (g, other), n in sorted(pairs.items()) if g is one} for one in sorted(times)},
    )
