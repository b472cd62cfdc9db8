"""``csc-dspy synthesize``: profiles × topics → five-role play → filtered conversations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from csc_dspy.commands.options import FILE, FiniteRange, job_options, model_options, role_models, said
from csc_dspy.framework import LANGS

ROLES = ("planner", "supporter_assistant", "supporter", "customer_assistant", "customer", "judge")


@click.command()
@click.option("-o", "--output", type=FILE, required=True, help="Where the conversations go (JSONL).")
@click.option("--profiles", type=FILE, help="Profiles: JSON, JSONL or a text a line. Default: the package's samples.")
@click.option("-n", "--count", type=click.IntRange(min=1), default=4, show_default=True, help="Conversations in all.")
@click.option("--invent", type=click.IntRange(min=1), help="First ask the model for this many new profiles.")
@click.option(
    "--topics", default="all", show_default=True, help="'all', or ids separated by commas; the ids are below."
)
@click.option("--lang", type=click.Choice(LANGS), default="en", show_default=True, help="Language.")
@click.option("--judging/--no-judging", default=True, show_default=True, help="Filter by an LLM judge after the rules.")
@click.option("--least", type=click.IntRange(min=4), default=10, show_default=True, help="Utterances at least.")
@click.option("--most", type=click.IntRange(min=4), default=50, show_default=True, help="Utterances at most.")
@click.option(
    "--similarity",
    type=FiniteRange(0, 1, min_open=True),
    default=0.85,
    show_default=True,
    help="Profiles with a higher cosine than this are left out.",
)
@click.option(
    "--temperature", type=FiniteRange(0, 2), default=0.8, show_default=True, help="Sampling temperature of the roles."
)
@click.option("--program", help="File of a compiled role-play (default: the one that comes with the package).")
@click.option("--judge-program", help="File of a compiled judge, likewise.")
@click.option("--seed", type=int, default=0, show_default=True, help="Another number gives other conversations.")
@model_options(*ROLES)
@job_options
def command(output: Path, invent: int | None, dry_run: bool, **options: Any) -> int:
    """Play support conversations by five roles and keep those that pass the filter.

    The same command again continues where it ended. What is dropped lies beside the output, with its reason.

    Topics: product_inquiry, marketing_and_promotions, account_and_transactions, financial_planning,
    risk_and_security, complaints_and_disputes, technical_support, and other, which 'all' leaves out.
    """
    from csc_dspy.synthesis.invention import with_invented
    from csc_dspy.synthesis.rolecs import Synthesis, estimate, synthesize

    job = Synthesis(output=output, role_lms=role_models(ROLES, options), **options)
    if dry_run:
        click.echo(estimate(job).describe())
        return 0
    return said(synthesize(with_invented(job, invent) if invent else job), output)
