"""What a compile's models answered is on record: under what was asked, and only if it is of use."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from csc_dspy.errors import ReplyError, TransientModelError
from csc_dspy.lms.lm import CscLM
from csc_dspy.lms.models import Models
from csc_dspy.lms.replies import Replies, Watched, wanted
from csc_dspy.settings import Settings
from csc_dspy.usage import Usage, record
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


def test_what_stands_behind_a_name_decides_with_the_question(server: OpenAIServer, tmp_path: Path) -> None:
    numbers = iter(range(100))
    server.reply = lambda body: {"answer": next(numbers)}
    addresses = [server.api_base, server.api_base.replace("127.0.0.1", "localhost")]
    found = []
    for address in (*addresses, *addresses):
        with Models(settings=Settings(), api_base=address, attempts=1, timeout=5) as models:
            lm = models.open("openai/x")
            lm.replies = Replies(tmp_path / "replies.jsonl")
            found.append(said(lm))
    assert found == [0, 1, 0, 1]


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


GOOD, USELESS = "Good.", "I would rather not say."


class Model:
    """Answers with what it was given, in turn; a cut-off answer is an error."""

    def __init__(self, *answers: list[str] | None) -> None:
        self.left = list(answers)

    def __call__(self) -> list[str]:
        record(Usage(calls=1, prompt_tokens=2, completion_tokens=3))
        if (answer := self.left.pop(0)) is None:
            raise ReplyError("cut off")
        return answer


@pytest.fixture(autouse=True)
def good_is_wanted() -> Iterator[None]:
    token = wanted.set(lambda output: output.startswith("Good"))
    yield
    wanted.reset(token)


def reflected(model: Model) -> tuple[Any, Watched, Path]:
    path = Path("reflection.jsonl")
    watched = Watched(Replies(path))
    return watched.answer({"model": "openai/x"}, model), watched, path


def bodies(path: Path) -> list[Any]:
    return [row.get("outputs", row.get("error")) for row in map(json.loads, path.read_text("utf-8").splitlines())]


def test_a_reflection_that_was_cut_off_is_asked_for_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    outputs, watched, path = reflected(Model(None, None, [GOOD]))
    assert outputs == [GOOD]
    assert (watched.answered, watched.failed) == (1, 0)
    assert bodies(path) == [[GOOD]]
    assert Replies(path).ledger.total.calls == 3


def test_a_reflection_that_is_always_cut_off_is_not_on_record_and_asked_for_by_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TransientModelError, match=r"openai/x: nothing usable in 3 answers \(cut off\)"):
        reflected(Model(None, None, None))
    outputs, _, path = reflected(Model([GOOD]))
    assert outputs == [GOOD]
    assert Replies(path).ledger.total.calls == 4


def test_of_several_reflections_all_are_usable_and_none_is_asked_for_in_vain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    other = "Good, too."
    outputs, _, path = reflected(Model([GOOD, USELESS, USELESS], [USELESS, other, GOOD]))
    assert outputs == [GOOD, other, GOOD]
    assert bodies(path) == [outputs]
    with pytest.raises(TransientModelError, match="nothing usable"):
        Watched(Replies(tmp_path / "b.jsonl")).answer(
            {"model": "openai/x"}, Model(*[[GOOD, USELESS, USELESS, USELESS]] * 3)
        )
