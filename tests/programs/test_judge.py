"""The judge: points by a model, the verdict by code."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from csc_dspy.conversation import Conversation, Turn
from csc_dspy.framework import LANGS, Lang, Stage, Strategy
from csc_dspy.lms.models import Models
from csc_dspy.programs.asking import GuardError
from csc_dspy.programs.judge import ConversationJudge, Verdict
from csc_dspy.settings import Settings
from csc_dspy.signatures.judging import POINTS
from tests.support.actor import RolePlayActor
from tests.support.openai_server import OpenAIServer


@pytest.fixture
def models(server: OpenAIServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Models]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with Models(settings=Settings(), api_base=server.api_base, attempts=1, timeout=5) as opened:
        yield opened


def conversation(lang: Lang = "en") -> Conversation:
    turns = (
        Turn(speaker="supporter", text="Good day.", strategy=Strategy.GREETING, stage=Stage.CONNECTING),
        Turn(speaker="customer", text="Hello."),
    )
    return Conversation(id="c", lang=lang, topic="other", source="rolecs", scenario="A call.", turns=turns)


def judged(models: Models, lang: Lang = "en") -> Verdict:
    judge = ConversationJudge(lang)
    judge.judge.lm = models.open("openai/x")
    verdict: Verdict = asyncio.run(judge.acall(conversation=conversation(lang))).verdict
    assert judge(conversation=conversation(lang)).verdict == verdict
    return verdict


@pytest.mark.parametrize("lang", LANGS)
def test_all_five_points_pass(server: OpenAIServer, models: Models, lang: Lang) -> None:
    verdict = judged(models, lang)
    assert verdict.passed
    assert verdict.failed_points == ()
    assert set(verdict.points) == set(verdict.reasons) == set(POINTS)
    assert all(verdict.reasons.values())


@pytest.mark.parametrize("point", POINTS)
def test_one_point_missing_fails_whatever_the_model_thinks_of_the_whole(
    server: OpenAIServer, models: Models, point: str
) -> None:
    actor = RolePlayActor()
    server.reply = lambda body: {**actor(body), point: 0, f"{point}_reason": "a fault"}
    verdict = judged(models)
    assert not verdict.passed
    assert verdict.failed_points == (point,)
    assert verdict.reasons[point] == "a fault"


def test_the_judge_reads_the_strategies(server: OpenAIServer, models: Models) -> None:
    judged(models)
    assert "Supporter [Greeting]: Good day." in server.bodies[0]["messages"][-1]["content"]
    assert server.bodies[0]["temperature"] == 0.0


@pytest.mark.parametrize("value", [5, "yes", None, -1])
def test_a_point_off_the_scale_is_asked_again_and_never_counted(
    server: OpenAIServer, models: Models, value: Any
) -> None:
    actor, seeds = RolePlayActor(), list[int]()

    def reply(body: Mapping[str, Any]) -> dict[str, Any]:
        seeds.append(body["seed"])
        return {**actor(body), "natural": value}

    server.reply = reply
    with pytest.raises(GuardError):
        judged(models)
    assert len(set(seeds)) == 2
