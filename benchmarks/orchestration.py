"""How much of the possible rate the verbs that spend keep against a model server that answers after a second.

python benchmarks/orchestration.py [synthesize rewrite evaluate] [--delay 1.0] [--concurrency 128]

``synthesize`` plays 128 conversations of 23 requests each, the judge's included; ``rewrite`` works on 1,024 calls with
three requests each; ``evaluate`` answers 1,024 supporter turns with three requests each. As many requests as allowed
could always be in flight, so the server could answer ``concurrency / delay`` of them a second. The server is a process
of its own; it keeps the time, from the first request to the last answer. Prints one JSON line per figure.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from csc_dspy.conversation import write_records  # noqa: E402
from tests.support.calls import raw_call  # noqa: E402
from tests.support.command import environment, rows, write_people  # noqa: E402

TARGET_SHARE, TARGET_GB = 0.90, 1.0


def peak_memory(process: psutil.Process, into: dict[str, float]) -> None:
    """Follow a process's resident memory (bytes) and CPU time (seconds) until it ends."""
    while True:
        try:
            into["rss"] = max(into.get("rss", 0.0), process.memory_info().rss)
            times = process.cpu_times()
            into["cpu"] = times.user + times.system
        except psutil.Error:
            return
        time.sleep(0.05)


def get(address: str) -> Any:
    with urllib.request.urlopen(address, timeout=30) as answer:
        return json.load(answer)


def synthesize(folder: Path) -> tuple[list[object], int]:
    """Arguments, and the records that should come out."""
    people = write_people(folder / "people.jsonl", 128)
    return ["--profiles", people.name, "-n", 128, "--similarity", "1.0"], 128


def rewrite(folder: Path) -> tuple[list[object], int]:
    """Arguments, and the records that should come out."""
    calls = [raw_call(f"call-{number:04d}", "zh" if number % 2 else "en") for number in range(1024)]
    return ["calls.jsonl"], write_records(folder / "calls.jsonl", calls)


def evaluate(folder: Path) -> tuple[list[object], int]:
    """Arguments, and the records that should come out."""
    calls = [raw_call(f"call-{number:04d}", "zh" if number % 2 else "en") for number in range(256)]
    return ["calls.jsonl"], write_records(folder / "calls.jsonl", calls)  # of four supporter turns


VERBS: dict[str, Callable[[Path], tuple[list[object], int]]] = {
    "synthesize": synthesize,
    "rewrite": rewrite,
    "evaluate": evaluate,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verbs", nargs="*", default=list(VERBS), help="all, if none is named")
    parser.add_argument("--rounds", type=int, default=6, help="supporter turns of a conversation that is played")
    parser.add_argument("--delay", type=float, default=1.0, help="seconds the server takes to answer")
    parser.add_argument("--concurrency", type=int, default=128)
    parser.add_argument("--wrap", default="", help="run under this, for example 'py-spy record -o p.svg --'")
    given = parser.parse_args()
    return max(measured(verb, given) for verb in given.verbs)


def measured(verb: str, given: argparse.Namespace) -> int:
    """Run one verb and print its figures; 0 if they reach their targets."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        special, expected = VERBS[verb](folder)
        options = [verb, *special, "-o", "out.jsonl", "--lm", "openai/bench", "--concurrency", given.concurrency]
        arguments = [str(option) for option in options]
        server = subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.support.openai_server", "--port", "0", "--delay", str(given.delay)),
                *("--conversation-rounds", str(given.rounds), "--leaves", "supporter"),
            ],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert server.stdout is not None
            address = server.stdout.readline().strip()
            before = time.monotonic()
            process = subprocess.Popen(
                [*given.wrap.split(), sys.executable, "-m", "csc_dspy", *arguments, "--api-base", f"{address}/v1"],
                cwd=folder,
                env=environment(),
                stdout=sys.stderr,
            )
            seen: dict[str, float] = {}
            watch = threading.Thread(target=peak_memory, args=(psutil.Process(process.pid), seen))
            watch.start()
            code = process.wait()
            watch.join()
            wall = time.monotonic() - before
            stats = get(f"{address}/stats")
        finally:
            server.terminate()
            server.wait()
        done = len(rows(folder / "out.jsonl"))
    seconds = stats["last"] - stats["first"]
    calls = stats["answered"]
    possible = given.concurrency / given.delay
    share = calls / seconds / possible
    command = " ".join(["csc-dspy", *arguments])
    figures: tuple[tuple[str, float, str, str], ...] = (
        ("calls per second", round(calls / seconds, 1), "1/s", f">= {TARGET_SHARE * possible:g} 1/s"),
        ("share of the possible rate", round(share, 3), "", f">= {TARGET_SHARE}"),
        ("peak memory", round(seen["rss"] / 1e9, 3), "GB", f"<= {TARGET_GB} GB"),
        ("CPU time per call, start-up included", round(1e3 * seen["cpu"] / calls, 2), "ms", ""),
        ("requests in flight at most", stats["max_in_flight"], "", f"<= {given.concurrency}"),
        ("wall time, start-up included", round(wall, 1), "s", ""),
        ("load average of the machine", round(os.getloadavg()[0], 1), "", ""),
    )
    holds = {
        "calls per second": share >= TARGET_SHARE,
        "share of the possible rate": share >= TARGET_SHARE,
        "peak memory": seen["rss"] <= TARGET_GB * 1e9,
        "requests in flight at most": stats["max_in_flight"] <= given.concurrency,
    }
    whole = code == 0 and done == expected
    for figure, value, unit, target in figures:
        line = {
            "figure": f"orchestration of {verb}, {figure}",
            "value": value,
            "unit": unit,
            "target": target or None,
            "ok": whole and holds.get(figure, True),
            "n": calls,
            "command": command,
        }
        print(json.dumps(line), flush=True)
    if not whole:
        print(f"the run ended with {code} and {done} of {expected} records", file=sys.stderr)
    return 0 if whole and all(holds.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
