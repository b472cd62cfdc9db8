"""``csc-dspy compare``: which of two runs is better, and whether the difference is real."""

from __future__ import annotations

import click


@click.command()
@click.argument("first")
@click.argument("second")
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as JSON.")
def command(first: str, second: str, as_json: bool) -> None:
    """Compare two runs of `csc-dspy evaluate` on the conversations that both have.

    FIRST and SECOND are their files, or MLflow runs by id or name, whose outputs are taken from the run store.

    Differences are SECOND minus FIRST, with 95 % intervals and p-values of a paired bootstrap over conversations; for
    strategy accuracy McNemar's test is added.
    """
    from csc_dspy.evaluation.compare import compare
    from csc_dspy.tracking import output_of

    with output_of(first) as one, output_of(second) as other:
        found = compare(one, other, names=(first, second))
    click.echo(found.to_json() if as_json else found.describe())
