"""``compile --optimizer bettertogether``: prompts, then weights; training itself is replaced, and tested elsewhere."""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from csc_dspy.conversation import Conversation, write_records
from csc_dspy.distillation.provider import StudentProvider
from csc_dspy.errors import CscError, InputError, NothingLearnedError, RunError
from csc_dspy.framework import Stage
from csc_dspy.lms.models import Models
from csc_dspy.lms.student import FILE
from csc_dspy.optimizers.compile import compile_program
from csc_dspy.optimizers.options import Compilation
from csc_dspy.optimizers.report import described
from csc_dspy.settings import load_settings
from tests.support.learner import RULE, WRONG, calls, learner
from tests.support.openai_server import OpenAIServer

TUNED = "openai/tuned"


def tunable(body: Mapping[str, Any]) -> Mapping[str, Any] | str:
    """The learner, and a model beside it that knows the rule."""
    if body["model"] != "tuned":
        return learner(body)
    system, *others = body["messages"]
    return learner({**body, "messages": [{**system, "content": f"{system['content']} {RULE}"}, *others]})


@pytest.fixture
def trainings(monkeypatch: pytest.MonkeyPatch) -> list[list[dict[str, Any]]]:
    """What the provider is asked to train on."""
    found: list[list[dict[str, Any]]] = []

    def finetune(self: Any, job: Any, model: str, train_data: Any, *others: Any, **more: Any) -> str:
        found.append(train_data)
        (self.folder / "tuned").mkdir(parents=True, exist_ok=True)
        (self.folder / "tuned" / FILE).touch()
        return TUNED

    monkeypatch.setattr(StudentProvider, "finetune", finetune)
    monkeypatch.setattr(Compilation, "trained", lambda self, task: "local/base")
    return found


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Compilation]:
    monkeypatch.chdir(tmp_path)
    write_records("train.jsonl", calls(16))
    write_records("val.jsonl", calls(4, start=100))
    write_records("test.jsonl", calls(6, start=200))
    with OpenAIServer(tunable) as server:
        Path("csc.toml").write_text(f'[endpoints."{TUNED}"]\napi_base = "{server.api_base}"\n')
        load_settings.cache_clear()
        yield Compilation(
            program="supporter",
            optimizer="bettertogether",
            train=Path("train.jsonl"),
            validation=Path("val.jsonl"),
            heldout=Path("test.jsonl"),
            output=Path("supporter.json"),
            lm="openai/x",
            api_base=server.api_base,
            budget=140,
            demos=1,
            words=False,
            rules=False,
            concurrency=4,
            tracking=False,
        )
    load_settings.cache_clear()


def test_the_model_is_tuned_once_on_what_it_got_right_and_measured(job: Compilation, trainings: list[Any]) -> None:
    done = compile_program(job)
    one = done.langs["en"]
    (gain,) = [gain for gain in one.gains if gain.figure == "strategy accuracy"]
    assert (one.stopped, gain.after) == (None, 100)
    assert gain.before < 50
    assert one.spent <= job.budget
    assert one.tuned == "tuned"
    assert "use it with --lm student:supporter.tuned/tuned" in described(done)
    (chats,) = trainings
    assert chats
    for chat in chats:
        assert chat["messages"][-1]["role"] == "assistant"
    assert '"tuned": "tuned"' in job.output.read_text()


def test_only_right_answers_are_learned_also_where_half_right_ones_count(
    job: Compilation, trainings: list[Any]
) -> None:
    def staged(conversation: Conversation) -> Conversation:
        turns = (turn.model_copy(update={"stage": turn.strategy and Stage.EXPLORING}) for turn in conversation.turns)
        return conversation.model_copy(update={"turns": tuple(turns)})

    for path, some in (
        (job.train, calls(16)),
        (job.validation, calls(4, start=100)),
        (job.heldout, calls(6, start=200)),
    ):
        write_records(path, map(staged, some))  # type: ignore[arg-type]
    done = compile_program(job)
    assert done.langs["en"].tuned == "tuned"
    (chats,) = trainings
    answers = [json.loads(chat["messages"][-1]["content"]) for chat in chats]
    assert {"strategy", "stage"} <= {name for answer in answers for name in answer}
    assert WRONG not in [answer.get("strategy") for answer in answers]


