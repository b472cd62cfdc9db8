"""The report on answers of which no words were asked for: it does not excuse figures that nobody wants."""

from __future__ import annotations

from typing import Any

import pytest

from csc_dspy.evaluation.page import as_markdown
from csc_dspy.evaluation.records import Answered, AnsweredTurn
from csc_dspy.evaluation.report import counted, report
from csc_dspy.framework import Stage, Strategy
from csc_dspy.metrics.scoring import compared


def answered(*turns: dict[str, Any]) -> list[Answered]:
    gold = {"reference": "Hello.", "gold_strategy": Strategy.GREETING, "gold_stage": Stage.CONNECTING}
    labels = {"strategy": Strategy.GREETING, "stage": Stage.CONNECTING}
    rows = tuple(AnsweredTurn(at=at, heard=(), **gold, **(labels | turn)) for at, turn in enumerate(turns))
    common: dict[str, Any] = {"lang": "en", "topic": "other", "source": "tests", "digest": "0"}
    return [Answered(id="one", context="reference", program="supporter", turns=rows, meta={}, **common)]


def test_without_words_nothing_is_said_of_figures_of_words() -> None:
    found = report(answered({}, {"failure": "select_strategy.format", "strategy": None}))
    assert not found.words
    assert all(score.value is None for score in found.scores if score.name.startswith(("bleu", "rouge", "distinct")))
    text = as_markdown(found)
    assert "Words were not asked for." in text
    assert "\n- " not in text


@pytest.mark.parametrize(
    "turn", [{"response": "Hello!"}, {"failure": "write_response.format"}, {"failure": "classify_stage.format"}]
)
def test_words_that_failed_were_asked_for(turn: dict[str, Any]) -> None:
    found = report(answered(turn))
    assert found.words
    text = as_markdown(found)
    assert "Words were not asked for." not in text
    assert ("there is no response" in text) == ("response" not in turn)


def test_figures_with_the_same_reason_are_one_line() -> None:
    (row,) = answered({"response": "Hello!"})
    silent = row.model_copy(update={"turns": (row.turns[0].model_copy(update={"reference": ""}),)})
    lines = [line for line in as_markdown(report([silent])).splitlines() if line.startswith("- ")]
    assert lines == [
        "- BLEU-2, BLEU-4, ROUGE-L, chrF, length ratio, BERTScore, BLEURT: no turn has both a reference and a response"
    ]


def test_words_that_nobody_asked_for_are_compared_with_none() -> None:
    silent = counted(answered({}, {"failure": "select_strategy.format", "strategy": None}))
    spoken = counted(answered({"response": "Hello."}, {"response": "Hello."}))
    found = {one.name: one for one in compared(spoken, silent)}
    assert found["bleu-2"].second is None
    assert found["bleu-2"].difference is None
    assert (found["accuracy"].first, found["accuracy"].second) == (100, 50)
