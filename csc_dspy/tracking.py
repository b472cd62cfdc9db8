"""One MLflow run for every verb: what went in, with which models and prompts, what came out.

    with tracked_run("rewrite", params={"limit": 100}, inputs=[calls], models={"rewriter": "local/x"}) as run:
        ...
        run.log_metrics({"kept": 0.93, "judge": None})  # None: unknown, never 0
        run.log_output(out)

Runs live in ``mlruns/mlflow.db`` of the working folder, or where ``MLFLOW_TRACKING_URI`` says.
MLflow is imported when the first run opens, and used through its client only: no global run, so
runs may nest and run side by side. Everything logged passes through :mod:`csc_dspy.redaction`.
"""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import importlib.metadata
import json
import logging
import math
import os
import platform
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from filelock import FileLock

from csc_dspy import __version__
from csc_dspy.errors import CscError, InputError
from csc_dspy.redaction import redact, redact_file, redact_mapping
from csc_dspy.usage import Usage

EXPERIMENT = "csc-dspy"
STORE = Path("mlruns") / "mlflow.db"
ARTIFACTS = Path("mlruns") / "artifacts"

Status = Literal["FINISHED", "FAILED", "KILLED"]

_NONE: Mapping[str, str] = MappingProxyType({})
# MLflow's own limits; cutting here, after redaction, keeps its warnings off the terminal.
_MAX_PARAM, _MAX_TAG, _MAX_NAME = 6000, 8000, 250
_CHUNK = 25  # parameters a request: 25 x 6,000 characters, escaped, stay under the server's 1 MB
_MAX_ARTIFACT = 256 * 1024 * 1024  # bytes; larger outputs are recorded by digest only
_GIT_SECONDS = 5.0
_FILE_UNSAFE = re.compile(r"[^\w.-]+")


class TrackingError(CscError):
    """The run store cannot be opened; nothing has been spent yet."""


@dataclasses.dataclass(frozen=True, slots=True)
class FileDigest:
    """What identifies a file's content.

    Attributes:
        sha256: Hex digest; of a folder, the digest of its files' names and digests.
        lines: Lines of text; ``None`` for binary files and folders.
        size: Bytes.
    """

    sha256: str
    lines: int | None
    size: int


