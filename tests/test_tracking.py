"""Runs are read back from a real SQLite store."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from csc_dspy.errors import CscError, InputError
from csc_dspy.optimizers.quiet import quiet
from csc_dspy.settings import Settings
from csc_dspy.tracking import (
    EXPERIMENT,
    TrackedRun,
    TrackingError,
    digest_of,
    fetch,
    register,
    store,
    tracked_run,
    tracking_uri,
)
from csc_dspy.usage import Usage

PLANTED = "sk-test-" + "7f3a9c2e51d84b60"


FIRST_RUN = """
from csc_dspy.tracking import tracked_run
import sys
assert "mlflow" not in sys.modules
with tracked_run("first", params={}) as run:
    run.log_metrics({"a": 1})
from mlflow.telemetry import get_telemetry_client
assert get_telemetry_client() is None
assert not {"torch", "dspy"} & set(sys.modules)
"""


@pytest.fixture(scope="session")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A folder with a fresh store, made once: creating MLflow's tables takes seconds."""
    folder = tmp_path_factory.mktemp("store")
    hidden = ("PYTEST_CURRENT_TEST", "CI", "MLFLOW_TRACKING_URI", "MLFLOW_DISABLE_TELEMETRY", "DO_NOT_TRACK")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    done = subprocess.run(
        [sys.executable, "-c", FIRST_RUN],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**environment, "PYTHONPATH": str(Path(__file__).parents[1])},
        timeout=120,
    )
    return folder, done


