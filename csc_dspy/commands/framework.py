"""``csc-dspy framework``: the stages and strategies, in English or Chinese."""

from __future__ import annotations

import click
from rich.console import Console
from rich.table import Column, Table

from csc_dspy.framework import LANGS, Lang, Stage, Strategy


@click.command()
@click.option("--lang", type=click.Choice(LANGS), default="en", show_default=True, help="Language of the tables.")
def command(lang: Lang) -> None:
    """The five stages and the twelve strategies."""
    console = Console()
    stages = Table("id", "name", Column("what it is for", overflow="fold"), title="Stages", title_justify="left")
    for stage in Stage:
        stages.add_row(stage.value, stage.names.in_(lang), stage.definition.in_(lang))
    console.print(stages)
    strategies = Table(
        "#",
        "id",
        "name",
        "",
        Column("when", overflow="fold"),
        "typical stages",
        title="Strategies",
        title_justify="left",
    )
    for strategy in Strategy:
        typical = ", ".join(strategy.stages) if len(strategy.stages) < len(Stage) else "any"
        strategies.add_row(
            str(strategy.number),
            strategy.value,
            strategy.names.in_(lang),
            strategy.abbreviation,
            strategy.definition.in_(lang),
            typical,
        )
    console.print(strategies)
