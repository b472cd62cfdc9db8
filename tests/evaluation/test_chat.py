"""Which calls a person practises on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from csc_dspy.conversation import Conversation, Turn, write_records
from csc_dspy.errors import InputError
from csc_dspy.evaluation.chat import Practice
from tests.support.openai_server import OpenAIServer, schema_of

BRIEFED = "To have it sent again."
TOLD = {"profile": "You are Ann Lee.", "scenario": "Her parcel is late.", "goal": "To know when it comes."}
CUSTOMER = {"customer": "openai/x"}


def call(number: int, **told: str) -> Conversation:
    turns = (Turn(speaker="customer", text="Where is it?"), Turn(speaker="supporter", text="In Leeds."))
    return Conversation(id=f"c{number}", lang="en", topic="other", source="s", turns=turns, **told)  # type: ignore[arg-type]


@pytest.fixture
def calls(server: OpenAIServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Calls of which one says what it is about."""

    def briefed(body: Mapping[str, Any]) -> Mapping[str, Any]:
        assert "facts" in schema_of(body)
        return {**TOLD, "goal": BRIEFED, "demand": "", "facts": [{"question": "Which number?", "answer": "It is 7."}]}

    server.reply = briefed
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", "x")
    monkeypatch.setenv("OPENAI_BASE_URL", server.api_base)
    write_records(tmp_path / "calls.jsonl", [call(0), call(1, **TOLD), call(2, scenario="It is late."), call(3)])
    return tmp_path / "calls.jsonl"


def goals(calls: Path, **models: str) -> set[str]:
    found = set()
    for seed in range(8):
        with Practice(calls, role_lms=models, seed=seed) as practice:
            found.add(practice.brief.goal)
    return found


def test_without_a_judge_only_calls_that_need_none_are_drawn(calls: Path, server: OpenAIServer) -> None:
    assert goals(calls, **CUSTOMER) == {TOLD["goal"]}
    assert not server.bodies


def test_with_a_judge_all_calls_are_drawn(calls: Path) -> None:
    assert goals(calls, **CUSTOMER, judge="openai/x") == {TOLD["goal"], BRIEFED}


def test_where_every_call_needs_a_judge_one_is_asked_for(calls: Path) -> None:
    write_records(calls, [call(0), call(1)])
    with pytest.raises(InputError, match="no model for the role judge: give --lm, or set"):
        Practice(calls, role_lms=CUSTOMER)
