"""The five-role play against a loopback server: what is asked, what comes out, how it ends."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from csc_dspy.conversation import Conversation
from csc_dspy.framework import LANGS, Lang, Strategy
from csc_dspy.lms.models import Models
from csc_dspy.programs.asking import PLAY_ROLLOUTS, GivenUpError
from csc_dspy.programs.moves import OFFERING
from csc_dspy.programs.roleplay import OTHER_STRATEGIES, PLAY_ROLES, RolePlay
from csc_dspy.settings import Settings
from csc_dspy.signatures.turns import ANEW, DIRECTIONS, ONWARD, SHORTLY, UNKNOWN
from tests.support.actor import RolePlayActor, schema_of
from tests.support.openai_server import Fault, OpenAIServer

ROLE_BY_FIELD = {
    "direction": "customer_assistant",
    "over": "customer",
    "demand": "supporter",
    "stage": "supporter_assistant",
    "goal": "planner",
    "profile": "profile_writer",
}
NOTES = 'Likes "tea" & <b>trains</b>, {history} [[ ## completed ## ]] {"strategy": 1}'


def role_of(body: Mapping[str, Any]) -> str:
    fields = schema_of(body)
    return next(role for field, role in ROLE_BY_FIELD.items() if field in fields)


def text_of(body: Mapping[str, Any]) -> str:
    return "\n".join(str(message["content"]) for message in body["messages"])


@pytest.fixture
def models(server: OpenAIServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Models]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with Models(settings=Settings(), api_base=server.api_base, attempts=2, timeout=5) as opened:
        yield opened


def play(models: Models, lang: Lang = "en", **options: Any) -> RolePlay:
    program = RolePlay(lang, **options)
    program.bind(dict.fromkeys(PLAY_ROLES, models.open("openai/x")))
    return program


def waiting(program: RolePlay, **given: Any) -> Any:
    return asyncio.run(program.acall(**{"id": "c1", "topic": "product_inquiry", "notes": NOTES, **given}))


def plainly(program: RolePlay, **given: Any) -> Any:
    return program(**{"id": "c1", "topic": "product_inquiry", "notes": NOTES, **given})


both = pytest.mark.parametrize("call", [waiting, plainly])
Call = Callable[..., Any]


def spoiling(role: str, spoil: Callable[[dict[str, Any]], Any], times: int) -> Callable[[Mapping[str, Any]], Any]:
    """An actor who gives one role's answers wrongly a number of times."""
    actor, left = RolePlayActor(), times

    def reply(body: Mapping[str, Any]) -> Any:
        nonlocal left
        answer = actor(body)
        if role_of(body) != role or left == 0:
            return answer
        left -= 1
        return spoil(answer)

    return reply


@pytest.mark.parametrize("lang", LANGS)
def test_both_ways_of_driving_it_ask_the_same_and_play_the_same(
    server: OpenAIServer, models: Models, lang: Lang
) -> None:
    program = play(models, lang)
    first = waiting(program)
    asked = list(server.bodies)
    server.forget()
    second = plainly(program)
    assert server.bodies == asked
    assert first.conversation == second.conversation
    assert (first.stop, first.faults) == (second.stop, second.faults)


@pytest.mark.parametrize("lang", LANGS)
def test_a_conversation_alternates_from_greeting_to_goodbye(server: OpenAIServer, models: Models, lang: Lang) -> None:
    conversation: Conversation = waiting(play(models, lang)).conversation
    assert conversation.alternates
    assert (conversation.lang, conversation.source) == (lang, "rolecs")
    assert conversation.profile
    assert conversation.scenario
    assert conversation.goal
    used = [turn.strategy for turn in conversation.supporter_turns]
    assert used[:2] == [Strategy.GREETING, Strategy.IDENTITY_VERIFICATION]
    assert used[-1] is Strategy.APPRECIATION_AND_CLOSURE
    assert None not in used
    assert conversation.turns[-1].speaker == "supporter"
    assert 10 <= len(conversation.turns) <= 50


