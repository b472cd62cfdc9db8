"""The package's own data keeps the rules that it is an example of."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from csc_dspy.conversation import read_conversations
from csc_dspy.corpora import samples
from csc_dspy.corpora.importing import import_calls
from csc_dspy.corpora.prefilter import prefilter
from csc_dspy.corpora.rules import check_rules
from csc_dspy.framework import LANGS, Lang, Strategy, Topic


@pytest.mark.parametrize("lang", LANGS)
def test_gold_conversations_break_no_rule_and_show_everything(lang: Lang) -> None:
    gold = list(read_conversations(samples.GOLD[lang]))
    assert [one.id for one in gold] == [f"sample-{lang}-{number:02d}" for number in range(1, 13)]
    assert {one.lang for one in gold} == {lang}
    assert [check_rules(one) for one in gold] == [[]] * 12
    turns = [turn for one in gold for turn in one.supporter_turns]
    assert {turn.strategy for turn in turns} == set(Strategy)
    assert all(turn.strategy and turn.stage in turn.strategy.stages for turn in turns)
    assert {one.topic for one in gold} == {topic.value for topic in Topic}


def test_every_raw_call_is_read_and_worth_rewriting(tmp_path: Path) -> None:
    done = import_calls(samples.CALLS, tmp_path / "calls.jsonl")
    assert (done.read, done.bad) == (14, 0)
    assert len(done.formats) >= 5
    calls = list(read_conversations(tmp_path / "calls.jsonl"))
    assert Counter(call.lang for call in calls) == {"en": 7, "zh": 7}
    assert [check_rules(call, prefilter()) for call in calls] == [[]] * 14
