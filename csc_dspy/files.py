"""Files that take their place only when they are complete, and files that say what they are."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from csc_dspy.errors import InputError, RunError


def part_of(path: Path) -> Path:
    """Where a file is written before it takes its place."""
    return path.with_name(path.name + ".part")


def refuse_input(output: Path, *inputs: Path) -> None:
    """Refuse to write to what is read.

    Raises:
        InputError: The output is one of the inputs.
    """
    for path in inputs:
        if path.resolve() == output.resolve():
            raise InputError(f"{path}: is an input and would be written to; name another output")


@contextmanager
def held(path: Path, by: Path | None = None) -> Iterator[None]:
    """Write to a path as the only process that does.

    Args:
        path: What is written.
        by: The lock's file, whose folder is made if it is not there; ``None`` for one beside the path.

    Raises:
        RunError: Another process does, or nothing can be written there.
    """
    by = by or path.with_name(path.name + ".lock")
    lock = FileLock(by, timeout=0, thread_local=False)  # another thread may give it up
    try:
        by.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise RunError(f"{path}: another process is writing it; wait for its end or name another output") from None
    except OSError as error:
        raise RunError(f"{error.filename or path}: cannot be written ({error.strerror or error})") from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def awaited(lock: Path, doing: str, tell: Callable[[str], object]) -> Iterator[None]:
    """Do what only one process may do at a time, after those that do it already.

    Args:
        lock: The lock's file.
        doing: What is done, as it is told to who must wait: ``another process is … ; waiting for it``.
        tell: Told so.

    Raises:
        OSError: The lock cannot be made.
    """
    turn = FileLock(lock)
    try:
        turn.acquire(timeout=0)
    except Timeout:
        tell(f"another process {doing}; waiting for it")
        turn.acquire()
    try:
        yield
    finally:
        turn.release()


@contextmanager
def written_whole(path: Path | str) -> Iterator[Path]:
    """Write a file beside its place and move it there when it is on disk.

    Args:
        path: The file's place; its folder is made if it is not there. Where it is a link, what it leads to is written.

    Yields:
        Where to write. If nothing is there at the end, an earlier file stays; so it does after any error.

    Raises:
        RunError: The file cannot be written.
    """
    path = Path(path)
    place = Path(os.path.realpath(path)) if path.is_symlink() else path
    part = part_of(place)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        yield part
        if part.exists():
            with part.open("rb") as file:
                os.fsync(file.fileno())
            part.replace(place)
    except OSError as error:
        raise RunError(f"{path}: cannot be written ({error.strerror or error})") from None
    finally:
        with suppress(OSError):
            part.unlink()


def read_stamped(path: Path, kind: str, what: str, *, made_by: str, called: str | None = None) -> dict[str, Any]:
    """Read a JSON object that says under ``format`` what it is, ``csc-dspy KIND``, and of which ``version``.

    Args:
        path: The file.
        kind: What it is to be: ``program``, ``student``.
        what: The same for people.
        made_by: The command that writes such files, for errors.
        called: What the file is called in errors; ``None``: as it lies there.

    Raises:
        InputError: It cannot be read, is something else, or its version is not a whole number.
    """
    named = called or str(path)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{named}: not readable ({error.strerror or error})") from None
    except UnicodeDecodeError:
        raise InputError(f"{named}: not a {what}: it is not text") from None
    try:
        raw = json.loads(text)
    except ValueError as error:
        raise InputError(f"{named}: not a {what}: not JSON ({error})") from None
    if not isinstance(raw, dict) or raw.get("format") != f"csc-dspy {kind}":
        raise InputError(f"{named}: not a {what}: what `{made_by}` writes says so under `format`")
    if type(version := raw.get("version")) is not int:
        raise InputError(f"{named}: not a {what}: its version is {json.dumps(version)}, which is not a whole number")
    return raw