@pytest.fixture
def folder(
    first_run: tuple[Path, subprocess.CompletedProcess[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    project = tmp_path / "my project 项目"
    shutil.copytree(first_run[0], project)
    monkeypatch.chdir(project)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return project


def client() -> Any:
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=tracking_uri())


def read(run: TrackedRun) -> Any:
    return client().get_run(run.run_id)


def artifact(run: TrackedRun, path: str) -> Path:
    return Path("mlruns") / "artifacts" / str(run.run_id) / "artifacts" / path


def every_byte(folder: Path) -> bytes:
    return b"\0".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


def test_what_goes_in_is_logged(folder: Path) -> None:
    calls = folder / "calls.jsonl"
    calls.write_bytes(b"one\ntwo\nthree")
    with tracked_run(
        "rewrite",
        name="try 1",
        params={"limit": 3, "filter": {"min_turns": 6, "langs": ["en", "zh"]}, "note": None, "long": "字" * 9000},
        inputs=[Path("calls.jsonl")],
        models={"judge": "openai/gpt-4o-mini"},
        prompts={"rewriter": "Rewrite it.", "odd/name": "x"},
    ) as run:
        assert read(run).info.status == "RUNNING"
    logged = read(run)
    assert logged.info.run_name == "try 1"
    params = logged.data.params
    assert params["limit"] == "3"
    assert params["filter.min_turns"] == "6"
    assert params["filter.langs"] == '["en", "zh"]'
    assert params["note"] == "null"
    assert len(params["long"]) == 6000
    assert params["models.judge"] == "openai/gpt-4o-mini"
    assert params["inputs.calls.jsonl.sha256"] == sha256(b"one\ntwo\nthree").hexdigest()
    assert params["inputs.calls.jsonl.lines"] == "3"
    assert params["prompts.rewriter"] == sha256(b"Rewrite it.").hexdigest()[:12]
    assert logged.data.tags["kind"] == "rewrite"
    assert logged.data.tags["version.python"] == ".".join(map(str, sys.version_info[:3]))
    assert logged.inputs.dataset_inputs[0].dataset.name == "calls.jsonl"
    assert artifact(run, "prompts/rewriter.txt").read_text() == "Rewrite it."
    assert artifact(run, "prompts/odd_name.txt").read_text() == "x"
    config = json.loads(artifact(run, "config.json").read_text())
    assert config["params"]["long"] == "字" * 9000
    assert config["inputs"]["calls.jsonl"]["path"] == "calls.jsonl"


def test_params_named_like_our_own_do_not_collide(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with tracked_run("evaluate", params={"models": {"judge": "a"}, "a//b": 1, "../c": 2}, models={"judge": "b"}) as run:
        pass
    assert read(run).data.params == {"models.judge": "b", "a/b": "1", "c": "2"}
    assert capfd.readouterr().err == ""


def test_what_comes_out_is_logged(folder: Path) -> None:
    out = folder / "out.jsonl"
    out.write_text('{"id": 1}\n')
    adapter = folder / "student"
    (adapter / "deep").mkdir(parents=True)
    (adapter / "deep" / "weights.bin").write_bytes(b"\0\1")
    (folder / "chart.png").write_bytes(b"\x89PNG")
    with tracked_run("distill", params={}) as run:
        for step in range(3):
            run.log_metrics({"loss": 1.0 / (step + 1)}, step=step)
        run.log_output(Path("out.jsonl"))
        run.log_output(Path("student"))
        run.log_pictures([Path("chart.png")])
        run.log_table([{"id": 1, "text": "好"}, {"id": 2, "strategy": "greeting"}], "tables/rows.json")
        run.set_tag("base", "smollm2")
    logged = read(run)
    assert [point.value for point in client().get_metric_history(run.run_id, "loss")] == [1.0, 0.5, 1 / 3]
    assert logged.data.metrics["duration_seconds"] > 0
    assert json.loads(logged.data.tags["output.out.jsonl"]) == {
        "path": "out.jsonl",
        "sha256": sha256(b'{"id": 1}\n').hexdigest(),
        "lines": 1,
        "size": 10,
    }
    assert logged.data.tags["base"] == "smollm2"
    assert artifact(run, "outputs/out.jsonl").read_text() == '{"id": 1}\n'
    assert artifact(run, "outputs/student/deep/weights.bin").read_bytes() == b"\0\1"
    assert artifact(run, "pictures/chart.png").read_bytes() == b"\x89PNG"
    table = json.loads(artifact(run, "tables/rows.json").read_text())
    assert table["columns"] == ["id", "text", "strategy"]
    assert table["data"] == [[1, "好", None], [2, None, "greeting"]]


def test_an_unknown_figure_is_never_zero(folder: Path) -> None:
    with tracked_run("evaluate", params={}) as run:
        run.log_usage(Usage(calls=2, prompt_tokens=10, completion_tokens=5, cost=None))
        run.log_metrics({"judge": None, "nan": float("nan"), "later": None, "zero": 0})
        run.log_metrics({"later": 0.5})
    logged = read(run)
    assert logged.data.metrics["usage.prompt_tokens"] == 10
    assert logged.data.metrics["usage.tokens"] == 15
    assert logged.data.metrics["zero"] == 0
    assert logged.data.metrics["later"] == 0.5
    for name in ("usage.cost_usd", "judge", "nan"):
        assert name not in logged.data.metrics
        assert logged.data.tags[f"{name}.unknown"] == "true"
    assert "later.unknown" not in logged.data.tags


def test_a_known_cost_is_logged(folder: Path) -> None:
    with tracked_run("evaluate", params={}) as run:
        run.log_usage(Usage(cost=0.25))
    assert read(run).data.metrics["usage.cost_usd"] == 0.25


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ValueError("two\nlines"), "FAILED"),
        (KeyboardInterrupt(), "KILLED"),
        (asyncio.CancelledError(), "KILLED"),
        (BaseExceptionGroup("g", [KeyboardInterrupt()]), "KILLED"),
        (SystemExit(0), "FINISHED"),
        (SystemExit(2), "FAILED"),
    ],
)
def test_the_end_tells_how_it_ended(folder: Path, error: BaseException, status: str) -> None:
    with pytest.raises(type(error)):
        with tracked_run("rewrite", params={}) as run:
            raise error
    logged = read(run)
    assert logged.info.status == status
    assert logged.info.end_time is not None
    if isinstance(error, ValueError):
        assert logged.data.tags["error"] == "ValueError: two lines"


