"""``csc-dspy compare``: which of two runs is better, and whether the difference is real."""

from __future__ import annotations

from pathlib import Path

import click

from csc_dspy.commands.options import FILE


@click.command()
@click.argument("first", type=FILE)
@click.argument("second", type=FILE)
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as JSON.")
def command(first: Path, second: Path, as_json: bool) -> None:
    """Compare two files of answers on the conversations that both have.

    Differences are SECOND minus FIRST, with 95 % intervals and p-values of a paired bootstrap over conversations; for
    strategy accuracy McNemar's test is added.
    """
    from csc_dspy.evaluation.compare import compare

    found = compare(first, second)
    click.echo(found.to_json() if as_json else found.describe())
