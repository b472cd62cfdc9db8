"""``csc-dspy models``: the weights catalogue."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.table import Column, Table

from csc_dspy.lms.download import show_progress
from csc_dspy.lms.weights import CATALOGUE, ensure_weights, find_weights, is_present, weights_path


@click.group()
def command() -> None:
    """The weights catalogue: models that run inside this process, named local/NAME."""


@command.command("list")
def list_models() -> None:
    """Every model of the catalogue, and where its file is."""
    table = Table(
        Column("name", no_wrap=True),
        Column("size", justify="right", no_wrap=True),
        Column("licence", no_wrap=True),
        Column("lang", no_wrap=True),
        Column("from"),
        Column("here", no_wrap=True),
    )
    for entry in CATALOGUE.values():
        table.add_row(
            entry.name,
            f"{entry.size / 1e6:,.0f} MB",
            entry.licence,
            entry.languages,
            ", ".join(source.kind for source in entry.sources),
            "yes" if is_present(entry) else "no",
        )
    Console().print(table)
    for entry in filter(is_present, CATALOGUE.values()):
        click.echo(weights_path(entry))


@command.command()
@click.argument("name")
def pull(name: str) -> None:
    """Download a model's file, unless it is here, and print its path."""
    entry = find_weights(name)
    with show_progress(entry.name) as progress:
        path = ensure_weights(entry, progress=progress)
    click.echo(path)


@command.command()
@click.argument("base")
def convert(base: str) -> None:
    """Make a GGUF file of BASE, a folder with safetensors or a hub id, and print its path; needs the extra distill.

    llama.cpp serves it as local:PATH, and the students that stand on it. A BASE that is a GGUF file is linked into the
    cache, where students find it that were trained on it elsewhere.
    """
    if base.endswith(".gguf"):
        from csc_dspy.lms.student import keep_base

        click.echo(keep_base(Path(base.removeprefix("local:")).expanduser()))
        return
    from csc_dspy.distillation.base import open_base
    from csc_dspy.distillation.conversion import gguf_of

    click.echo(gguf_of(*open_base(base)))
