"""Append-only JSONL files that are whole after anything: a kill, a full disk, a lost plug."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

_BLOCK = 1 << 16


def _last_line_start(file: BinaryIO, size: int) -> int:
    """Where the last line of a file begins, found from its end."""
    end = size
    while end > 0:
        start = max(0, end - _BLOCK)
        file.seek(start)
        newline = file.read(end - start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end = start
    return 0


def _is_object(raw: bytes) -> bool:
    try:
        return isinstance(json.loads(raw), dict)
    except ValueError:
        return False


def repair(path: Path) -> bool:
    """Mend a last line that a kill cut off.

    A tail without a newline that is a whole JSON object only gets its newline; anything else is cut off.

    Returns:
        Whether there was something to mend. A file that does not exist is fine.
    """
    try:
        file = path.open("r+b")
    except FileNotFoundError:
        return False
    with file:
        size = file.seek(0, os.SEEK_END)
        start = _last_line_start(file, size)
        if start == size:
            return False
        file.seek(start)
        if _is_object(file.read()):
            file.write(b"\n")
        else:
            file.truncate(start)
        file.flush()
        os.fsync(file.fileno())
    return True


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable, where the system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class AppendFile:
    """A file that only ever grows by whole lines."""

    def __init__(self, path: Path) -> None:
        """Open for appending; the file is made when there is none."""
        self.path = path
        new = not path.exists()
        self._file = path.open("ab", buffering=0)
        if new:
            sync_directory(path.parent)

    def append(self, lines: Sequence[bytes]) -> tuple[int, OSError | None]:
        """Write lines, each with its newline, and wait until they are on disk: one write, one fsync.

        Returns:
            How many of the lines, counted from the first, are on disk, and the error that kept the
            others from it. After an error the file ends with the last of the lines that are.
        """
        descriptor = self._file.fileno()
        size = os.fstat(descriptor).st_size
        rest = memoryview(b"".join(lines))
        whole, failure = len(rest), None
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            failure = error
        written = whole - len(rest)
        kept = end = 0
        for line in lines:
            if end + len(line) > written:
                break
            kept, end = kept + 1, end + len(line)
        try:
            if failure is not None:
                os.ftruncate(descriptor, size + end)
            os.fsync(descriptor)
        except OSError as error:
            # After a failed fsync nobody knows which of the new bytes are on disk: none of them count.
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, size)
            return 0, failure or error
        return kept, failure

    def close(self) -> None:
        """Close the file; once more does nothing."""
        self._file.close()
