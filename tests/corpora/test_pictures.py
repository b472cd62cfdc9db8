from __future__ import annotations

import sys
from pathlib import Path

from csc_dspy.conversation import Conversation, Turn
from csc_dspy.corpora.pictures import COLOURS, draw
from csc_dspy.corpora.statistics import describe
from csc_dspy.framework import Strategy


def conversation(strategies: tuple[Strategy | None, ...]) -> Conversation:
    turns = tuple(Turn(speaker="supporter", text="您好 hello", strategy=strategy) for strategy in strategies)
    return Conversation(id="x", lang="zh", topic="题目", source="s", turns=turns)


def test_four_pictures_are_drawn_without_a_display_or_global_state(tmp_path: Path) -> None:
    paths = draw(describe([conversation(tuple(Strategy))]), tmp_path / "new" / "folder")
    assert sorted(path.name for path in paths) == [
        "lengths.png",
        "strategy_progress.png",
        "strategy_shares.png",
        "transitions.png",
    ]
    assert all(path.read_bytes().startswith(b"\x89PNG") and path.stat().st_size > 5000 for path in paths)
    assert "matplotlib.pyplot" not in sys.modules or not sys.modules["matplotlib.pyplot"].get_fignums()


def test_a_corpus_without_strategies_gets_the_lengths_only(tmp_path: Path) -> None:
    for number, turns in enumerate(((None,), ())):
        paths = draw(describe([conversation(turns)]), tmp_path / str(number))
        assert [path.name for path in paths] == ["lengths.png"]


def test_every_strategy_has_a_colour_of_its_own() -> None:
    assert set(COLOURS) == set(Strategy)
    assert len(set(COLOURS.values())) == len(Strategy)
