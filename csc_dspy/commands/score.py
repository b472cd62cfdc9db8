"""``csc-dspy score``: figures again from saved answers, without one model call."""

from __future__ import annotations

from pathlib import Path

import click

from csc_dspy.commands.options import FILE


@click.command()
@click.argument("answers", type=FILE)
@click.option("--gold", type=FILE, help="The conversations they answer; refused if they are others.")
@click.option("--train", type=FILE, help="Other conversations with strategies, for the trivial baselines.")
@click.option("--report", type=FILE, help="Write the report as one HTML page, and beside it as Markdown (.md).")
@click.option("--json", "as_json", is_flag=True, help="Print all figures as JSON.")
def command(answers: Path, gold: Path | None, train: Path | None, report: Path | None, as_json: bool) -> None:
    """Score what `csc-dspy evaluate` wrote to ANSWERS: no model is asked."""
    from csc_dspy.commands.evaluate import show
    from csc_dspy.evaluation.score import score

    found = score(answers, gold=gold, train=train)
    if as_json:
        click.echo(found.to_json())
    else:
        show(found, answers, report)
