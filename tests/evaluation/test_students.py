"""Students are measured by what they choose of all twelve, unless told to keep to the paper's rules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from csc_dspy.conversation import Conversation, Turn, write_records
from csc_dspy.evaluation.chat import Chat
from csc_dspy.evaluation.evaluate import Evaluation, evaluate
from csc_dspy.framework import Strategy
from csc_dspy.settings import load_settings
from tests.support.openai_server import OpenAIServer

ALL = [f"[{one.names.en}]" for one in Strategy]
THRICE = (Strategy.GREETING, Strategy.GREETING, Strategy.GREETING)


def reply(body: Mapping[str, Any]) -> str:
    """The first tag that may be said, with words where they may."""
    held = body["structured_outputs"]
    if "choice" in held:
        return str(held["choice"][0])
    return next(f"{tag} Hello." for tag in ALL if re.fullmatch(held["regex"], f"{tag} Hello."))


@pytest.fixture
def student(server: OpenAIServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A student that vLLM serves."""
    monkeypatch.chdir(tmp_path)
    Path("csc.toml").write_text(
        f'[endpoints."hosted_vllm/mine"]\napi_base = "{server.api_base}"\nstudent = "supporter"\n', encoding="utf-8"
    )
    load_settings.cache_clear()
    server.reply = reply
    yield "hosted_vllm/mine"
    load_settings.cache_clear()


def offered(server: OpenAIServer) -> list[Any]:
    """The tags that each strategy was chosen of."""
    return [body["structured_outputs"]["choice"] for body in server.bodies if "choice" in body["structured_outputs"]]


@pytest.mark.parametrize(("rules", "free"), [(None, True), (False, True), (True, False)])
def test_a_student_is_free_unless_told(student: str, server: OpenAIServer, rules: bool | None, free: bool) -> None:
    turns = tuple(Turn(speaker="supporter", text=f"line {at}", strategy=one) for at, one in enumerate(THRICE))
    write_records(Path("in.jsonl"), [Conversation(id="one", lang="en", topic="other", source="test", turns=turns)])
    given: dict[str, Any] = {"conversations": Path("in.jsonl"), "output": Path("out.jsonl"), "tracking": False}
    evaluate(Evaluation(**given, lm=student, masking=False, rules=rules))
    tags = offered(server)
    assert len(tags) == 6  # stage and strategy of three turns; the third greeting running is what the rules forbid
    assert all(found == ALL for found in tags) is free


@pytest.mark.parametrize(("rules", "free"), [(None, True), (True, False)])
def test_a_person_talks_to_a_student_as_it_is(
    student: str, server: OpenAIServer, rules: bool | None, free: bool
) -> None:
    with Chat(lm=student, rules=rules) as call:
        for _ in range(3):
            call.answer("Hello?")
    assert all(found == ALL for found in offered(server)) is free
