"""Compiled programs as registered models: what MLflow loads answers, by its own model and as it was compiled."""

from __future__ import annotations

import json
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import dspy
import mlflow
import pandas
import pytest
from mlflow import MlflowClient

from csc_dspy import optimizers
from csc_dspy.annotation.annotate import Annotation, annotate
from csc_dspy.conversation import write_records
from csc_dspy.errors import InputError
from csc_dspy.lms.student import BaseIdentity, Student
from csc_dspy.optimizers.conversing import RewriterTask, RolePlayTask
from csc_dspy.optimizers.labelling import AnnotatorTask, JudgeTask, SupporterTask
from csc_dspy.optimizers.task import Task
from csc_dspy.pipeline.compiled import compiled
from csc_dspy.programs.nearest import Nearest
from csc_dspy.programs.saved import SavedProgram
from csc_dspy.settings import load_settings
from csc_dspy.tracking import register, tracked_run, tracking_uri
from tests.support.actor import schema_of
from tests.support.learner import calls
from tests.support.openai_server import OpenAIServer

Register = Callable[..., str]
SAID = {"speaker": "customer", "text": "My lamp is broken."}
ANSWERED = {"speaker": "supporter", "text": "Which lamp is it?", "strategy": "problem_refinement"}
DEMO = {"context": "Customer: This is Tobias Falk, 0171 2345678.", "turn": "Thank you, Mr. Falk."}
LABELS = {"stage": "connecting", "strategy": "identity_verification"}


@pytest.fixture
def registered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Register:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")  # MLflow sets it where it is told a store, for good

    def build(task: Task, *, demos: Sequence[dict[str, Any]] = (), memory: Nearest | None = None, **made: Any) -> str:
        program = task.build("en")
        name = next(name for name, _ in program.named_predictors())
        getattr(program, name).demos += [dspy.Example(**demo) for demo in demos]
        if memory is not None:
            program.memories[name] = memory
        SavedProgram.of(task.name, {"en": program}, made).write(Path("p.json"))
        with tracked_run("compile", params={}) as run:
            found = register(run, task.name, Path(optimizers.__file__).with_name("served.py"), Path("p.json"), "pip")
        assert found is not None
        mlflow.set_tracking_uri(tracking_uri())
        return found

    return build


def loaded(address: str) -> Any:
    """The model as MLflow loads it, which has nothing to warn of."""
    with warnings.catch_warnings(record=True):
        return mlflow.pyfunc.load_model(address)


def given(server: OpenAIServer) -> dict[str, str]:
    return {"lm": "openai/x", "api_base": server.api_base}


@pytest.mark.parametrize("form", [list, pandas.DataFrame])
def test_what_mlflow_loads_answers_calls(registered: Register, server: OpenAIServer, form: Any) -> None:
    model = loaded(registered(SupporterTask()))
    rows = [{"turns": [SAID], "lang": "en"}, {"turns": [SAID, ANSWERED, SAID]}]
    first, second = model.predict(form(rows), params=given(server))
    assert first.keys() == second.keys() == {"stage", "strategy", "response"}
    assert first["response"] == "I see."
    assert "Which lamp is it?" in str(server.bodies)
    with pytest.raises(InputError, match="fr: no language of calls; there are en, zh"):
        model.predict([{"turns": [SAID], "lang": "fr"}], params=given(server))
    with pytest.raises(InputError, match=r"row 2: .*speaker"):
        model.predict([rows[0], {"turns": [{"text": "Hello?"}]}], params=given(server))


