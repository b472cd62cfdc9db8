"""Turn by turn: the customer's words stay, every turn of the agent is asked for, checked, and kept as it was if not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from csc_dspy.conversation import Conversation, read_conversations, write_records
from csc_dspy.framework import LANGS, Lang, Strategy
from csc_dspy.programs.steps import MONOLOGUE, is_upset, steps
from csc_dspy.rewriting.csconv import Rewriting, estimate, rewrite
from tests.support.actor import schema_of
from tests.support.calls import TEXTS, raw_call, rewriting_actor
from tests.support.command import rows
from tests.support.openai_server import OpenAIServer

Job = Callable[..., Rewriting]
Reply = Callable[[Mapping[str, Any]], dict[str, Any]]
LONG: dict[Lang, str] = {
    "en": (
        "I bought it in May at the shop in the high street, and the man there told me that it would last for years. "
        "Now it has stopped twice within a month, and every time I have to go to my sister's to wash my hair."
    ),
    "zh": (
        "我五月在大街上的那家店里买的，当时店里的人跟我说用好几年都没有问题，我才放心买的。"
        "结果现在一个月里停了两次，每次我都得跑到我姐姐家去洗头，来回要坐很久的车，太麻烦了。"
    ),
}


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer(rewriting_actor) as running:
        yield running


@pytest.fixture
def job(tmp_path: Path, server: OpenAIServer) -> Job:
    def build(*calls: Conversation, **changes: Any) -> Rewriting:
        write_records(tmp_path / "calls.jsonl", calls or (raw_call(),))
        given = {"calls": tmp_path / "calls.jsonl", "output": tmp_path / "out.jsonl", "tracking": False}
        given |= {"lm": "openai/x", "api_base": server.api_base, "by_turn": True, "judging": False}
        return Rewriting(**{**given, **changes})

    return build


def made(job: Job) -> Conversation:
    (conversation,) = read_conversations(job().output)
    return conversation


def asked(server: OpenAIServer) -> list[str]:
    """What the agent said, as every request shows it."""
    shown = [str(body["messages"][-1]["content"]) for body in server.bodies]
    return [text.rpartition("## What the agent said then\n")[2] for text in shown]


def spoilt(words: str, change: Mapping[str, Any], times: int = 99) -> Reply:
    """The actor, whose first so many answers to a turn with some words are changed."""
    left = times

    def reply(body: Mapping[str, Any]) -> dict[str, Any]:
        nonlocal left
        answer = rewriting_actor(body)
        if words not in str(body["messages"][-1]["content"]).rpartition("## ")[2] or not left:
            return answer
        left -= 1
        return {**answer, **change}

    return reply


def with_turn(call: Conversation, at: int, text: str) -> Conversation:
    turn = call.turns[at].model_copy(update={"text": text})
    return call.model_copy(update={"turns": (*call.turns[:at], turn, *call.turns[at + 1 :])})


@pytest.mark.parametrize("lang", LANGS)
def test_the_customers_words_stay_and_every_agents_turn_is_labelled(job: Job, lang: Lang) -> None:
    assert rewrite(job(raw_call(lang=lang))).done == 1
    conversation = made(job)
    said = [turn.text for turn in conversation.turns if turn.speaker == "customer"]
    named = "我叫[姓名]。" if lang == "zh" else "My name is [NAME]."
    assert said == [TEXTS[lang][1], named, *TEXTS[lang][3::2]]
    assert conversation.alternates
    assert all(turn.strategy and turn.stage for turn in conversation.supporter_turns)
    used = [turn.strategy for turn in conversation.supporter_turns]
    assert (used[0], used[1], used[-1]) == (
        Strategy.GREETING,
        Strategy.IDENTITY_VERIFICATION,
        Strategy.APPRECIATION_AND_CLOSURE,
    )
    assert {turn.text for turn in conversation.supporter_turns}.isdisjoint(TEXTS[lang])
    assert conversation.meta is not None
    assert conversation.meta["own_words"] == 0


def test_one_prompt_serves_every_turn(job: Job, server: OpenAIServer) -> None:
    rewrite(job())
    assert len(server.bodies) == len(raw_call().supporter_turns) + 2  # name and goodbye
    assert len({json.dumps(body["messages"][:-1]) for body in server.bodies}) == 1
    labels = [tuple(schema_of(body)["strategy"]) for body in server.bodies]
    assert labels[0] == ("greeting",)
    assert "greeting" not in labels[1]
    assert labels[-2:] == [("appreciation_and_closure",), ("identity_verification",)]


def test_nobody_is_asked_for_a_name_who_was_asked(job: Job, server: OpenAIServer) -> None:
    server.reply = spoilt("Which model is it?", {"strategy": "identity_verification"})
    rewrite(job(least=9))
    assert not any("My name is" in turn.text for turn in made(job).turns)


def test_a_question_for_who_is_calling_is_labelled_so_rather_than_asked_again(job: Job) -> None:
    call = with_turn(raw_call(), 2, "Oh no. May I have your account number, please?")
    rewrite(job(call, least=9))
    labels = {turn.text: turn.strategy for turn in made(job).supporter_turns}
    assert not any("My name is" in turn.text for turn in made(job).turns)
    assert list(labels.values()).count(Strategy.IDENTITY_VERIFICATION) == 1


def test_what_asks_for_a_name_must_do_so(job: Job, server: OpenAIServer) -> None:
    server.reply = spoilt("(nothing; ask for the customer's name)", {"agent_says": "How may I help you today?"}, 1)
    rewrite(job())
    conversation = made(job)
    assert conversation.meta is not None
    assert conversation.meta["faults"] == {"rewriter.question": 1}
    assert "How may I help you today?" not in {turn.text for turn in conversation.turns}


@pytest.mark.parametrize(
    ("says", "fault", "note"),
    [
        ("Somebody could come on Thursday, free.", None, None),
        ("Somebody could come at 11, free of charge.", "invented", "(no other numbers than these: 40, 380)"),
        ("The Alto 40. I paid 380 euros for it in May.", "role", None),
        ("The canoe is at the jetty.", "copied", None),
        ("", "empty", None),
        ("(nothing; the customer has more to tell)", "empty", None),
        ("Let me tell you about our new offers.", "strayed", None),
        ("I'm sorry, I cannot assist with that.", "refusal", None),
    ],
)
def test_a_faulty_turn_is_asked_for_again_and_then_keeps_its_own_words(
    job: Job, server: OpenAIServer, says: str, fault: str | None, note: str | None
) -> None:
    line = TEXTS["en"][4]
    server.reply = spoilt("Thursday at 9", {"agent_says": says})
    assert rewrite(job()).done == 1
    conversation = made(job)
    assert conversation.meta is not None
    assert conversation.meta["faults"] == ({f"rewriter.{fault}": 2} if fault else {})
    assert conversation.meta["own_words"] == (1 if fault else 0)
    assert (line in {turn.text for turn in conversation.supporter_turns}) is bool(fault)
    if note:
        assert any(text.endswith(note) for text in asked(server))


def test_a_lost_number_is_named(job: Job, server: OpenAIServer) -> None:
    call = with_turn(raw_call(), 4, "I can send someone on the 24th, for 35 euros.")
    server.reply = spoilt("on the 24th", {"agent_says": "I can send someone on the 24th."}, times=1)
    assert rewrite(job(call)).done == 1
    assert "(keep these numbers: 24, 35; left out before: 35)" in asked(server)[3]
    assert any("35" in turn.text for turn in made(job).supporter_turns)


def test_numbers_that_the_customer_says_later_are_not_known_yet(job: Job, server: OpenAIServer) -> None:
    server.reply = spoilt("Which model is it?", {"agent_says": "Is it the Alto 40 or another one, please?"}, times=1)
    assert rewrite(job()).done == 1
    conversation = made(job)
    assert conversation.meta is not None
    assert conversation.meta["faults"] == {"rewriter.invented": 1}


def test_a_call_with_many_turns_in_their_own_words_is_given_up(job: Job, server: OpenAIServer) -> None:
    server.reply = lambda body: {**rewriting_actor(body), "agent_says": "That is 99 euros."}
    summary = rewrite(job())
    assert summary.funnel == {"rewriter.invented": 1}
    (row,) = rows(job().output.with_name("out.dropped.jsonl"))
    assert len(row["record"]["conversation"]["turns"]) > 6


@pytest.mark.parametrize("lang", LANGS)
def test_what_was_told_in_one_breath_is_told_in_steps(job: Job, server: OpenAIServer, lang: Lang) -> None:
    assert len(LONG[lang]) >= MONOLOGUE[lang]
    rewrite(job(with_turn(raw_call(lang=lang), 3, LONG[lang])))
    turns = made(job).turns
    said = [turn.text for turn in turns if turn.speaker == "customer"]
    assert LONG[lang] not in said
    first = next(at for at, turn in enumerate(turns) if LONG[lang].startswith(turn.text))
    assert (" " if lang == "en" else "").join([turns[first].text, turns[first + 2].text]) == LONG[lang]
    assert turns[first + 1].strategy is Strategy.EMOTIONAL_MANAGEMENT


def test_where_no_turn_fits_between_the_steps_it_stays_one(job: Job, server: OpenAIServer) -> None:
    server.reply = spoilt("(nothing; the customer has more", {"agent_says": "It was 99 euros."})
    assert rewrite(job(with_turn(raw_call(), 3, LONG["en"]))).done == 1
    assert LONG["en"] in {turn.text for turn in made(job).turns}


@pytest.mark.parametrize(("halves", "told"), [(1, 2), (2, 1)])
def test_a_short_call_is_told_in_more_steps(halves: int, told: int) -> None:
    text = "It is an Alto 40. I paid 380 euros for it, in the month of May."
    call = with_turn(raw_call(), 3, text)
    call = call.model_copy(update={"turns": call.turns[:-1] * halves})
    assert len([step for step in steps(call) if step.customer and step.customer in text]) == told * halves


@pytest.mark.parametrize(
    ("lang", "felt", "more"),
    [
        ("en", "I'm really annoyed about that.", "I paid 380 euros for it in May."),
        ("zh", "这真的让我很生气，太离谱了。", "五月花了 3800 元买的。"),
    ],
)
def test_who_is_upset_is_heard_before_they_go_on(
    job: Job, server: OpenAIServer, lang: Lang, felt: str, more: str
) -> None:
    space = " " if lang == "en" else ""
    call = raw_call(lang=lang)
    rewrite(job(with_turn(call, 3, f"{felt}{space}{more}")))
    turns = made(job).turns
    at = [turn.text for turn in turns].index(felt)
    assert turns[at + 1].strategy is Strategy.EMOTIONAL_MANAGEMENT
    assert turns[at + 2].text == more
    server.forget()
    rewrite(job(with_turn(call, 3, f"{more}{space}{felt}"), fresh=True))
    note = "(the customer is upset" if lang == "en" else "（客户情绪不好"
    (line,) = [text for text in map(str, (body["messages"][-1]["content"] for body in server.bodies)) if note in text]
    assert TEXTS[lang][4] in line


@pytest.mark.parametrize(
    ("lang", "text", "upset"),
    [
        ("en", "I am not worried, it works.", False),
        ("en", "Don't worry about it!", False),
        ("en", "That is unacceptable.", True),
        ("zh", "我不着急，慢慢来。", False),
        ("zh", "我有点着急。", True),
        ("zh", "你太过分了！", True),
    ],
)
def test_a_feeling_is_seen(lang: Lang, text: str, upset: bool) -> None:
    assert is_upset(text, lang) is upset


def test_a_question_is_answered_before_more_is_told() -> None:
    asks = "Can you tell me what a new part costs for the Alto 40 that I bought in your own shop, please?"
    call = with_turn(raw_call(), 3, f"{asks} {LONG['en']}")
    told = [step.customer for step in steps(call) if step.customer.startswith(asks)]
    assert told
    assert told[0] != asks


def test_a_call_that_the_customer_begins_is_opened_by_the_agent(job: Job, server: OpenAIServer) -> None:
    call = raw_call().model_copy(update={"turns": raw_call().turns[1:]})
    rewrite(job(call, pairs=(2, 30)))
    assert asked(server)[0].startswith("(nothing; the call begins)")
    assert made(job).turns[0].strategy is Strategy.GREETING


def test_sentences_said_before_and_early_goodbyes_are_left_out(job: Job, server: OpenAIServer) -> None:
    again = "I see. Which model is it? I can send someone on Thursday at 9, free of charge. Goodbye and take care!"
    server.reply = spoilt("Thursday at 9", {"agent_says": again})
    rewrite(job())
    (said,) = [turn.text for turn in made(job).supporter_turns if "Thursday" in turn.text]
    assert said == "I see. I can send someone on Thursday at 9, free of charge."


def test_who_did_not_ask_does_not_ask_now(job: Job, server: OpenAIServer) -> None:
    offer = "I can send someone on Thursday at 9, free of charge, of course."
    server.reply = spoilt("Thursday at 9", {"agent_says": f"{offer} Would you like a new heater instead?"})
    rewrite(job())
    assert offer in {turn.text for turn in made(job).supporter_turns}
    question = "I see. Which model is it, please?"
    server.reply = spoilt("Which model", {"agent_says": question})
    rewrite(job(fresh=True))
    assert question in {turn.text for turn in made(job).supporter_turns}


def test_the_agent_does_not_take_over_what_the_customer_is_to_do(job: Job, server: OpenAIServer) -> None:
    call = with_turn(raw_call(), 4, "Send us a photo of the plate. I'll send someone on Thursday at 9, free of charge.")
    server.reply = spoilt("a photo", {"agent_says": "I will send us a photo. I'll send someone on Thursday at 9."}, 1)
    assert rewrite(job(call)).done == 1
    conversation = made(job)
    assert conversation.meta is not None
    assert conversation.meta["faults"] == {"rewriter.role": 1}


def test_a_call_ends_with_a_goodbye(job: Job, server: OpenAIServer) -> None:
    call = raw_call()
    call = call.model_copy(update={"turns": call.turns[:-1]})
    server.reply = spoilt("Good. Bye.", {"agent_says": "Please rate my service."}, times=1)
    assert rewrite(job(call, least=9)).funnel == {}
    assert made(job).turns[-1].text == "Thank you for your call, goodbye!"


def test_local_weights_go_by_turn_and_others_by_window(job: Job) -> None:
    local = "local/qwen2.5-coder-1.5b-instruct"
    assert not job(by_turn=None).goes_by_turn
    assert job(by_turn=None, lm=local, api_base=None).goes_by_turn
    assert job(by_turn=None, role_lms={"rewriter": "local:/x.gguf"}).goes_by_turn
    assert not job(by_turn=False, lm=local, api_base=None).goes_by_turn


def test_the_estimate_counts_a_request_a_turn(job: Job) -> None:
    said = estimate(job(raw_call("a"), raw_call("b"))).describe()
    assert said.startswith("2 calls to rewrite: about 10 calls")
