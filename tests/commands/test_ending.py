"""A verb that is ended from outside says so, and its run is not left as if it still ran."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import mlflow
import pytest

from csc_dspy.conversation import write_records
from tests.support.command import environment, rows
from tests.support.learner import calls, learner
from tests.support.openai_server import OpenAIServer
from tests.support.zygote import Zygote


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_compile_that_is_ended_is_a_killed_run(zygote: Zygote, tmp_path: Path, number: int) -> None:
    write_records(tmp_path / "train.jsonl", calls(12))
    told = ("compile", "supporter", "--optimizer", "knn", "--train", "train.jsonl", "-o", "x.json")
    with OpenAIServer(learner, delay=0.2) as server:
        child = zygote.start(
            *told,
            "--no-words",
            "--concurrency",
            "1",
            "--lm",
            "openai/x",
            "--api-base",
            server.api_base,
            cwd=tmp_path,
            env=environment(OPENAI_API_KEY="none"),
        )
        for _ in range(600):
            if len(server.log) > 4:
                break
            time.sleep(0.1)
        child.signal(number)
        done = child.wait()
    assert done.returncode == 130, done.stderr
    assert "stopped; what was finished is on disk" in done.stderr
    client = mlflow.MlflowClient(f"sqlite:///{tmp_path}/mlruns/mlflow.db")
    (run,) = client.search_runs(["1"], "attributes.run_name LIKE 'compile%'")
    assert run.info.status == "KILLED"
    assert rows(tmp_path / "x.replies.jsonl")
