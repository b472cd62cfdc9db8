"""A job from synchronous code: an event loop of its own, and signals that end it cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from csc_dspy.jobs.loops import waited
from csc_dspy.jobs.progress import Progress
from csc_dspy.jobs.rows import Outcome
from csc_dspy.jobs.runner import run_job
from csc_dspy.jobs.store import JobStore
from csc_dspy.jobs.summary import JobSummary
from csc_dspy.usage import Ledger

U = TypeVar("U")


def run_job_blocking(
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
    """:func:`run_job` in an event loop of its own, for the command line.

    Raises:
        KeyboardInterrupt: After a Ctrl-C or a SIGTERM, once everything finished is on disk.
    """
    terminated = False

    async def until_terminated() -> JobSummary:
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert task is not None

        def terminate() -> None:
            nonlocal terminated
            if not terminated:  # a second one must not disturb the first one's clean end
                terminated = True
                task.cancel()

        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):  # not in the main thread
            loop.add_signal_handler(signal.SIGTERM, terminate)
        return await run_job(
            units,
            work,
            store,
            key=key,
            total=total,
            concurrency=concurrency,
            unit_attempts=unit_attempts,
            ledger=ledger,
            progress=progress,
            is_transient=is_transient,
        )

    try:
        before = signal.getsignal(signal.SIGTERM)
        return waited(until_terminated())
    except asyncio.CancelledError:
        if terminated:
            raise KeyboardInterrupt from None
        raise
    finally:
        store.close()
        with contextlib.suppress(ValueError, TypeError):  # not in the main thread; not set from Python
            signal.signal(signal.SIGTERM, before)