def test_a_planted_key_is_nowhere_under_mlruns(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_API_KEY", PLANTED)
    Path("out.jsonl").write_text(f'{{"said": "{PLANTED}"}}\n')

    def work() -> None:
        with tracked_run(
            f"rewrite {PLANTED}",
            name=f"name {PLANTED}",
            params={"plain": PLANTED, "deep": [{"x": f"a{PLANTED}b"}], PLANTED: 1, "cut": "x" * 5990 + PLANTED},
            models={"judge": f"openai/x?{PLANTED}"},
            prompts={"p": f"use {PLANTED}", PLANTED: "x"},
        ) as run:
            runs.append(run)
            run.log_text(f"log {PLANTED}", f"{PLANTED}.txt")
            run.log_table([{"a": PLANTED}], "t.json")
            run.log_output(Path("out.jsonl"))
            run.set_tag("t", PLANTED)
            run.set_tag(PLANTED, "v")
            run.log_metrics({PLANTED: 1.0, f"{PLANTED}.b": None})
            raise CscError(f"401: wrong key {PLANTED}")

    runs: list[TrackedRun] = []
    with pytest.raises(CscError):
        work()
    run = runs[0]
    assert PLANTED.encode() not in every_byte(folder / "mlruns")
    assert PLANTED not in "".join(str(path) for path in folder.rglob("*"))
    assert b"sk-test" not in every_byte(folder / "mlruns")
    assert read(run).data.tags["error"] == "CscError: 401: wrong key [secret]"
    assert artifact(run, "outputs/out.jsonl").read_text() == '{"said": "[secret]"}\n'
    assert PLANTED in Path("out.jsonl").read_text()


class Broken:
    """A client whose every call fails, but for those it is told to let through."""

    def __init__(self, **passes: Any) -> None:
        self.__dict__ |= passes

    def __getattr__(self, name: str) -> Callable[..., None]:
        def fail(*args: object, **kwargs: object) -> None:
            raise OSError(f"disk full {PLANTED}")

        return fail


def test_a_failure_is_told_where_the_run_was_opened_and_for_all_its_parts_once(
    folder: Path, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with tracked_run("compile", params={}) as run, quiet(tmp_path / "a.log"):
        run._client = Broken(create_run=run._client.create_run)
        for name in ("one", "two"):
            assert run.log_child("trial", name, params={"a": 1}, metrics={}, texts={}) is not None
        run.log_metrics({"a": 1})
    err = capfd.readouterr().err
    assert err.startswith("warning: tracking could not log parameters: OSError: disk full")
    assert err.count("warning: ") == 1
    assert not (tmp_path / "a.log").read_text()


def test_a_failure_while_logging_warns_once_and_the_work_goes_on(
    folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_API_KEY", PLANTED)
    with tracked_run("rewrite", params={}) as run:
        run._client = Broken()
        run.log_metrics({"a": 1, "b": "no number"})  # type: ignore[dict-item]
        run.log_output(Path("not there"))
        run.log_table([object()], "t.json")  # type: ignore[list-item]
        done = True
    assert done
    err = capfd.readouterr().err
    assert err.count("warning: tracking could not log") == 1
    assert PLANTED not in err


def test_without_tracking_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with tracked_run("rewrite", params={"a": 1}, inputs=[Path("missing")], enabled=False) as run:
        run.log_metrics({"a": 1})
        run.log_output(Path("missing"))
    assert run.run_id is None
    assert run.url_hint == "not tracked"
    assert list(tmp_path.iterdir()) == []


def test_the_tracking_uri_of_the_environment_is_respected(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(folder, elsewhere)
    before = (folder / "mlruns" / "mlflow.db").read_bytes()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{elsewhere}/mlruns/mlflow.db")
    with tracked_run("rewrite", params={"here": 1}) as run:
        pass
    assert read(run).data.params["here"] == "1"
    assert (folder / "mlruns" / "mlflow.db").read_bytes() == before


def test_a_store_that_cannot_be_opened_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    (tmp_path / "mlruns").mkdir()
    (tmp_path / "mlruns" / "mlflow.db").write_bytes(b"no database at all" * 100)
    started = time.monotonic()
    with pytest.raises(TrackingError, match=r"cannot open the run store .* not a database"):
        with tracked_run("rewrite", params={}):
            raise AssertionError("the work must not start")
    assert time.monotonic() - started < 20


def test_an_unreachable_server_is_told_without_its_password(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://anna:pa55word@127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(TrackingError) as caught:
        with tracked_run("rewrite", params={}):
            raise AssertionError("the work must not start")
    assert "pa55word" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_input_is_an_input_error(folder: Path) -> None:
    with pytest.raises(InputError, match=r"missing\.jsonl: No such file"):
        with tracked_run("rewrite", params={}, inputs=[Path("missing.jsonl")]):
            raise AssertionError("the work must not start")


def test_runs_nest_and_run_side_by_side(folder: Path) -> None:
    def one(number: int) -> TrackedRun:
        with tracked_run("synthesize", params={"number": number}) as run:
            run.log_metrics({"number": number})
        return run

    with tracked_run("demo", params={}) as outer:
        with ThreadPoolExecutor(4) as pool:
            inner = list(pool.map(one, range(4)))
        outer.log_metrics({"runs": len(inner)})
    for number, run in enumerate(inner):
        assert read(run).data.metrics["number"] == number
        assert read(run).info.status == "FINISHED"
    assert read(outer).data.metrics["runs"] == 4


KILLED = """
from csc_dspy.tracking import tracked_run
import os, signal
with tracked_run("synthesize", params={}) as run:
    print(run.run_id, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_run_of_a_process_that_was_killed_does_not_run_on(folder: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    with tracked_run("demo", params={}) as alive:
        done = subprocess.run([sys.executable, "-c", KILLED], capture_output=True, text=True, env=environment)
        dead = done.stdout.strip()
        assert client().get_run(dead).info.status == "RUNNING", done.stderr
        with tracked_run("synthesize", params={}):
            assert client().get_run(dead).info.status == "KILLED"
            assert client().get_run(dead).data.tags["error"] == "its process is gone"
            assert read(alive).info.status == "RUNNING"
    assert read(alive).info.status == "FINISHED"
    assert not list(Path("mlruns").glob("running/*"))


def test_a_moved_folder_keeps_its_artifacts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with tracked_run("rewrite", params={}) as before:
        before.log_text("hello", "a.txt")
    moved = folder.with_name("moved")
    folder.rename(moved)
    monkeypatch.chdir(moved)
    with tracked_run("rewrite", params={}) as after:
        after.log_text("hello", "b.txt")
    assert not folder.exists()
    for run, name in ((before, "a.txt"), (after, "b.txt")):
        assert name in [file.path for file in client().list_artifacts(run.run_id)]


def registered(words: str) -> str:
    """A program that says these words, registered by a run."""
    Path("p.json").write_text(words)
    Path("code.py").write_text("from mlflow.models import set_model\n\nset_model(lambda model_input: model_input)\n")
    with tracked_run("compile", params={}) as run:
        address = register(run, "supporter", Path("code.py"), Path("p.json"), "pip")
    assert address is not None
    return address


def test_registered_programs_move_with_their_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = registered("first")
    kept, moved = (folder.with_name(name) for name in ("a copy", "moved"))
    shutil.copytree(folder, kept)
    folder.rename(moved)
    monkeypatch.chdir(moved)
    assert fetch(address, moved / "fetched").read_text() == "first"
    (logged,) = client().search_logged_models([client().get_experiment_by_name(EXPERIMENT).experiment_id])
    assert logged.artifact_location.startswith((moved / "mlruns").as_uri())
    for program in moved.rglob("program.json"):
        program.write_text("changed")
    monkeypatch.chdir(kept)
    assert fetch(address, kept / "fetched").read_text() == "first"
    again = registered("second")
    assert [fetch(one, kept / one[-1]).read_text() for one in (address, again)] == ["first", "second"]
    assert not folder.exists()


def test_a_deleted_experiment_comes_back(folder: Path) -> None:
    store = client()
    store.delete_experiment(store.get_experiment_by_name(EXPERIMENT).experiment_id)
    with tracked_run("rewrite", params={}) as run:
        pass
    assert read(run).info.status == "FINISHED"


def test_git_revision_and_dirt_are_logged(folder: Path) -> None:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    author = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    Path("a.txt").write_text("1")
    for command in (["init", "-q"], ["add", "a.txt"], [*author, "commit", "-q", "-m", "x"]):
        subprocess.run(["git", *command], check=True, env=environment)
    revision = subprocess.run(["git", "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    with tracked_run("rewrite", params={}) as clean:
        pass
    Path("a.txt").write_text("2")
    with tracked_run("rewrite", params={}) as dirty:
        pass
    assert read(clean).data.tags["git.revision"] == revision
    assert read(clean).data.tags["git.dirty"] == "false"
    assert read(dirty).data.tags["git.dirty"] == "true"


def test_a_first_run_is_quiet_and_sends_nothing(first_run: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """In a process of its own: a fresh store, no telemetry client, no word on the terminal."""
    folder, done = first_run
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (folder / "mlruns" / "mlflow.db").is_file()


def test_digests_count_lines_and_folders(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    (tmp_path / "b").write_bytes(b"x\ny\n")
    (tmp_path / "c").write_bytes(b"x\0\n")
    assert [digest_of(tmp_path / name).lines for name in "abc"] == [0, 2, None]
    before = digest_of(tmp_path)
    assert before.size == 7
    (tmp_path / "a").rename(tmp_path / "d")
    assert digest_of(tmp_path).sha256 != before.sha256


def test_a_new_folder_begins_with_a_copy_of_an_empty_store_or_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    (tmp_path / "file").touch()
    caches = {"first": tmp_path / "cache", "second": tmp_path / "cache", "third": tmp_path / "file"}
    for name, cache in caches.items():
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        monkeypatch.setattr(store, "load_settings", lambda kept=cache: Settings(cache_dir=kept))
        with tracked_run("rewrite", params={"here": name}) as run:
            run.log_metrics({"a": 1})
        assert read(run).data.metrics["a"] == 1
        with closing(sqlite3.connect(tmp_path / name / "mlruns" / "mlflow.db")) as db:
            places = [place for (place,) in db.execute("SELECT artifact_location FROM experiments")]
            (runs,) = db.execute("SELECT count(*) FROM runs").fetchone()
        assert all(f"/{name}/mlruns/" in place for place in places)
        assert (len(places), runs) == (2, 1)
    assert len(list((tmp_path / "cache" / "mlflow").iterdir())) == 1
