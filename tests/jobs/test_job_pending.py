"""What a unit was told before it was finished is not asked for again, and is paid for once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from csc_dspy.errors import FatalModelError, ReplyError, TransientModelError
from csc_dspy.jobs import JobStore, JobSummary, Outcome, run_job_blocking
from csc_dspy.jobs.pending import current_attempt
from csc_dspy.usage import Ledger, Usage, record

QUESTIONS = ("a", "b", "c")


class Model:
    """Answers a question with its own words and a number; fails where it is told to, as often as it is told to."""

    def __init__(self, **failures: Sequence[Exception]) -> None:
        self.asked: Counter[str] = Counter()
        self._failures = {question: list(errors) for question, errors in failures.items()}

    async def __call__(self, unit: str, question: str) -> Any:
        async def ask() -> Any:
            if self._failures.get(question):
                raise self._failures[question].pop(0)
            self.asked[f"{unit} {question}"] += 1
            record(Usage(calls=1, prompt_tokens=7, completion_tokens=3))
            return [f"{question}{self.asked[f'{unit} {question}']}"]

        attempt = current_attempt.get()
        assert attempt is not None
        return await attempt.answer({"question": question}, ask)


Run = Callable[..., tuple[JobSummary, Ledger]]
Work = Callable[[str], Awaitable[Outcome]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def start(model: Model, *units: str, questions: Sequence[str] = QUESTIONS, **options: Any) -> Any:
        async def work(unit: str) -> Outcome:
            told = [await model(unit, question) for question in questions]
            return Outcome("done", {"id": unit, "told": told})

        return ended(tmp_path, work, *units, **options)

    return start


def ended(folder: Path, work: Work, *units: str, **options: Any) -> tuple[JobSummary, Ledger]:
    """A run of the job to its end, and the run's ledger."""
    store = JobStore.open(folder / "out.jsonl", {}, **options)
    ledger = Ledger(spent=store.usage)
    summary = run_job_blocking(
        units or ("one",),
        work,
        store,
        key=str,
        total=None,
        concurrency=1,
        unit_attempts=2,
        ledger=ledger,
        is_transient=lambda error: isinstance(error, TransientModelError),
    )
    return summary, ledger


def rows(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "out.jsonl").read_text("utf-8").splitlines()]


def away(count: int = 1) -> list[Exception]:
    return [TransientModelError("away") for _ in range(count)]


def test_a_second_try_in_the_same_run_goes_on_where_the_first_ended(run: Run, tmp_path: Path) -> None:
    model = Model(c=away())
    summary, ledger = run(model)
    assert (summary.done, summary.requeued) == (1, 1)
    assert set(model.asked.values()) == {1}
    assert ledger.total.calls == summary.overall.calls == summary.usage.calls == 3
    (row,) = rows(tmp_path)
    assert row["told"] == [["a1"], ["b1"], ["c1"]]
    assert row["meta"]["usage"]["calls"] == 3
    assert not (tmp_path / "out.pending.jsonl").exists()


@pytest.mark.parametrize("error", [TransientModelError("away"), FatalModelError("refused")])
def test_the_next_run_goes_on_where_the_last_ended(run: Run, tmp_path: Path, error: Exception) -> None:
    model = Model(c=[error, error])
    if isinstance(error, FatalModelError):
        with pytest.raises(FatalModelError):
            run(model)
        model._failures.clear()
    else:
        assert run(model)[0].failed == 1
    assert (tmp_path / "out.pending.jsonl").exists()
    summary, ledger = run(model)
    assert summary.done == 1
    assert set(model.asked.values()) == {1}
    assert ledger.total.calls == summary.overall.calls == 3
    assert not (tmp_path / "out.pending.jsonl").exists()
    with JobStore.open(tmp_path / "out.jsonl", {}) as store:
        assert store.usage.tokens == 30


def test_a_kill_costs_none_of_them(run: Run, tmp_path: Path) -> None:
    model, dying = Model(), Model(c=[FatalModelError("killed")])
    dying.asked = model.asked
    with pytest.raises(FatalModelError):
        run(dying)
    # As a kill leaves it: nothing was counted at the end, and the last line is torn.
    manifest = tmp_path / "out.job.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text("utf-8")), "unrecorded": {}}), "utf-8")
    with (tmp_path / "out.pending.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"unit": "one", "key": "torn')
    summary, ledger = run(model)
    assert (summary.done, set(model.asked.values())) == (1, {1})
    assert ledger.total.calls == 3


def test_a_question_asked_twice_on_purpose_has_two_answers(run: Run, tmp_path: Path) -> None:
    model = Model(c=away(2))
    run(model, questions=("a", "a", "c"))
    run(model, questions=("a", "a", "c"))
    (row,) = rows(tmp_path)
    assert row["told"] == [["a1"], ["a2"], ["c1"]]


def test_an_answer_that_was_cut_off_stays_cut_off(tmp_path: Path) -> None:
    model = Model(b=[ReplyError("cut off")], c=away(2))

    async def work(unit: str) -> Outcome:
        try:
            await model(unit, "b")
        except ReplyError:
            return Outcome("done", {"id": unit, "told": await model(unit, "c")})
        raise AssertionError

    for _ in range(2):
        ended(tmp_path, work)
    assert model.asked == {"one c": 1}


def test_a_fresh_start_asks_anew(run: Run, tmp_path: Path) -> None:
    model = Model(c=away(2))
    run(model)
    run(model, fresh=True)
    assert model.asked == {"one a": 2, "one b": 2, "one c": 1}
    assert (tmp_path / "out.pending.jsonl.bak-1").exists()


def test_units_do_not_answer_for_each_other(run: Run) -> None:
    model = Model()
    run(model, "one", "two")
    assert model.asked == {f"{unit} {question}": 1 for unit in ("one", "two") for question in QUESTIONS}
