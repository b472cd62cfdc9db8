"""The proof on the wire that an endpoint holds a schema, or does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from csc_dspy.lms.models import Models
from csc_dspy.lms.wire import WireCheck, check_wire
from csc_dspy.settings import EndpointSettings, Settings
from tests.support.openai_server import Fault, OpenAIServer


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


def checked(server: OpenAIServer, settings: Settings | None = None) -> WireCheck:
    with Models(settings=settings or Settings(), api_base=server.api_base, attempts=1, timeout=2) as models:
        return check_wire(models.open("openai/x"))


def test_a_server_that_answers_within_the_schema_holds_it(server: OpenAIServer) -> None:
    found = checked(server)
    assert (found.model, found.answers, found.json_schema) == ("openai/x", True, True)
    assert found.detail in ("ultramarine", "vermilion", "turquoise")
    assert len(server.log) == 1


@pytest.mark.parametrize("answer", [{"colour": "yellow"}, "A ripe banana is yellow.", {"color": "turquoise"}])
def test_a_server_that_tells_the_truth_does_not_hold_it(server: OpenAIServer, answer: dict[str, str] | str) -> None:
    server.reply = lambda body: answer
    found = checked(server)
    assert (found.answers, found.json_schema) == (True, False)
    assert "outside the schema" in found.detail


def test_a_server_without_an_answer_says_nothing_about_it(server: OpenAIServer) -> None:
    server.reply = lambda body: Fault("error")
    found = checked(server)
    assert (found.answers, found.json_schema) == (False, None)
    assert "\n" not in found.detail


def test_where_no_schema_is_sent_luck_is_no_proof(server: OpenAIServer) -> None:
    server.reply = lambda body: {"colour": "turquoise"}
    found = checked(server, Settings(endpoints={"openai/x": EndpointSettings(json_schema=False)}))
    assert (found.answers, found.json_schema) == (True, None)
    assert "no schema is sent" in found.detail
