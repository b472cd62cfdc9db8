"""``tracked_run``: one run around a verb's work, with all that identifies what went in."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import importlib.metadata
import json
import platform
import re
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

from csc_dspy import __version__
from csc_dspy.errors import InputError
from csc_dspy.redaction import redact, redact_mapping
from csc_dspy.tracking.digests import digest_of
from csc_dspy.tracking.run import Read, Status, TrackedRun
from csc_dspy.tracking.running import marked_running
from csc_dspy.tracking.store import open_run, running_marks
from csc_dspy.tracking.values import cause_of, unique

_NONE: Mapping[str, str] = MappingProxyType({})
_GIT_SECONDS = 5.0
_FILE_UNSAFE = re.compile(r"[^\w.-]+")


@contextmanager
def tracked_run(
    kind: str,
    *,
    name: str | None = None,
    params: Mapping[str, Any],
    inputs: Sequence[Path] | Mapping[str, Path] = (),
    models: Mapping[str, str] = _NONE,
    prompts: Mapping[str, str] = _NONE,
    enabled: bool = True,
) -> Iterator[TrackedRun]:
    """Open one MLflow run around a verb's work.

    It ends as FINISHED, as FAILED with the tag ``error`` when an exception leaves the block, or as
    KILLED on Ctrl-C; the exception goes on. If the process is gone without a word, the next one that opens the
    working folder's store ends the run as KILLED.

    Args:
        kind: The verb: ``rewrite``, ``synthesize``, ``compile``, …
        name: The run's name; kind and time by default.
        params: The configuration, nested as it is; whole in the artifact ``config.json``.
        inputs: Files and folders read; their digests and line counts are logged, not their content. A mapping says
            what each is for, ``{"train": …, "val": …}``: the context of its MLflow dataset, else ``input``.
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
    used = list(inputs.items()) if isinstance(inputs, Mapping) else [("input", path) for path in inputs]
    read = {}
    for (use, path), label in zip(used, unique(path.name or str(path) for _, path in used), strict=True):
        try:
            read[label] = Read(path, digest_of(path), use)
        except OSError as error:
            raise InputError(f"{path}: {error.strerror or error}") from None
    opened = open_run(kind, name)
    run = TrackedRun(name, *opened)
    started = time.monotonic()
    status: Status = "FAILED"
    with marked_running(running_marks(), opened.run_id):
        try:
            run.attempt("the configuration", lambda _: _log_entry(run, kind, params, read, models, prompts))
            yield run
            status = run.ends
        except BaseException as error:
            status = _status_of(error)
            if status != "FINISHED":
                run.set_tag("error", cause_of(error))
            raise
        finally:
            run.log_metrics({"duration_seconds": round(time.monotonic() - started, 3)})
            run.end(status)


def _log_entry(
    run: TrackedRun,
    kind: str,
    params: Mapping[str, Any],
    inputs: Mapping[str, Read],
    models: Mapping[str, str],
    prompts: Mapping[str, str],
) -> None:
    prompt_digests = {name: hashlib.sha256(text.encode()).hexdigest()[:12] for name, text in prompts.items()}
    files = {name: dataclasses.asdict(digest) for name, (_, digest, _) in inputs.items()}
    identities = {"models": dict(models), "prompts": prompt_digests, "inputs": files}
    # One call: what is the caller's and what is ours must not meet under one name, MLflow refuses the second value.
    run.log_params({**params, **{key: value for key, value in identities.items() if value}})
    versions = {f"version.{package}": importlib.metadata.version(package) for package in ("dspy", "mlflow")}
    about = {"version.csc_dspy": __version__, "version.python": platform.python_version(), **versions, **_git_state()}
    run.set_tags(about)
    if "git.revision" in about:
        run.set_tag("mlflow.source.git.commit", about["git.revision"])
    for name, (path, _, use) in inputs.items():
        files[name] |= {"path": path, "use": use}
    config = redact_mapping({"kind": kind, "params": params, **identities, "about": about})
    run.log_text(json.dumps(config, ensure_ascii=False, indent=2) + "\n", "config.json")
    for name, text in prompts.items():
        run.log_text(text, f"prompts/{_FILE_UNSAFE.sub('_', redact(name))}.txt")
    run.log_inputs(inputs)


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
