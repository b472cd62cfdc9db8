"""``csc-dspy compare``: which of two runs is better, and whether the difference is real."""

from __future__ import annotations

from typing import Any

import click

from csc_dspy.commands.options import neural_models, neural_options


@click.command()
@click.argument("first")
@click.argument("second")
@neural_options
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as JSON.")
def command(first: str, second: str, as_json: bool, **models: Any) -> None:
    """Compare two runs of `csc-dspy evaluate` on the conversations that both have.

    FIRST and SECOND are their files, or MLflow runs by id or name, whose outputs are taken from the run store.

    Differences are SECOND minus FIRST, with 95 % intervals and p-values of a paired bootstrap over conversations; for
    strategy accuracy McNemar's test is added.
    """
    from csc_dspy.evaluation.compare import compare
    from csc_dspy.tracking import output_of

    neural = neural_models(models)
    with output_of(first) as one, output_of(second) as other:
        found = compare(one, other, names=(first, second), neural=neural)
    click.echo(found.to_json() if as_json else found.describe())
