"""A sign of life while a model is asked for minutes and nobody says anything."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

SECONDS = 30.0
"""How long nothing may be said."""


class Voice:
    """Lines for people; it knows when the last one was said."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._last = time.monotonic()

    def say(self, line: str) -> None:
        """Say a line."""
        print(line, file=self._out, flush=True)
        self._last = time.monotonic()

    @contextmanager
    def heartbeat(self, state: Callable[[], str], seconds: float = SECONDS) -> Iterator[None]:
        """Say how far the work is whenever nothing was said for a while.

        Args:
            state: How far it is; a line.
            seconds: How long nothing may be said.
        """
        ended = threading.Event()

        def beat() -> None:
            while not ended.wait(max(0.0, self._last + seconds - time.monotonic())):
                if time.monotonic() >= self._last + seconds:
                    self.say(state())

        thread = threading.Thread(target=beat, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
