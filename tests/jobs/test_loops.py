"""Coroutines from synchronous code, with and without an event loop that runs already."""

from __future__ import annotations

import asyncio
import contextvars
import signal
import threading
import time

import pytest

from csc_dspy.jobs.loops import waited

WHO = contextvars.ContextVar("WHO", default="nobody")


async def answer() -> str:
    await asyncio.sleep(0)
    return WHO.get()


def test_it_waits_in_both_worlds_and_keeps_the_context() -> None:
    async def within() -> str:
        return waited(answer())

    WHO.set("somebody")
    assert waited(answer()) == "somebody"
    assert asyncio.run(within()) == "somebody"


def test_what_goes_wrong_is_raised() -> None:
    async def wrong() -> None:
        raise ValueError("no")

    async def within() -> None:
        waited(wrong())

    with pytest.raises(ValueError, match="no"):
        asyncio.run(within())


def test_an_interrupted_cell_ends_what_it_waits_for() -> None:
    ended = threading.Event()

    async def slow() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    async def cell() -> None:
        me = threading.get_ident()
        threading.Timer(0.5, lambda: signal.pthread_kill(me, signal.SIGINT)).start()
        waited(slow())

    began = time.monotonic()
    loop = asyncio.new_event_loop()  # asyncio.run would take the signal for itself, a notebook's loop does not
    try:
        with pytest.raises(KeyboardInterrupt):
            loop.run_until_complete(cell())
    finally:
        loop.close()
    assert ended.is_set()
    assert time.monotonic() - began < 30
