"""The one writer of a job: rows come in from the event loop, batches go to the disk in a thread."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from csc_dspy.errors import CscError, RunError
from csc_dspy.jobs.rows import Row
from csc_dspy.jobs.store import JobStore

_GRACE_SECONDS = 5.0


class RowWriter:
    """Writes rows behind the event loop's back, all that wait with one write and one fsync.

    A thread of its own, because a unit's work may fill the event loop's thread pool, and because
    :meth:`close` must finish its work whatever state the event loop is in.

    Attributes:
        error: Why it stopped writing before its end, if it did.
    """

    def __init__(self, store: JobStore, on_batch: Callable[[], None]) -> None:
        """Start the thread.

        Args:
            store: Where rows go.
            on_batch: Called in the thread after each batch, and after an error.
        """
        self.error: CscError | None = None
        self._store = store
        self._on_batch = on_batch
        self._queue: queue.SimpleQueue[Row | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._write, name="csc-job-writer", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Rows that are not yet being written."""
        return self._queue.qsize()

    def put(self, row: Row) -> bool:
        """Hand over a row; never waits.

        Returns:
            Whether it will be written. After :meth:`close` it is not.
        """
        if not self._closed:
            self._queue.put(row)
        return not self._closed

    def close(self) -> None:
        """Write all that waits, then end the thread; once more does nothing."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
        try:
            self._thread.join()
        except KeyboardInterrupt:
            # An impatient second Ctrl-C: let the write under way end all the same.
            self._thread.join(_GRACE_SECONDS)
            raise

    def _write(self) -> None:
        last = False
        while not last:
            batch = [self._queue.get()]
            while not self._queue.empty():
                batch.append(self._queue.get())
            last = batch[-1] is None
            rows = [row for row in batch if row is not None]
            try:
                if rows:
                    self._store.append(rows)
            except CscError as error:
                self.error = error
            except Exception as error:
                self.error = RunError(f"{self._store.output}: writing failed ({type(error).__name__}: {error})")
            if self.error:
                last = True
            self._on_batch()
