"""What a compile tells people: on the screen while it goes on, in MLflow, and of a file that it would write over."""

from __future__ import annotations

import io
import json
import logging
import re
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from csc_dspy.cli import cli
from csc_dspy.conversation import write_records
from csc_dspy.errors import InputError, RefusedError
from csc_dspy.lms.download import file_sha256
from csc_dspy.optimizers.compile import compile_program
from csc_dspy.optimizers.heartbeat import Voice
from csc_dspy.optimizers.report import described
from csc_dspy.optimizers.trials import Trials
from csc_dspy.pipeline.compiled import compiled
from csc_dspy.programs.saved import SavedProgram
from csc_dspy.signatures.judging import POINTS
from csc_dspy.tracking import TrackingError, tracking_uri
from tests.optimizers.conftest import Job
from tests.support.learner import WRONG, calls, learner
from tests.support.openai_server import Fault, OpenAIServer


def test_trials_can_be_compared_in_mlflow(job: Job) -> None:
    done = compile_program(job("labeled", tracking=True)).langs["en"]
    client = MlflowClient(tracking_uri())
    (experiment,) = client.search_experiments(filter_string="name = 'csc-dspy'")
    runs = client.search_runs([experiment.experiment_id])
    (parent,) = [run for run in runs if run.data.tags["kind"] == "compile"]
    trials = sorted((run for run in runs if run is not parent), key=lambda run: int(run.data.params["trial"]))
    assert [run.info.run_name for run in trials] == [
        f"supporter labeled trial {number} en" for number in range(done.trials)
    ]
    chosen = [run for run in trials if run.data.tags.get("chosen") == "true"]
    assert [int(run.data.params["trial"]) for run in chosen] == [done.best] == [parent.data.metrics["en.chosen_trial"]]
    best = chosen[0].data
    assert best.metrics["score"] == max(run.data.metrics["score"] for run in trials) > 1  # of 100
    assert 0 < best.metrics["strategy_accuracy"] <= 100
    assert best.metrics["answers"] == 8
    assert best.metrics["answers_so_far"] == 8 * (done.best + 1)
    assert best.params["worked_answers.select_strategy"] == "8"
    assert "tuned" not in best.params
    (version,) = client.search_model_versions("name = 'supporter'")
    known = {"optimizer": "labeled", "digest": file_sha256(Path("supporter.json")), "complete": "true"}
    assert version.tags == {**known, "en.chosen_trial": str(parent.data.metrics["en.chosen_trial"])[:1]}
    assert version.description.startswith(f"en: trial {version.tags['en.chosen_trial']}; score: ")
    rows = [json.loads(line) for line in Path("supporter.trials.jsonl").read_text().splitlines()]
    assert [row["score"] for row in rows] == pytest.approx([run.data.metrics["score"] for run in trials])


def test_a_compile_that_did_not_come_to_its_end_has_failed_in_mlflow(job: Job, server: OpenAIServer) -> None:
    left = iter(range(70))
    server.reply = lambda body: learner(body) if next(left, None) is not None else Fault("error", status=401)
    assert not compile_program(job("labeled", tracking=True)).complete
    client = MlflowClient(tracking_uri())
    (parent,) = client.search_runs(["1"], "attributes.run_name LIKE 'compile%'")
    assert parent.info.status == "FAILED"
    assert "API key" in parent.data.tags["error"]


def test_a_program_compiled_with_other_settings_is_put_aside(job: Job, capsys: pytest.CaptureFixture[str]) -> None:
    compile_program(job("labeled"))
    first = Path("supporter.json").read_text()
    compile_program(job("labeled"))
    assert not Path("supporter.old.json").exists()
    compile_program(job("knn"))
    assert Path("supporter.old.json").read_text() == first
    assert SavedProgram.read(Path("supporter.json")).langs["en"]["select_strategy"].nearest
    assert "that program was kept as supporter.old.json" in capsys.readouterr().err


def test_an_output_that_is_a_link_stays_one(job: Job) -> None:
    Path("programs").mkdir()
    Path("supporter.json").symlink_to("programs/7.json")
    compile_program(job("labeled"))
    first = Path("programs/7.json").read_text()
    compile_program(job("knn"))
    assert Path("supporter.json").is_symlink()
    assert Path("programs/7.old.json").read_text() == first != Path("programs/7.json").read_text()


def test_further_ones_are_numbered(job: Job) -> None:
    written = []
    for optimizer in ("labeled", "knn", "labeled"):
        compile_program(job(optimizer))
        written.append(Path("supporter.json").read_text())
    old = [Path(f"supporter.old{number}.json").read_text() for number in ("", "-2")]
    assert [*old, Path("supporter.json").read_text()] == written


def test_fresh_keeps_what_was_there(job: Job, capsys: pytest.CaptureFixture[str]) -> None:
    compile_program(job("labeled"))
    first = Path("supporter.json").read_text()
    replies = []
    for _ in range(2):
        compile_program(job("labeled", fresh=True))
        replies.append(Path("supporter.replies.jsonl").read_text())
    assert Path("supporter.old.json").read_text() == first
    assert "was compiled before; that program was kept as supporter.old.json" in capsys.readouterr().err
    assert Path("supporter.old-2.json").exists()
    assert Path("supporter.replies.jsonl.old-2").read_text() == replies[0]