def test_predictions_side_by_side_keep_their_own_models(registered: Register, server: OpenAIServer) -> None:
    model = loaded(registered(SupporterTask()))
    names = [f"openai/{number}" for number in range(8)]
    with ThreadPoolExecutor(len(names)) as pool:
        rows = [{"turns": [SAID]}, {"turns": [SAID, ANSWERED, SAID]}]
        found = [pool.submit(model.predict, rows, params={**given(server), "lm": name}) for name in names]
        assert all(answer["response"] == "I see." for one in found for answer in one.result())
    asked = Counter(body["model"] for body in server.bodies)
    assert set(asked.values()) == {len(server.bodies) // len(names)}
    assert len(asked) == len(names)


def test_the_model_is_that_of_the_programs_role(
    registered: Register, server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CSC_MODELS__ANNOTATOR", "openai/labels")
    monkeypatch.setenv("CSC_ENDPOINTS", json.dumps({"openai/labels": {"api_base": server.api_base}}))
    load_settings.cache_clear()
    model = loaded(registered(AnnotatorTask()))
    (label,) = model.predict([{"turns": [SAID, ANSWERED]}])
    assert label["strategy"] is not None
    assert {body["model"] for body in server.bodies} == {"labels"}
    load_settings.cache_clear()


@pytest.mark.parametrize(("made", "held"), [({}, True), ({"rules": False, "words": False}, False)])
def test_it_answers_as_it_was_compiled(
    registered: Register, server: OpenAIServer, made: dict[str, bool], held: bool
) -> None:
    model = loaded(registered(SupporterTask(), **made))
    twice = [SAID, ANSWERED, SAID, ANSWERED, SAID]
    (answer,) = model.predict([{"turns": twice}], params=given(server))
    assert len(server.bodies) == (3 if held else 2)
    assert (answer["response"] is not None) == held
    options = schema_of(server.bodies[1])["strategy"]
    assert ("problem_refinement" in options) != held


def test_answers_are_plain_texts(registered: Register, server: OpenAIServer) -> None:
    turns = [SAID, ANSWERED]
    (label,) = loaded(registered(AnnotatorTask())).predict([{"turns": turns}], params=given(server))
    assert {type(label[name]) for name in ("stage", "strategy")} == {str}
    assert label["response"] is None


@pytest.mark.parametrize("form", [tuple, lambda rows: rows[0]])
def test_a_single_row_is_a_row(registered: Register, server: OpenAIServer, form: Any) -> None:
    (answer,) = loaded(registered(SupporterTask())).predict(form([{"turns": [SAID]}]), params=given(server))
    assert answer["response"] == "I see."


@pytest.mark.parametrize("rows", ["hello", ["hello"], [[SAID]], 3, pandas.Series(["hello"])])
def test_what_are_no_rows_is_told_what_rows_are(registered: Register, server: OpenAIServer, rows: Any) -> None:
    with pytest.raises(InputError, match="rows are a table or a list of objects with `turns` and `lang`: "):
        loaded(registered(SupporterTask())).predict(rows, params=given(server))
    assert not server.log


def test_a_row_of_a_language_that_was_not_compiled_is_refused(registered: Register, server: OpenAIServer) -> None:
    rows = [{"turns": [SAID]}, {"turns": [SAID], "lang": "zh"}]
    with pytest.raises(InputError) as error:
        loaded(registered(SupporterTask())).predict(rows, params=given(server))
    assert str(error.value) == "row 2: the program is compiled for en, and the call is zh (`lang`)"
    assert not server.log


def test_models_are_asked_for_as_python_names_them(registered: Register, tmp_path: Path) -> None:
    load_settings.cache_clear()
    model, rows = loaded(registered(SupporterTask())), [{"turns": [SAID]}]
    with pytest.raises(InputError) as error:
        model.predict(rows)
    assert str(error.value) == (
        'no model for the role supporter: give params={"lm": "PROVIDER/MODEL"}, or set models.supporter or '
        "models.default in csc.toml"
    )
    with pytest.raises(InputError, match="params: `api_base` is the address of the server of `lm`, which is missing"):
        model.predict(rows, params={"api_base": "http://127.0.0.1:1/v1"})
    base = BaseIdentity(name="base", digest="0" * 64, gguf=True)
    Student(package="0", base=base).write(tmp_path)
    with pytest.raises(InputError, match="is a student, which is asked in its own form and by no compiled program"):
        model.predict(rows, params={"lm": f"student:{tmp_path}"})


@pytest.mark.parametrize("called", ["models:/supporter/latest", "models:/supporter/7", "models:/supporter@best"])
def test_what_is_no_version_is_told_which_there_are(registered: Register, called: str) -> None:
    for _ in range(2):
        registered(SupporterTask())
    with pytest.raises(InputError, match=r"; versions there are: 2, 1$"):
        compiled(called)


def test_looking_for_what_was_never_registered_makes_no_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
    with pytest.raises(InputError, match=r"is named models:/NAME/VERSION or models:/NAME@ALIAS$"):
        compiled("models:/supporter/latest")
    assert not any(tmp_path.iterdir())


def test_personal_data_of_worked_answers_is_masked_for_hosted_models(
    registered: Register, server: OpenAIServer
) -> None:
    address = registered(AnnotatorTask(), demos=[{**DEMO, **LABELS}])
    loaded(address).predict([{"turns": [SAID, ANSWERED]}], params=given(server))
    shown = str(server.bodies)
    assert not [word for word in ("Tobias", "Falk", "0171") if word in shown]
    assert "[NAME]" in shown


@pytest.mark.parametrize(
    ("task", "says"),
    [
        (JudgeTask(), "csc-dspy synthesize --judge-program models:/judge/VERSION"),
        (RolePlayTask(), "csc-dspy synthesize --program models:/roleplay/VERSION"),
        (RewriterTask(by_turn=True), "csc-dspy rewrite --program models:/rewriter/VERSION"),
    ],
)
def test_a_program_that_answers_no_calls_says_which_verb_takes_it(registered: Register, task: Task, says: str) -> None:
    with pytest.raises(InputError) as error:
        loaded(registered(task))
    assert str(error.value) == f"a compiled {task.name} answers no calls turn by turn; `{says}` takes it"


def test_a_program_of_the_wrong_kind_is_named_as_it_was_given(registered: Register, server: OpenAIServer) -> None:
    address = registered(SupporterTask())
    write_records("calls.jsonl", calls(1))
    job = Annotation(
        conversations=Path("calls.jsonl"), output=Path("o.jsonl"), program=address, tracking=False, **given(server)
    )
    with pytest.raises(InputError) as error:
        annotate(job)
    said, *apart = str(error.value).splitlines()
    assert said == f"{address}: a compiled supporter, but an annotator is needed"
    assert apart[0] == "  en.classify_stage: only in the file"
    assert apart[-1] == "  en.annotator: only in this version"


def test_what_was_read_is_logged_by_its_use(registered: Register) -> None:
    for name in ("a", "b"):
        Path(f"{name}.jsonl").write_text(f"{name}\n")
    with tracked_run("compile", params={}, inputs={"train": Path("a.jsonl"), "val": Path("b.jsonl")}) as run:
        pass
    logged = MlflowClient(tracking_uri()).get_run(run.run_id)
    found = {one.dataset.name: [(tag.key, tag.value) for tag in one.tags] for one in logged.inputs.dataset_inputs}
    assert found == {
        "a.jsonl": [("mlflow.data.context", "train")],
        "b.jsonl": [("mlflow.data.context", "val")],
    }
    assert logged.data.params["inputs.a.jsonl.lines"] == "1"