class TrackedRun:
    """An open MLflow run. A failure to log warns once on stderr and never ends the caller's work.

    Attributes:
        name: The run's name.
        run_id: MLflow's id; ``None`` when tracking is off.
        experiment_id: MLflow's id of the experiment; ``None`` when tracking is off.
        uri: The tracking URI.
    """

    def __init__(self, name: str, uri: str = "", client: Any = None, experiment_id: str = "", run_id: str = "") -> None:
        """Wrap a run that is open; without a client everything here does nothing."""
        self.name, self.uri = name, uri
        self.run_id, self.experiment_id = run_id or None, experiment_id or None
        self._client = client
        self._unknown: set[str] = set()
        self._warned = False

    @property
    def page(self) -> str:
        """The run's page, behind the address of the MLflow UI."""
        return f"#/experiments/{self.experiment_id}/runs/{self.run_id}?workflowType=machine_learning"

    @property
    def url_hint(self) -> str:
        """How to see the run, for the last line a verb prints."""
        if self._client is None:
            return "not tracked"
        if self.uri.startswith(("http://", "https://")):
            return redact(f"{self.uri.rstrip('/')}/{self.page}")
        return f"csc-dspy ui (run {self.name})"

    def log_metrics(self, metrics: Mapping[str, float | int | None], step: int | None = None) -> None:
        """Log figures.

        Args:
            metrics: Name to value. What is ``None`` or not finite is no figure: it is left out, and the tag
                ``<name>.unknown`` says so.
            step: Position on the x axis, for curves.
        """

        def send(client: Any) -> None:
            from mlflow.entities import Metric, RunTag

            values = {_entity(name): math.nan if value is None else float(value) for name, value in metrics.items()}
            known = {name: value for name, value in values.items() if math.isfinite(value)}
            unknown = values.keys() - known.keys()
            now = int(time.time() * 1000)
            entries = [Metric(name, value, now, step or 0) for name, value in known.items()]
            tags = [RunTag(f"{name}.unknown", "true") for name in sorted(unknown - self._unknown)]
            for chunk in _chunks(entries, 500):
                client.log_batch(self.run_id, metrics=chunk)
            for chunk in _chunks(tags, _CHUNK):
                client.log_batch(self.run_id, tags=chunk)
            for name in self._unknown & known.keys():
                client.delete_tag(self.run_id, f"{name}.unknown")
            self._unknown = (self._unknown | unknown) - known.keys()

        self._try("metrics", send)

    def log_usage(self, usage: Usage, step: int | None = None) -> None:
        """Log calls, tokens, time and money as ``usage.*``; a cost that is unknown is left out, not 0."""
        figures = usage.to_dict()
        cost = figures.pop("cost")
        named = {f"usage.{name}": value for name, value in figures.items()}
        self.log_metrics({**named, "usage.tokens": usage.tokens, "usage.cost_usd": cost}, step)

    def log_params(self, params: Mapping[str, Any]) -> None:
        """Log more parameters, flattened: ``{"a": {"b": 1}}`` is ``a.b = 1``. They cannot be changed later."""

        def send(client: Any) -> None:
            from mlflow.entities import Param

            flat = {_entity(key): _cut(value, _MAX_PARAM) for key, value in _flatten(redact_mapping(params))}
            for chunk in _chunks([Param(key, value) for key, value in flat.items()], _CHUNK):
                client.log_batch(self.run_id, params=chunk)

        self._try("parameters", send)

    def set_tag(self, key: str, value: object) -> None:
        """Set one tag."""
        self._set_tags({key: value})

    def log_output(self, path: Path, *, artifact_dir: str = "outputs") -> None:
        """Log a file or folder the verb wrote: its digest as a tag, its content as artifact.

        The digest is the tag ``output.<name>``. Text is redacted on its way to the artifact; of a file over
        256 MiB the digest is all that is kept.

        Args:
            path: File or folder.
            artifact_dir: Folder among the run's artifacts.
        """

        def send(client: Any) -> None:
            digest = digest_of(path)
            self.set_tag(f"output.{path.name}", {"path": path, **dataclasses.asdict(digest)})
            for file in _files(path):
                if file.stat().st_size <= _MAX_ARTIFACT:
                    folder = Path(artifact_dir, path.name, file.relative_to(path).parent) if path.is_dir() else None
                    self._send_file(client, file, folder.as_posix() if folder else artifact_dir)

        self._try(f"output {path}", send)

    def log_pictures(self, paths: Iterable[Path]) -> None:
        """Log picture files as artifacts ``pictures/<name>``."""

        def send(client: Any) -> None:
            for path in paths:
                client.log_artifact(self.run_id, str(path), "pictures")

        self._try("pictures", send)

    def log_text(self, text: str, artifact_path: str) -> None:
        """Log a text, redacted, as an artifact."""
        self._try(artifact_path, lambda client: client.log_text(self.run_id, redact(text), redact(artifact_path)))

    def log_table(self, rows: Sequence[Mapping[str, Any]], artifact_path: str) -> None:
        """Log rows as a table the UI can show.

        Args:
            rows: One mapping a row; a missing column is ``None``.
            artifact_path: Ends in ``.json``. Rows logged to the same path again are appended.
        """

        def send(client: Any) -> None:
            plain = redact_mapping(list(rows))
            columns = dict.fromkeys(key for row in plain for key in row)
            table = {column: [row.get(column) for row in plain] for column in columns}
            client.log_table(self.run_id, table, redact(artifact_path))

        self._try(artifact_path, send)

    def _set_tags(self, tags: Mapping[str, object]) -> None:
        def send(client: Any) -> None:
            from mlflow.entities import RunTag

            clean = redact_mapping(tags)
            entries = [RunTag(_entity(key), _cut(_text(value), _MAX_TAG)) for key, value in clean.items()]
            for chunk in _chunks(entries, _CHUNK):
                client.log_batch(self.run_id, tags=chunk)

        self._try("tags", send)

    def _send_file(self, client: Any, file: Path, folder: str) -> None:
        with tempfile.TemporaryDirectory(prefix="csc-dspy-") as scratch:
            clean = Path(scratch) / file.name
            client.log_artifact(self.run_id, str(clean if redact_file(file, clean) else file), folder)

    def _log_inputs(self, inputs: Mapping[str, tuple[Path, FileDigest]]) -> None:
        def send(client: Any) -> None:
            from mlflow.entities import Dataset, DatasetInput, InputTag

            datasets = [
                DatasetInput(
                    Dataset(
                        name=redact(name)[:500],
                        digest=digest.sha256[:12],
                        source_type="local",
                        source=json.dumps({"uri": redact(str(path))}),
                        profile=json.dumps({"num_rows": digest.lines, "bytes": digest.size}),
                    ),
                    [InputTag("mlflow.data.context", "input")],
                )
                for name, (path, digest) in inputs.items()
            ]
            if datasets:
                client.log_inputs(self.run_id, datasets)

        self._try("inputs", send)

    def _end(self, status: Status) -> None:
        self._try("the end of the run", lambda client: client.set_terminated(self.run_id, status))

    def _try(self, what: str, action: Callable[[Any], object]) -> None:
        if self._client is None:
            return
        try:
            action(self._client)
        except Exception as error:
            if not self._warned:
                self._warned = True
                print(
                    f"warning: tracking could not log {redact(what)}: {_one_line(error)}; "
                    "the run goes on, later warnings of this kind are not shown",
                    file=sys.stderr,
                )


