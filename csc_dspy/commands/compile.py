"""``csc-dspy compile``: a program tuned on examples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from csc_dspy.commands.options import (
    FILE,
    FiniteRange,
    mask_option,
    model_options,
    role_models,
    said_of_masking,
)
from csc_dspy.framework import LANGS

ROLES = (
    "rewriter",
    "planner",
    "supporter_assistant",
    "supporter",
    "customer_assistant",
    "customer",
    "annotator",
    "judge",
    "reflection",
)


@click.command()
@click.argument("program", metavar="PROGRAM")
@click.option(
    "--optimizer", required=True, help="labeled, knn, bootstrap, miprov2, simba, gepa, copro or bettertogether."
)
@click.option("--train", type=FILE, required=True, help="Conversations to learn from; profiles for the role-play.")
@click.option("--val", "validation", type=FILE, help="Others to choose by (default: a fifth of --train).")
@click.option("--test", "heldout", type=FILE, help="Others to be measured on (default: half of those to choose by).")
@click.option("-o", "--output", type=FILE, required=True, help="Where the compiled program goes (JSON).")
@click.option(
    "--budget",
    type=click.IntRange(min=1),
    help="Answers the search may ask for, both languages together (400; of rewriter and roleplay 120); measuring adds "
    "two for each example held out.",
)
@click.option("--demos", type=click.IntRange(min=1), default=8, show_default=True, help="Worked answers at most.")
@click.option(
    "--val-size",
    "validation_size",
    type=click.IntRange(min=2),
    help="Examples to choose by, about (default: an eighth of the budget, at least 8).",
)
@click.option(
    "--test-size",
    "heldout_size",
    type=click.IntRange(min=2),
    help="Examples to be measured on, about (300; of the rewriter 40, of roleplay 24): whole conversations.",
)
@click.option("--words/--no-words", default=True, show_default=True, help="Let the supporter write its words, too.")
@click.option(
    "--rules/--no-rules", default=True, show_default=True, help="Hold the supporter to the paper's rules by code."
)
@click.option("--by-turn/--by-window", default=None, help="How the rewriter goes; default: by turn on local weights.")
@click.option(
    "--lang",
    type=click.Choice(LANGS),
    default="en",
    show_default=True,
    help="Of the role-play, for profiles that name none.",
)
@click.option("--config", "training", type=FILE, help="How bettertogether trains (TOML, as of distill).")
@click.option("--seed", type=int, default=0, show_default=True, help="Another number gives other samples.")
@mask_option
@model_options(*ROLES)
@click.option("--concurrency", type=click.IntRange(min=1), help="Answers at a time (default 16; 1 on local weights).")
@click.option("--timeout", type=FiniteRange(min=0.1), help="Seconds one request may take.")
@click.option(
    "--max-tokens", type=click.IntRange(min=1), help="Token budget of all that is on record beside the output."
)
@click.option("--max-cost", type=FiniteRange(min=0.0), help="US dollar budget of the same.")
@click.option("--dry-run", is_flag=True, help="Estimate calls, tokens and cost; call nothing.")
@click.option("--fresh", is_flag=True, help="Ask for everything again; the old replies and program are kept aside.")
@click.option("--skip-bad", is_flag=True, help="Leave out input lines that cannot be read.")
@click.option("--tracking/--no-tracking", default=True, show_default=True, help="Make an MLflow run.")
def command(dry_run: bool, **options: Any) -> int:
    """Tune PROGRAM (supporter, rewriter, roleplay, judge or annotator) on examples.

    It is measured on others, which no optimizer saw, before and after.
    The same command again asks for nothing twice; after a kill it goes on.
    """
    from csc_dspy.optimizers.compile import compile_program, refuse_output
    from csc_dspy.optimizers.estimate import estimate
    from csc_dspy.optimizers.options import Compilation
    from csc_dspy.optimizers.report import described

    role_lms = role_models(ROLES, options)
    given = {name: value for name, value in options.items() if value is not None}
    job = Compilation(role_lms=role_lms, **given)
    job.task()
    if dry_run:
        refuse_output(job)
        click.echo(estimate(job).describe())
        return 0
    if job.program == "roleplay":
        click.echo("profiles are of invented people, and sent as they are", err=True)
    else:
        said_of_masking(job.masks)
    done = compile_program(job)
    click.echo(described(done))
    output: Path = job.output
    option = "synthesize --judge-program" if job.program == "judge" else "--program"
    use = f"{option} {output}" + (f" or {done.model}" if done.model else "")
    same = "the program as it was before; " if done.unchanged else ""
    click.echo(f"{output}  ({same}use: {use}; runs: csc-dspy ui)")
    return 0 if done.complete else 1
