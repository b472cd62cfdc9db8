"""The durable, concurrent map: units go in, one row a unit comes out, whatever happens in between."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from csc_dspy.errors import BudgetError, FatalModelError, InputError
from csc_dspy.jobs.budget import Forecast
from csc_dspy.jobs.pending import current_attempt
from csc_dspy.jobs.progress import Progress, Snapshot
from csc_dspy.jobs.rows import Outcome, Row, cause_text
from csc_dspy.jobs.store import JobStore
from csc_dspy.jobs.summary import JobSummary
from csc_dspy.jobs.writer import RowWriter
from csc_dspy.usage import Ledger, Usage

U = TypeVar("U")
E = TypeVar("E", bound=Exception)

_MOST_WAITING_ROWS = 4096
_SKIPS_AT_A_TIME = 256
_GRACE_SECONDS = 5.0


@dataclass(slots=True, eq=False)
class _Unit(Generic[U]):
    id: str
    value: U
    attempts: int = 0
    usage: Usage = field(default_factory=Usage)


def _behind(error: BaseException | None, kind: type[E]) -> E | None:
    """The error of a kind behind an error, also when other code wrapped it in one of its own."""
    while error is not None:
        if isinstance(error, kind):
            return error
        error = error.__cause__ or error.__context__
    return None


class _Job(Generic[U]):
    """One run. All of it happens in the event loop's thread, except for the writing."""

    def __init__(
        self,
        units: Iterator[U],
        work: Callable[[U], Awaitable[Outcome]],
        store: JobStore,
        *,
        key: Callable[[U], str],
        total: int | None,
        concurrency: int,
        unit_attempts: int,
        ledger: Ledger,
        is_transient: Callable[[BaseException], bool],
    ) -> None:
        self._units: Iterator[U] | None = units
        self._work = work
        self._store = store
        self._key = key
        self._total = total
        self._concurrency = concurrency
        self._unit_attempts = unit_attempts
        self._ledger = ledger
        self._is_transient = is_transient
        self._began = time.monotonic()
        self._running: set[asyncio.Task[None]] = set()
        self._next: _Unit[U] | None = None
        self._again: deque[_Unit[U]] = deque()
        self._seen: set[str] = set()
        self._wake = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._writer = RowWriter(store, self._written)
        self._forecast = Forecast(ledger, store.usage, store.rows)
        self._started = self._requeued = self._duplicates = 0
        self._lost = Usage()
        self._stopped: str | None = None
        self._error: Exception | None = None

    async def run(self) -> None:
        """Start units as there is room for them, until none is left or the run has to stop."""
        while True:
            self._wake.clear()
            await self._start_what_fits()
            if self._writer.error is not None:
                raise self._writer.error
            if not self._running and (self._next is None or self._stopped is not None):
                return
            await self._wake.wait()

    def _written(self) -> None:
        """Called in the writer's thread."""
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._wake.set)

    async def _start_what_fits(self) -> None:
        while self._stopped is None and len(self._running) < self._concurrency:
            if self._writer.error is not None or self._writer.waiting > _MOST_WAITING_ROWS:
                return
            if self._next is None:
                self._next = await self._take()
            if self._next is None or not self._affordable():
                return
            unit, self._next = self._next, None
            self._started += 1
            task = asyncio.create_task(self._attempt(unit))
            self._running.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._wake.set()
        # A unit's errors are rows; what comes through here is a fault of `is_transient` or our own.
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception):
            self._stop(error)

    def _stop(self, error: Exception) -> None:
        """Start nothing more and raise at the end: what is in flight is paid for and may end."""
        self._error, self._stopped = self._error or error, str(error)

    async def _take(self) -> _Unit[U] | None:
        """The next unit that is not finished.

        Units that were put back come last, but are never so many that a huge input ends up in memory.
        """
        looked = 0
        while self._units is not None and len(self._again) < 4 * self._concurrency:
            looked += 1
            if looked % _SKIPS_AT_A_TIME == 0:
                await asyncio.sleep(0)  # a long stretch of finished units must not starve those in flight
            try:
                value = next(self._units)
                unit_id = self._key(value)
            except StopIteration:
                self._units = None
                break
            except Exception as error:
                self._units = None
                self._stop(error)
                return None
            if unit_id in self._seen:
                self._duplicates += 1
            elif not self._store.is_finished(unit_id):
                self._seen.add(unit_id)
                return _Unit(unit_id, value)
        return self._again.popleft() if self._again else None

    def _affordable(self) -> bool:
        """Whether one more unit can probably be paid to its end, next to those in flight."""
        try:
            shortfall = self._forecast.shortfall(len(self._running))
        except BudgetError as error:
            self._stopped = str(error)
            return False
        # A run's first unit may always try: its forecast comes from earlier runs.
        if shortfall is None or self._started == 0:
            return True
        if not self._running:  # as long as others run, they may turn out smaller than foreseen
            self._stopped = shortfall
        return False

    async def _attempt(self, unit: _Unit[U]) -> None:
        ledger = Ledger()
        unit.attempts += 1
        attempt = self._store.pending.attempt(unit.id, self._ledger)
        current_attempt.set(attempt)  # of this task only
        try:
            try:
                with ledger:
                    outcome = await self._work(unit.value)
            finally:
                new = ledger.total - attempt.again
                unit.usage += new
                self._forecast.settled += new
            row = Row.of(unit.id, outcome, unit.usage)
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                self._lost += self._without_pending(unit)
                raise
            # Nobody cancelled this unit: something inside it did, which must not look like a Ctrl-C.
            row = self._failure(unit, error, transient=False)
        except Exception as error:
            # What ends the run is no unit's fault and no unit's row. The others in flight may end: those
            # that need another call meet the same limit, or the same refusal, there.
            if (budget := _behind(error, BudgetError)) is not None:
                self._stopped = self._stopped or str(budget)
                self._lost += self._without_pending(unit)
                return
            if (fatal := _behind(error, FatalModelError)) is not None:
                self._stop(fatal)
                self._lost += self._without_pending(unit)
                return
            transient = self._is_transient(error)
            if transient and unit.attempts < self._unit_attempts:
                self._requeued += 1
                self._again.append(unit)
                return
            if transient:  # the next run tries it again, with what is pending
                unit.usage = self._without_pending(unit)
            row = self._failure(unit, error, transient=transient)
        if self._writer.put(row):
            self._forecast.rows += 1

    def _without_pending(self, unit: _Unit[U]) -> Usage:
        """What a unit took that no later try of it will count."""
        return unit.usage - self._store.pending.held(unit.id)

    @staticmethod
    def _failure(unit: _Unit[U], error: BaseException, *, transient: bool) -> Row:
        name = type(error).__name__
        return Row.of(
            unit.id,
            Outcome("failed", {}, cause_text(str(error)) or name, f"error.{name}", transient),
            unit.usage,
        )

    async def drop_in_flight(self) -> None:
        """Cancel what runs. A unit that does not let go is left behind, so that it cannot hold up the end."""
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(self._running, timeout=_GRACE_SECONDS)

    def close(self) -> None:
        """Put all rows on disk and close the files; waits for the disk, and for nothing else."""
        try:
            self._writer.close()
            for unit in (*self._again, *([self._next] if self._next else [])):
                self._lost += self._without_pending(unit)
            self._store.add_unrecorded(self._lost)
        finally:
            self._store.close()

    def raise_errors(self) -> None:
        """Raise what stopped the run from outside its units."""
        if self._writer.error is not None:
            raise self._writer.error
        if self._error is not None:
            raise self._error

    def snapshot(self) -> Snapshot:
        """Where the run stands."""
        store = self._store
        return Snapshot(
            finished=store.already + store.written,
            total=self._total,
            done=store.done,
            dropped=store.dropped,
            failed=store.failed,
            written=store.written,
            seconds=time.monotonic() - self._began,
            usage=self._ledger.total,
        )

    def summary(self) -> JobSummary:
        """What the run came to, once it is closed."""
        store = self._store
        return JobSummary(
            done=store.done,
            dropped=store.dropped,
            failed=store.failed,
            transient=store.transient,
            already=store.already,
            written=store.written,
            requeued=self._requeued,
            duplicates=self._duplicates,
            repaired=store.repaired,
            funnel=store.funnel,
            usage=self._forecast.settled,
            overall=store.usage,
            seconds=time.monotonic() - self._began,
            stopped=self._stopped,
        )


