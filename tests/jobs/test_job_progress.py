"""What people see of a running job, and of one that has ended."""

from __future__ import annotations

import contextlib
import os
import pty
from collections import Counter
from io import StringIO

import pytest

from csc_dspy.jobs import JobSummary, Progress, Snapshot
from csc_dspy.usage import Usage

USAGE = Usage(prompt_tokens=12345)


def snapshot(written: int, seconds: float, *, total: int | None = 100, usage: Usage = USAGE) -> Snapshot:
    return Snapshot(
        finished=20 + written,
        total=total,
        done=15 + written,
        dropped=4,
        failed=1,
        written=written,
        seconds=seconds,
        usage=usage,
    )


def test_a_log_gets_plain_lines_with_rate_and_time_left() -> None:
    stream = StringIO()
    progress = Progress("rewrite", stream=stream)
    assert progress.every == 10.0
    progress.show(snapshot(0, 0.0))
    progress.show(snapshot(10, 60.0))
    progress.close(snapshot(80, 120.0))
    first, middle, last = stream.getvalue().splitlines()
    assert first == "rewrite: 20/100 · 15 done, 4 dropped, 1 failed · 12,345 tokens · $0.0000 · in 0:00"
    assert middle == ("rewrite: 30/100 · 25 done, 4 dropped, 1 failed · 12,345 tokens · $0.0000 · 10/min · 7:00 left")
    assert last.endswith("40/min · in 2:00")


def test_an_unknown_price_is_a_question_mark_and_an_unknown_total_is_left_out() -> None:
    stream = StringIO()
    Progress("x", stream=stream).show(snapshot(5, 1.0, total=None, usage=Usage(cost=None)))
    assert "x: 25 · " in stream.getvalue()
    assert "$?" in stream.getvalue()
    assert "left" not in stream.getvalue()


def test_the_rate_is_that_of_the_last_two_minutes() -> None:
    progress = Progress("x", stream=StringIO())
    for second in range(0, 600, 10):
        progress.show(snapshot(min(second, 300), float(second), total=1000))
    progress.show(snapshot(310, 600.0, total=1000))
    assert "5.0/min" in progress.describe(snapshot(310, 600.0, total=1000))


def read_all(descriptor: int) -> str:
    """What a terminal that is closed on the other side was sent."""
    parts = []
    with contextlib.suppress(OSError):
        while part := os.read(descriptor, 1 << 16):
            parts.append(part)
    os.close(descriptor)
    return b"".join(parts).decode()


def test_a_terminal_gets_a_bar_that_ends_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    leader, follower = pty.openpty()
    with os.fdopen(follower, "w") as stream:
        progress = Progress("synthesize", stream=stream)
        assert progress.every == 0.5
        progress.show(snapshot(0, 0.0))
        progress.show(snapshot(40, 1.0))
        progress.close(snapshot(80, 2.0))
    shown = read_all(leader)
    assert "━" in shown
    assert "100/100 · 95 done" in shown
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h") == 1  # the cursor is back


def test_a_summary_says_it_in_one_line() -> None:
    summary = JobSummary(
        done=1200,
        dropped=5,
        failed=2,
        transient=1,
        already=100,
        written=1107,
        requeued=3,
        duplicates=0,
        repaired=1,
        funnel=Counter({"judge": 5, "error.TimeoutError": 2}),
        usage=Usage(prompt_tokens=1000, cost=None),
        overall=Usage(prompt_tokens=2000, cost=None),
        seconds=61.23456,
        stopped="token budget used up",
    )
    assert summary.describe() == (
        "1,200 done, 5 dropped, 2 failed (judge 5, error.TimeoutError 2), 100 finished before, 3 times put back, "
        "1 torn lines mended; 2,000 tokens, $?; 1:01; stopped: token budget used up"
    )
