"""What a compile's models answered is on record: under what was asked, and only if it is of use."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from csc_dspy.lms.lm import CscLM
from csc_dspy.lms.models import Models
from csc_dspy.lms.replies import Replies
from csc_dspy.settings import Settings
from tests.support.openai_server import OpenAIServer

pytestmark = pytest.mark.filterwarnings("ignore:Passing OpenAI-style message:DeprecationWarning")

MESSAGES = [{"role": "user", "content": "Is it?"}]


@pytest.fixture
def lm(server: OpenAIServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CscLM]:
    monkeypatch.chdir(tmp_path)
    numbers = iter(range(100))
    server.reply = lambda body: {"answer": next(numbers)}
    with Models(settings=Settings(), api_base=server.api_base, attempts=1, timeout=5) as models:
        opened = models.open("openai/x")
        opened.replies = Replies(Path("replies.jsonl"))
        yield opened


def said(lm: CscLM, **asked: Any) -> Any:
    return json.loads(lm(messages=MESSAGES, directly=True, **asked)[0])["answer"]


@pytest.mark.parametrize("takes", [{"seeds": False}, {"seeds": False, "samples": False}, {}])
def test_asking_again_is_another_question_also_where_the_endpoint_takes_no_seed(
    lm: CscLM, server: OpenAIServer, takes: dict[str, bool]
) -> None:
    for name, value in takes.items():
        setattr(lm, name, value)
    first = {"seed": 1, "temperature": 0.0, "max_tokens": 9}
    again, once_more = ({"seed": seed, "temperature": 0.7, "max_tokens": 9} for seed in (2, 3))
    asked = (first, again, once_more)
    assert [said(lm, **one) for one in asked * 2] == [0, 1, 2, 0, 1, 2]
    assert len(server.log) == 3
    assert ("seed" in server.bodies[0]) == lm.seeds
