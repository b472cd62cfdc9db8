"""``csc-dspy rewrite``: raw calls → strategy-rich, annotated conversations."""

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

ROLES = ("rewriter", "judge")


@click.command()
@click.argument("calls", type=FILE)
@click.option("-o", "--output", type=FILE, required=True, help="Where the conversations go (JSONL).")
@mask_option
@click.option("--judging/--no-judging", default=True, show_default=True, help="Screen and compare by an LLM judge.")
@click.option(
    "--screen/--no-screen",
    "screening",
    default=None,
    help="Let the judge say first whether a call is fit to learn from; default: unless it is a local model.",
)
@click.option("--pairs", nargs=2, type=click.IntRange(1), default=(3, 30), show_default=True, help="Pairs of turns.")
@click.option("--longest", type=click.IntRange(1), default=500, show_default=True, help="Characters of a turn at most.")
@click.option(
    "--customer-least",
    type=FiniteRange(0),
    default=0.5,
    show_default=True,
    help="Customer lines for one of the agent's.",
)
@click.option(
    "--substance-least",
    type=FiniteRange(0, 1),
    default=0.7,
    show_default=True,
    help="Share of lines over 3 characters.",
)
@click.option("--least", type=click.IntRange(min=1), default=10, show_default=True, help="Utterances at least.")
@click.option("--most", type=click.IntRange(min=1), default=50, show_default=True, help="Utterances at most.")
@click.option(
    "--by-turn/--by-window",
    default=None,
    help="Keep the customer's words and rewrite the agent's turns one by one; default: on local weights.",
)
@click.option("--window", type=click.IntRange(min=50), default=900, show_default=True, help="Tokens rewritten at once.")
@click.option("--temperature", type=FiniteRange(0, 2), help="Of the rewriter; default: 0 by turn, 0.3 by window.")
@click.option("--program", help="File of a compiled rewriter (default: the one that comes with the package).")
@click.option("--seed", type=int, default=0, show_default=True, help="Another number gives other rewritings.")
@model_options(*ROLES)
@job_options
def command(dry_run: bool, **options: Any) -> int:
    """Rewrite CALLS, a file that `csc-dspy corpus import` wrote, and keep what passes the filters.

    The same command again continues where it ended. What is dropped lies beside the output, with its reason.
    """
    from csc_dspy.rewriting.csconv import Rewriting, estimate, rewrite

    job = Rewriting(role_lms=role_models(ROLES, options), **options)
    if dry_run:
        click.echo(estimate(job).describe())
        return 0
    said_of_masking(job.masks)
    return said(rewrite(job), job.output)
