"""Where runs live, and how MLflow is opened on it: quiet, without telemetry, safe against a second process."""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from filelock import FileLock

from csc_dspy.errors import CscError
from csc_dspy.files import written_whole
from csc_dspy.redaction import redact
from csc_dspy.settings import load_settings
from csc_dspy.tracking.running import end_the_dead
from csc_dspy.tracking.values import cause_of

EXPERIMENT = "csc-dspy"
STORE = Path("mlruns") / "mlflow.db"
ARTIFACTS = Path("mlruns") / "artifacts"
RUNNING = Path("mlruns") / "running"


class TrackingError(CscError):
    """The run store cannot be opened; nothing has been spent yet."""


def tracking_uri() -> str:
    """Where runs are kept: ``MLFLOW_TRACKING_URI``, or the store of the working folder."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{STORE.absolute()}"


def prepare_mlflow() -> None:
    """Switch MLflow's telemetry and chatter off; to be called before MLflow is imported."""
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    for variable, value in {
        "DO_NOT_TRACK": "true",
        "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
        "MLFLOW_LOGGING_LEVEL": "WARNING",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
        # A server that is not there shall be known in seconds; the default is 7 retries, minutes.
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
        "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    }.items():
        os.environ.setdefault(variable, value)
    for logger in ("mlflow.store.db.utils", "alembic"):
        logging.getLogger(logger).setLevel(logging.WARNING)
    if telemetry := sys.modules.get("mlflow.telemetry"):  # imported by another before us: stop its client
        telemetry.set_telemetry_client()


def relocate_store() -> None:
    """Let the working folder's store point at its own artifacts after the folder was moved or copied.

    MLflow keeps absolute artifact locations; without this a moved project would write to, and show
    nothing from, the place where it once stood.
    """
    here = ARTIFACTS.absolute().as_uri()
    with closing(sqlite3.connect(STORE, timeout=30)) as db, db:
        found = db.execute("SELECT artifact_location FROM experiments WHERE name = ?", (EXPERIMENT,)).fetchone()
        if found and found[0] != here:
            old = found[0]
            db.execute("UPDATE experiments SET artifact_location = ? WHERE name = ?", (here, EXPERIMENT))
            for table, column in _PLACES:
                db.execute(
                    f"UPDATE {table} SET {column} = ? || substr({column}, ?) WHERE substr({column}, 1, ?) = ?",
                    (here, len(old) + 1, len(old) + 1, f"{old}/"),
                )


_PLACES = (
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)
"""The tables and columns of MLflow that hold a place among the artifacts."""


def running_marks() -> Path | None:
    """Where the marks of runs that still run lie; ``None`` for a store that is not the working folder's."""
    return None if os.environ.get("MLFLOW_TRACKING_URI") else RUNNING.absolute()


class OpenRun(NamedTuple):
    """A run that was just created: where it lives and MLflow's client to reach it."""

    uri: str
    client: Any
    experiment_id: str
    run_id: str


def open_run(kind: str, name: str) -> OpenRun:
    """Create a run, and the store and the experiment before it where they are missing.

    Raises:
        TrackingError: The store cannot be opened.
    """
    uri = tracking_uri()
    with _store_errors(uri):
        client, experiment = _opened(uri)
        tags = {"kind": kind, "mlflow.source.name": f"csc-dspy {kind}", "mlflow.source.type": "LOCAL"}
        run = client.create_run(experiment, run_name=name, tags=tags)
    return OpenRun(uri, client, experiment, run.info.run_id)


def client_of_store() -> tuple[str, Any]:
    """The tracking URI and MLflow's client of it.

    Raises:
        TrackingError: The store cannot be opened.
    """
    uri = tracking_uri()
    with _store_errors(uri):
        return uri, _opened(uri)[0]


@contextmanager
def _store_errors(uri: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        raise TrackingError(
            f"cannot open the run store {redact(uri)}: {cause_of(error)}; "
            "set MLFLOW_TRACKING_URI to keep runs elsewhere"
        ) from error


def _opened(uri: str) -> tuple[Any, str]:
    """MLflow's client and the experiment's id."""
    if os.environ.get("MLFLOW_TRACKING_URI"):
        return _open_store(uri, None)
    STORE.parent.mkdir(parents=True, exist_ok=True)
    # Two processes that create MLflow's tables at once break each other.
    with FileLock(STORE.with_suffix(".lock"), timeout=120):
        _check_sqlite(STORE)
        if STORE.stat().st_size == 0:
            with suppress(CscError, OSError, sqlite3.Error):  # else MLflow makes its tables itself
                _begin_store()
        opened = _open_store(uri, ARTIFACTS.absolute().as_uri())
        end_the_dead(RUNNING, opened[0])
        return opened


def _begin_store() -> None:
    """Begin the working folder's store as a copy of an empty one that this version of MLflow made before.

    MLflow makes its tables by every migration since its first release, which takes seconds in each new folder.
    """
    empty = load_settings().cache_dir.expanduser() / "mlflow" / f"{version('mlflow')}.db"
    if not empty.is_file():
        with TemporaryDirectory() as folder:
            made = Path(folder) / "mlflow.db"
            prepare_mlflow()
            from mlflow import MlflowClient

            MlflowClient(tracking_uri=f"sqlite:///{made}").search_experiments(max_results=1)
            with written_whole(empty) as part:
                shutil.copyfile(made, part)
    with written_whole(STORE) as part:
        shutil.copyfile(empty, part)
    with closing(sqlite3.connect(STORE, timeout=30)) as db, db:
        unused = STORE.parent.absolute() / "0"
        db.execute("UPDATE experiments SET artifact_location = ? WHERE experiment_id = 0", (str(unused),))


def _open_store(uri: str, artifacts: str | None) -> tuple[Any, str]:
    prepare_mlflow()
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    client = MlflowClient(tracking_uri=uri)
    if artifacts is not None:
        relocate_store()
    experiment = client.get_experiment_by_name(EXPERIMENT)
    if experiment is None:
        try:
            return client, client.create_experiment(EXPERIMENT, artifact_location=artifacts)
        except MlflowException:  # another process was faster
            experiment = client.get_experiment_by_name(EXPERIMENT)
            if experiment is None:
                raise
    if experiment.lifecycle_stage == "deleted":
        client.restore_experiment(experiment.experiment_id)
    return client, experiment.experiment_id


def _check_sqlite(store: Path) -> None:
    # MLflow retries for 100 s, with tracebacks, on a file that is no database or cannot be written.
    with closing(sqlite3.connect(store, timeout=30)) as db:
        db.execute("BEGIN IMMEDIATE")
        db.execute("SELECT count(*) FROM sqlite_master")
        db.rollback()
