"""The map itself: order, bounds, errors, budgets."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from csc_dspy.errors import BudgetError, FatalModelError, InputError, LineError, ModelError, RunError
from csc_dspy.jobs import JobStore, JobSummary, Outcome, Progress, Snapshot, run_job, run_job_blocking
from csc_dspy.usage import Ledger, Usage, check_budgets, record

Work = Callable[[int], Awaitable[Outcome]]


def ok(number: int, **more: Any) -> Outcome:
    return Outcome("done", {"id": str(number), **more})


def pay(tokens: int = 10, cost: float | None = 0.01) -> None:
    record(Usage(calls=1, prompt_tokens=tokens, cost=cost))


async def quick(number: int) -> Outcome:
    await asyncio.sleep(0)
    pay()
    return ok(number)


def is_transient(error: BaseException) -> bool:
    return isinstance(error, TimeoutError)


def run(out: Path, units: Iterable[int], work: Work = quick, **options: Any) -> JobSummary:
    opening = {name: options.pop(name) for name in ("retry_failed",) if name in options}
    store = JobStore.open(out, {}, **opening)
    defaults: dict[str, Any] = {
        "key": str,
        "total": None,
        "concurrency": 4,
        "ledger": Ledger(),
        "is_transient": is_transient,
    }
    return run_job_blocking(units, work, store, **{**defaults, **options})


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def ids(path: Path) -> set[int]:
    found = [int(row["id"]) for row in rows(path)]
    assert len(found) == len(set(found))
    return set(found)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out.jsonl"


def test_a_job_runs_in_a_notebook_whose_event_loop_runs_already(out: Path) -> None:
    async def cell() -> JobSummary:
        return run(out, range(20))

    assert asyncio.run(cell()).done == 20
    assert ids(out) == set(range(20))


def test_every_unit_becomes_one_row_with_its_own_usage(out: Path) -> None:
    async def work(number: int) -> Outcome:
        pay(number, 0.25)
        await asyncio.sleep(0.001)
        pay(number, 0.25)
        return ok(number, meta={"trial": 1})

    ledger = Ledger()
    summary = run(out, range(50), work, ledger=ledger)
    for row in rows(out):
        usage = Usage(calls=2, prompt_tokens=2 * int(row["id"]), cost=0.5)
        assert row["meta"] == {"trial": 1, "usage": usage.to_dict()}
    assert ids(out) == set(range(50))
    assert summary.usage == summary.overall == ledger.total
    assert (summary.done, summary.written, summary.already, summary.complete) == (50, 50, 0, True)


def test_no_units_is_a_run_that_ends_at_once(out: Path) -> None:
    summary = run(out, [], total=0)
    assert (summary.done, summary.written, summary.stopped) == (0, 0, None)
    assert out.read_bytes() == b""


def test_nothing_to_do_calls_no_work_and_changes_no_file(out: Path) -> None:
    run(out, range(20))
    before = {path.name: path.read_bytes() for path in out.parent.iterdir()}

    async def never(number: int) -> Outcome:
        raise AssertionError(number)

    summary = run(out, range(20), never, total=20)
    assert (summary.already, summary.written, summary.done) == (20, 0, 20)
    assert summary.usage == Usage()
    assert summary.overall.tokens == 200
    assert {path.name: path.read_bytes() for path in out.parent.iterdir()} == before


def test_more_units_than_before_only_works_on_the_new_ones(out: Path) -> None:
    run(out, range(10))
    summary = run(out, range(25))
    assert (summary.already, summary.written, summary.done) == (10, 15, 25)


def test_units_are_consumed_lazily_and_never_gathered(out: Path) -> None:
    started = ended = widest = 0

    def units() -> Iterator[int]:
        nonlocal started, widest
        for number in range(3000):
            started += 1
            widest = max(widest, started - ended)
            yield number

    async def work(number: int) -> Outcome:
        nonlocal ended
        await asyncio.sleep(0)
        ended += 1
        return ok(number)

    run(out, units(), work, concurrency=8)
    assert ended == 3000
    assert widest <= 8 + 1


def test_endless_passing_errors_do_not_gather_the_units_either(out: Path) -> None:
    alive = widest = 0

    class Heavy:
        def __init__(self, number: int) -> None:
            nonlocal alive, widest
            self.number = number
            alive += 1
            widest = max(widest, alive)

        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

    async def down(unit: Heavy) -> Outcome:
        raise TimeoutError("down")

    store = JobStore.open(out, {})
    summary = run_job_blocking(
        (Heavy(number) for number in range(500)),
        down,
        store,
        key=lambda unit: str(unit.number),
        total=None,
        concurrency=4,
        ledger=Ledger(),
        is_transient=is_transient,
    )
    assert (summary.failed, summary.transient, summary.requeued) == (500, 500, 1000)
    assert widest <= 40


def test_never_more_units_at_a_time_than_allowed_and_as_many_when_there_are(out: Path) -> None:
    running = widest = 0

    async def work(number: int) -> Outcome:
        nonlocal running, widest
        running += 1
        widest = max(widest, running)
        await asyncio.sleep(0.002)
        running -= 1
        return ok(number)

    run(out, range(100), work, concurrency=7)
    assert widest == 7


def test_one_failing_unit_is_a_row_and_cancels_nothing(out: Path) -> None:
    async def work(number: int) -> Outcome:
        pay()
        await asyncio.sleep(0.001 * (number % 3))
        if number == 5:
            raise ModelError("the model\n  said nothing")
        if number == 6:
            raise KeyError
        if number == 7:
            return Outcome("done", {"id": "another"})
        if number == 8:
            return None  # type: ignore[return-value]
        if number == 9:
            return Outcome("dropped", {"odd": object()}, "x", "judge")
        return ok(number)

    summary = run(out, range(30), work)
    failed = {int(row["id"]): row for row in rows(out.parent / "out.failed.jsonl")}
    assert set(failed) == {5, 6, 7, 8, 9}
    assert (failed[5]["cause"], failed[5]["group"]) == ("the model said nothing", "error.ModelError")
    assert (failed[6]["cause"], failed[6]["group"]) == ("KeyError", "error.KeyError")
    assert failed[7]["cause"] == "the record's id is 'another', not the unit's '7'"
    assert failed[5]["usage"]["prompt_tokens"] == 10
    assert not any(row["transient"] for row in failed.values())
    assert (summary.done, summary.failed, summary.complete) == (25, 5, False)
    assert run(out, range(30)).written == 0
    assert run(out, range(30), retry_failed=True).done == 30


def test_a_cancellation_from_inside_a_unit_is_that_unit_s_failure(out: Path) -> None:
    async def work(number: int) -> Outcome:
        if number == 3:
            inner = asyncio.ensure_future(asyncio.sleep(9))
            inner.cancel()
            await inner
        return await quick(number)

    summary = run(out, range(10), work)
    assert (summary.done, summary.funnel) == (9, Counter({"error.CancelledError": 1}))


def test_passing_errors_put_a_unit_back_behind_the_others(out: Path) -> None:
    order: list[int] = []

    async def work(number: int) -> Outcome:
        order.append(number)
        pay()
        if number == 0 and order.count(0) < 3:
            raise TimeoutError("slow")
        return ok(number)

    summary = run(out, range(6), work, concurrency=1)
    assert order == [0, 1, 2, 3, 4, 5, 0, 0]
    assert (summary.done, summary.failed, summary.requeued) == (6, 0, 2)
    (row,) = [row for row in rows(out) if row["id"] == "0"]
    assert row["meta"]["usage"]["calls"] == 3  # tries that failed were paid, too


def test_a_unit_whose_errors_do_not_pass_fails_for_now_and_the_next_run_tries_it_again(out: Path) -> None:
    tries = Counter[int]()

    async def work(number: int) -> Outcome:
        tries[number] += 1
        pay()
        if number == 2:
            raise TimeoutError
        return ok(number)

    for attempt in (1, 2):
        summary = run(out, range(5), work, unit_attempts=2)
        assert tries[2] == 2 * attempt
        assert (summary.done, summary.failed, summary.transient) == (4, 1, 1)
        assert summary.written == (5 if attempt == 1 else 1)
    assert [row["transient"] for row in rows(out.parent / "out.failed.jsonl")] == [True, True]

    summary = run(out, range(5))
    assert (summary.done, summary.failed, summary.already, summary.complete) == (5, 0, 4, True)
    assert summary.funnel == Counter()
    assert summary.overall.calls == 9


def test_an_id_that_comes_again_is_left_out_and_counted(out: Path) -> None:
    summary = run(out, [1, 2, 1, 3, 2])
    assert ids(out) == {1, 2, 3}
    assert summary.duplicates == 2


def test_a_bad_input_line_is_raised_after_what_was_in_flight_is_on_disk(out: Path) -> None:
    def units() -> Iterator[int]:
        yield from range(10)
        raise LineError("calls.jsonl", 11, "not JSON")

    async def work(number: int) -> Outcome:
        await asyncio.sleep(0.01)
        return ok(number)

    with pytest.raises(LineError, match=r"calls\.jsonl:11: not JSON"):
        run(out, units(), work, concurrency=4)
    assert ids(out) == set(range(10))


def test_a_refused_key_ends_the_run_instead_of_failing_every_unit(out: Path) -> None:
    began = 0

    async def work(number: int) -> Outcome:
        nonlocal began
        began += 1
        await asyncio.sleep(0.002)
        if number == 10:
            try:
                raise FatalModelError("the key was refused")
            except FatalModelError as error:
                raise RuntimeError("adapter failed") from error
        return ok(number)

    with pytest.raises(FatalModelError, match="the key was refused"):
        run(out, range(1000), work)
    assert began < 20
    assert set(range(10)) <= ids(out)
    assert not (out.parent / "out.failed.jsonl").exists()
    assert run(out, range(1000)).done == 1000


def test_a_fault_of_the_caller_s_own_test_is_not_swallowed(out: Path) -> None:
    async def work(number: int) -> Outcome:
        raise ValueError("x")

    def faulty(error: BaseException) -> bool:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(out, range(3), work, is_transient=faulty)
    JobStore.open(out, {}).close()


def test_a_disk_error_stops_the_run_and_what_is_written_stays(out: Path) -> None:
    store = JobStore.open(out, {})
    append, batches = store.append, 0

    def full(batch: Any) -> None:
        nonlocal batches
        batches += 1
        if batches > 3:
            raise RunError("disk full")
        append(batch)

    store.append = full  # type: ignore[method-assign, assignment]
    began = 0

    async def work(number: int) -> Outcome:
        nonlocal began
        began += 1
        await asyncio.sleep(0.002)
        return ok(number)

    with pytest.raises(RunError, match="disk full"):
        run_job_blocking(
            range(10_000), work, store, key=str, total=None, concurrency=4, ledger=Ledger(), is_transient=is_transient
        )
    assert began < 200
    assert ids(out)


@pytest.mark.parametrize("limits", [{"max_tokens": 100}, {"max_cost": 0.1}])
def test_a_budget_is_never_passed_and_pays_for_whole_units(out: Path, limits: dict[str, Any]) -> None:
    async def work(number: int) -> Outcome:
        for _ in range(2):
            check_budgets()
            await asyncio.sleep(0.001)
            pay(6, 0.006)
        return ok(number)

    ledger = Ledger(**limits)
    summary = run(out, range(100), work, concurrency=3, ledger=ledger)
    # 12 a unit: 8 units fit; a ninth would begin and be cut off.
    assert (summary.done, summary.failed) == (8, 0)
    assert ledger.total.tokens == 96
    assert summary.stopped is not None
    assert "budget nearly used up" in summary.stopped
    assert not summary.complete


def test_a_budget_that_ends_in_the_middle_of_units_gives_them_no_row_but_keeps_their_cost(out: Path) -> None:
    async def work(number: int) -> Outcome:
        for _ in range(10):
            check_budgets()
            await asyncio.sleep(0.001)
            pay(10)
        return ok(number)

    summary = run(out, range(100), work, concurrency=4, ledger=Ledger(max_tokens=200))
    assert (summary.written, summary.failed) == (0, 0)
    assert summary.stopped is not None
    assert summary.stopped.startswith("token budget used up")
    assert summary.usage.tokens >= 200
    with JobStore.open(out, {}) as store:
        assert store.usage == summary.usage == summary.overall


def test_units_whose_last_call_is_paid_when_the_budget_ends_are_kept(out: Path) -> None:
    async def work(number: int) -> Outcome:
        check_budgets()
        await asyncio.sleep(0.005 + 0.005 * number)
        pay(50)
        if number == 3:
            check_budgets()
        return ok(number)

    summary = run(out, range(100), work, concurrency=5, ledger=Ledger(max_tokens=200))
    assert ids(out) == {0, 1, 2, 4}
    assert summary.stopped is not None


def test_a_budget_s_end_inside_another_error_is_still_the_budget_s_end(out: Path) -> None:
    async def work(number: int) -> Outcome:
        try:
            raise BudgetError("token budget used up")
        except BudgetError as error:
            raise RuntimeError("adapter failed") from error

    summary = run(out, range(10), work, concurrency=1)
    assert (summary.failed, summary.stopped) == (0, "token budget used up")


def test_a_used_up_budget_starts_nothing_and_a_raised_one_continues(out: Path) -> None:
    run(out, range(100), ledger=Ledger(max_tokens=55), concurrency=1)
    assert len(ids(out)) == 5

    def again(limit: int) -> JobSummary:
        with JobStore.open(out, {}) as store:
            spent = store.usage
        return run(out, range(100), ledger=Ledger(max_tokens=limit, spent=spent), concurrency=2)

    assert (again(50).written, again(50).stopped) == (0, "token budget used up: 50 of 50")
    assert again(100).done == 10
    # One unit may always try: here the forecast would have refused it.
    assert again(105).written == 1
    assert again(105).written == 0


def test_a_finished_job_is_not_called_stopped_by_its_used_up_budget(out: Path) -> None:
    run(out, range(5))
    assert run(out, range(5), ledger=Ledger(max_tokens=10, spent=Usage(prompt_tokens=50))).stopped is None


def test_money_cannot_be_limited_when_a_price_is_unknown(out: Path) -> None:
    async def work(number: int) -> Outcome:
        pay(10, None)
        return ok(number)

    summary = run(out, range(10), work, concurrency=1, ledger=Ledger(max_cost=1.0))
    assert summary.done == 1
    assert summary.overall.cost is None
    assert summary.stopped is not None
    assert "a price is unknown" in summary.stopped


def test_a_cancelled_run_writes_what_is_finished_and_closes_the_files(out: Path) -> None:
    async def work(number: int) -> Outcome:
        pay()
        await asyncio.sleep(0 if number < 10 else 60)
        return ok(number)

    async def main() -> None:
        store = JobStore.open(out, {})
        run = run_job(
            range(100), work, store, key=str, total=None, concurrency=4, ledger=Ledger(), is_transient=is_transient
        )
        await asyncio.wait_for(run, 0.2)

    with pytest.raises(TimeoutError):
        asyncio.run(main())
    assert ids(out) == set(range(10))
    with JobStore.open(out, {}) as store:
        assert store.usage.calls == 14  # the four in flight were paid, too


def test_a_unit_that_does_not_let_go_cannot_hold_up_the_end(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("csc_dspy.jobs.runner._GRACE_SECONDS", 0.05)

    async def work(number: int) -> Outcome:
        if number < 3:
            return ok(number)
        for _ in range(2):
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                await asyncio.sleep(0.2)
        return ok(number)

    async def main() -> float:
        store = JobStore.open(out, {})
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(
                run_job(
                    range(4),
                    work,
                    store,
                    key=str,
                    total=None,
                    concurrency=4,
                    ledger=Ledger(),
                    is_transient=is_transient,
                ),
                0.1,
            )
        return time.monotonic() - began

    assert asyncio.run(main()) < 5
    assert ids(out) == {0, 1, 2}


def test_nonsense_bounds_are_refused(out: Path) -> None:
    with pytest.raises(InputError, match="at least 1"):
        run(out, range(3), concurrency=0)
    with pytest.raises(InputError, match="at least 1"):
        run(out, range(3), unit_attempts=0)


def test_no_thread_is_left_behind(out: Path) -> None:
    run(out, range(3))
    assert not [thread for thread in threading.enumerate() if thread.name == "csc-job-writer"]


def test_a_thousand_at_a_time_cost_next_to_nothing_each(out: Path) -> None:
    async def work(number: int) -> Outcome:
        await asyncio.sleep(0.05)
        return ok(number)

    began = time.process_time()
    run(out, range(5000), work, concurrency=1000)
    assert (time.process_time() - began) / 5000 < 0.001
    assert len(ids(out)) == 5000


def test_progress_is_what_the_files_say(out: Path) -> None:
    run(out, range(30))
    seen: list[Snapshot] = []

    class Watching(Progress):
        def show(self, now: Snapshot) -> None:
            seen.append(now)
            super().show(now)

    async def work(number: int) -> Outcome:
        await asyncio.sleep(0.01)
        pay()
        if number % 10 == 0:
            return Outcome("dropped", {}, "x", "judge")
        return ok(number)

    stream = StringIO()
    progress = Watching("annotate", stream=stream, every=0.02)
    run(out, range(90), work, total=90, progress=progress)
    assert seen[0].finished == 30
    assert [now.finished for now in seen] == sorted(now.finished for now in seen)
    assert (seen[-1].finished, seen[-1].done, seen[-1].dropped, seen[-1].written) == (90, 84, 6, 60)
    assert stream.getvalue().splitlines()[-1].startswith("annotate: 90/90 · 84 done, 6 dropped, 0 failed · 600 tokens")


def test_a_closed_standard_error_does_not_end_a_job(out: Path) -> None:
    stream = StringIO()
    progress = Progress("x", stream=stream, every=0.001)
    stream.close()
    assert run(out, range(20), progress=progress).done == 20
