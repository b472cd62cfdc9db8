"""A small real job, to be run, killed and run again: ``python job_script.py OUT [options]``.

Every unit takes a while, pays for one call of 10 tokens, and ends by its number: most are done,
every tenth is dropped, every seventeenth fails.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from csc_dspy.jobs import JobStore, JobSummary, Outcome, run_job_blocking
from csc_dspy.usage import Ledger, Usage, record

TOKENS_A_UNIT = 10


def unit_id(number: int) -> str:
    return f"unit-{number:05}"


def expected(units: int) -> tuple[set[str], set[str], set[str]]:
    """Ids that end as done, dropped and failed."""
    dropped = {unit_id(n) for n in range(units) if n % 10 == 9}
    failed = {unit_id(n) for n in range(units) if n % 17 == 16} - dropped
    return {unit_id(n) for n in range(units)} - dropped - failed, dropped, failed


def run(
    out: Path,
    *,
    units: int = 60,
    seconds: float = 0.02,
    concurrency: int = 4,
    padding: int = 100,
    on_start: Callable[[], None] = lambda: None,
) -> JobSummary:
    async def work(number: int) -> Outcome:
        await asyncio.sleep(seconds)
        record(Usage(calls=1, prompt_tokens=7, completion_tokens=3, cost=0.001))
        if number % 10 == 9:
            return Outcome("dropped", {"n": number}, "too long", "rules.length")
        if number % 17 == 16:
            raise RuntimeError("broken\nreply")
        return Outcome("done", {"id": unit_id(number), "n": number, "text": "好" * padding})

    def numbers() -> Iterator[int]:
        for number in range(units):
            if number == 0:
                on_start()
            yield number

    store = JobStore.open(out, {"units": units, "model": {"name": "fake"}})
    return run_job_blocking(
        numbers(),
        work,
        store,
        key=unit_id,
        total=units,
        concurrency=concurrency,
        ledger=Ledger(),
        is_transient=lambda error: isinstance(error, TimeoutError),
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--units", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=0.02)
    parser.add_argument("--concurrency", type=int, default=4)
    parser.add_argument("--padding", type=int, default=100)
    parser.add_argument("--file-limit", type=int, help="largest file in bytes, as a full disk would have it")
    args = parser.parse_args()
    if args.file_limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (args.file_limit, args.file_limit))
    try:
        summary = run(
            args.out,
            units=args.units,
            seconds=args.seconds,
            concurrency=args.concurrency,
            padding=args.padding,
            on_start=lambda: print("started", flush=True),
        )
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(getattr(error, "exit_code", 70))
    print(summary.describe(), flush=True)


if __name__ == "__main__":
    main()
