"""Coroutines from synchronous code, also where an event loop runs already, as in a notebook."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

T = TypeVar("T")


def waited(waiting: Coroutine[Any, Any, T]) -> T:
    """What a coroutine comes to, in an event loop of its own; where one runs already, in a thread of its own.

    Raises:
        KeyboardInterrupt: After a Ctrl-C, once the coroutine has ended.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(waiting)
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
