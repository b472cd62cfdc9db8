"""A verb that runs a durable job, as a user runs it: real processes in a folder of its own, against one server."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Mapping
from pathlib import Path

from tests.support.command import rows
from tests.support.openai_server import KINDS, OpenAIServer
from tests.support.zygote import Child, Done, Zygote


class JobVerb:
    """A verb with the arguments that all its runs share."""

    def __init__(self, zygote: Zygote, server: OpenAIServer, folder: Path, *arguments: object) -> None:
        self.zygote, self.server, self.folder = zygote, server, folder
        self.arguments = arguments
        self.out = folder / "out.jsonl"
        self.dropped, self.failed = folder / "out.dropped.jsonl", folder / "out.failed.jsonl"

    def start(self, *more: object, env: Mapping[str, str] | None = None) -> Child:
        base = ["-o", "out.jsonl", "--no-tracking", "--lm", "openai/x", "--api-base", self.server.api_base]
        return self.zygote.start(*self.arguments, *base, *more, cwd=self.folder, env=env)

    def __call__(self, *more: object, env: Mapping[str, str] | None = None) -> Done:
        return self.start(*more, env=env).wait()

    def ids(self, *, torn: bool = False) -> list[str]:
        """Ids of all rows, done, dropped and failed; a torn last line is passed over if it may be there."""
        found: list[str] = []
        for path in (self.out, self.dropped, self.failed):
            whole, _, tail = (path.read_text("utf-8", "replace") if path.exists() else "").rpartition("\n")
            assert torn or not tail
            found += [json.loads(line)["id"] for line in whole.splitlines()]
        return found

    def latest(self) -> dict[str, str]:
        """Id to how the unit ended at last."""
        ended = {row["id"]: "failed" for row in rows(self.failed)}
        ended |= {row["id"]: "done" for row in rows(self.out)}
        return ended | {row["id"]: "dropped" for row in rows(self.dropped)}

    def tokens(self) -> int:
        """Tokens of all rows together."""
        usages = [row["meta"]["usage"] for row in rows(self.out)] + [row["usage"] for row in rows(self.dropped)]
        return sum(use["prompt_tokens"] + use["completion_tokens"] for use in usages)

    def weather_faults(self, units: int, *options: object) -> None:
        """Run on a flaky server: every unit ends in a row, success or cause, and the exit code tells.

        Once the server is well, the same command finishes what failed.
        """
        self.server.faults, self.server.kinds = 0.3, KINDS
        done = self(*options, "--concurrency", 6, "--timeout", 1)
        assert set(self.server.stats().faults) == set(KINDS)
        latest = self.latest()
        assert len(latest) == units
        assert done.returncode == (1 if "failed" in latest.values() else 0), done.stderr
        assert "Traceback" not in done.stderr
        for row in rows(self.failed) + rows(self.dropped):
            assert row["cause"]
            assert row["group"]
        self.server.faults = 0.0
        assert self(*options).returncode == 0

    def kill_again_and_again(self, *options: object, times: int = 20) -> set[str]:
        """Run, and kill with SIGKILL, at so many different moments; what was finished stays, once each.

        Returns:
            The ids that were finished in the end.
        """
        known: set[str] = set()
        for number in range(times):
            moment = number * 20 // times
            asked, deadline = len(self.server.log), time.monotonic() + 30
            child = self.start(*options)
            # Half of the kills come some time after the first request, half right around the writing of a row.
            late = number % 2 == 1
            while time.monotonic() < deadline:
                if len(self.ids(torn=True)) > len(known) if late else len(self.server.log) > asked:
                    break
                time.sleep(0.002)
            time.sleep(0.004 * (moment // 2) if late else 0.03 * moment)
            child.signal(signal.SIGKILL)
            assert child.wait().returncode == -signal.SIGKILL
            now = self.ids(torn=True)
            assert len(now) == len(set(now))
            assert known <= set(now)
            known = set(now)
        return known


def refused(done: Done, *parts: str, code: int = 2) -> None:
    """One clear line, the right exit code, no traceback."""
    assert done.returncode == code, done.stderr
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert "Traceback" not in done.stderr
    assert lines
    assert len(lines) == 1 or lines[0].startswith("Usage:")
    for part in parts:
        assert part in lines[-1]