def test_a_fresh_compile_that_cannot_begin_leaves_the_record(job: Job) -> None:
    compile_program(job("labeled"))
    replies = Path("supporter.replies.jsonl").read_bytes()
    with pytest.raises(InputError, match="no price is known"):
        compile_program(job("labeled", fresh=True, max_cost=5.0))
    assert Path("supporter.replies.jsonl").read_bytes() == replies


def test_what_was_not_tracked_is_tracked_by_the_same_command(job: Job) -> None:
    untracked = compile_program(job("labeled"))
    assert untracked.model is None
    found = [compile_program(job("labeled", tracking=True)) for _ in range(2)]
    assert [one.model for one in found] == ["models:/supporter/1"] * 2
    assert found[0].langs == untracked.langs
    client = MlflowClient(tracking_uri())
    (run,) = client.search_runs(["1"], "attributes.run_name LIKE 'compile%'")
    gain = untracked.langs["en"].gains[0]
    assert run.data.metrics["en.score.after"] == pytest.approx(gain.after)
    assert compiled("models:/supporter/1") == SavedProgram.read(Path("supporter.json"))
    other = job("labeled", tracking=True, output=Path("other.json"), seed=1)
    assert compile_program(other).model == "models:/supporter/2"


def test_where_the_store_is_away_what_is_compiled_is_told(
    job: Job, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first = compile_program(job("labeled"))

    def away() -> None:
        raise TrackingError("cannot open the run store")

    monkeypatch.setattr("csc_dspy.tracking.models.client_of_store", away)
    assert compile_program(job("labeled", tracking=True)).langs == first.langs
    assert "supporter.json: is not tracked: cannot open the run store" in capsys.readouterr().err


def test_which_examples_were_learned_from_and_measured_on_is_in_mlflow(job: Job, tmp_path: Path) -> None:
    compile_program(job("labeled", tracking=True))
    client = MlflowClient(tracking_uri())
    (run,) = client.search_runs(["1"], "attributes.run_name LIKE 'compile%'")
    ids = json.loads(Path(client.download_artifacts(run.info.run_id, "examples.json", str(tmp_path))).read_text())
    assert {use: len(part) for use, part in ids["en"].items()} == {"train": 80, "validation": 8, "heldout": 15}
    assert ids["en"]["heldout"][0].startswith("en-20")


def test_two_compiles_in_one_process_do_not_take_each_others_output(job: Job) -> None:
    before = sys.stdout, sys.stderr, logging.getLogger("dspy").handlers
    with ThreadPoolExecutor(2) as pool:
        outputs = [Path(f"{name}.json") for name in "ab"]
        done = list(pool.map(compile_program, [job("labeled", output=output) for output in outputs]))
    assert all(one.complete for one in done)
    assert (sys.stdout, sys.stderr, logging.getLogger("dspy").handlers) == before


def test_a_refused_question_counts_once() -> None:
    trials = Trials(["1"], 10)
    for _ in range(2):
        trials.spend("candidate", "1", None)
        trials.refuse(RefusedError("too long"), "candidate", "1", None)
    assert (trials.spent, trials.refused) == (1, 1)


def test_nothing_better_is_said_with_its_reason(job: Job, server: OpenAIServer) -> None:
    def clumsy(body: Mapping[str, Any]) -> Any:
        """Right by chance, but never where it could learn from it."""
        found = learner(body)
        to_choose_by = re.search(r" [12]\d\d, ", str(body["messages"][-1]["content"]))
        return found if to_choose_by or isinstance(found, str) else {**found, "strategy": str(WRONG)}

    server.reply = clumsy
    done = compile_program(job("bootstrap"))
    assert done.unchanged
    assert "no candidate came about: the program got nothing right" in described(done)


def test_it_says_how_far_it_is_when_nothing_else_does() -> None:
    out = io.StringIO()
    voice = Voice(out)
    with voice.heartbeat(lambda: "3 of 4", seconds=0.05):
        time.sleep(0.2)
        between = out.getvalue().count("3 of 4")
        for _ in range(8):
            voice.say("a trial")
            time.sleep(0.02)
    assert 2 <= between <= 4
    assert out.getvalue().count("3 of 4") == between
    with voice.heartbeat(lambda: "never", seconds=60):
        pass
    assert "never" not in out.getvalue()


def test_the_shape_of_labels_is_told(job: Job, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Exception, match="nothing in it that a judge can learn from"):
        compile_program(job("knn", program="judge"))
    told = capsys.readouterr().err
    assert "meta.judge.points" in told
    assert all(point in told for point in POINTS)


def test_a_dry_run_refuses_what_the_run_would(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    from click.testing import CliRunner

    job()
    Path("other.json").write_text("{}")
    write_records("calls.jsonl", calls(16))
    given = ["--optimizer", "knn", "--train", "calls.jsonl", "-o", "other.json", "--lm", "openai/x", "--dry-run"]
    done = CliRunner().invoke(cli, ["compile", "supporter", *given])
    assert "it is not written over" in str(done.exception)
