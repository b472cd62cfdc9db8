"""``csc-dspy ui``: the MLflow UI on this project's runs."""

from __future__ import annotations

import http.client
import ipaddress
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import webbrowser
from collections.abc import Iterator
from contextlib import closing, contextmanager

import click

from csc_dspy.errors import InputError, RunError
from csc_dspy.redaction import redact
from csc_dspy.tracking import ARTIFACTS, EXPERIMENT, STORE, client_of_store, prepare_mlflow, tracking_uri

START_SECONDS = 120.0
"""How long the server may take to answer; importing MLflow alone takes seconds."""


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=5000, show_default=True, help="Port to listen on.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--open/--no-open", "open_browser", default=False, show_default=True, help="Open the browser.")
def command(port: int, host: str, open_browser: bool) -> None:
    """The MLflow UI on this project's runs; Ctrl-C ends it.

    It listens on this machine only. The UI has no login: give another --host only in a network you trust.
    """
    uri = tracking_uri()
    if uri.startswith(("http://", "https://")):
        click.echo(f"the runs are on a server, by MLFLOW_TRACKING_URI: {redact(uri)}")
        if open_browser:
            webbrowser.open(uri)
        return
    if not is_loopback(host):
        click.echo(
            f"warning: the MLflow UI has no login; who reaches {host}:{port} reads and changes the runs", err=True
        )
    click.echo("starting the MLflow UI; that can take a minute", err=True)
    with serve_ui(host, port) as (server, address):
        click.echo(f"MLflow UI: {address} (Ctrl-C ends it)")
        if open_browser:
            webbrowser.open(address)
        code = server.wait()
        raise RunError(f"the MLflow UI ended by itself, with code {code}")


@contextmanager
def serve_ui(host: str, port: int) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Run MLflow's server on the runs' store while the block runs.

    Args:
        host: Address to listen on.
        port: Port to listen on.

    Yields:
        The server's process, once it answers, and the address of the runs' page.

    Raises:
        InputError: No store yet, or the port cannot be had.
        RunError: The server does not come up; with the last line it wrote.
    """
    if not os.environ.get("MLFLOW_TRACKING_URI"):
        if not STORE.is_file():
            raise InputError(
                f"no runs yet: {STORE} is not here; run a verb first, say `csc-dspy demo`, "
                "or go to the folder that holds mlruns/"
            )
        client_of_store()  # which puts in order what a kill or a move left
    _check_port(host, port)
    with tempfile.TemporaryFile() as log:
        # In a session of its own: Ctrl-C reaches this process only, which then ends the whole group quietly.
        server = subprocess.Popen(
            _server_command(host, port),
            env=_server_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            if not _wait_until_up(server, host, port):
                log.seek(0)
                lines = [line for line in log.read().decode(errors="replace").splitlines() if line.strip()]
                reason = redact(lines[-1].strip()) if lines else "it wrote nothing"
                raise RunError(f"the MLflow UI did not start: {reason}")
            yield server, f"http://{_authority(host, port)}/{_runs_page(host, port)}"
        finally:
            _end_group(server)


def is_loopback(host: str) -> bool:
    """Whether an address is reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _server_command(host: str, port: int) -> list[str]:
    options = {
        "--backend-store-uri": tracking_uri(),
        "--default-artifact-root": ARTIFACTS.absolute().as_uri(),
        "--host": host,
        "--port": str(port),
        "--workers": "1",
        "--uvicorn-opts": "--log-level warning",
    }
    if is_loopback(host):
        # MLflow's default also takes every private address as Host; a page on one could rebind its name to us.
        options["--allowed-hosts"] = ",".join(f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]", host))
    return [
        *(sys.executable, "-m", "mlflow", "server", "--no-serve-artifacts"),
        *(part for option in options.items() for part in option),
    ]


def _server_environment() -> dict[str, str]:
    prepare_mlflow()
    # Jobs would start worker processes, the gateway would offer to keep keys; nothing here uses either.
    return {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_ENABLE_AI_GATEWAY": "false"}


def _check_port(host: str, port: int) -> None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise InputError(
            f"cannot listen on {_authority(host, port)}: {error.strerror}; choose another --port or --host"
        ) from None


def _wait_until_up(server: subprocess.Popen[bytes], host: str, port: int) -> bool:
    limit = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < limit:
        try:
            _get(host, port, "/health")
            return True
        except OSError:  # not listening yet
            time.sleep(0.1)
    return False


def _runs_page(host: str, port: int) -> str:
    """The page of this project's runs; by default MLflow shows traces first."""
    try:
        found = json.loads(_get(host, port, f"/api/2.0/mlflow/experiments/get-by-name?experiment_name={EXPERIMENT}"))
        return f"#/experiments/{found['experiment']['experiment_id']}/runs?workflowType=machine_learning"
    except (OSError, ValueError, KeyError):  # a store of others, without our experiment yet
        return "#/experiments"


def _get(host: str, port: int, path: str) -> bytes:
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host).strip("[]")
    with closing(http.client.HTTPConnection(name, port, timeout=30)) as connection:
        connection.request("GET", path)
        return connection.getresponse().read()


def _end_group(server: subprocess.Popen[bytes]) -> None:
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(server.pid, sign)
            server.wait(timeout=10)
        except ProcessLookupError:
            break
        except subprocess.TimeoutExpired:
            continue
    server.poll()


def _authority(host: str, port: int) -> str:
    name = host.strip("[]")
    return f"[{name}]:{port}" if ":" in name else f"{name}:{port}"