def test_a_tuned_model_that_is_gone_is_said(
    job: Compilation, trainings: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(StudentProvider, "finetune", lambda *given, **more: "openai/gone")
    Path("csc.toml").write_text('[endpoints."openai/gone"]\napi_base = "http://127.0.0.1:9/v1"\n')
    load_settings.cache_clear()
    monkeypatch.setattr(Models, "__init__", functools.partialmethod(Models.__init__, attempts=1))
    done = compile_program(job)
    assert "openai/gone" in str(done.langs["en"].stopped)
    assert not done.complete
    assert "no tuned model was measured" in done.langs["en"].notes


def test_a_budget_that_is_too_small_is_refused(job: Compilation, trainings: list[Any]) -> None:
    with pytest.raises(
        InputError, match="bettertogether needs a budget of 55 answers for 17 validation examples in en; it has"
    ):
        compile_program(dataclasses.replace(job, budget=40, validation_size=17))


@pytest.mark.parametrize(("setting", "says"), [("full", "leave out full"), ("four_bit", "leave out four_bit")])
def test_what_llama_cpp_cannot_serve_is_refused_at_once(
    job: Compilation, setting: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Compilation, "names", lambda self: {"supporter": "local/x", "reflection": "local/x"})
    Path("training.toml").write_text(f"{setting} = true\n")
    with pytest.raises(InputError, match=says):
        compile_program(dataclasses.replace(job, training=Path("training.toml")))


@pytest.mark.parametrize("program", ["rewriter", "roleplay"])
def test_programs_that_ask_in_other_ways_are_refused(job: Compilation, program: str) -> None:
    with pytest.raises(InputError, match=f"tunes the model of supporter, judge, annotator; a {program} asks"):
        compile_program(dataclasses.replace(job, program=program))


def test_a_second_run_asks_nothing(job: Compilation, trainings: list[Any]) -> None:
    first = compile_program(job)
    assert first.tuned == {"en": "student:supporter.tuned/tuned"}
    assert compile_program(job).tuned == first.tuned
    assert len(trainings) == 1
    (job.tuned / "tuned" / FILE).unlink()
    again = compile_program(job)
    assert (again.asked, again.tuned, len(trainings)) == (0, first.tuned, 2)


@pytest.mark.parametrize("error", [RunError, InputError])
def test_where_training_fails_the_best_prompts_are_kept(
    job: Compilation, trainings: list[Any], monkeypatch: pytest.MonkeyPatch, error: type[CscError]
) -> None:
    def finetune(self: Any, *given: Any, **more: Any) -> str:
        raise error("out of memory: lower --length")

    monkeypatch.setattr(StudentProvider, "finetune", finetune)
    done = compile_program(job)
    assert done.langs["en"].stopped == "the optimizer failed: out of memory: lower --length"
    assert (done.langs["en"].tuned, done.tuned) == (None, {})
    assert done.langs["en"].gains[0].difference > 0
    assert not done.complete


def test_where_nothing_was_right_there_is_nothing_to_go_on_with(
    job: Compilation, trainings: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def finetune(self: Any, *given: Any, **more: Any) -> str:
        raise NothingLearnedError("there is nothing to learn from: no answer was right")

    monkeypatch.setattr(StudentProvider, "finetune", finetune)
    done = compile_program(job)
    assert done.complete
    assert any("no answer was right; give a larger --budget" in note for note in done.langs["en"].notes)
    assert compile_program(job).asked == 0


@pytest.mark.parametrize("name", ["openai/x", "student:somewhere"])
def test_a_model_that_cannot_be_tuned_is_refused(job: Compilation, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Compilation, "names", lambda self: {"supporter": name, "reflection": "openai/y"})
    with pytest.raises(InputError, match="bettertogether tunes one local model"):
        compile_program(job)


def test_settings_of_training_are_for_those_that_train(job: Compilation, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="knn trains no model; bettertogether does"):
        compile_program(dataclasses.replace(job, optimizer="knn", training=tmp_path / "training.toml"))
