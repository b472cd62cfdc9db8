"""``csc-dspy judge``: what a model says of saved answers, reply by reply or pair by pair."""

from __future__ import annotations

from typing import Any

import click

from csc_dspy.commands.options import (
    FILE,
    FiniteRange,
    job_options,
    mask_option,
    model_options,
    role_models,
    said,
    said_of_masking,
)

ROLES = ("judge",)


@click.command()
@click.argument("answers", type=FILE)
@click.argument("other", type=FILE, required=False)
@click.option("-o", "--output", type=FILE, required=True, help="Where scores or votes go (JSONL).")
@mask_option
@click.option("--temperature", type=FiniteRange(0, 2), default=0.0, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True, help="Another number gives other samples.")
@model_options(*ROLES)
@job_options
def command(dry_run: bool, **options: Any) -> int:
    """Score every reply in ANSWERS from 1 to 5: problem resolution, strategy fit, empathy, fluency, with reasons.

    With OTHER, another side's answers to the same conversations, say of every two replies which is better. Each pair is
    shown in both orders; where the orders differ, it is a tie. ANSWERS and OTHER are what `csc-dspy evaluate` wrote.
    """
    from csc_dspy.judging.judge import Judging, estimate, judge, reported
    from csc_dspy.judging.pairs import unpaired

    job = Judging(role_lms=role_models(ROLES, options), **options)
    if job.other is not None and any(alone := unpaired(job.answers, job.other)):
        click.echo(f"left out: {alone[0]:,} only in {job.answers}, {alone[1]:,} only in {job.other}", err=True)
    if dry_run:
        click.echo(estimate(job).describe())
        return 0
    said_of_masking(job.masks)
    summary = judge(job)
    if found := reported(job):
        click.echo(found.describe())
    return said(summary, job.output, look="score")
