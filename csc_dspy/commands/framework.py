"""``csc-dspy framework``: the stages and strategies, in English or Chinese."""

from __future__ import annotations

import click
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from csc_dspy.framework import LANGS, Lang, Stage, Strategy


@click.command()
@click.option("--lang", type=click.Choice(LANGS), default="en", show_default=True, help="Language of the texts.")
def command(lang: Lang) -> None:
    """The five stages and the twelve strategies."""
    console = Console()
    console.print("Stages", style="bold underline")
    for stage in Stage:
        console.print(_entry(stage.value, stage.names.in_(lang), stage.definition.in_(lang)))
    console.print("Strategies", style="bold underline")
    for strategy in Strategy:
        typical = ", ".join(strategy.stages) if len(strategy.stages) < len(Stage) else "any stage"
        about = " · ".join(part for part in (strategy.names.in_(lang), strategy.abbreviation, typical) if part)
        console.print(_entry(strategy.value, f"{strategy.number} · {about}", strategy.definition.in_(lang)))


def _entry(id_: str, about: str, definition: str) -> RenderableType:
    """The id, whole at any width of the terminal, what it is called, and below it what it means."""
    return Group(Text.assemble((id_, "bold cyan"), "  ", (about, "dim")), Padding(Text(definition), (0, 0, 1, 4)))
