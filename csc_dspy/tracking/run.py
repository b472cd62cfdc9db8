"""An open MLflow run: figures, parameters, files and pictures go in, redacted and within MLflow's limits."""

from __future__ import annotations

import dataclasses
import json
import math
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from csc_dspy.redaction import redact, redact_file, redact_mapping
from csc_dspy.tracking.digests import FileDigest, digest_of, files_of
from csc_dspy.tracking.values import CHUNK, MAX_PARAM, MAX_TAG, as_text, cause_of, chunks, cut, entity, flatten
from csc_dspy.usage import Usage

Status = Literal["FINISHED", "FAILED", "KILLED"]

_MAX_ARTIFACT = 256 * 1024 * 1024  # bytes; larger outputs are recorded by digest only


class Read(NamedTuple):
    """A file or folder that was read.

    Attributes:
        path: Where it lies.
        digest: What identifies its content.
        use: What it was read for, as MLflow's datasets have it in their context: ``input``, ``train``, ``val``, …
    """

    path: Path
    digest: FileDigest
    use: str


class _Warning:
    """What is said of the first failure of a run and its parts, where people read when the run is opened.

    A compile sends what is printed later to its log.
    """

    def __init__(self) -> None:
        self._out = sys.stderr
        self._said = False

    def say(self, what: str, error: Exception) -> None:
        """Say that something could not be logged; nothing, if there was a failure before."""
        if not self._said:
            self._said = True
            print(
                f"warning: tracking could not log {redact(what)}: {cause_of(error)}; "
                "the run goes on, later warnings of this kind are not shown",
                file=self._out,
            )