@pytest.mark.parametrize("lang", LANGS)
def test_no_side_sees_what_is_the_other_sides(server: OpenAIServer, models: Models, lang: Lang) -> None:
    played = waiting(play(models, lang))
    conversation: Conversation = played.conversation
    assert conversation.goal is not None
    seen: dict[str, list[str]] = {}
    for body in server.bodies:
        seen.setdefault(role_of(body), []).append(text_of(body))
    assert set(seen) == set(ROLE_BY_FIELD.values())
    for text in seen["customer"] + seen["customer_assistant"]:
        for strategy in Strategy:
            if "_" in strategy.value:
                assert strategy.value not in text
            for label in (strategy.value, *strategy.names):
                assert not any(f"{a}{label}{b}" in text for a, b in ("[]", "()", "【】", "（）"))
    for text in seen["supporter"] + seen["supporter_assistant"]:
        assert conversation.goal not in text
    plan = RolePlayActor()(next(body for body in server.bodies if role_of(body) == "planner"))
    for fact in plan["facts"]:  # what the customer knows, and the supporter has to ask for
        assert all(fact["answer"] in text for text in seen["customer"])
        assert not any(f"{fact['question']} {fact['answer']}" in text for text in seen["supporter"])
    assert all(played.facts in text for text in seen["customer"])
    assert played.solution
    assert all(played.solution not in text for text in seen["customer"] + seen["customer_assistant"])
    # And each does see what it needs.
    assert all(conversation.goal in text for text in seen["customer_assistant"])
    greeting, check, *later = seen["supporter"]
    assert conversation.scenario
    assert conversation.scenario not in greeting + check  # nobody who picks up the phone knows the matter
    assert UNKNOWN.in_(lang) in greeting
    for texts in (seen["supporter_assistant"], later, seen["customer_assistant"], seen["customer"]):
        assert texts
        assert all(conversation.scenario in text for text in texts)


def test_every_role_sees_all_that_was_said_and_in_order(server: OpenAIServer, models: Models) -> None:
    conversation: Conversation = waiting(play(models)).conversation
    last = text_of([body for body in server.bodies if role_of(body) == "supporter"][-1])
    places = [last.find(turn.text) for turn in conversation.turns[:-1]]
    assert -1 not in places
    assert places == sorted(places)


def test_the_assistant_may_only_choose_what_the_rules_allow(server: OpenAIServer, models: Models) -> None:
    waiting(play(models))
    chosen = [schema_of(body) for body in server.bodies if role_of(body) == "supporter_assistant"]
    assert chosen
    for fields in chosen:
        assert "greeting" not in fields["strategy"]
        assert 1 < len(fields["strategy"]) < 12
        assert 1 <= len(fields["stage"]) <= 3


@both
def test_any_text_of_a_person_reaches_the_prompt_unharmed(server: OpenAIServer, models: Models, call: Call) -> None:
    call(play(models))
    writer = next(body for body in server.bodies if role_of(body) == "profile_writer")
    assert NOTES in text_of(writer)


@pytest.mark.parametrize(
    ("lang", "question", "spoken"),
    [
        ("en", "When did the customer pay Ann's bill?", "When did you pay"),
        ("en", "What is the customer's order?", "What is your order?"),
        ("zh", "客户是什么时候付款的？", "您是什么时候付款的？"),
    ],
)
def test_the_supporter_asks_what_the_plan_leaves_open_and_each_thing_once(
    server: OpenAIServer, models: Models, lang: Lang, question: str, spoken: str
) -> None:
    actor = RolePlayActor(rounds=9)

    def reply(body: Mapping[str, Any]) -> dict[str, Any]:
        answer = actor(body)
        if "facts" in answer:
            answer["facts"] = [
                {"question": question, "answer": "x"},
                {"question": "Is it you?", "answer": "y"},
                {"question": "B?", "answer": "z"},
            ]
        if "strategy" in answer and "problem_refinement" in schema_of(body)["strategy"]:
            answer["strategy"] = "problem_refinement"
        return answer

    server.reply = reply
    played = waiting(play(models, lang))
    asking = [turn for turn in played.conversation.turns if turn.strategy is Strategy.PROBLEM_REFINEMENT]
    assert len(asking) == 2
    supporter = [text_of(body) for body in server.bodies if role_of(body) == "supporter"]
    assert [sum(f"\n{words}" in text for text in supporter) for words in (spoken, "Is it you?", "B?")] == [1, 1, 0]