@contextmanager
def tracked_run(
    kind: str,
    *,
    name: str | None = None,
    params: Mapping[str, Any],
    inputs: Sequence[Path] = (),
    models: Mapping[str, str] = _NONE,
    prompts: Mapping[str, str] = _NONE,
    enabled: bool = True,
) -> Iterator[TrackedRun]:
    """Open one MLflow run around a verb's work.

    It ends as FINISHED, as FAILED with the tag ``error`` when an exception leaves the block, or as
    KILLED on Ctrl-C; the exception goes on.

    Args:
        kind: The verb: ``rewrite``, ``synthesize``, ``compile``, …
        name: The run's name; kind and time by default.
        params: The configuration, nested as it is; whole in the artifact ``config.json``.
        inputs: Files and folders read; their digests and line counts are logged, not their content.
        models: Role to model name.
        prompts: Name to text; logged as digests and as artifacts ``prompts/<name>.txt``.
        enabled: ``False`` opens no run and writes nothing; the methods of what is yielded do nothing.

    Yields:
        The run to log to.

    Raises:
        InputError: An input that cannot be read.
        TrackingError: The store cannot be opened. Later failures of tracking only warn.
    """
    kind = redact(kind)
    name = redact(name or f"{kind} {time.strftime('%Y-%m-%d %H:%M:%S')}")
    if not enabled:
        yield TrackedRun(name)
        return
    digests = {}
    for path, label in zip(inputs, _unique(path.name or str(path) for path in inputs), strict=True):
        try:
            digests[label] = (path, digest_of(path))
        except OSError as error:
            raise InputError(f"{path}: {error.strerror or error}") from None
    run = _open_run(kind, name)
    started = time.monotonic()
    status: Status = "FAILED"
    try:
        run._try("the configuration", lambda _: _log_entry(run, kind, params, digests, models, prompts))
        yield run
        status = "FINISHED"
    except BaseException as error:
        status = _status_of(error)
        if status != "FINISHED":
            run.set_tag("error", _one_line(error))
        raise
    finally:
        run.log_metrics({"duration_seconds": round(time.monotonic() - started, 3)})
        run._end(status)


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
        # A server that is not there shall be known in seconds; the default is 7 retries, minutes.
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
        "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    }.items():
        os.environ.setdefault(variable, value)
    for logger in ("mlflow.store.db.utils", "alembic"):
        logging.getLogger(logger).setLevel(logging.WARNING)
    if telemetry := sys.modules.get("mlflow.telemetry"):  # imported by another before us: stop its client
        telemetry.set_telemetry_client()


def digest_of(path: Path) -> FileDigest:
    """Digest a file, or all files of a folder.

    Raises:
        OSError: It cannot be read.
    """
    if path.is_dir():
        parts = [(file.relative_to(path).as_posix(), digest_of(file)) for file in _files(path)]
        listing = "".join(f"{name}\0{digest.sha256}\n" for name, digest in parts)
        return FileDigest(hashlib.sha256(listing.encode()).hexdigest(), None, sum(digest.size for _, digest in parts))
    sha256, lines, size, binary, last = hashlib.sha256(), 0, 0, False, b"\n"
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            sha256.update(block)
            lines += block.count(b"\n")
            size += len(block)
            binary = binary or b"\0" in block
            last = block[-1:]
    return FileDigest(sha256.hexdigest(), None if binary else lines + (last != b"\n"), size)


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
            db.execute(
                "UPDATE runs SET artifact_uri = ? || substr(artifact_uri, ?) WHERE substr(artifact_uri, 1, ?) = ?",
                (here, len(old) + 1, len(old) + 1, f"{old}/"),
            )


