"""A whole synthesis as a job: what is kept, what is dropped, what is on the records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from csc_dspy.conversation import Conversation, read_conversations
from csc_dspy.corpora.rules import check_rules
from csc_dspy.errors import InputError
from csc_dspy.jobs import JobSummary
from csc_dspy.settings import load_settings
from csc_dspy.synthesis.rolecs import Synthesis, estimate, synthesize
from tests.support.actor import RolePlayActor, schema_of
from tests.support.command import rows, write_people
from tests.support.openai_server import Fault, OpenAIServer

Run = Callable[..., JobSummary]


@pytest.fixture
def job(server: OpenAIServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Synthesis]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    load_settings.cache_clear()
    people = write_people(tmp_path / "people.jsonl")

    def make(**options: Any) -> Synthesis:
        given = {"output": tmp_path / "out.jsonl", "profiles": people, "lm": "openai/x", "api_base": server.api_base}
        return Synthesis(**{**given, "tracking": False, **options})

    return make


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_records_pass_the_rules_and_say_how_they_were_made(
    server: OpenAIServer, job: Callable[..., Synthesis], tmp_path: Path, lang: str
) -> None:
    summary = synthesize(job(lang=lang, count=5, seed=1))
    assert (summary.done, summary.dropped, summary.failed, summary.complete) == (5, 0, 0, True)
    kept = list(read_conversations(tmp_path / "out.jsonl"))
    assert len({conversation.id for conversation in kept}) == 5
    assert {conversation.lang for conversation in kept} == {lang}
    for conversation in kept:
        assert check_rules(conversation) == []
        assert conversation.alternates
        meta: Mapping[str, Any] = conversation.meta or {}
        assert meta["stop"] in ("closed", "customer_left")
        assert set(meta["models"]) >= {"planner", "supporter", "customer", "judge"}
        assert meta["judge"]["points"] == dict.fromkeys(("strategy", "demands", "natural", "varied", "roles"), 1)
        assert meta["usage"]["calls"] >= 20
        assert 0 < meta["usage"]["cached_tokens"] < meta["usage"]["prompt_tokens"]
        assert meta["faults"] == {}
        assert {"config", "version", "profile_id", "trial", "seed"} <= set(meta)
    assert sum(row["meta"]["usage"]["calls"] for row in rows(tmp_path / "out.jsonl")) == len(server.log)


def test_rules_come_before_the_judge_and_cost_nothing(
    server: OpenAIServer, job: Callable[..., Synthesis], tmp_path: Path
) -> None:
    server.reply = RolePlayActor(rounds=20)
    summary = synthesize(job(count=2, least=10, most=12))
    assert summary.dropped == 2
    assert set(summary.funnel) == {"rules.required_strategies"}
    assert not any("natural" in schema_of(body) for body in server.bodies)
    for row in rows(tmp_path / "out.dropped.jsonl"):
        assert "appreciation_and_closure" in row["cause"]
        assert row["record"]["conversation"]["meta"]["stop"] == "limit"
        Conversation.model_validate(row["record"]["conversation"])


def test_what_the_judge_refuses_is_kept_aside_with_its_reason(
    server: OpenAIServer, job: Callable[..., Synthesis], tmp_path: Path
) -> None:
    actor = RolePlayActor()

    def reply(body: Mapping[str, Any]) -> dict[str, Any]:
        answer = actor(body)
        return {**answer, "natural": 0, "natural_reason": "ends too soon"} if "natural" in answer else answer

    server.reply = reply
    summary = synthesize(job(count=2))
    assert (summary.done, summary.dropped) == (0, 2)
    assert summary.funnel == {"judge.natural": 2}
    assert {row["cause"] for row in rows(tmp_path / "out.dropped.jsonl")} == {"natural: ends too soon"}


def test_a_play_that_is_given_up_keeps_its_turns(
    server: OpenAIServer, job: Callable[..., Synthesis], tmp_path: Path
) -> None:
    actor = RolePlayActor()
    server.reply = lambda body: {
        **actor(body),
        **({"customer_says": "How can I help you?"} if "over" in schema_of(body) else {}),
    }
    summary = synthesize(job(count=1))
    assert summary.funnel == {"guard.role": 1}
    (row,) = rows(tmp_path / "out.dropped.jsonl")
    assert [turn["strategy"] for turn in row["record"]["conversation"]["turns"]] == ["greeting"]
    assert row["usage"]["calls"] == len(server.log)


def test_without_judging_no_judge_is_asked(server: OpenAIServer, job: Callable[..., Synthesis], tmp_path: Path) -> None:
    summary = synthesize(job(count=1, judging=False))
    assert summary.done == 1
    assert not any("natural" in schema_of(body) for body in server.bodies)
    (row,) = rows(tmp_path / "out.jsonl")
    assert "judge" not in row["meta"]
    assert "judge" not in row["meta"]["models"]


def test_a_limit_plays_some_and_the_rest_later(
    server: OpenAIServer, job: Callable[..., Synthesis], tmp_path: Path
) -> None:
    assert synthesize(job(count=4, limit=1)).done == 1
    summary = synthesize(job(count=4))
    assert (summary.already, summary.written, summary.done) == (1, 3, 4)


def test_a_second_run_asks_nothing(server: OpenAIServer, job: Callable[..., Synthesis]) -> None:
    synthesize(job(count=2))
    server.forget()
    summary = synthesize(job(count=2))
    assert (summary.done, summary.already, summary.written) == (2, 2, 0)
    assert server.log == []


def test_the_same_job_gives_the_same_conversations(
    server: OpenAIServer, job: Callable[..., Synthesis], tmp_path: Path
) -> None:
    for name, concurrency in (("a", 1), ("b", 4)):
        synthesize(job(count=3, output=tmp_path / f"{name}.jsonl", concurrency=concurrency))
    one, other = ({row["id"]: row["turns"] for row in rows(tmp_path / f"{name}.jsonl")} for name in ("a", "b"))
    assert one == other


def test_an_estimate_calls_and_writes_nothing(
    server: OpenAIServer, job: Callable[..., Synthesis], tmp_path: Path
) -> None:
    before = sorted(tmp_path.iterdir())
    found = estimate(job(count=3))
    assert (found.units, found.cost) == (3, None)
    assert server.log == []
    assert sorted(tmp_path.iterdir()) == before


def test_an_estimate_is_of_the_right_size(server: OpenAIServer, job: Callable[..., Synthesis]) -> None:
    server.reply = RolePlayActor(rounds=9)
    foreseen, summary = estimate(job(count=2)), synthesize(job(count=2))
    assert 0.5 < foreseen.calls / summary.usage.calls < 1.5
    assert 0.5 < foreseen.prompt_tokens / summary.usage.prompt_tokens < 2.0


def test_a_server_that_only_fails_makes_rows_that_the_next_run_tries_again(
    server: OpenAIServer, job: Callable[..., Synthesis], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("csc_dspy.lms.lm.random.uniform", lambda low, high: 0.01)  # the pauses between attempts
    server.reply = lambda body: Fault("cut")
    summary = synthesize(job(count=1))
    assert (summary.failed, summary.complete) == (1, False)
    (row,) = rows(tmp_path / "out.failed.jsonl")
    assert (row["group"], row["transient"]) == ("error.TransientModelError", True)
    assert "openai/x" in row["cause"]
    server.reply = RolePlayActor()
    again = synthesize(job(count=1))
    assert (again.done, again.failed, again.complete) == (1, 0, True)


def test_bounds_that_nothing_can_meet_are_an_input_error(job: Callable[..., Synthesis]) -> None:
    with pytest.raises(InputError, match="--least 30 is more than --most 20"):
        job(least=30, most=20)


def test_profiles_of_which_none_is_left_are_an_input_error(job: Callable[..., Synthesis], tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.write_text("\n\n", "utf-8")
    with pytest.raises(InputError, match=r"empty\.jsonl"):
        synthesize(job(profiles=empty))