@pytest.mark.parametrize(("lang", "who"), [("en", "Ann Lee, "), ("zh", "王小明，")])
def test_a_customer_has_a_name_and_a_number_of_their_own_to_give(
    server: OpenAIServer, models: Models, lang: Lang, who: str
) -> None:
    profile = "You are Ann Lee, 40." if lang == "en" else "你是王小明，40 岁。"

    def given(id: str) -> set[str]:
        server.forget()
        waiting(play(models, lang), profile=profile, id=id)
        found = {
            role_of(body): re.findall(rf"^- .*{who}([1-9]\d{{4}})$", text_of(body), re.M) for body in server.bodies
        }
        assert {role for role, numbers in found.items() if numbers} == {"customer", "customer_assistant"}
        return {number for numbers in found.values() for number in numbers}

    first, second = given("c1"), given("c2")
    assert len(first) == len(second) == 1
    assert first != second


def test_what_the_company_can_do_is_told_once(server: OpenAIServer, models: Models) -> None:
    actor = RolePlayActor(rounds=12)

    def reply(body: Mapping[str, Any]) -> dict[str, Any]:
        answer = actor(body)
        if "providing_suggestions" in schema_of(body).get("strategy", ()):
            answer["strategy"] = "providing_suggestions"
        return answer

    server.reply = reply
    played = waiting(play(models))
    supporter = [text_of(body) for body in server.bodies if role_of(body) == "supporter"]
    used = [turn.strategy for turn in played.conversation.supporter_turns]
    told = [strategy for strategy, text in zip(used, supporter, strict=True) if played.solution in text]
    assert sum(strategy in OFFERING for strategy in used) > 1
    assert told == [strategy for strategy in used if strategy in OFFERING][:1]


def test_a_customer_is_directed_where_there_is_a_choice(server: OpenAIServer, models: Models) -> None:
    played = waiting(play(models))
    asked = [role_of(body) for body in server.bodies]
    assert asked.count("customer") == len(played.conversation.turns) // 2
    assert asked.count("customer_assistant") == asked.count("customer") - 2  # why they call, and who they are
    directions = [text_of(body).rsplit("\n", 1)[-1] for body in server.bodies if role_of(body) == "customer"]
    assert directions[:2] == [DIRECTIONS[s].en for s in (Strategy.GREETING, Strategy.IDENTITY_VERIFICATION)]


def test_a_customer_who_asks_waits_for_the_answer(server: OpenAIServer, models: Models) -> None:
    actor = RolePlayActor(leaves="customer")
    question = "Thanks, and when does the van come?"

    def reply(body: Mapping[str, Any]) -> dict[str, Any]:
        answer = actor(body)
        return answer | ({"customer_says": question} if answer.get("over") == "yes" else {})

    server.reply = actor
    assert waiting(play(models)).stop == "customer_left"
    server.reply = reply
    played = waiting(play(models))
    assert played.stop == "closed"
    assert question in [turn.text for turn in played.conversation.turns]


def test_what_a_customer_says_is_text_and_nothing_else(server: OpenAIServer, models: Models) -> None:
    odd = 'The line says {"code": 7}, 50 % & <b>"off"</b> \\n {'
    server.reply = spoiling("customer", lambda answer: {**answer, "customer_says": odd}, 1)
    played = waiting(play(models))
    assert played.faults == {}
    assert played.conversation.turns[1].text == odd
    assert sum(odd in text_of(body) for body in server.bodies) > 10


