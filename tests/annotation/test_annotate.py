"""Labels by vote, never seen labels, and the figures of agreement."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from csc_dspy.annotation.agreement import agreement, measured
from csc_dspy.annotation.annotate import Annotation, annotate
from csc_dspy.conversation import Conversation, read_conversations, write_records
from csc_dspy.framework import Strategy
from tests.support.calls import raw_call, rewriting_actor
from tests.support.openai_server import OpenAIServer

S = Strategy
Job = Callable[..., Annotation]


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer(rewriting_actor) as running:
        yield running


@pytest.fixture
def job(tmp_path: Path, server: OpenAIServer) -> Job:
    def build(*calls: Conversation, **changes: Any) -> Annotation:
        write_records(tmp_path / "in.jsonl", calls or (raw_call(),))
        given = {"conversations": tmp_path / "in.jsonl", "output": tmp_path / "out.jsonl", "tracking": False}
        return Annotation(**{**given, "lm": "openai/x", "api_base": server.api_base, **changes})

    return build


def gold() -> Conversation:
    call = raw_call()
    labels = iter((S.GREETING, S.PROBLEM_REFINEMENT, None, S.OTHERS))
    turns = tuple(
        turn if turn.speaker == "customer" else turn.model_copy(update={"strategy": next(labels)})
        for turn in call.turns
    )
    return call.model_copy(update={"turns": turns})


def test_what_was_said_stays_and_every_supporter_turn_gets_labels(job: Job, server: OpenAIServer) -> None:
    assert annotate(job(gold(), masking=False)).done == 1
    (made,) = read_conversations(job().output)
    assert [turn.text for turn in made.turns] == [turn.text for turn in raw_call().turns]
    assert {turn.strategy for turn in made.supporter_turns} == {S.GREETING}
    assert made.meta is not None
    assert made.meta["annotation"]["agreement"] == [1.0] * 4  # type: ignore[index,call-overload]
    assert not any("[" in str(body["messages"][-1]["content"]) for body in server.bodies)  # gold labels are not shown


def test_personal_data_is_masked_for_the_model_and_stays_in_the_file(job: Job, server: OpenAIServer) -> None:
    call = raw_call()
    private = call.turns[3].model_copy(update={"text": "Write to tom.reed@example.org, please."})
    call = call.model_copy(update={"turns": (*call.turns[:3], private, *call.turns[4:])})
    annotate(job(call))
    shown = json.dumps(server.bodies)
    assert "[EMAIL]" in shown
    assert "tom.reed@example.org" not in shown
    (made,) = read_conversations(job().output)
    assert made.turns[3].text == private.text
    server.forget()
    annotate(job(call, masking=False, fresh=True))
    assert "tom.reed@example.org" in json.dumps(server.bodies)


def test_the_vote_decides_and_its_share_is_kept(job: Job, server: OpenAIServer) -> None:
    said = ("greeting", "others", "others")
    seen: Counter[str] = Counter()

    def reply(body: Mapping[str, Any]) -> dict[str, Any]:
        turn = str(body["messages"][-1]["content"])
        seen[turn] += 1
        return {**rewriting_actor(body), "strategy": said[seen[turn] - 1]}

    server.reply = reply
    annotate(job(votes=3))
    (made,) = read_conversations(job().output)
    assert {turn.strategy for turn in made.supporter_turns} == {S.OTHERS}
    assert made.meta is not None
    assert made.meta["annotation"]["agreement"] == [pytest.approx(2 / 3)] * 4  # type: ignore[index,call-overload]


def test_agreement_counts_the_turns_that_have_a_gold_label(job: Job) -> None:
    annotate(job(gold()))
    found = agreement([gold()], job(gold()).output)
    assert found is not None
    assert (found.turns, found.correct) == (3, 1)
    assert found.majority == pytest.approx(1 / 3)
    assert agreement([raw_call()], job().output) is None


def test_figures_are_those_of_the_definitions() -> None:
    pairs = Counter(
        {(S.GREETING, S.GREETING): 6, (S.GREETING, S.OTHERS): 2, (S.OTHERS, S.GREETING): 1, (S.OTHERS, S.OTHERS): 1}
    )
    found = measured(pairs)
    assert found.accuracy == pytest.approx(0.7)
    assert found.macro_f1 == pytest.approx((12 / 15 + 2 / 5) / 2)
    chance = (8 * 7 + 2 * 3) / 100
    assert found.kappa == pytest.approx((0.7 - chance) / (1 - chance))
    low, high = found.interval
    assert (low, high) == (pytest.approx(0.397, abs=0.001), pytest.approx(0.892, abs=0.001))
