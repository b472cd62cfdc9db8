"""How far a job is: a bar on a terminal, a plain line now and then anywhere else."""

from __future__ import annotations

import contextlib
import sys
from collections import deque
from dataclasses import dataclass, field
from typing import TextIO

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from csc_dspy.usage import Usage
from csc_dspy.wording import clock, money

_WINDOW = 120.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Where a job stands, from its files."""

    finished: int
    """Units that need nothing more in this run."""
    total: int | None
    """Units there are, ``None`` when nobody knows."""
    done: int
    dropped: int
    failed: int
    written: int
    """Rows written in this run."""
    seconds: float
    """Since the run began."""
    usage: Usage = field(default_factory=Usage)


class Progress:
    """Shows snapshots on standard error.

    Attributes:
        every: Seconds from one look at the job to the next.
    """

    def __init__(self, title: str, *, stream: TextIO | None = None, every: float | None = None) -> None:
        """Nothing is shown yet.

        Args:
            title: The verb, for example ``synthesize``.
            stream: Where to; standard error by default.
            every: Seconds between two looks; by default 0.5 on a terminal and 10 elsewhere.
        """
        self.title = title
        self._stream = stream or sys.stderr
        self._console = Console(file=self._stream)
        self._terminal = self._console.is_terminal and not self._console.is_dumb_terminal
        self.every = every if every is not None else 0.5 if self._terminal else 10.0
        self._live: Live | None = None
        self._seen: deque[tuple[float, int]] = deque()

    def show(self, now: Snapshot) -> None:
        """Show where the job stands."""
        self._seen.append((now.seconds, now.written))
        while len(self._seen) > 2 and now.seconds - self._seen[0][0] > _WINDOW:
            self._seen.popleft()
        if not self._terminal:
            print(f"{self.title}: {self.describe(now)}", file=self._stream, flush=True)
            return
        if self._live is None:
            self._live = Live(console=self._console, auto_refresh=False, redirect_stdout=False)
            self._live.start()
        self._live.update(self._bar(now), refresh=True)

    def close(self, now: Snapshot) -> None:
        """Show the last snapshot and leave the terminal as it was."""
        try:
            self.show(now)
        finally:
            if self._live is not None:
                with contextlib.suppress(OSError, ValueError):
                    self._live.stop()
                self._live = None

    def describe(self, now: Snapshot) -> str:
        """A snapshot in one line: counts, tokens, cost, units a minute, time left."""
        of = "" if now.total is None else f"/{now.total:,}"
        parts = [
            f"{now.finished:,}{of}",
            f"{now.done:,} done, {now.dropped:,} dropped, {now.failed:,} failed",
            f"{now.usage.tokens:,} tokens",
            money(now.usage.cost),
        ]
        rate = self._rate()
        if rate > 0:
            parts.append(f"{rate * 60:,.0f}/min" if rate * 60 >= 10 else f"{rate * 60:.1f}/min")
        left = None if now.total is None else max(0, now.total - now.finished)
        if left and rate > 0:
            parts.append(f"{clock(left / rate)} left")
        else:
            parts.append(f"in {clock(now.seconds)}")
        return " · ".join(parts)

    def _rate(self) -> float:
        """Units a second over the last two minutes."""
        (start, before), (end, now) = self._seen[0], self._seen[-1]
        return (now - before) / (end - start) if end > start else 0.0

    def _bar(self, now: Snapshot) -> Table:
        total = max(now.total, 1) if now.total is not None else None
        bar = ProgressBar(total=total, completed=min(now.finished, total or 0), pulse=total is None)
        grid = Table.grid(padding=(0, 1), expand=True)
        grid.add_column(no_wrap=True)
        grid.add_column(ratio=1)
        grid.add_row(Text(self.title, style="bold"), bar)
        outer = Table.grid(expand=True)
        outer.add_row(grid)
        outer.add_row(Text(self.describe(now), overflow="fold"))
        return outer