def test_a_profile_that_is_given_is_not_written_again(server: OpenAIServer, models: Models) -> None:
    played = waiting(play(models), profile="You are Ann.")
    assert played.conversation.profile == "You are Ann."
    assert "profile_writer" not in {role_of(body) for body in server.bodies}


def test_the_seed_decides_and_is_sent(server: OpenAIServer, models: Models) -> None:
    program = play(models)
    one, again, other = waiting(program), waiting(program), waiting(program, seed=1)
    assert one.conversation == again.conversation
    assert one.conversation.turns != other.conversation.turns
    assert all(isinstance(body["seed"], int) for body in server.bodies)


@pytest.mark.parametrize(
    ("leaves", "most", "rounds", "stop"),
    [("supporter", 50, 7, "closed"), ("customer", 50, 7, "customer_left"), ("supporter", 13, 20, "limit")],
)
def test_the_stop_reason_is_the_true_one(
    server: OpenAIServer, models: Models, leaves: Any, most: int, rounds: int, stop: str
) -> None:
    server.reply = RolePlayActor(rounds=rounds, leaves=leaves)
    played = waiting(play(models, most=most))
    assert played.stop == stop
    assert len(played.conversation.turns) <= most
    closing = played.conversation.turns[-1].strategy is Strategy.APPRECIATION_AND_CLOSURE
    assert closing is (stop != "limit")


def test_a_customer_is_not_let_go_before_the_call_is_long_enough(server: OpenAIServer, models: Models) -> None:
    actor = RolePlayActor(rounds=20)

    def reply(body: Mapping[str, Any]) -> dict[str, Any]:
        answer = actor(body)
        if "over" in answer:
            answer["over"] = schema_of(body)["over"][0]  # "yes" as soon as it may be said
        return answer

    server.reply = reply
    played = waiting(play(models, least=16))
    assert played.stop == "customer_left"
    assert len(played.conversation.turns) >= 16
    offered = [schema_of(body)["over"] for body in server.bodies if role_of(body) == "customer"]
    assert offered[-1] == ["yes", "no"]
    assert set(map(tuple, offered[:-1])) == {("no",)}


@both
@pytest.mark.parametrize(
    ("role", "spoil", "name"),
    [
        ("supporter", lambda answer: {**answer, "agent_says": "..."}, "supporter.empty"),
        ("supporter", lambda answer: {**answer, "agent_says": "I want a full refund."}, "supporter.role"),
        ("customer", lambda answer: {**answer, "customer_says": "How can I help you today?"}, "customer.role"),
        ("customer", lambda answer: {**answer, "customer_says": "That is all. Goodbye!"}, "customer.early"),
        ("customer", lambda answer: {**answer, "customer_says": "我的包裹在哪里"}, "customer.language"),
        ("customer", lambda answer: "no JSON at all", "customer.format"),
        ("customer", lambda answer: Fault("length"), "customer.format"),
        (
            "customer_assistant",
            lambda answer: {**answer, "direction": "The customer ends the call."},
            "customer_assistant.early",
        ),
        ("customer_assistant", lambda answer: {**answer, "direction": " "}, "customer_assistant.empty"),
        ("planner", lambda answer: {**answer, "goal": " "}, "planner.empty"),
        ("planner", lambda answer: {**answer, "facts": []}, "planner.empty"),
        ("planner", lambda answer: {**answer, "facts": [{"question": "When?", "answer": ""}]}, "planner.empty"),
        ("planner", lambda answer: {**answer, "scenario": "A new coffee machine broke."}, "planner.copied"),
        ("planner", lambda answer: {**answer, "scenario": "You lost a parcel."}, "planner.person"),
        ("supporter_assistant", lambda answer: {**answer, "strategy": "greeting"}, "supporter_assistant.format"),
    ],
)
def test_a_faulty_reply_is_asked_again_with_another_seed_and_counted(
    server: OpenAIServer, models: Models, call: Call, role: str, spoil: Any, name: str
) -> None:
    server.reply = spoiling(role, spoil, 1)
    played = call(play(models))
    assert played.faults == {name: 1}
    first, second = [body for body in server.bodies if role_of(body) == role][:2]
    assert first["messages"] == second["messages"]
    assert first["seed"] != second["seed"]


