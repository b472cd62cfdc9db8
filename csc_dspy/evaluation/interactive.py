"""``evaluate --context interactive``: a supporter against simulated customers, as one durable, tracked job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import dspy

from csc_dspy.conversation import read_conversations
from csc_dspy.errors import InputError
from csc_dspy.evaluation.options import SupporterOptions
from csc_dspy.evaluation.outcomes import PlayReport, play_report
from csc_dspy.evaluation.page import log_report
from csc_dspy.evaluation.played import read_played
from csc_dspy.evaluation.trials import MOST, PlayWork
from csc_dspy.framework import LANGS, Lang
from csc_dspy.jobs import JobSummary
from csc_dspy.pipeline import Pipeline, run_pipeline
from csc_dspy.pipeline.estimate import Estimate, Share, finished
from csc_dspy.pipeline.roles import role_prices
from csc_dspy.programs.asking import Program
from csc_dspy.programs.simulator import OutcomeJudge, SimulatedCustomer
from csc_dspy.programs.supporter import SUPPORTERS
from csc_dspy.settings import Role
from csc_dspy.tracking import TrackedRun
from csc_dspy.usage import rough_tokens

UTTERANCES = 20
"""Utterances of a call, as an estimate takes it."""


@dataclass(frozen=True, kw_only=True)
class Interaction(SupporterOptions):
    """Whom to try on the customers of which conversations, who call again.

    Attributes:
        trials: Calls a conversation.
        most: Utterances a call may have.
    """

    trials: int = 1
    most: int = MOST

    @property
    def roles(self) -> tuple[Role, ...]:
        """The roles whose models are needed."""
        return ("supporter", "customer", "judge")


def interact(job: Interaction) -> JobSummary:
    """Let every customer call; the same call again continues where it ended.

    Raises:
        InputError: Options, conversations or an existing output do not fit.
        ModelError: A model cannot be had.
        RunError: The output cannot be written.
    """
    if job.program not in SUPPORTERS and not job.compiled:
        raise InputError(f"{job.program} cannot talk to anybody: there are {', '.join(SUPPORTERS)}, and compiled ones")
    supporters, customers, judges = _programs(job)

    def work(lms: Mapping[str, dspy.LM], origin: Mapping[str, Any]) -> PlayWork:
        for programs, role in ((supporters, "supporter"), (customers, "customer"), (judges, "judge")):
            for program in programs.values():
                program.set_lm(lms[role])
        for customer in customers.values():
            customer.briefer.lm = lms["judge"]  # a student plays, and can do nothing else
        return PlayWork(
            supporters, customers, judges, job.program_name, job.trials, job.most, job.masks, job.seed, origin
        )

    return run_pipeline(
        job,
        Pipeline(
            verb="evaluate",
            roles=job.roles,
            config={**job.config(), "context": "interactive", "trials": job.trials, "most": job.most},
            prompts=Program.prompts_by_lang(supporters, customers, judges),
            source=job.conversations,
            units=lambda: read_conversations(job.conversations, job.on_bad),
            key=lambda conversation: conversation.id,
            work=work,
            conclude=partial(_conclude, job),
        ),
    )


def reported(job: Interaction) -> PlayReport | None:
    """The report on what a job has written so far; ``None`` if there is nothing."""
    rows = list(read_played(job.output)) if job.output.exists() else []
    return play_report(rows, job.seed) if rows else None


def estimate(job: Interaction) -> Estimate:
    """Calls, tokens and cost of what is left, without one call and without writing anything."""
    families = _programs(job)
    prices = role_prices(job, job.roles)
    ids, _ = finished(job.output)
    shares: dict[str, Share] = dict.fromkeys(job.roles, Share())
    units = 0
    for one in islice(
        (one for one in read_conversations(job.conversations, job.on_bad) if one.id not in ids), job.limit
    ):
        units += 1
        size = sum(rough_tokens(turn.text) + 6 for turn in one.turns)
        for role, family in zip(job.roles, families, strict=True):
            for name, text in family[one.lang].prompts().items():
                asked = 1 if name in ("briefer", "judge") else UTTERANCES // 2
                calls = asked if name == "briefer" else asked * job.trials
                shares["judge" if name == "briefer" else role] += Share(
                    calls, calls * (rough_tokens(text) + size / 2), 40 * calls
                )
    return Estimate.of(
        units,
        "conversation",
        "whose customers call",
        shares,
        prices,
        "the conversations and prompts at hand",
        job.max_cost,
    )


def _programs(
    job: Interaction,
) -> tuple[dict[Lang, Any], dict[Lang, SimulatedCustomer], dict[Lang, OutcomeJudge]]:
    return (
        job.supporters(),
        {lang: SimulatedCustomer(lang) for lang in LANGS},
        {lang: OutcomeJudge(lang) for lang in LANGS},
    )


def _conclude(job: Interaction, run: TrackedRun, output: Path) -> None:
    if found := reported(job):
        log_report(run, found, read_played(output))
