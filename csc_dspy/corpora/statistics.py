"""Statistics of a corpus: one pass over the conversations, in memory that does not grow with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from heapq import nlargest
from itertools import pairwise
from typing import Annotated, Any

from pydantic import Field

from csc_dspy.conversation import Conversation, Record, Speaker
from csc_dspy.framework import Stage, Strategy

CHAINS = (2, 3, 4)
"""Lengths of the chains of strategies that are counted."""
BINS = 10
"""Parts of a conversation in ``strategy_over_progress``."""

Share = Annotated[float, Field(ge=0, le=1)]


def percent(share: float | None) -> str:
    """A share for people: ``12.3 %``, or a dash where there is none."""
    return "–" if share is None else f"{100 * share:.1f} %"


class Lengths(Record):
    """How long things are: their number, mean and bounds, and how many there are of each length."""

    count: int
    mean: float | None
    """``None`` when there are none."""
    min: int | None
    max: int | None
    histogram: dict[int, int]
    """Length → how many are that long, rising."""

    @classmethod
    def of(cls, histogram: Counter[int]) -> Lengths:
        """The lengths counted in a histogram."""
        count = histogram.total()
        mean = sum(length * times for length, times in histogram.items()) / count if count else None
        low, high = (min(histogram), max(histogram)) if histogram else (None, None)
        return cls(count=count, mean=mean, min=low, max=high, histogram=dict(sorted(histogram.items())))


class Chain(Record):
    """Strategies of consecutive supporter turns, and how often they follow one another like that."""

    strategies: tuple[Strategy, ...]
    count: int


class CorpusStatistics(Record):
    """What a corpus is made of. Shares are between 0 and 1, and ``None`` where there is nothing to share."""

    conversations: int
    by_lang: dict[str, int]
    by_source: dict[str, int]
    by_topic: dict[str, int]
    alternating: Share | None
    """Share of the conversations in which nobody speaks twice running."""
    utterances: Lengths
    """Turns of a conversation."""
    characters: dict[Speaker, Lengths]
    """Characters (code points) of a turn, by speaker."""
    labelled: Share | None
    """Share of the supporter turns that have a strategy."""
    labelled_not_others: Share | None
    """Share of the supporter turns that have a strategy other than Others; the paper reports 0.9782 for CSConv."""
    strategies: dict[Strategy, int]
    """Supporter turns by strategy; all twelve, in the framework's order."""
    strategies_by_stage: dict[Stage, dict[Strategy, int]]
    """Supporter turns that have both labels."""
    strategies_over_progress: dict[Strategy, list[int]]
    """Ten numbers a strategy: its turns by place in the conversation, from the first turn to the last."""
    transitions: dict[Strategy, dict[Strategy, int]]
    """Strategy → strategy of the supporter's next turn → how often. A turn without a strategy breaks the chain."""
    stage_transitions: dict[Stage, dict[Stage, int]]
    """The same for stages."""
    chains: dict[int, tuple[Chain, ...]]
    """Length (2, 3 or 4) → the commonest chains of that length, at most ten. A turn without a strategy breaks one."""

    @property
    def turns(self) -> int:
        """All turns of all conversations."""
        return sum(lengths.count for lengths in self.characters.values())

    @property
    def strategy_shares(self) -> dict[Strategy, float]:
        """Each strategy's share of the supporter turns that have one; empty when none has."""
        total = sum(self.strategies.values())
        return {strategy: count / total for strategy, count in self.strategies.items()} if total else {}


def describe(conversations: Iterable[Conversation]) -> CorpusStatistics:
    """Count what a corpus is made of.

    Args:
        conversations: Any number of them; none is kept.

    Returns:
        The statistics. Memory grows with the number of different topics, sources and lengths only.
    """
    langs: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    topics: Counter[str] = Counter()
    utterances: Counter[int] = Counter()
    characters: dict[Speaker, Counter[int]] = {"customer": Counter(), "supporter": Counter()}
    placed: Counter[tuple[Strategy | None, int]] = Counter()
    staged: Counter[tuple[Stage | None, Strategy | None]] = Counter()
    bigrams: Counter[tuple[Strategy | None, Strategy | None]] = Counter()
    stage_bigrams: Counter[tuple[Stage | None, Stage | None]] = Counter()
    longer: dict[int, Counter[tuple[Strategy | None, ...]]] = {size: Counter() for size in CHAINS if size > 2}
    alternating = 0
    bins = _Bins()
    for conversation in conversations:
        turns = conversation.turns
        langs[conversation.lang] += 1
        sources[conversation.source] += 1
        topics[conversation.topic] += 1
        utterances[len(turns)] += 1
        alternating += conversation.alternates
        # Counter.update with a list runs in C, a loop over the turns does not.
        characters["customer"].update([len(turn.text) for turn in turns if turn.speaker == "customer"])
        supporter = [turn for turn in turns if turn.speaker == "supporter"]
        characters["supporter"].update([len(turn.text) for turn in supporter])
        strategies = [turn.strategy for turn in supporter]
        stages = [turn.stage for turn in supporter]
        places = [place for turn, place in zip(turns, bins[len(turns)], strict=True) if turn.speaker == "supporter"]
        placed.update(zip(strategies, places, strict=True))
        staged.update(zip(stages, strategies, strict=True))
        bigrams.update(pairwise(strategies))
        stage_bigrams.update(pairwise(stages))
        for size, found in longer.items():
            found.update(zip(*(strategies[start:] for start in range(size)), strict=False))
    total = utterances.total()
    spoken = characters["supporter"].total()
    counts = {strategy: sum(placed[strategy, place] for place in range(BINS)) for strategy in Strategy}
    labelled = sum(counts.values())
    return CorpusStatistics(
        conversations=total,
        by_lang=dict(langs.most_common()),
        by_source=dict(sources.most_common()),
        by_topic=dict(topics.most_common()),
        alternating=alternating / total if total else None,
        utterances=Lengths.of(utterances),
        characters={speaker: Lengths.of(histogram) for speaker, histogram in characters.items()},
        labelled=labelled / spoken if spoken else None,
        labelled_not_others=(labelled - counts[Strategy.OTHERS]) / spoken if spoken else None,
        strategies=counts,
        strategies_by_stage={
            stage: {strategy: staged[stage, strategy] for strategy in Strategy if (stage, strategy) in staged}
            for stage in Stage
        },
        strategies_over_progress={
            strategy: [placed[strategy, place] for place in range(BINS)] for strategy in Strategy
        },
        transitions={
            first: {second: bigrams[first, second] for second in Strategy if (first, second) in bigrams}
            for first in Strategy
        },
        stage_transitions={
            first: {second: stage_bigrams[first, second] for second in Stage if (first, second) in stage_bigrams}
            for first in Stage
        },
        chains={2: _commonest(bigrams), **{size: _commonest(found) for size, found in longer.items()}},
    )


def _commonest(found: Mapping[Any, int], most: int = 10) -> tuple[Chain, ...]:
    """The commonest chains of strategies, those with a turn that has none left out."""
    whole = [(chain, count) for chain, count in found.items() if None not in chain]
    return tuple(
        Chain(strategies=chain, count=count) for chain, count in nlargest(most, whole, key=lambda pair: pair[1])
    )


class _Bins(dict[int, list[int]]):
    """Number of turns → the part of the conversation that each turn is in: the first in 0, the last in 9."""

    def __missing__(self, count: int) -> list[int]:
        self[count] = [min(BINS - 1, BINS * place // max(count - 1, 1)) for place in range(count)]
        return self[count]