@pytest.mark.parametrize(
    ("role", "spoil", "name"),
    [
        ("customer", lambda answer: {**answer, "customer_says": "How may I assist you?"}, "customer.role"),
        ("supporter", lambda answer: {**answer, "agent_says": "Sure!"}, "supporter.empty"),
        ("planner", lambda answer: {**answer, "goal": " "}, "planner.empty"),
    ],
)
def test_one_good_reply_among_the_last_ones_saves_the_play(
    server: OpenAIServer, models: Models, role: str, spoil: Any, name: str
) -> None:
    server.reply = spoiling(role, spoil, PLAY_ROLLOUTS - 1)
    assert waiting(play(models)).faults == {name: PLAY_ROLLOUTS - 1}
    asked = [body["seed"] for body in server.bodies if role_of(body) == role][:PLAY_ROLLOUTS]
    assert len(set(asked)) == PLAY_ROLLOUTS


@both
def test_a_reply_that_stays_faulty_ends_the_play_and_keeps_its_turns(
    server: OpenAIServer, models: Models, call: Call
) -> None:
    server.reply = spoiling("customer", lambda answer: {**answer, "customer_says": "How may I assist you?"}, -1)
    with pytest.raises(GivenUpError) as caught:
        call(play(models))
    assert (caught.value.role, caught.value.name) == ("customer", "role")
    assert [turn.strategy for turn in caught.value.turns] == [Strategy.GREETING]
    assert caught.value.scenario
    assert sum(role_of(body) == "customer" for body in server.bodies) == PLAY_ROLLOUTS
    assert "\n" not in str(caught.value)


def test_a_strategy_that_is_missed_again_and_again_gives_way_to_another(server: OpenAIServer, models: Models) -> None:
    actor = RolePlayActor()

    def reply(body: Mapping[str, Any]) -> dict[str, Any]:
        answer = actor(body)
        if "restatement_or_paraphrasing" in schema_of(body).get("strategy", ()):
            answer["strategy"] = "restatement_or_paraphrasing"
        elif "agent_says" in answer and answer["agent_says"].startswith("So what you say"):
            answer["agent_says"] = "So my parcel never came, is that right?"
        return answer

    server.reply = reply
    played = waiting(play(models))
    assert played.faults["supporter.strategy"] >= PLAY_ROLLOUTS
    assert Strategy.RESTATEMENT_OR_PARAPHRASING not in {turn.strategy for turn in played.conversation.turns}


def test_a_strategy_with_a_fixed_place_does_not_give_way(server: OpenAIServer, models: Models) -> None:
    spoilt = "What is this about, then?"
    server.reply = spoiling("supporter", lambda answer: {**answer, "agent_says": spoilt}, -1)
    with pytest.raises(GivenUpError) as caught:
        waiting(play(models))
    assert caught.value.name == "strategy"
    assert len(caught.value.turns) == 2  # greeting and opening stand


def test_a_customer_who_is_asked_who_they_are_says_more_than_thanks(server: OpenAIServer, models: Models) -> None:
    actor = RolePlayActor()

    def reply(body: Mapping[str, Any]) -> dict[str, Any]:
        answer = actor(body)
        first = "customer_says" in answer and text_of(body).rsplit("## Call so far", 1)[-1].count("Supporter:") == 2
        return answer | ({"customer_says": "Okay, thanks."} if first else {})

    server.reply = reply
    with pytest.raises(GivenUpError) as caught:
        waiting(play(models))
    assert caught.value.name == "evasion"
    assert len(caught.value.turns) == 3


def test_an_echo_is_asked_again(server: OpenAIServer, models: Models) -> None:
    actor = RolePlayActor()

    def reply(body: Mapping[str, Any]) -> dict[str, Any]:
        answer = actor(body)
        for field in {"agent_says", "customer_says"} & set(answer):
            answer[field] = "This very line is said by everybody in this call."
        return answer

    server.reply = reply
    with pytest.raises(GivenUpError) as caught:
        waiting(play(models))
    assert caught.value.name == "echo"
    assert len(caught.value.turns) == 1


