"""``evaluate``: a supporter's answers to real calls, as one durable, tracked job, and its report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import dspy

from csc_dspy.chats import CONTEXT
from csc_dspy.conversation import Conversation, read_conversations
from csc_dspy.errors import InputError
from csc_dspy.evaluation.baselines import TRIVIAL, NextStrategy, train_strategies
from csc_dspy.evaluation.options import SupporterOptions
from csc_dspy.evaluation.page import log_report
from csc_dspy.evaluation.records import Context, digest_of_turns, read_answered
from csc_dspy.evaluation.report import Report, report
from csc_dspy.evaluation.work import AnswerWork
from csc_dspy.framework import LANGS, Lang
from csc_dspy.jobs import JobSummary
from csc_dspy.metrics.neural import NeuralModels
from csc_dspy.pipeline import Pipeline, run_pipeline
from csc_dspy.pipeline.estimate import Estimate, Share, finished
from csc_dspy.pipeline.roles import role_prices
from csc_dspy.programs.asking import Program
from csc_dspy.programs.supporter import SUPPORTERS
from csc_dspy.settings import Role
from csc_dspy.tracking import TrackedRun
from csc_dspy.usage import rough_tokens

PROGRAMS = (*SUPPORTERS, *(f"trivial:{name}" for name in TRIVIAL))
"""What can be evaluated, by name."""


@dataclass(frozen=True, kw_only=True)
class Evaluation(SupporterOptions):
    """Whose answers to evaluate, in which context; ``program`` is one of :data:`PROGRAMS`.

    Attributes:
        context: Whose supporter turns the history holds.
        words: Whether replies are written; without, stage and strategy alone are chosen and measured.
        train: Other conversations with strategies, which the trivial baselines are fitted on.
        neural: The models of BERTScore and BLEURT; they change the report, never the answers.
    """

    context: Context = "reference"
    words: bool = True
    train: Path | None = None
    neural: NeuralModels = field(default_factory=NeuralModels)

    @property
    def roles(self) -> tuple[Role, ...]:
        """The roles whose models are needed."""
        return () if self.trivial else ("supporter",)

    def supporters(self) -> dict[Lang, Any]:
        """The program of each language, without a model yet."""
        found = super().supporters()
        for program in found.values():
            program.words = self.words
        return found

    @property
    def trivial(self) -> str | None:
        """The trivial baseline that is evaluated, if it is one."""
        return self.program.removeprefix("trivial:") if self.program.startswith("trivial:") else None


def evaluate(job: Evaluation) -> JobSummary:
    """Answer every supporter turn; the same call again continues where it ended.

    Raises:
        InputError: Options, conversations or an existing output do not fit.
        ModelError: A model cannot be had.
        RunError: The output cannot be written.
    """
    if job.program not in PROGRAMS and not job.compiled:
        raise InputError(f"{job.program}: no such program; there are {', '.join(PROGRAMS)}, and files of compiled ones")
    if job.trivial and job.train is None:
        raise InputError(f"{job.program} needs --train, other conversations to count in")
    if not job.words and (job.trivial or job.program == "direct"):
        raise InputError(f"{job.program} gives no words apart: --no-words is for programs that write them last")
    job.neural.check()
    train = None
    if job.train:
        measured = {digest_of_turns(one) for one in read_conversations(job.conversations, job.on_bad)}
        train = train_strategies(job.train, measured)
    programs = {} if job.trivial else job.supporters()

    def work(lms: Mapping[str, dspy.LM], origin: Mapping[str, Any]) -> AnswerWork:
        for program in programs.values():
            program.set_lm(lms["supporter"])
        fitted = NextStrategy(job.trivial, train or []) if job.trivial else None  # type: ignore[arg-type]
        answering = programs if fitted is None else dict.fromkeys(LANGS, fitted)
        return AnswerWork(answering, job.program_name, job.context, job.masks, job.seed, origin)

    return run_pipeline(
        job,
        Pipeline(
            verb="evaluate",
            roles=job.roles,
            config={
                **job.config(),
                "context": job.context,
                "words": job.words,
                "train": str(job.train) if job.trivial else None,
            },
            prompts=Program.prompts_by_lang(programs),
            source=job.conversations,
            units=lambda: read_conversations(job.conversations, job.on_bad),
            key=lambda conversation: conversation.id,
            work=work,
            conclude=partial(_conclude, job),
        ),
    )


def reported(job: Evaluation) -> Report | None:
    """The report on what a job has written so far; ``None`` if there is nothing."""
    if not job.output.exists():
        return None
    if not (rows := list(read_answered(job.output))):
        return None
    train = train_strategies(job.train, {row.digest for row in rows}) if job.train else None
    return report(rows, train, job.seed, job.neural)


def _conclude(job: Evaluation, run: TrackedRun, output: Path) -> None:
    if found := reported(job):
        log_report(run, found, read_answered(output))


def estimate(job: Evaluation) -> Estimate:
    """Calls, tokens and cost of what is left to answer, without one call and without writing anything."""
    programs = {} if job.trivial else job.supporters()
    prices = role_prices(job, job.roles)
    fixed = {
        lang: [rough_tokens(text) for name, text in one.prompts().items() if job.words or name != "write_response"]
        for lang, one in programs.items()
    }
    ids, _ = finished(job.output)
    total, units = Share(), 0
    left: Iterator[Conversation] = (
        one for one in read_conversations(job.conversations, job.on_bad) if one.id not in ids and one.supporter_turns
    )
    for one in islice(left, job.limit):
        units += 1
        for at, turn in enumerate(one.turns):
            if turn.speaker == "supporter" and not job.trivial:
                seen = sum(rough_tokens(before.text) + 6 for before in one.turns[max(0, at - CONTEXT) : at])
                for size in fixed[one.lang]:
                    total += Share(1, size + seen, 40)
    return Estimate.of(
        units,
        "conversation",
        "to answer",
        {"supporter": total},
        prices,
        "the conversations and prompts at hand",
        job.max_cost,
    )
