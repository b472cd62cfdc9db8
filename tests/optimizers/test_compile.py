"""``compile``: every optimizer makes a program better, asks for nothing twice, and is one run with children."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from csc_dspy.annotation.annotate import Annotation, annotate, compared
from csc_dspy.conversation import write_records
from csc_dspy.errors import InputError, ModelError
from csc_dspy.evaluation.chat import Chat
from csc_dspy.evaluation.evaluate import Evaluation, evaluate
from csc_dspy.evaluation.score import score
from csc_dspy.framework import LANGS, Lang, Strategy
from csc_dspy.lms.models import Models
from csc_dspy.lms.replies import Replies, Watched
from csc_dspy.optimizers.compile import _on_record, compile_program
from csc_dspy.optimizers.estimate import estimate
from csc_dspy.optimizers.report import described
from csc_dspy.programs.saved import SavedProgram
from csc_dspy.programs.supporter import Supporter
from csc_dspy.settings import Role
from csc_dspy.tracking import tracking_uri
from tests.optimizers.conftest import OF_PROMPTS, Job, write_both_languages
from tests.support.actor import schema_of
from tests.support.command import rows
from tests.support.learner import RULE, calls, learner
from tests.support.openai_server import Fault, OpenAIServer

ENOUGH = {"simba": 400}
"""Budgets of optimizers that need more than the others."""


@pytest.mark.parametrize("optimizer", OF_PROMPTS)
def test_every_optimizer_makes_the_supporter_better_and_is_one_run_with_a_child_for_each_trial(
    job: Job, optimizer: str
) -> None:
    budget = ENOUGH.get(optimizer, 120)
    done = compile_program(job(optimizer, budget=budget, tracking=True))
    (gain,) = [one for one in done.langs["en"].gains if one.figure == "strategy accuracy"]
    assert gain.before < 50
    assert gain.after >= gain.before + 15
    assert gain.low is not None
    assert gain.low > 0
    assert done.langs["en"].stopped is None
    assert done.langs["en"].spent <= budget
    assert done.langs["en"].trials > 1
    client = MlflowClient(tracking_uri())
    (experiment,) = client.search_experiments(filter_string="name = 'csc-dspy'")
    runs = client.search_runs([experiment.experiment_id])
    (parent,) = [run for run in runs if run.data.tags["kind"] == "compile"]
    children = [run for run in runs if run.data.tags.get("mlflow.parentRunId") == parent.info.run_id]
    assert len(children) == done.langs["en"].trials
    assert len(runs) == len(children) + 1
    assert parent.data.params["optimizer"] == optimizer
    assert parent.data.metrics["en.strategy_accuracy.after"] == gain.after
    assert len(client.get_metric_history(parent.info.run_id, "trials.en.score")) == len(children)
    assert "output.supporter.json" in parent.data.tags
    best = max(children, key=lambda run: run.data.metrics["score"])
    assert [one.path for one in client.list_artifacts(best.info.run_id)] == ["instructions.txt", "program.json"]


def test_a_second_run_does_nothing(job: Job, server: OpenAIServer) -> None:
    first = compile_program(job("knn", tracking=True))
    asked, saved = len(server.bodies), Path("supporter.json").stat()
    second = compile_program(job("knn", tracking=True))
    assert len(server.bodies) == asked
    assert (first.asked, second.asked) == (asked, 0)
    assert (second.langs, second.model) == (first.langs, first.model)
    assert Path("supporter.json").stat() == saved
    assert described(second).startswith("nothing to do")
    assert compile_program(job("knn", seed=1)).usage.calls


@pytest.mark.parametrize("optimizer", [name for name in OF_PROMPTS if name != "knn"])
def test_what_is_on_record_is_not_asked_for_again(job: Job, server: OpenAIServer, optimizer: str) -> None:
    first = compile_program(job(optimizer))
    saved = Path("supporter.json").read_text()
    Path("supporter.json").unlink()
    second = compile_program(job(optimizer))
    assert (first.asked, second.asked) == (len(server.bodies), 0)
    assert Path("supporter.json").read_text() == saved


def test_another_server_under_the_same_name_answers_for_itself(
    job: Job, server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with OpenAIServer(learner) as other:
        assert compile_program(job("labeled")).asked == len(server.bodies) > 0
        for running, known in ((server, True), (other, False)):  # the same address by another way, and another one
            monkeypatch.setenv("OPENAI_BASE_URL", running.api_base)
            before = len(running.bodies)
            asked = compile_program(job("labeled", api_base=None)).asked
            assert asked == len(running.bodies) - before
            assert (asked == 0) == known
            assert compile_program(job("labeled", api_base=None)).asked == 0
            assert running.api_base not in Path("supporter.json").read_text()


def test_what_was_compiled_is_a_file_that_every_verb_takes(job: Job, server: OpenAIServer) -> None:
    compile_program(job("knn"))
    saved = json.loads(Path("supporter.json").read_text())
    assert saved["program"] == "supporter"
    assert "reason" not in saved["langs"]["en"]["select_strategy"]["outputs"]
    assert server.api_base not in Path("supporter.json").read_text()
    given = {"conversations": Path("test.jsonl"), "lm": "openai/x", "api_base": server.api_base, "tracking": False}
    for output, program in (("before.jsonl", "supporter"), ("after.jsonl", "supporter.json")):
        evaluate(Evaluation(**given, output=Path(output), program=program, rules=False))  # type: ignore[arg-type]
    before, after = (score(Path(name)).score("accuracy") for name in ("before.jsonl", "after.jsonl"))
    assert before.value < 50 < after.value
    assert {row["program"] for row in rows(Path("after.jsonl"))} == {
        f"supporter {SavedProgram.read(Path('supporter.json')).digest()}"
    }


@pytest.mark.parametrize("rules", [True, False])
def test_verbs_hold_the_rules_as_when_it_was_compiled(job: Job, server: OpenAIServer, rules: bool) -> None:
    compile_program(job("knn", rules=rules))
    given = {"lm": "openai/x", "api_base": server.api_base, "program": "supporter.json"}
    evaluation = Evaluation(conversations=Path("test.jsonl"), output=Path("x.jsonl"), **given)  # type: ignore[arg-type]
    assert evaluation.ruled is rules
    assert dataclasses.replace(evaluation, rules=not rules).ruled is not rules
    with Chat(**given) as call:
        assert call._supporter.rules is rules


def test_what_is_not_measured_is_not_changed(job: Job) -> None:
    compile_program(job("knn"))
    parts = json.loads(Path("supporter.json").read_text())["langs"]["en"]
    assert parts["select_strategy"]["last_lines"] == {"transcript": 3}
    assert "nearest" not in parts["write_response"]
    assert not parts["write_response"]["last_lines"]


def test_the_annotator_is_compiled_and_used(job: Job, server: OpenAIServer) -> None:
    done = compile_program(job("labeled", program="annotator", output=Path("annotator.json")))
    assert done.langs["en"].gains[0].difference > 20
    given = {"conversations": Path("test.jsonl"), "lm": "openai/x", "api_base": server.api_base, "tracking": False}
    shares = []
    for output, program in (("plain.jsonl", None), ("compiled.jsonl", "annotator.json")):
        annotation = Annotation(**given, output=Path(output), program=program)  # type: ignore[arg-type]
        annotate(annotation)
        found = compared(annotation)
        assert found is not None
        shares.append(found.accuracy)
    assert shares[1] > shares[0] + 0.2


@pytest.mark.parametrize("lang", LANGS)
def test_each_language_is_compiled_by_its_own_examples(job: Job, lang: Lang) -> None:
    write_records("train.jsonl", calls(12, lang))
    write_records("val.jsonl", calls(3, lang, start=100))
    write_records("test.jsonl", calls(3, lang, start=200))
    done = compile_program(job("knn"))
    assert {*done.langs} == {lang}
    assert done.langs[lang].gains[0].difference > 20
    assert {*SavedProgram.read(Path("supporter.json")).langs} == {lang}


def test_both_languages_share_the_budget(job: Job) -> None:
    write_records("train.jsonl", [*calls(12), *calls(12, "zh")])
    write_records("val.jsonl", [*calls(3, start=100), *calls(3, "zh", start=100)])
    write_records("test.jsonl", [*calls(3, start=200), *calls(3, "zh", start=200)])
    done = compile_program(job("knn", budget=200))
    assert {*done.langs} == {*LANGS}
    assert all(one.spent <= 100 for one in done.langs.values())


def test_the_compiled_program_is_a_registered_model(
    job: Job, server: OpenAIServer, recwarn: pytest.WarningsRecorder
) -> None:
    versions = [compile_program(job("knn", tracking=True, seed=seed)).model for seed in range(2)]
    assert versions == ["models:/supporter/1", "models:/supporter/2"]
    assert not [one for one in recwarn if "type hints" in str(one.message)]
    given = {"conversations": Path("test.jsonl"), "lm": "openai/x", "api_base": server.api_base, "tracking": False}
    evaluate(Evaluation(**given, output=Path("a.jsonl"), program="models:/supporter/2", rules=False))  # type: ignore[arg-type]
    accuracy = score(Path("a.jsonl")).score("accuracy")
    assert accuracy.value > 50
    for name, says in (("models:/supporter/9", "no such registered program"), ("models:/x", "models:/NAME/VERSION")):
        with pytest.raises(InputError, match=says):
            evaluate(Evaluation(**given, output=Path("b.jsonl"), program=name))  # type: ignore[arg-type]


def test_a_killed_compile_goes_on_without_asking_again(
    job: Job, server: OpenAIServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its replies are on record, the last of them half."""
    compile_program(job("labeled"))
    assert "on record" not in capsys.readouterr().err
    whole = Path("supporter.json").read_text()
    record = Path("supporter.replies.jsonl")
    lines = record.read_text().splitlines(keepends=True)
    Path("supporter.json").unlink()
    record.write_text("".join(lines[: len(lines) // 2]) + lines[-1][:30])
    asked = len(server.bodies)
    done = compile_program(job("labeled"))
    assert done.asked == len(server.bodies) - asked == len(lines) - len(lines) // 2
    assert f"{len(lines) // 2} replies on record, not asked for again" in capsys.readouterr().err
    assert Path("supporter.json").read_text() == whole


def test_a_model_that_also_reflects_is_known_to_be_there(tmp_path: Path, server: OpenAIServer) -> None:
    """Where a compile goes on: its answers are on record, so that an outage is waited out at once."""
    record = tmp_path / "x.replies.jsonl"
    record.write_text(json.dumps({"key": "a", "outputs": ["b"], "usage": {}}) + "\n")
    replies = Replies(record)
    assert len(replies) == 1
    with Models(api_base=server.api_base) as models:
        lms: dict[Role, Any] = {role: models.open("openai/x") for role in ("supporter", "reflection")}
        _on_record(lms, dict.fromkeys(lms, "openai/x"), replies)
    assert [(lm.answered, type(lm.replies)) for lm in lms.values()] == [(True, Replies), (False, Watched)]


def test_a_model_that_dies_leaves_the_best_so_far(job: Job, server: OpenAIServer) -> None:
    left = 70

    def dying(body: Mapping[str, Any]) -> Any:
        nonlocal left
        left -= 1
        return learner(body) if left > 0 else Fault("error", status=401)

    server.reply = dying
    first = compile_program(job("labeled"))
    assert not first.complete
    assert "API key" in str(first.langs["en"].stopped)
    assert first.langs["en"].best == 1
    assert SavedProgram.read(Path("supporter.json")).langs["en"]["select_strategy"].demos
    server.reply = learner
    done = compile_program(job("labeled"))
    assert done.complete
    assert done.langs["en"].gains[0].difference > 20


def test_a_model_that_never_answers_is_an_error(job: Job, server: OpenAIServer) -> None:
    server.reply = lambda body: Fault("error", status=401)
    with pytest.raises(ModelError, match="API key"):
        compile_program(job("labeled"))
    assert not Path("supporter.json").exists()


@pytest.mark.parametrize("optimizer", ["copro", "gepa", "miprov2", "simba"])
def test_nobody_improves_a_predictor_that_is_never_asked(job: Job, server: OpenAIServer, optimizer: str) -> None:
    compile_program(job(optimizer))
    asked = Supporter("en").write_response.signature.instructions.split(". ")[0]
    assert asked not in "".join(str(body["messages"]) for body in server.bodies)
    assert "No valid predictions found" not in Path("supporter.log").read_text("utf-8")


@pytest.mark.parametrize("optimizer", ["copro", "gepa", "miprov2"])
def test_rewritten_instructions_keep_the_definitions(job: Job, optimizer: str) -> None:
    compile_program(job(optimizer))
    told = SavedProgram.read(Path("supporter.json")).langs["en"]["select_strategy"].instructions
    assert RULE in told
    assert not [one for one in Strategy if one.definition.en not in told]
    assert "instruction to you" in told


def test_the_token_budget_is_held_and_leaves_enough_to_measure_with_in_every_language(job: Job) -> None:
    write_both_languages()
    limit = 250_000
    done = compile_program(job("labeled", budget=240, max_tokens=limit))
    assert done.usage.tokens < limit
    assert "token budget used up" in str(done.langs["en"].stopped)
    assert "are kept for what comes after" in str(done.langs["en"].stopped)
    for one in done.langs.values():
        assert one.best > 0
        assert one.gains


@pytest.mark.parametrize("optimizer", ["bootstrap", "copro", "gepa", "miprov2"])
def test_answers_from_the_record_are_not_taken_for_dear_ones(job: Job, optimizer: str) -> None:
    free = compile_program(job(optimizer))
    held = compile_program(job(optimizer, max_tokens=round(1.8 * free.usage.tokens), output=Path("held.json")))
    assert held.complete
    assert held.langs["en"].best == free.langs["en"].best


def test_a_compile_that_goes_on_counts_no_language_against_another(job: Job, server: OpenAIServer) -> None:
    write_both_languages()
    limit = round(1.8 * compile_program(job("labeled", budget=120)).usage.tokens)
    given = job("labeled", budget=120, max_tokens=limit, output=Path("held.json"))
    compile_program(given)
    record = Path("held.replies.jsonl")
    lines = record.read_text().splitlines(keepends=True)
    record.write_text("".join(lines[40:]))  # of the first language some are asked again
    Path("held.json").unlink()
    assert compile_program(given).complete


@pytest.mark.parametrize(
    ("train", "says"),
    [
        (calls(4, start=100), "has the words of en-100 in train.jsonl"),
        ([], "there is nothing in it that a supporter can learn from"),
    ],
)
def test_examples_that_do_not_do_are_refused(job: Job, train: list[Any], says: str) -> None:
    write_records("train.jsonl", train)
    with pytest.raises(InputError, match=says):
        compile_program(job())


def test_one_label_alone_is_refused(job: Job) -> None:
    alike = [
        one.model_copy(update={"turns": one.turns[:2]})
        for one in calls(60)
        if one.turns[1].strategy is Strategy.EMOTIONAL_MANAGEMENT
    ]
    assert len(alike) > 3
    write_records("train.jsonl", alike)
    with pytest.raises(InputError, match="every label in en is emotional_management"):
        compile_program(job())


def test_a_metric_that_is_always_0_is_said_loudly(job: Job, server: OpenAIServer) -> None:
    server.reply = lambda body: {name: ["others"] and "others" for name in schema_of(body)} | {"stage": "exploring"}
    done = compile_program(job("labeled"))
    assert any("every candidate scores 0" in note for note in done.langs["en"].notes)
    assert done.langs["en"].best == 0


def test_words_that_overlap_do_not_hide_that_every_strategy_is_wrong(job: Job, server: OpenAIServer) -> None:
    server.reply = lambda body: dict(learner(body)) | ({"strategy": "others"} if "strategy" in schema_of(body) else {})
    done = compile_program(job("labeled", words=True)).langs["en"]
    assert done.gains[0].after > 0
    assert any("every candidate scores 0 in strategy accuracy" in note for note in done.notes)


def test_where_nothing_is_wrong_nothing_is_tried(job: Job, server: OpenAIServer) -> None:
    told = {"role": "system", "content": RULE}
    server.reply = lambda body: learner({**body, "messages": [told, *body["messages"][1:]]})
    done = compile_program(job("labeled")).langs["en"]
    assert (done.trials, done.spent, done.best) == (1, 8, 0)
    assert [gain.after for gain in done.gains] == [100, 100]
    (note,) = done.notes
    assert "is right on every example to choose by" in note


def test_what_it_takes_is_estimated_without_a_request(job: Job, server: OpenAIServer) -> None:
    compilation = job("labeled")
    found = estimate(compilation)
    assert server.bodies == []
    done = compile_program(compilation)
    assert found.units == 60 + 2 * 15
    assert 0.5 < found.calls / done.usage.calls < 2
    assert 0.4 < found.prompt_tokens / done.usage.prompt_tokens < 2.5


def test_what_is_estimated_is_enough(job: Job) -> None:
    given = job("labeled")
    done = compile_program(given)
    found = estimate(given)
    assert done.usage.tokens <= found.prompt_tokens + found.completion_tokens


def test_another_program_or_optimizer_is_refused(job: Job) -> None:
    with pytest.raises(InputError, match="no such optimizer; there are labeled, knn"):
        compile_program(job("magic"))
    with pytest.raises(InputError, match="no program that can be compiled"):
        compile_program(job(program="oracle"))