def test_an_echo_of_the_supporter_that_stays_gives_way_to_another_strategy(
    server: OpenAIServer, models: Models
) -> None:
    actor, spoilt = RolePlayActor(), Counter[str]()

    def reply(body: Mapping[str, Any]) -> dict[str, Any]:
        answer = actor(body)
        calls = text_of(body).rsplit("## Call so far", 1)[-1]
        if "agent_says" in answer and calls.count("Supporter [") == 3:
            strategy = calls.rsplit("\n##", 1)[-1].splitlines()[1]
            if not spoilt or strategy in spoilt:
                spoilt[strategy] += 1
                first = re.search(r"^Supporter \[Greeting\]: (.*)$", calls, re.MULTILINE)
                assert first
                answer["agent_says"] = first[1]
        return answer

    server.reply = reply
    played = waiting(play(models))
    assert list(spoilt.values()) == [PLAY_ROLLOUTS]
    assert sum(played.faults.values()) == PLAY_ROLLOUTS
    assert sum(turn.text == played.conversation.turns[0].text for turn in played.conversation.turns) == 1


@pytest.mark.parametrize(("failing", "saved"), [(OTHER_STRATEGIES, True), (OTHER_STRATEGIES + 1, False)])
def test_several_strategies_may_find_no_words(server: OpenAIServer, models: Models, failing: int, saved: bool) -> None:
    actor, spoilt = RolePlayActor(), list[str]()

    def reply(body: Mapping[str, Any]) -> dict[str, Any]:
        answer = actor(body)
        calls = text_of(body).rsplit("## Call so far", 1)[-1]
        if "agent_says" in answer and calls.count("Supporter [") == 3:
            strategy = calls.rsplit("\n##", 1)[-1].splitlines()[1]
            if strategy not in spoilt and len(spoilt) < failing:
                spoilt.append(strategy)
            if strategy in spoilt:
                answer["agent_says"] = re.findall(r"^Supporter \[Greeting\]: (.*)$", calls, re.MULTILINE)[0]
        return answer

    server.reply = reply
    if saved:
        assert sum(waiting(play(models)).faults.values()) == PLAY_ROLLOUTS * failing
    else:
        with pytest.raises(GivenUpError, match="supporter"):
            waiting(play(models))
    assert len(set(spoilt)) == failing


def test_a_customer_who_repeats_a_line_is_told_to_go_on(server: OpenAIServer, models: Models) -> None:
    actor, told = RolePlayActor(), list[str]()

    def reply(body: Mapping[str, Any]) -> dict[str, Any]:
        answer = actor(body)
        calls = text_of(body).rsplit("## Call so far", 1)[-1]
        if "customer_says" in answer and calls.count("Supporter:") == 3:
            told.append(calls.rsplit("\n##", 1)[-1].partition("\n")[2].strip())
            if len(told) == 1:
                answer["customer_says"] = re.findall(r"^Customer: (.*)$", calls, re.MULTILINE)[0]
        return answer

    server.reply = reply
    played = waiting(play(models))
    assert played.faults == {"customer.echo": 1}
    assert len(told) == 2
    assert told[1] in (ANEW.en, ONWARD.en, *(text.en for text in SHORTLY.values()))
    assert told[0] != told[1]


def test_a_customer_who_repeats_instead_of_answering_is_told_the_answer(server: OpenAIServer, models: Models) -> None:
    actor, told = RolePlayActor(), list[str]()

    def reply(body: Mapping[str, Any]) -> dict[str, Any]:
        answer = actor(body)
        calls = text_of(body).rsplit("## Call so far", 1)[-1]
        if "facts" in answer:
            answer["facts"] = [{"question": "When did you buy it?", "answer": "On a Monday."}]
        if "strategy" in answer and "problem_refinement" in schema_of(body)["strategy"]:
            answer["strategy"] = "problem_refinement"
        if "customer_says" in answer and calls.count("Supporter:") == 3:
            told.append(calls.rsplit("\n##", 1)[-1].partition("\n")[2].strip())
            if len(told) == 1:
                answer["customer_says"] = re.findall(r"^Customer: (.*)$", calls, re.MULTILINE)[0]
        return answer

    server.reply = reply
    assert waiting(play(models)).faults["customer.echo"] == 1
    assert told[1] == "The customer answers: On a Monday."


