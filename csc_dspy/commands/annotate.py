"""``csc-dspy annotate``: stage and strategy of what was really said."""

from __future__ import annotations

from pathlib import Path
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

ROLES = ("annotator",)


@click.command()
@click.argument("conversations", type=FILE)
@click.option("-o", "--output", type=FILE, required=True, help="Where the labelled conversations go (JSONL).")
@mask_option
@click.option("--votes", type=click.IntRange(min=1), default=1, show_default=True, help="How often a turn is labelled.")
@click.option("--temperature", type=FiniteRange(0, 2), default=0.0, show_default=True, help="Of the first vote.")
@click.option("--program", help="File of a compiled annotator (default: the one that comes with the package).")
@click.option("--confusion", type=FILE, help="Draw which strategies were taken for which as a PNG file.")
@click.option("--seed", type=int, default=0, show_default=True, help="Another number gives other samples.")
@model_options(*ROLES)
@job_options
def command(dry_run: bool, confusion: Path | None, **options: Any) -> int:
    """Label the stage and the strategy of every supporter turn of CONVERSATIONS; the words stay as they are.

    Where CONVERSATIONS have strategies already, the new ones are compared with them. The same command again
    continues where it ended.
    """
    from csc_dspy.annotation.annotate import Annotation, annotate, compared, estimate
    from csc_dspy.corpora.pictures import draw_confusion

    job = Annotation(role_lms=role_models(ROLES, options), **options)
    if dry_run:
        click.echo(estimate(job).describe())
        return 0
    said_of_masking(job.masks)
    summary = annotate(job)
    if found := compared(job):
        click.echo(found.describe())
        if confusion:
            click.echo(f"drawn: {draw_confusion(found.confusion, found.title, confusion)}", err=True)
    return said(summary, job.output)