async def _watch(job: _Job[Any], progress: Progress) -> None:
    # A closed standard error is no reason to end a job.
    with contextlib.suppress(OSError, ValueError):
        while True:
            progress.show(job.snapshot())
            await asyncio.sleep(progress.every)


async def run_job(
    units: Iterable[U],
    work: Callable[[U], Awaitable[Outcome]],
    store: JobStore,
    *,
    key: Callable[[U], str],
    total: int | None,
    concurrency: int,
    unit_attempts: int = 3,
    ledger: Ledger,
    progress: Progress | None = None,
    is_transient: Callable[[BaseException], bool],
) -> JobSummary:
    """Do the work on every unit that is not finished, and put one row a unit on disk as it ends.

    An error of one unit is that unit's row and nothing else. A passing error puts the unit back behind
    the others. When a budget ends, or would end before another unit could, no unit is started any more; those in
    flight end, or get no row. A Ctrl-C or any other cancellation drops those in flight, and what was finished is on
    disk before it is raised again. The store is closed in any case.

    Args:
        units: What to work on, as lazily as one likes; an id that comes again in a run is left out.
        work: The work on one unit, run as a task of its own. A pure function of the unit and the configuration.
        store: The open files of the job.
        key: A unit's id, stable from run to run.
        total: How many units there are, finished ones included, for the progress; ``None`` when unknown.
        concurrency: How many units are worked on at a time.
        unit_attempts: How often a unit is tried before a passing error becomes its row.
        ledger: The run's limits, opened here: not to be open already. Give ``spent=store.usage`` for a
            budget that holds over all runs of the job.
        progress: Where to show how far it is.
        is_transient: Whether an error is worth another try.

    Raises:
        InputError: ``concurrency`` or ``unit_attempts`` is below 1, or ``units`` raised it.
        FatalModelError: The work raised it; units like that one get no row, those in flight end first.
        RunError: A row could not be written.
    """
    if concurrency < 1 or unit_attempts < 1:
        store.close()
        raise InputError("concurrency and attempts must be at least 1")
    with ledger:
        job = _Job(
            iter(units),
            work,
            store,
            key=key,
            total=total,
            concurrency=concurrency,
            unit_attempts=unit_attempts,
            ledger=ledger,
            is_transient=is_transient,
        )
        watch = asyncio.create_task(_watch(job, progress)) if progress else None
        try:
            try:
                await job.run()
            finally:
                await job.drop_in_flight()
        finally:
            if watch is not None:
                watch.cancel()
            job.close()
            if progress is not None:
                with contextlib.suppress(OSError, ValueError):
                    progress.close(job.snapshot())
    job.raise_errors()
    return job.summary()
