"""Adaptive concurrency: how many requests one endpoint is sent at once.

Additive increase, multiplicative decrease, as TCP does: start at half the ceiling; go to the ceiling when nothing was
refused for a quarter of a second, or by one with every answer, whichever is sooner (a refusal comes at once, an answer
of a model takes seconds); halve when the endpoint says it is overloaded, then grow slowly. A ``Retry-After`` holds
everything back for that long.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Self

TRIAL_SECONDS = 0.25
"""How soon an endpoint that has too much to do is taken to say so."""


class Gate:
    """Bounds the requests in flight to one endpoint, and learns the bound.

    Attributes:
        closed: Set once the models are closed: threads that a job left behind ask nothing more.
    """

    def __init__(self, ceiling: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Start at half the ceiling.

        Args:
            ceiling: Requests in flight at most.
            clock: Seconds, monotonic.
        """
        self.ceiling = ceiling
        self.limit = float(max(1, -(-ceiling // 2)))
        self.in_flight = 0
        self.closed = threading.Event()
        self._slow_start = True
        self._on_trial = False
        self._open_at = 0.0
        self._cut_at = float("-inf")
        self._clock = clock
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._threads = 0
        self._left = threading.Condition()
        self._began_at: float | None = None
        self._answered_at = float("-inf")
        self._asked_to_wait = 0.0

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self  # an endpoint has one gate, however often a model on it is copied

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Wait for a place among the requests in flight and hold it."""
        if not self._on_trial:
            self._on_trial = True
            asyncio.get_running_loop().call_later(TRIAL_SECONDS, self._trial_passed)
        if self._waiting or self.in_flight >= int(self.limit):
            place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(place)
            try:
                await place  # whoever wakes us has counted us in
            except asyncio.CancelledError:
                if place.done() and not place.cancelled():
                    self._leave()
                raise
        else:
            self.in_flight += 1
        try:
            # Looked at with the place in hand: it may have been shut while this one queued.
            while (pause := self._open_at - self._clock()) > 0:
                await asyncio.sleep(pause)
            yield
        finally:
            self._leave()

    def _leave(self) -> None:
        self.in_flight -= 1
        self._wake()

    def _wake(self) -> None:
        while self._waiting and self.in_flight < int(self.limit):
            place = self._waiting.popleft()
            if not place.done():
                self.in_flight += 1
                place.set_result(None)

    def _trial_passed(self) -> None:
        if self._slow_start:
            self.limit = float(self.ceiling)
            self._wake()

    def succeeded(self) -> None:
        """An answer came: allow more."""
        self._grow()
        self._wake()

    def _grow(self) -> None:
        self._answered_at = self._clock()
        self.limit = min(float(self.ceiling), self.limit + (1.0 if self._slow_start else 1.0 / self.limit))

    def overloaded(self, retry_after: float | None = None) -> None:
        """The endpoint refused or broke: halve, at most once a second, and wait as long as it asks."""
        now = self._clock()
        if now - self._cut_at >= 1.0:
            self._cut_at = now
            self._slow_start = False
            self.limit = max(1.0, self.limit / 2)
        self._asked_to_wait = retry_after or 0.0
        if retry_after:
            self._open_at = max(self._open_at, now + retry_after)

    def answers(self, within: float) -> bool:
        """Whether anybody has been answered within so many seconds, but for those that the endpoint asked to wait."""
        return self._clock() - self._answered_at <= within + self._asked_to_wait

    @contextmanager
    def turn(self) -> Iterator[None]:
        """The same as :meth:`slot` for a thread, with places of its own; it ends with an answer, or with an error.

        Once the models are closed all are let through.
        """
        with self._left:
            self._began_at = self._clock() if self._began_at is None else self._began_at
            while not self.closed.is_set() and self._threads >= int(self._for_threads()):
                self._left.wait(TRIAL_SECONDS)
            self._threads += 1
        try:
            while (pause := self._open_at - self._clock()) > 0 and not self.closed.wait(pause):
                pass
            yield
            self._grow()
        finally:
            with self._left:
                self._threads -= 1
                self._left.notify()

    def _for_threads(self) -> float:
        """The limit; no event loop ends the trial where threads ask."""
        if self._slow_start and self._began_at is not None and self._clock() - self._began_at >= TRIAL_SECONDS:
            self.limit = float(self.ceiling)
        return self.limit
