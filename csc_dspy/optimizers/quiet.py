"""What optimizers print and log goes to a file."""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Self, TextIO

from tqdm import tqdm  # type: ignore[import-untyped]


class _Log:
    """A file that takes no more once it is closed: threads that optimizers left behind may still write."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, text: str) -> int:
        return len(text) if self._file.closed else self._file.write(text)

    def flush(self) -> None:
        if not self._file.closed:
            self._file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()


_ALONE = threading.Lock()
"""Standard output and DSPy's log are the process's: two compiles at a time would give each other's back."""
_screens: list[TextIO] = []
"""What standard error is while it goes to a file."""


def screen() -> TextIO:
    """Standard error as people see it, also while that of the process goes to a file."""
    return _screens[0] if _screens else sys.stderr


@contextlib.contextmanager
def quiet(log: Path) -> Iterator[None]:
    """What the optimizers print and log goes to a file; who wants the same in another thread waits for it."""
    logger = logging.getLogger("dspy")
    with _ALONE, _Log(log.open("a", encoding="utf-8")) as file:
        tqdm.set_lock(threading.RLock())  # a Ctrl-C in the middle of a bar leaves the one there was held for good
        before, handlers, propagate = logger.level, logger.handlers[:], logger.propagate
        to_file = logging.StreamHandler(file)
        logger.handlers, logger.propagate = [to_file], False
        logger.setLevel(logging.INFO)
        _screens.append(sys.stderr)
        try:
            with contextlib.redirect_stdout(file), contextlib.redirect_stderr(file):
                yield
        finally:
            _screens.clear()
            logger.handlers, logger.propagate = handlers, propagate
            logger.setLevel(before)