def test_a_direction_that_stays_faulty_gives_way_to_where_the_call_stands(server: OpenAIServer, models: Models) -> None:
    ends = {"direction": "The customer says goodbye."}
    server.reply = spoiling("customer_assistant", lambda answer: {**answer, **ends}, -1)
    played = waiting(play(models))
    assert played.conversation.turns[-1].strategy is Strategy.APPRECIATION_AND_CLOSURE
    assert played.faults["customer_assistant.early"] > 1
    assert any("The call goes on." in text_of(body) for body in server.bodies if role_of(body) == "customer")


def test_old_words_in_front_of_new_ones_are_left_out(server: OpenAIServer, models: Models) -> None:
    actor = RolePlayActor()

    def reply(body: Mapping[str, Any]) -> dict[str, Any]:
        answer = actor(body)
        said = re.findall(r"^Customer: (.*)$", text_of(body).rsplit("## Call so far", 1)[-1], re.MULTILINE)
        if "customer_says" in answer and said:
            answer["customer_says"] = f"{said[0]} {answer['customer_says']}"
        return answer

    server.reply = reply
    played = waiting(play(models))
    said = [turn.text for turn in played.conversation.turns if turn.speaker == "customer"]
    assert not any(said[0] in line for line in said[1:])
    assert played.faults == {}


def test_a_chinese_scenario_is_put_in_the_third_person(server: OpenAIServer, models: Models) -> None:
    actor = RolePlayActor()

    def reply(body: Mapping[str, Any]) -> dict[str, Any]:
        answer = actor(body)
        return answer | ({"scenario": "您三天前预订了房间，你们没有入住。"} if "scenario" in answer else {})

    server.reply = reply
    played = waiting(play(models, "zh"))
    assert played.conversation.scenario == "客户三天前预订了房间，客户没有入住。"
    assert played.faults == {}


@pytest.mark.parametrize(
    ("lang", "solution", "told"),
    [
        ("en", "We send the customer the customer's money.", "We send you your money."),
        ("zh", "为客户换新，让他们联系客户经理。", "为您换新，让您联系客户经理。"),
    ],
)
def test_the_solution_speaks_to_the_customer(
    server: OpenAIServer, models: Models, lang: Lang, solution: str, told: str
) -> None:
    actor = RolePlayActor()

    def reply(body: Mapping[str, Any]) -> dict[str, Any]:
        answer = actor(body)
        return answer | ({"solution": solution} if "solution" in answer else {})

    server.reply = reply
    played = waiting(play(models, lang))
    assert played.solution == told


def test_a_turn_that_is_only_the_customers_name_is_asked_again(server: OpenAIServer, models: Models) -> None:
    actor, spoilt = RolePlayActor(), list[str]()

    def reply(body: Mapping[str, Any]) -> dict[str, Any]:
        answer = actor(body)
        if "agent_says" in answer and not spoilt and text_of(body).rsplit("## Call so far", 1)[-1].count("Supporter ["):
            spoilt.append(answer["agent_says"])
            answer["agent_says"] = "So, Ann Lee."
        return answer

    server.reply = reply
    assert waiting(play(models)).faults == {"supporter.empty": 1}


def test_prompts_are_digests_of_all_that_is_fixed() -> None:
    prompts = RolePlay("en").prompts()
    assert set(prompts) == {"profile_writer", *PLAY_ROLES}
    assert prompts == RolePlay("en").prompts()
    assert not set(prompts.values()) & set(RolePlay("zh").prompts().values())