def _open_run(kind: str, name: str) -> TrackedRun:
    uri = tracking_uri()
    try:
        if os.environ.get("MLFLOW_TRACKING_URI"):
            client, experiment = _open_store(uri, None)
        else:
            STORE.parent.mkdir(parents=True, exist_ok=True)
            # Two processes that create MLflow's tables at once break each other.
            with FileLock(STORE.with_suffix(".lock"), timeout=120):
                _check_sqlite(STORE)
                client, experiment = _open_store(uri, ARTIFACTS.absolute().as_uri())
        tags = {"kind": kind, "mlflow.source.name": f"csc-dspy {kind}", "mlflow.source.type": "LOCAL"}
        run = client.create_run(experiment, run_name=name, tags=tags)
    except Exception as error:
        raise TrackingError(
            f"cannot open the run store {redact(uri)}: {_one_line(error)}; "
            "set MLFLOW_TRACKING_URI to keep runs elsewhere"
        ) from error
    return TrackedRun(name, uri, client, experiment, run.info.run_id)


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


def _log_entry(
    run: TrackedRun,
    kind: str,
    params: Mapping[str, Any],
    inputs: Mapping[str, tuple[Path, FileDigest]],
    models: Mapping[str, str],
    prompts: Mapping[str, str],
) -> None:
    prompt_digests = {name: hashlib.sha256(text.encode()).hexdigest()[:12] for name, text in prompts.items()}
    files = {name: dataclasses.asdict(digest) for name, (_, digest) in inputs.items()}
    identities = {"models": dict(models), "prompts": prompt_digests, "inputs": files}
    # One call: what is the caller's and what is ours must not meet under one name, MLflow refuses the second value.
    run.log_params({**params, **{key: value for key, value in identities.items() if value}})
    versions = {f"version.{package}": importlib.metadata.version(package) for package in ("dspy", "mlflow")}
    about = {"version.csc_dspy": __version__, "version.python": platform.python_version(), **versions, **_git_state()}
    run._set_tags(about)
    if "git.revision" in about:
        run.set_tag("mlflow.source.git.commit", about["git.revision"])
    for name, (path, _) in inputs.items():
        files[name]["path"] = path
    config = redact_mapping({"kind": kind, "params": params, **identities, "about": about})
    run.log_text(json.dumps(config, ensure_ascii=False, indent=2) + "\n", "config.json")
    for name, text in prompts.items():
        run.log_text(text, f"prompts/{_FILE_UNSAFE.sub('_', redact(name))}.txt")
    run._log_inputs(inputs)


def _git_state() -> dict[str, str]:
    def git(*arguments: str) -> str:
        command = ["git", "--no-optional-locks", *arguments]
        done = subprocess.run(
            command, capture_output=True, text=True, check=True, timeout=_GIT_SECONDS, stdin=subprocess.DEVNULL
        )
        return done.stdout.strip()

    try:
        revision = git("rev-parse", "HEAD")
        dirty = bool(git("status", "--porcelain", "--untracked-files=no"))
    except (OSError, subprocess.SubprocessError):  # no git, no checkout, no commit yet
        return {}
    return {"git.revision": revision, "git.dirty": str(dirty).lower()}


def _status_of(error: BaseException) -> Status:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, (KeyboardInterrupt, asyncio.CancelledError)):
        return "KILLED"
    if isinstance(error, (SystemExit, GeneratorExit)):
        code = getattr(error, "code", None)
        return "FINISHED" if not code else "KILLED" if code == 130 else "FAILED"
    return "FAILED"


def _one_line(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return _cut(redact(" ".join(f"{type(error).__name__}: {error}".split())), 1000)


def _flatten(value: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and (value or not prefix):
        for key, item in value.items():
            yield from _flatten(item, f"{prefix}.{key}" if prefix else key)
    else:
        yield prefix, _text(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _entity(name: str) -> str:
    """A name MLflow takes: word characters, ``_ - . : /`` and spaces, and nothing a path would fold away."""
    parts = re.sub(r"[^\w\-. :/]", "_", redact(name))[:_MAX_NAME].split("/")
    return "/".join(part for part in parts if part not in ("", ".", "..")) or "_"


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _chunks(items: Sequence[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(items), size):
        yield list(items[start : start + size])


def _unique(names: Iterable[str]) -> list[str]:
    found: list[str] = []
    for name in names:
        label, count = name, 1
        while label in found:
            count += 1
            label = f"{name}-{count}"
        found.append(label)
    return found


def _files(path: Path) -> list[Path]:
    return sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
