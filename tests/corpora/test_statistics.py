from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator

import pytest

from csc_dspy.conversation import Conversation, Turn
from csc_dspy.corpora.statistics import BINS, CorpusStatistics, describe
from csc_dspy.framework import Stage, Strategy

G, D, P, A = (
    Strategy.GREETING,
    Strategy.INFORMATION_DELIVERY,
    Strategy.PROBLEM_REFINEMENT,
    Strategy.APPRECIATION_AND_CLOSURE,
)


def talk(*strategies: Strategy | None, stage: Stage | None = None, lang: str = "en") -> Conversation:
    turns = []
    for strategy in strategies:
        turns.append(Turn(speaker="supporter", text="four", strategy=strategy, stage=stage))
        turns.append(Turn(speaker="customer", text="二字"))
    return Conversation.model_validate({"id": "x", "lang": lang, "topic": "t", "source": "s", "turns": tuple(turns)})


def test_the_corpus_is_counted() -> None:
    found = describe([talk(G, D), talk(G, None, Strategy.OTHERS, lang="zh")])
    assert (found.conversations, found.turns) == (2, 10)
    assert found.by_lang == {"en": 1, "zh": 1}
    assert found.by_source == {"s": 2}
    assert (found.utterances.mean, found.utterances.min, found.utterances.max) == (5, 4, 6)
    assert found.utterances.histogram == {4: 1, 6: 1}
    assert (found.characters["customer"].mean, found.characters["supporter"].mean) == (2, 4)
    assert found.labelled == pytest.approx(4 / 5)
    assert found.labelled_not_others == pytest.approx(3 / 5)
    assert found.strategies[G] == 2
    assert found.strategy_shares[G] == pytest.approx(0.5)
    assert found.alternating == 1


def test_all_twelve_strategies_are_listed_even_if_unused() -> None:
    assert list(describe([talk(G)]).strategies) == list(Strategy)


def test_an_unlabelled_turn_breaks_the_chain_of_transitions() -> None:
    found = describe([talk(G, D, D, None, P, A), talk(G, D)])
    assert found.transitions[G] == {D: 2}
    assert found.transitions[D] == {D: 1}
    assert found.transitions[P] == {A: 1}
    assert found.transitions[A] == {}


def test_stages_are_counted_with_their_strategies_and_transitions() -> None:
    found = describe([talk(G, D, stage=Stage.CONNECTING)])
    assert found.strategies_by_stage[Stage.CONNECTING] == {G: 1, D: 1}
    assert found.stage_transitions[Stage.CONNECTING] == {Stage.CONNECTING: 1}


def test_progress_runs_from_the_first_turn_to_the_last() -> None:
    turns = tuple(Turn(speaker="supporter", text="a", strategy=s) for s in (G, *[D] * 20, A))
    found = describe([Conversation(id="x", lang="en", topic="t", source="s", turns=turns)])
    assert found.strategies_over_progress[G] == [1] + [0] * (BINS - 1)
    assert found.strategies_over_progress[A] == [0] * (BINS - 1) + [1]
    assert sum(found.strategies_over_progress[D]) == 20
    assert found.alternating == 0


def test_nothing_to_share_is_null_and_never_zero() -> None:
    found = describe([])
    assert (found.alternating, found.labelled, found.labelled_not_others, found.utterances.mean) == (None,) * 4
    assert found.strategy_shares == {}
    no_turns = Conversation(id="x", lang="en", topic="t", source="s", turns=())
    assert describe([no_turns]).labelled is None


def test_statistics_survive_json() -> None:
    found = describe([talk(G, D, stage=Stage.CONNECTING), talk(P, A)])
    assert CorpusStatistics.model_validate_json(found.model_dump_json()) == found
    assert json.loads(found.model_dump_json())["transitions"]["greeting"] == {"information_delivery": 1}


def test_memory_does_not_grow_with_the_conversations() -> None:
    def many(count: int) -> Iterator[Conversation]:
        return (talk(G, D, P, A) for _ in range(count))

    describe(many(10))
    tracemalloc.start()
    describe(many(2000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 500_000
