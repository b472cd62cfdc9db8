"""What a job has finished, on disk: one JSON line a unit, and the configuration it was made with.

For the output ``out.jsonl``::

    out.jsonl          done units: exactly the record, with "meta": {"usage": {...}} in it
    out.dropped.jsonl  {"id", "status", "group", "cause", "transient", "usage", "record"}
    out.failed.jsonl   the same; a unit that is tried again by a later run may have several rows
    out.job.json       the configuration and its fingerprint
    out.pending.jsonl  replies of units that are not finished, which spare asking again and say nothing else
    out.jsonl.lock     held while a process writes

The rows are the only truth: nothing beside them says what is finished, and could disagree.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from csc_dspy.conversation import iter_lines
from csc_dspy.errors import InputError, RunError
from csc_dspy.files import held, refuse_input
from csc_dspy.jobs.files import Status, manifest_path, paths_of, pending_path
from csc_dspy.jobs.lines import AppendFile, repair
from csc_dspy.jobs.manifest import Manifest, changes, describe_changes
from csc_dspy.jobs.pending import Pending
from csc_dspy.jobs.rows import STATUSES, Read, Row, State, parse, usage_of
from csc_dspy.usage import Usage


def _has_rows(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


class JobStore:
    """The files of one job, open for one run of it.

    Reading attributes is cheap and safe while another thread appends.

    Attributes:
        output: The file of done records.
        manifest: Configuration, fingerprint and their history.
        repaired: Files whose last line a kill had cut off, mended at opening.
        written: Rows written since opening.
        already: Units that were finished when the store was opened.
        pending: The replies of unfinished units.
    """

    def __init__(self, output: Path, *, retry_failed: bool) -> None:
        """Use :meth:`open`."""
        self.output = output
        self.paths = paths_of(output)
        self.manifest_path = manifest_path(output)
        self.manifest: Manifest
        self.pending = Pending(pending_path(output), self.is_finished)
        self.repaired = self.written = self.already = 0
        self._held = ExitStack()
        self._retry_failed = retry_failed
        self._files: dict[Status, AppendFile] = {}
        self._states: dict[str, State] = {}
        self._known: dict[State, State] = {}
        self._totals: dict[Status, int] = dict.fromkeys(STATUSES, 0)
        self._groups: Counter[str] = Counter()
        self._transient = 0
        self._usage = Usage()
        self._rows = 0

    @classmethod
    def open(
        cls,
        output: Path | str,
        config: Mapping[str, Any],
        *,
        fresh: bool = False,
        accept_changes: bool = False,
        retry_failed: bool = False,
        inputs: Mapping[str, Any] | None = None,
    ) -> JobStore:
        """Lock a job's files, mend them after a kill, and read what is finished.

        Args:
            output: Where done records go; the other files lie beside it.
            config: All that decides a record, JSON-serializable. No secrets: it is kept in the manifest.
            fresh: Start over; old files are moved aside to ``<name>.bak-<n>``, never deleted.
            accept_changes: Continue although ``config`` differs; the manifest keeps the earlier one.
            retry_failed: Try all failed units again, not only those that failed for a passing reason.
            inputs: Path of each input file to its digest. Kept in the manifest; a changed digest is no
                changed configuration, because an input may grow between runs, nor is a moved file; another file is.

        Raises:
            InputError: The configuration changed, the inputs are others, the output is an input or was not made
                by a job, or a line of the files is broken.
            RunError: Another process holds the job, or the files cannot be read or written.
        """
        path = Path(output)
        if path.is_dir():
            raise InputError(f"{path}: is a directory, a file is needed")
        store = cls(path, retry_failed=retry_failed)
        store._refuse_inputs(inputs or {})
        store._held.enter_context(held(path))
        try:
            store._begin(config, inputs or {}, fresh=fresh, accept_changes=accept_changes)
        except OSError as error:
            store.close()
            raise RunError(f"{error.filename or path}: {error.strerror or error}") from None
        except BaseException:
            store.close()
            raise
        return store

    def _refuse_inputs(self, inputs: Mapping[str, Any]) -> None:
        for path in (*self.paths.values(), self.manifest_path, pending_path(self.output)):
            refuse_input(path, *map(Path, inputs))

    def _begin(
        self, config: Mapping[str, Any], inputs: Mapping[str, Any], *, fresh: bool, accept_changes: bool
    ) -> None:
        if fresh:
            self._move_aside()
        manifest, new = Manifest.read(self.manifest_path), Manifest.of(config, inputs)
        if manifest is None:
            self._refuse_foreign_files()
            manifest = new
            manifest.write(self.manifest_path)
        differs = manifest.fingerprint != new.fingerprint
        if differs and not any(_has_rows(self.paths[status]) for status in ("done", "dropped")):
            # Nothing was made with the earlier one, say because its key or its options were wrong.
            if _has_rows(self.paths["failed"]):
                self._move_aside()
            manifest, differs = new, False
            manifest.write(self.manifest_path)
        if differs and not accept_changes:
            raise InputError(
                f"{self.output} was begun with another configuration: "
                f"{describe_changes(changes(manifest.config, new.config))}. --accept-changes continues with the new "
                "one, --fresh moves the old files aside and starts over"
            )
        if manifest.is_of_others(new.inputs) and not accept_changes and _has_rows(self.output):
            raise InputError(
                f"{self.output} was made from {', '.join(manifest.all_inputs)}, not from {', '.join(new.inputs)}: "
                "another output keeps them apart, --accept-changes adds to it, --fresh moves the old files aside"
            )
        self.repaired = sum(repair(path) for path in self.paths.values())
        self._load()
        self.already = self.finished
        if differs or manifest.inputs != new.inputs:
            manifest = manifest.changed_to(config, inputs, self.already)
            manifest.write(self.manifest_path)
        self.manifest = manifest
        self._usage += usage_of(manifest.unrecorded)
        self._files["done"] = AppendFile(self.output)
        self.pending.read()

    def _move_aside(self) -> None:
        # The manifest goes first: without it, whatever a kill leaves half-way is refused and not continued.
        files = (self.manifest_path, *self.paths.values(), pending_path(self.output))
        old = [path for path in files if path.exists()]
        number = 1
        while any(path.with_name(f"{path.name}.bak-{number}").exists() for path in (*old, self.output)):
            number += 1
        for path in old:
            path.rename(path.with_name(f"{path.name}.bak-{number}"))

    def _refuse_foreign_files(self) -> None:
        for path in self.paths.values():
            if _has_rows(path):
                raise InputError(
                    f"{path}: exists and is not a job's ({self.manifest_path.name} is missing); name another output, "
                    "or --fresh to move it aside"
                )

    def _load(self) -> None:
        # A later file's row outweighs an earlier one's: a failed unit may have been dropped or done since.
        order: tuple[Status, ...] = ("failed", "dropped", "done")
        for status in order:
            if self.paths[status].exists():
                for row in iter_lines(self.paths[status], partial(parse, status=status)):
                    self._register(row)

    def _register(self, row: Row | Read) -> None:
        old = self._states.get(row.id)
        if old is not None:
            self._count(old, -1)
        # Millions of units share a handful of states.
        state = self._known.setdefault(row.state, row.state)
        self._states[row.id] = state
        self._count(state, 1)
        self._usage += row.usage
        self._rows += 1

    def _count(self, state: State, by: int) -> None:
        self._totals[state.status] += by
        self._transient += by * state.transient
        if state.status != "done":
            self._groups[state.group or state.status] += by

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    @property
    def done(self) -> int:
        """Units done."""
        return self._totals["done"]

    @property
    def dropped(self) -> int:
        """Units dropped."""
        return self._totals["dropped"]

    @property
    def failed(self) -> int:
        """Units whose newest row is a failure."""
        return self._totals["failed"]

    @property
    def transient(self) -> int:
        """Those of the failed units that the next run tries again by itself."""
        return self._transient

    @property
    def finished(self) -> int:
        """Units that a run passes over."""
        again = self.failed if self._retry_failed else self._transient
        return sum(self._totals.values()) - again

    @property
    def funnel(self) -> Counter[str]:
        """How many units were dropped or failed, by group."""
        return +self._groups

    @property
    def usage(self) -> Usage:
        """Use of models by all runs so far, failed tries included; what a budget starts from."""
        return self._usage

    @property
    def rows(self) -> int:
        """Rows in the files, earlier runs' included."""
        return self._rows

    def is_finished(self, unit_id: str) -> bool:
        """Whether a run passes over this unit."""
        state = self._states.get(unit_id)
        return state is not None and not (state.status == "failed" and (state.transient or self._retry_failed))

    def append(self, rows: Sequence[Row]) -> None:
        """Write rows and wait until they are on disk. From one thread at a time.

        Raises:
            RunError: The disk is full or gone. Every file ends with a whole line, and what is on disk counts.
        """
        failure: tuple[Path, OSError] | None = None
        for status in STATUSES:
            mine = [row for row in rows if row.state.status == status]
            if not mine:
                continue
            path = self.paths[status]
            try:
                if status not in self._files:
                    self._files[status] = AppendFile(path)
                kept, error = self._files[status].append([row.line for row in mine])
            except OSError as broken:
                kept, error = 0, broken
            for row in mine[:kept]:
                self._register(row)
            self.written += kept
            if error is not None and failure is None:
                failure = path, error
        if failure is not None:
            path, error = failure
            raise RunError(
                f"{path}: cannot be written ({error.strerror or error}); {self.finished:,} finished units are safe; "
                "free space and run the same command again"
            )

    def add_unrecorded(self, usage: Usage) -> None:
        """Count usage of units that get no row; it goes to the manifest when the store is closed."""
        if usage != Usage():
            total = usage_of(self.manifest.unrecorded) + usage
            self._usage += usage
            self.manifest = self.manifest.model_copy(update={"unrecorded": total.to_dict()})
            try:
                self.manifest.write(self.manifest_path)
            except OSError:
                # On a full disk the rows matter; that some of the costs are forgotten is the lesser evil.
                self.manifest_path.with_name(self.manifest_path.name + ".part").unlink(missing_ok=True)

    def close(self) -> None:
        """Close the files and give up the lock; once more does nothing."""
        for file in self._files.values():
            file.close()
        self.pending.close()
        self._held.close()