class TrackedRun:
    """An open MLflow run. A failure to log warns once on stderr and never ends the caller's work.

    Attributes:
        name: The run's name.
        run_id: MLflow's id; ``None`` when tracking is off.
        experiment_id: MLflow's id of the experiment; ``None`` when tracking is off.
        uri: The tracking URI.
        ends: How it ends if no exception does: a run that kept what it had, and did not come to its end, has failed.
    """

    ends: Status = "FINISHED"

    def __init__(self, name: str, uri: str = "", client: Any = None, experiment_id: str = "", run_id: str = "") -> None:
        """Wrap a run that is open; without a client everything here does nothing."""
        self.name, self.uri = name, uri
        self.run_id, self.experiment_id = run_id or None, experiment_id or None
        self._client = client
        self._unknown: set[str] = set()
        self._warning = _Warning()

    @property
    def tracked(self) -> bool:
        """Whether there is a run at all; what only it would keep need not be made otherwise."""
        return self._client is not None

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

            values = {entity(name): math.nan if value is None else float(value) for name, value in metrics.items()}
            known = {name: value for name, value in values.items() if math.isfinite(value)}
            unknown = values.keys() - known.keys()
            now = int(time.time() * 1000)
            entries = [Metric(name, value, now, step or 0) for name, value in known.items()]
            tags = [RunTag(f"{name}.unknown", "true") for name in sorted(unknown - self._unknown)]
            for chunk in chunks(entries, 500):
                client.log_batch(self.run_id, metrics=chunk)
            for chunk in chunks(tags, CHUNK):
                client.log_batch(self.run_id, tags=chunk)
            for name in self._unknown & known.keys():
                client.delete_tag(self.run_id, f"{name}.unknown")
            self._unknown = (self._unknown | unknown) - known.keys()

        self.attempt("metrics", send)

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

            flat = {entity(key): cut(value, MAX_PARAM) for key, value in flatten(redact_mapping(params))}
            for chunk in chunks([Param(key, value) for key, value in flat.items()], CHUNK):
                client.log_batch(self.run_id, params=chunk)

        self.attempt("parameters", send)

    def set_tag(self, key: str, value: object) -> None:
        """Set one tag."""
        self.set_tags({key: value})

    def log_output(self, path: Path, *, artifact_dir: str = "outputs", largest: int = _MAX_ARTIFACT) -> None:
        """Log a file or folder the verb wrote: its digest as a tag, its content as artifact.

        The digest is the tag ``output.<name>``. Text is redacted on its way to the artifact; files that are too large
        are left out, and the tag ``left_out.<name>`` names them.

        Args:
            path: File or folder.
            artifact_dir: Folder among the run's artifacts.
            largest: Bytes of a file at most.
        """

        def send(client: Any) -> None:
            digest = digest_of(path)
            self.set_tag(f"output.{path.name}", {"path": path, **dataclasses.asdict(digest)})
            large = [file for file in files_of(path) if file.stat().st_size > largest]
            if large:
                self.set_tag(f"left_out.{path.name}", ", ".join(file.name for file in large))
            for file in files_of(path):
                if file not in large:
                    folder = Path(artifact_dir, path.name, file.relative_to(path).parent) if path.is_dir() else None
                    self._send_file(client, file, folder.as_posix() if folder else artifact_dir)

        self.attempt(f"output {path}", send)

    def log_child(
        self,
        kind: str,
        name: str,
        *,
        params: Mapping[str, Any],
        metrics: Mapping[str, float | int | None],
        texts: Mapping[str, str],
    ) -> TrackedRun | None:
        """Log a part of the work as a finished run of its own, nested under this one.

        Args:
            kind: What the part is, for example ``trial``.
            name: Its name.
            params: As for :meth:`log_params`.
            metrics: As for :meth:`log_metrics`.
            texts: Artifact path to text.

        Returns:
            The run, whose tags may still change; ``None`` where there is none.
        """
        found: list[TrackedRun] = []

        def send(client: Any) -> None:
            tags = {"kind": kind, "mlflow.parentRunId": self.run_id, "mlflow.source.type": "LOCAL"}
            made = client.create_run(self.experiment_id, run_name=redact(name), tags=tags)
            child = TrackedRun(name, self.uri, client, self.experiment_id or "", made.info.run_id)
            child._warning = self._warning
            child.log_params(params)
            child.log_metrics(metrics)
            for path, text in texts.items():
                child.log_text(text, path)
            child.end("FINISHED")
            found.append(child)

        self.attempt(f"{kind} {name}", send)
        return found[0] if found else None

    def log_pictures(self, paths: Iterable[Path]) -> None:
        """Log picture files as artifacts ``pictures/<name>``."""

        def send(client: Any) -> None:
            for path in paths:
                client.log_artifact(self.run_id, str(path), "pictures")

        self.attempt("pictures", send)

    def log_text(self, text: str, artifact_path: str) -> None:
        """Log a text, redacted, as an artifact."""
        self.attempt(artifact_path, lambda client: client.log_text(self.run_id, redact(text), redact(artifact_path)))

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

        self.attempt(artifact_path, send)

    def set_tags(self, tags: Mapping[str, object]) -> None:
        """Set tags."""

        def send(client: Any) -> None:
            from mlflow.entities import RunTag

            clean = redact_mapping(tags)
            entries = [RunTag(entity(key), cut(as_text(value), MAX_TAG)) for key, value in clean.items()]
            for chunk in chunks(entries, CHUNK):
                client.log_batch(self.run_id, tags=chunk)

        self.attempt("tags", send)

    def _send_file(self, client: Any, file: Path, folder: str) -> None:
        with tempfile.TemporaryDirectory(prefix="csc-dspy-") as scratch:
            clean = Path(scratch) / file.name
            client.log_artifact(self.run_id, str(clean if redact_file(file, clean) else file), folder)

    def log_inputs(self, inputs: Mapping[str, Read]) -> None:
        """Log what was read as MLflow datasets, by its name."""

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
                    [InputTag("mlflow.data.context", use)],
                )
                for name, (path, digest, use) in inputs.items()
            ]
            if datasets:
                client.log_inputs(self.run_id, datasets)

        self.attempt("inputs", send)

    def end(self, status: Status) -> None:
        """Close the run."""
        self.attempt("the end of the run", lambda client: client.set_terminated(self.run_id, status))

    def attempt(self, what: str, action: Callable[[Any], object]) -> None:
        """Call an action with MLflow's client; a failure warns, at its first time, and nothing more."""
        if self._client is None:
            return
        try:
            action(self._client)
        except Exception as error:
            self._warning.say(what, error)
