"""``csc-dspy compare``: which of two runs is better, and whether that is real; or what tells two programs apart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from csc_dspy.commands.options import neural_models, neural_options
from csc_dspy.errors import InputError


@click.command()
@click.argument("first")
@click.argument("second")
@neural_options
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as JSON.")
def command(first: str, second: str, as_json: bool, **models: Any) -> None:
    """Compare two runs of `csc-dspy evaluate` on the conversations that both have, or the prompts of two programs.

    FIRST and SECOND are their files, or MLflow runs by id or name, whose outputs are taken from the run store.

    Differences are SECOND minus FIRST, with 95 % intervals and p-values of a paired bootstrap over conversations; for
    strategy accuracy McNemar's test is added.

    Programs are files of `csc-dspy compile`, registered models (models:/supporter/3), or names of those that come with
    the package: `csc-dspy compare supporter supporter.json` shows what compiling changed.
    """
    from csc_dspy.programs.named import is_program

    programs = is_program(first), is_program(second)
    if any(programs):
        if not all(programs):
            raise InputError(_mixed(first if programs[1] else second))
        from csc_dspy.optimizers.changes import changes, described  # slow to import

        differing = changes(first, second)
        click.echo(json.dumps(differing, ensure_ascii=False, indent=2) if as_json else described(differing))
        return
    from csc_dspy.evaluation.compare import compare
    from csc_dspy.tracking import output_of

    neural = neural_models(models)
    with output_of(first) as one, output_of(second) as other:
        found = compare(one, other, names=(first, second), neural=neural)
    click.echo(found.to_json() if as_json else found.describe())


def _mixed(other: str) -> str:
    """Why what is no program cannot be compared with one."""
    why = "one is a program and the other is none" if Path(other).exists() else f"{other}: no such file"
    return f"{why}: give two runs, or two programs"
