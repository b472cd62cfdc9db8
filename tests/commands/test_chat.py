"""A call with a person at one end, typed into the verb."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from csc_dspy.conversation import Conversation, Turn, read_conversations, write_records
from csc_dspy.errors import InputError, ModelError
from csc_dspy.framework import Stage, Strategy
from tests.support.openai_server import OpenAIServer, schema_of

Talk = Callable[..., Result]
SUPPORTER = {
    "stage": "exploring",
    "strategy": "information_delivery",
    "reason": "-",
    "response": "It takes three days.",
}
BRIEF = {
    "profile": "You are Ann Lee.",
    "scenario": "Her parcel is late.",
    "goal": "To know when it comes.",
    "demand": "",
    "facts": [{"question": "What is your number?", "answer": "It is 7."}],
}


def both_sides(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Answers as the supporter, the customer, or the customer's briefer."""
    asked = schema_of(body)
    if "facts" in asked:
        return BRIEF
    if "customer_says" in asked:
        turns = str(body["messages"][-1]["content"]).count("Supporter: ")
        said = ["My parcel is late, and I need it.", "It is 7.", "I see, so when is it?", "Thank you so much, goodbye!"]
        return {"customer_says": said[min(turns, len(said)) - 1], "over": asked["over"][0]}
    return {name: SUPPORTER[name] for name in asked}


@pytest.fixture
def talk(server: OpenAIServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Talk:
    from csc_dspy.cli import cli

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", "x")
    server.reply = both_sides
    there = ["--lm", "openai/x", "--api-base", server.api_base]
    return lambda said, *options: CliRunner().invoke(cli, ["chat", *there, *options], input=said)


def test_a_person_talks_to_the_supporter(talk: Talk) -> None:
    done = talk("Hello, how long does it take?\n\n", "-o", "calls.jsonl")
    assert done.exit_code == 0, done.output
    assert done.output.count("[Information Delivery] It takes three days.") == 2
    (call,) = read_conversations(Path("calls.jsonl"))
    assert [turn.speaker for turn in call.turns] == ["customer", "supporter", "supporter"]
    assert (call.turns[1].strategy, call.turns[1].stage) == (Strategy.INFORMATION_DELIVERY, Stage.EXPLORING)
    talk("Hello again?\n", "-o", "calls.jsonl")
    assert len(list(read_conversations(Path("calls.jsonl")))) == 2


def test_a_person_practises_on_a_customer_of_the_samples(talk: Talk, server: OpenAIServer) -> None:
    typed = ["[Greeting] Good morning!", "", "What is your number?", "[Information Delivery] It comes on Monday."]
    done = talk("\n".join([*typed, "Is there anything else?", "never said"]), "--as", "supporter", "-o", "calls.jsonl")
    assert done.exit_code == 0, done.output
    assert "My parcel is late" in done.output
    assert "The customer has left. What they wanted: " in done.output
    (call,) = read_conversations(Path("calls.jsonl"))
    mine = [turn for turn in call.turns if turn.speaker == "supporter"]
    assert [turn.strategy for turn in mine] == [Strategy.GREETING, None, Strategy.INFORMATION_DELIVERY, None]
    assert mine[0].text == "Good morning!"
    assert call.goal
    assert not any("greeting" in str(body["messages"][-1]).lower() for body in server.bodies)


def test_a_raw_calls_customer_is_briefed_first(talk: Talk, server: OpenAIServer) -> None:
    turns = (Turn(speaker="customer", text="Where is it?"), Turn(speaker="supporter", text="In Leeds."))
    write_records(Path("raw.jsonl"), [Conversation(id="c", lang="en", topic="other", source="s", turns=turns)])
    done = talk("Good morning!\n", "--as", "supporter", "--calls", "raw.jsonl", "--seed", "1")
    assert "What they wanted: To know when it comes." in done.output
    assert ["facts" in schema_of(body) for body in server.bodies] == [True, False]
    none = talk("", "--as", "supporter", "--calls", "raw.jsonl", "--lang", "zh")
    assert isinstance(none.exception, InputError)
    assert "no conversation in Chinese" in str(none.exception)


@pytest.mark.parametrize("told", [(), ("--no-mask",)])
def test_a_hosted_model_is_not_told_whose_call_it_was(talk: Talk, server: OpenAIServer, told: tuple[str, ...]) -> None:
    turns = (Turn(speaker="customer", text="My phone number is 0171 5550123."), Turn(speaker="supporter", text="OK."))
    write_records(Path("raw.jsonl"), [Conversation(id="c", lang="en", topic="other", source="s", turns=turns)])
    done = talk("Good morning!\n", "--as", "supporter", "--calls", "raw.jsonl", *told)
    assert done.exit_code == 0, done.output
    assert ("5550123" in str(server.bodies)) is bool(told)
    assert ("personal data is masked" in done.output.split("A customer is on the line")[0]) is not bool(told)


@pytest.mark.parametrize("seed", ["0", "7"], ids=["a brief of its own", "briefed first"])
def test_a_faulty_customer_can_be_asked_in_other_words(talk: Talk, server: OpenAIServer, seed: str) -> None:
    echo = {"customer_says": "Good morning, what may I do for you today?", "over": "no"}
    server.reply = lambda body: echo if "customer_says" in schema_of(body) else BRIEF
    done = talk("Good morning, what may I do for you today?\n", "--as", "supporter", "--seed", seed)
    assert done.exit_code == 0, done.output
    assert any("facts" in schema_of(body) for body in server.bodies) is (seed == "7")
    assert "the customer could not answer: echo; say it in other words" in done.output


def test_options_of_the_other_side_and_unreadable_supporters_are_refused(talk: Talk, server: OpenAIServer) -> None:
    assert "--calls is not for --as customer" in talk("", "--calls", "x.jsonl").output
    assert "--mask is not for --as customer" in talk("", "--mask").output
    assert "--rules is not for --as supporter" in talk("", "--as", "supporter", "--no-rules").output
    assert isinstance(talk("", "--program", "oracle").exception, InputError)
    server.reply = lambda body: {"stage": "nowhere"}
    assert isinstance(talk("Hello!\n").exception, ModelError)
