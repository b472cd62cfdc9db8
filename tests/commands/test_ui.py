"""The verb really serves: over HTTP, on loopback, until it is told to stop."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner

from csc_dspy.commands.ui import command, is_loopback
from csc_dspy.errors import InputError
from csc_dspy.tracking import tracked_run

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return tmp_path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def call(url: str, body: object | None = None, **headers: str) -> bytes:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **headers})
    with urllib.request.urlopen(request, timeout=30) as answer:
        content: bytes = answer.read()
        return content


def test_the_ui_serves_the_runs_on_loopback_and_ends_on_ctrl_c(folder: Path) -> None:
    with tracked_run("rewrite", name="seen in the ui", params={"limit": 3}) as run:
        run.log_text("hello", "note.txt")
    port = free_port()
    ui = subprocess.Popen(
        [sys.executable, "-m", "csc_dspy", "ui", "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert ui.stdout is not None
        line = ui.stdout.readline()
        base = f"http://127.0.0.1:{port}"
        assert line.startswith(f"MLflow UI: {base}/#/experiments/{run.experiment_id}/runs")
        found = json.loads(
            call(f"{base}/api/2.0/mlflow/runs/search", {"experiment_ids": [run.experiment_id]}, Origin=base)
        )
        assert [entry["info"]["run_name"] for entry in found["runs"]] == ["seen in the ui"]
        assert call(f"{base}/get-artifact?path=note.txt&run_uuid={run.run_id}") == b"hello"
        assert b"<html" in call(f"{base}/").lower()
        assert json.loads(call(f"{base}/ajax-api/3.0/mlflow/ui-telemetry"))["disable_ui_telemetry"] is True
        with pytest.raises(urllib.error.HTTPError, match="403"):  # a name rebound to this machine
            call(f"{base}/", Host="192.168.1.4")
        ui.send_signal(signal.SIGINT)
        _, err = ui.communicate(timeout=30)
    finally:
        if ui.poll() is None:  # SIGTERM first: it takes the server with it
            ui.terminate()
            ui.wait(timeout=30)
    assert ui.returncode == 130
    assert "Traceback" not in err
    with pytest.raises(urllib.error.URLError):
        call(f"{base}/")


def test_without_a_store_it_says_what_to_do(folder: Path) -> None:
    result = CliRunner().invoke(command, [])
    assert isinstance(result.exception, InputError)
    assert "no runs yet" in str(result.exception)
    assert not (folder / "mlruns").exists()


def test_a_taken_port_is_a_clear_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/any.db")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = CliRunner().invoke(command, ["--port", str(port)])
    assert isinstance(result.exception, InputError)
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use; choose another --port" in str(result.exception)


def test_runs_on_a_server_are_only_pointed_at(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://anna:pa55word@mlflow.example.org")
    result = CliRunner().invoke(command, [])
    assert result.exit_code == 0
    assert "mlflow.example.org" in result.output
    assert "pa55word" not in result.output


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("example.org", False)],
)
def test_loopback(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback
