"""The supporter: what it is shown, what it may choose, what becomes of answers that cannot be read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import dspy
import pytest

from csc_dspy.chats import CONTEXT
from csc_dspy.conversation import Turn
from csc_dspy.framework import Lang, Stage, Strategy
from csc_dspy.lms.models import Models
from csc_dspy.programs.moves import permitted
from csc_dspy.programs.supporter import DirectSupporter, Supporter
from tests.support.actor import schema_of
from tests.support.openai_server import Fault, OpenAIServer

S = Strategy
Answers = dict[str, Any]
GOOD: Answers = {
    "stage": "exploring",
    "reason": "wants to know",
    "strategy": "information_delivery",
    "response": "It takes  three days.",
}


def reply_with(answers: Answers) -> Callable[[Mapping[str, Any]], Any]:
    return lambda body: {name: answers[name] for name in schema_of(body)}


@pytest.fixture
def lm(server: OpenAIServer) -> Iterator[dspy.LM]:
    server.reply = reply_with(GOOD)
    with Models(api_base=server.api_base, based=("openai/x",)) as models:
        yield models.open("openai/x")


def call(*strategies: Strategy | None, lang: Lang = "en") -> list[Turn]:
    turns = []
    for number, strategy in enumerate(strategies):
        turns.append(Turn(speaker="supporter", text=f"line {number}", strategy=strategy))
        turns.append(Turn(speaker="customer", text=f"好的 {number}" if lang == "zh" else f"well {number}"))
    return turns


def bound(supporter: Any, lm: dspy.LM) -> Any:
    supporter.set_lm(lm)
    return supporter


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("kind", [Supporter, DirectSupporter])
def test_stage_strategy_and_words_come_out_both_ways(kind: Any, lang: Lang, lm: dspy.LM, server: OpenAIServer) -> None:
    supporter = bound(kind(lang), lm)
    said = supporter(turns=call(S.GREETING, lang=lang))
    again = asyncio.run(supporter.acall(turns=call(S.GREETING, lang=lang)))
    for one in (said, again):
        assert (one.stage, one.strategy) == (Stage.EXPLORING, S.INFORMATION_DELIVERY)
        assert (one.response, one.failure) == ("It takes three days.", None)
    parts = [part for part, _ in said.requests]
    assert parts == (["classify_stage", "select_strategy", "write_response"] if kind is Supporter else ["respond"])
    assert all(usage.calls == 1 and usage.prompt_tokens > 0 for _, usage in said.requests)
    shown = str(server.bodies[0]["messages"][-1]["content"])
    assert ("客服 [礼貌问候]：line 0" if lang == "zh" else "Supporter [Greeting]: line 0") in shown


def test_a_compiled_question_may_show_the_last_lines_only(lm: dspy.LM, server: OpenAIServer) -> None:
    supporter = bound(Supporter("en"), lm)
    supporter.last_lines["select_strategy"] = {"transcript": 2}
    supporter(turns=call(S.GREETING, S.IDENTITY_VERIFICATION))
    stage, strategy, words = (str(body["messages"][-1]["content"]) for body in server.bodies)
    assert ("line 1" in strategy, "well 1" in strategy, "well 0" in strategy) == (True, True, False)
    assert "well 0" in stage
    assert "well 0" in words
    assert "its last 2 lines" in supporter.prompts()["select_strategy"]


def test_what_grows_stands_behind_what_does_not(lm: dspy.LM, server: OpenAIServer) -> None:
    supporter = bound(Supporter("en"), lm)
    supporter(turns=call(S.GREETING))
    supporter(turns=call(S.GREETING, S.IDENTITY_VERIFICATION))
    by_part: dict[str, list[str]] = {}
    for body in server.bodies:
        by_part.setdefault("/".join(schema_of(body)), []).append("\n".join(m["content"] for m in body["messages"]))
    for short, long in by_part.values():
        same = short[: short.index("well 0") + len("well 0")]
        assert long.startswith(same)


def test_rules_restrict_the_schema_and_can_be_switched_off(lm: dspy.LM, server: OpenAIServer) -> None:
    turns = call(S.GREETING, S.PROBLEM_REFINEMENT, S.PROBLEM_REFINEMENT)
    bound(Supporter("en"), lm)(turns=turns)
    bound(Supporter("en", rules=False), lm)(turns=turns)
    with_rules, without = (schema_of(body)["strategy"] for body in server.bodies if "strategy" in schema_of(body))
    assert set(without) == {s.value for s in S}
    assert set(without) - set(with_rules) == {"problem_refinement", "appreciation_and_closure"}


def test_nothing_runs_three_times_and_no_goodbye_comes_early() -> None:
    assert S.GREETING not in permitted(call(S.GREETING, S.GREETING), Stage.RESOLVING)
    assert S.GREETING in permitted(call(S.GREETING, None, S.GREETING), Stage.RESOLVING)
    assert S.GREETING in permitted(call(S.GREETING), Stage.RESOLVING)
    assert permitted(call(None, None), Stage.MAINTAINING) == tuple(S)
    for stage in Stage:
        assert (S.APPRECIATION_AND_CLOSURE in permitted([], stage)) == (stage in (Stage.RESOLVING, Stage.MAINTAINING))


def test_a_goodbye_that_is_too_early_is_asked_again_of_the_direct_one(lm: dspy.LM, server: OpenAIServer) -> None:
    server.reply = reply_with({**GOOD, "strategy": "appreciation_and_closure"})
    said = bound(DirectSupporter("en"), lm)(turns=call(S.GREETING))
    assert (said.failure, said.strategy, len(said.requests)) == ("respond.option", None, 2)
    assert bound(DirectSupporter("en", rules=False), lm)(turns=call(S.GREETING)).strategy is S.APPRECIATION_AND_CLOSURE


def test_an_unreadable_part_is_asked_again_once_then_named_and_what_came_before_is_kept(
    lm: dspy.LM, server: OpenAIServer
) -> None:
    def reply(body: Mapping[str, Any]) -> Any:
        return "I would rather not" if "strategy" in schema_of(body) else reply_with(GOOD)(body)

    server.reply = reply
    said = bound(Supporter("en"), lm)(turns=call(S.GREETING))
    assert said.failure == "select_strategy.format"
    assert (said.stage, said.strategy, said.response) == (Stage.EXPLORING, None, None)
    assert [part for part, _ in said.requests] == ["classify_stage", "select_strategy", "select_strategy"]
    assert said.faults == {"select_strategy.format": 2}


def test_a_cut_off_answer_is_a_failure_of_its_part(lm: dspy.LM, server: OpenAIServer) -> None:
    server.reply = lambda body: Fault("length") if "response" in schema_of(body) else reply_with(GOOD)(body)
    said = bound(Supporter("en"), lm)(turns=call(S.GREETING))
    assert (said.failure, said.strategy) == ("write_response.format", S.INFORMATION_DELIVERY)


def test_an_empty_call_and_a_very_long_one_can_be_answered(lm: dspy.LM, server: OpenAIServer) -> None:
    supporter = bound(Supporter("en"), lm)
    assert supporter(turns=[]).response
    assert "(the conversation has not begun)" in str(server.bodies[0]["messages"][-1]["content"])
    server.forget()
    supporter(turns=call(*[S.OTHERS] * CONTEXT))
    assert str(server.bodies[0]["messages"][-1]["content"]).count("\nCustomer: ") == CONTEXT // 2


def test_a_part_can_be_replaced(lm: dspy.LM, server: OpenAIServer) -> None:
    class Always(dspy.Module):  # type: ignore[misc]
        def forward(self, **inputs: Any) -> dspy.Prediction:
            return dspy.Prediction(strategy="others")

    supporter = bound(Supporter("en"), lm)
    supporter.select_strategy = Always()
    said = supporter(turns=call(S.GREETING))
    assert (said.strategy, said.failure) == (S.OTHERS, None)
    assert not any("strategy" in schema_of(body) for body in server.bodies)


@pytest.mark.parametrize("escaped", [True, False])
def test_a_reply_with_half_a_character_is_asked_for_again(escaped: bool, lm: dspy.LM, server: OpenAIServer) -> None:
    half = json.dumps({**GOOD, "response": "Great \ud83d"}, ensure_ascii=escaped)
    replies = iter([half])
    server.reply = lambda body: next(replies, GOOD)
    said = bound(DirectSupporter("en"), lm)(turns=call(S.GREETING))
    assert (said.response, said.failure) == ("It takes three days.", None)
    assert len(server.log) == 2


def test_worked_answers_that_are_too_long_leave_room_for_others() -> None:
    supporter = Supporter("en")
    short = [dspy.Example(transcript=f"Customer: It is {number}.", stage="exploring") for number in range(3)]
    supporter.classify_stage.demos = [
        dspy.Example(transcript="Customer: So it goes. " * 100, stage="exploring"),
        *short,
    ]
    assert len(supporter.shown("classify_stage")) == 4
    supporter.demo_tokens = 60
    assert supporter.shown("classify_stage") == short
