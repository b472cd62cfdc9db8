"""``judge``: what a model says of saved answers, or of two sets of them, as one durable, tracked job."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import dspy

from csc_dspy.evaluation.records import Answered, read_answered
from csc_dspy.framework import LANGS
from csc_dspy.jobs import JobSummary
from csc_dspy.judging.pairs import Pair, pairs, places, replies
from csc_dspy.judging.report import Judged
from csc_dspy.judging.scored import of_judge
from csc_dspy.judging.work import CompareWork, RateWork
from csc_dspy.pipeline import Pipeline, run_pipeline
from csc_dspy.pipeline.estimate import Estimate, Share, finished
from csc_dspy.pipeline.masking import MaskingOptions
from csc_dspy.pipeline.roles import role_prices
from csc_dspy.programs.asking import Program
from csc_dspy.programs.rater import ReplyComparer, ReplyRater
from csc_dspy.settings import Role
from csc_dspy.tracking import TrackedRun
from csc_dspy.usage import rough_tokens


@dataclass(frozen=True, kw_only=True)
class Judging(MaskingOptions):
    """What to judge; the options of every job besides.

    Attributes:
        answers: What ``evaluate`` wrote.
        other: What it wrote for another side, if the two are to be compared.
        temperature: Sampling temperature.
    """

    answers: Path
    other: Path | None = None
    temperature: float = 0.0

    @property
    def roles(self) -> tuple[Role, ...]:
        """The role whose model is needed."""
        return ("judge",)


def judge(job: Judging) -> JobSummary:
    """Score every reply, or vote on every pair; the same call again continues where it ended.

    Raises:
        InputError: Options, answers or an existing output do not fit.
        ModelError: A model cannot be had.
        RunError: The output cannot be written.
    """
    programs = _programs(job)

    def work(lms: Mapping[str, dspy.LM], origin: Mapping[str, Any]) -> Any:
        for program in programs.values():
            program.set_lm(lms["judge"])
        return (RateWork if job.other is None else CompareWork)(programs, job.masks, job.seed, origin)

    return run_pipeline(
        job,
        Pipeline(
            verb="judge",
            roles=job.roles,
            config={"compares": job.other is not None, "temperature": job.temperature, "masking": job.masks},
            prompts=Program.prompts_by_lang(programs),
            source=job.answers,
            others=() if job.other is None else (job.other,),
            units=lambda: _units(job),
            key=lambda unit: _row(unit).id,
            work=work,
            conclude=partial(_conclude, job),
        ),
    )


def reported(job: Judging) -> Judged | None:
    """The report on what a job has written so far; ``None`` if there is nothing."""
    return of_judge(job.output, seed=job.seed) if job.output.exists() and job.output.stat().st_size else None


def estimate(job: Judging) -> Estimate:
    """Calls, tokens and cost of what is left, without one call and without writing anything."""
    prices = role_prices(job, job.roles)
    fixed = {lang: sum(map(rough_tokens, one.prompts().values())) for lang, one in _programs(job).items()}
    ids, _ = finished(job.output)
    total, units = Share(), 0
    left = (unit for unit in _units(job) if _row(unit).id not in ids)
    for unit in islice(left, job.limit):
        units += 1
        shown = (
            [(place.turns, f"{place.first} {place.second}") for place in places(unit)]
            if isinstance(unit, Pair)
            else [(reply.turns, reply.text) for reply in replies(unit)]
        )
        calls, answer = (2, 60) if isinstance(unit, Pair) else (1, 120)
        for turns, words in shown:
            size = fixed[_row(unit).lang] + rough_tokens(words) + sum(rough_tokens(turn.text) + 6 for turn in turns)
            total += Share(calls, calls * size, calls * answer)
    return Estimate.of(
        units, "conversation", "to judge", {"judge": total}, prices, "the answers and prompts at hand", job.max_cost
    )


def _units(job: Judging) -> Iterator[Answered | Pair]:
    return read_answered(job.answers, job.on_bad) if job.other is None else pairs(job.answers, job.other)


def _row(unit: Answered | Pair) -> Answered:
    return unit.first if isinstance(unit, Pair) else unit


def _programs(job: Judging) -> dict[Any, Any]:
    make = ReplyRater if job.other is None else ReplyComparer
    return {lang: make(lang, temperature=job.temperature) for lang in LANGS}


def _conclude(job: Judging, run: TrackedRun, output: Path) -> None:
    if found := reported(job):
        run.log_metrics(found.figures())
        run.log_text(found.to_json() + "\n", "report/report.json")
        run.log_text(found.describe() + "\n", "report/report.md")
