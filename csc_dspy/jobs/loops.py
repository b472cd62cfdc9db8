"""Coroutines from synchronous code, also where an event loop runs already, as in a notebook."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

T = TypeVar("T")


class _Loop:
    """An event loop that is closed when nobody has it any more."""

    def __init__(self) -> None:
        self.runner = asyncio.Runner()

    def __del__(self) -> None:
        with contextlib.suppress(Exception):  # what it needs may be gone at the end of a process
            self.runner.close()


class _OfThread(threading.local):
    """The event loop that a thread keeps until it ends."""

    def __init__(self) -> None:
        self.loop = _Loop()


_kept = _OfThread()


def waited(waiting: Coroutine[Any, Any, T], *, keep: bool = False) -> T:
    """What a coroutine comes to, in an event loop of its own; where one runs already, in a thread of its own.

    Args:
        waiting: The coroutine.
        keep: Whether the loop is kept for the next one in this thread, so that connections stay open between them.

    Raises:
        KeyboardInterrupt: After a Ctrl-C, once the coroutine has ended.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return _kept.loop.runner.run(waiting, context=copy_context()) if keep else asyncio.run(waiting)
    begun: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any] | None]] = []

    async def cancellable() -> T:
        begun.append((asyncio.get_running_loop(), asyncio.current_task()))
        return await waiting

    with ThreadPoolExecutor(1) as helper:
        found = helper.submit(copy_context().run, asyncio.run, cancellable())
        try:
            return found.result()
        except KeyboardInterrupt:
            for loop, task in begun:
                if task is not None:
                    loop.call_soon_threadsafe(task.cancel)
            with contextlib.suppress(asyncio.CancelledError):
                found.result()
            raise
