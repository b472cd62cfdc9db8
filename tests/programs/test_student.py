"""A student as the supporter: its chats on the wire, its tags as strategies, and what it does not answer."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from csc_dspy.chats import supporter_system
from csc_dspy.conversation import Turn
from csc_dspy.errors import FatalModelError
from csc_dspy.framework import Stage, Strategy
from csc_dspy.lms.lm import CscLM
from csc_dspy.lms.models import Models
from csc_dspy.programs.annotator import Annotator
from csc_dspy.programs.asking import GuardError
from csc_dspy.programs.briefs import Brief
from csc_dspy.programs.simulator import SimulatedCustomer
from csc_dspy.programs.supporter import DirectSupporter, Supporter
from csc_dspy.settings import Settings, load_settings
from tests.support.openai_server import OpenAIServer

S = Strategy
SAID = [f"[{one.names.en}] Three days." for one in S]
TURNS = (
    Turn(speaker="customer", text="Hello!"),
    Turn(speaker="supporter", text="Good morning.", strategy=S.GREETING),
    Turn(speaker="customer", text="How long does it take?"),
)


def student(body: Mapping[str, Any]) -> str:
    """Answers as one would who keeps to the grammar."""
    grammar = body["grammar"]
    return "[Information Delivery] Three  days." if "tag" in grammar else "[Information Delivery]"


@pytest.fixture
def lm(server: OpenAIServer) -> Iterator[CscLM]:
    server.reply = student
    with Models(api_base=server.api_base, based=("openai/x",)) as models:
        found = models.open("openai/x")
        found.student = "supporter"
        yield found


@pytest.mark.parametrize("kind", [Supporter, DirectSupporter])
def test_a_student_answers_as_the_supporter(kind: Any, lm: CscLM, server: OpenAIServer) -> None:
    supporter = kind("en")
    supporter.set_lm(lm)
    for said in (supporter(turns=TURNS), asyncio.run(supporter.acall(turns=TURNS))):
        assert said.failure is None
        assert (said.stage, said.strategy, said.response) == (Stage.EXPLORING, S.INFORMATION_DELIVERY, "Three days.")


def test_it_is_asked_by_the_chat_it_was_trained_on(lm: CscLM, server: OpenAIServer) -> None:
    supporter = Supporter("en")
    supporter.set_lm(lm)
    supporter(turns=TURNS)
    chat = [
        {"role": "system", "content": supporter_system("en")},
        {"role": "user", "content": "Hello!"},
        {"role": "assistant", "content": "[Greeting] Good morning."},
        {"role": "user", "content": "How long does it take?"},
    ]
    stage, strategy, words = server.bodies
    assert stage["messages"] == strategy["messages"] == words["messages"] == chat
    assert words["grammar"].endswith('tag ::= "[Information Delivery]"')
    assert not any("response_format" in body for body in server.bodies)


def test_vllm_is_held_by_its_own_means(
    server: OpenAIServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def reply(body: Mapping[str, Any]) -> str:
        held = body["structured_outputs"]
        if "choice" in held:
            return str(held["choice"][3])
        return next(said for said in SAID if re.fullmatch(held["regex"], said))

    server.reply = reply
    monkeypatch.chdir(tmp_path)
    Path("csc.toml").write_text(
        f'[endpoints."hosted_vllm/student"]\napi_base = "{server.api_base}"\nstudent = "supporter"\n'
    )
    load_settings.cache_clear()
    with Models() as models:
        supporter = Supporter("en")
        supporter.set_lm(models.open("hosted_vllm/student"))
        said = supporter(turns=TURNS)
    load_settings.cache_clear()
    assert (said.failure, said.response) == (None, "Three days.")
    stage, strategy, words = server.bodies
    assert {body["repetition_penalty"] for body in server.bodies} == {1.0}  # whatever the base's own is
    assert stage["structured_outputs"] == {"choice": [f"[{one.names.en}]" for one in Strategy]}
    assert f"[{said.strategy.names.en}]" == strategy["structured_outputs"]["choice"][3]
    fits = [one for one in SAID if re.fullmatch(words["structured_outputs"]["regex"], one)]
    assert fits == [f"[{said.strategy.names.en}] Three days."]
    assert not any("grammar" in body or "response_format" in body for body in server.bodies)
    direct = DirectSupporter("en")
    with Models(settings=Settings()) as models:
        direct.set_lm(models.open("hosted_vllm/student"))
        direct(turns=TURNS)
    regex = server.bodies[-1]["structured_outputs"]["regex"]
    assert re.fullmatch(regex, "[Information Delivery] Three days.")
    assert not re.fullmatch(regex, "[Information] Three days.")


def test_only_permitted_tags_are_in_the_grammar(lm: CscLM, server: OpenAIServer) -> None:
    supporter = Supporter("en")
    supporter.set_lm(lm)
    supporter(turns=TURNS)
    stage, strategy, _ = (body["grammar"] for body in server.bodies)
    assert all(f'"[{one.names.en}]"' in stage for one in Strategy)
    assert '"[Appreciation and Closure]"' not in strategy
    assert '"[Greeting]"' in strategy


def test_a_reply_without_a_tag_is_asked_for_again_and_fails(lm: CscLM, server: OpenAIServer) -> None:
    server.reply = lambda body: "Three days."
    supporter = DirectSupporter("en")
    supporter.set_lm(lm)
    said = supporter(turns=TURNS)
    assert said.failure == "respond.format"
    assert len(server.bodies) == 2


def test_it_answers_nothing_but_the_supporter(lm: CscLM) -> None:
    annotator = Annotator("en")
    annotator.set_lm(lm)
    with pytest.raises(FatalModelError, match="speaks as the supporter"):
        annotator.run(annotator.label(TURNS[:2]), "")


BRIEF = Brief(
    profile="You are Ann.", scenario="A parcel is late.", goal="It comes.", facts=(("Your number?", "It is 7."),)
)
HEARD = (*TURNS, Turn(speaker="supporter", text="What is your number?", strategy=S.IDENTITY_VERIFICATION))


def test_a_student_answers_as_the_customer_and_sees_no_strategy(lm: CscLM, server: OpenAIServer) -> None:
    lm.student = "customer"
    server.reply = lambda body: " It is 7, my dear."
    customer = SimulatedCustomer("en")
    customer.set_lm(lm)
    said = customer(brief=BRIEF, turns=HEARD)
    assert (said.turn.text, said.left) == ("It is 7, my dear.", False)
    (body,) = server.bodies
    system, *spoken = body["messages"]
    assert [one["role"] for one in spoken] == ["user", "assistant", "user", "assistant", "user"]
    assert spoken[-1]["content"] == "What is your number?"
    assert system["content"].splitlines()[1:] == [
        "Who you are: You are Ann.",
        "What happened: A parcel is late. - Your number? It is 7.",
        "What you want: It comes.",
    ]
    assert not any(strategy.names.en in json.dumps(body["messages"]) for strategy in Strategy)


def test_a_customer_leaves_with_a_goodbye_once_it_may(lm: CscLM, server: OpenAIServer) -> None:
    lm.student = "both"
    server.reply = lambda body: "That settles it, thank you. Goodbye!"
    customer = SimulatedCustomer("en")
    customer.set_lm(lm)
    with pytest.raises(GuardError, match="early"):
        customer(brief=BRIEF, turns=HEARD)
    later = (*HEARD, Turn(speaker="customer", text="Seven."), Turn(speaker="supporter", text="It comes on Monday."))
    assert customer(brief=BRIEF, turns=later).left


def test_each_side_is_refused_the_other(lm: CscLM) -> None:
    customer, supporter = SimulatedCustomer("en"), Supporter("en")
    customer.set_lm(lm)
    with pytest.raises(FatalModelError, match="speaks as the supporter"):
        customer(brief=BRIEF, turns=HEARD)
    lm.student = "customer"
    supporter.set_lm(lm)
    with pytest.raises(FatalModelError, match="speaks as the customer"):
        supporter(turns=TURNS)


def test_a_student_hears_the_whole_call_also_where_others_are_shown_its_end(lm: CscLM, server: OpenAIServer) -> None:
    supporter = Supporter("en", words=False)
    supporter.last_lines = {"classify_stage": {"transcript": 1}, "select_strategy": {"transcript": 1}}
    supporter.set_lm(lm)
    supporter(turns=TURNS)
    assert all(len(body["messages"]) == 4 for body in server.bodies)
