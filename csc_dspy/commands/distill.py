"""``csc-dspy distill``: conversations into a small local model."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from csc_dspy.chats import SIDES
from csc_dspy.commands.options import FILE, FiniteRange


@click.command()
@click.argument("conversations", type=FILE)
@click.option(
    "--base",
    required=True,
    metavar="MODEL",
    help="A name of the catalogue (qwen2.5-coder-0.5b-instruct), a GGUF file, a folder with safetensors, or a hub id.",
)
@click.option("-o", "--output", type=FILE, required=True, help="The student's folder.")
@click.option("--val", "validation", type=FILE, help="Others to watch (default: a twentieth, those of some customers).")
@click.option("--side", type=click.Choice(SIDES), default="supporter", show_default=True, help="Whose turns it learns.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    help="Take this many of CONVERSATIONS, drawn from all.",
)
@click.option("--config", type=FILE, help="TOML file with all settings; options win over it.")
@click.option("--epochs", type=FiniteRange(min=0.01), help="How often each conversation is seen (default 1).")
@click.option("--rank", type=click.IntRange(min=1), help="Rank of the low-rank matrices (default 16).")
@click.option("--learning-rate", type=FiniteRange(min=0.0, min_open=True), help="Default 1e-3, with --full 5e-5.")
@click.option("--length", type=click.IntRange(min=64), help="Tokens of a row, and of a conversation, at most (2048).")
@click.option("--balance", type=FiniteRange(0, 1), help="0 to 1: how much more rare strategies count (default 0).")
@click.option("--full", is_flag=True, default=None, help="Train all weights instead of low-rank matrices.")
@click.option("--merge", is_flag=True, help="Write all weights instead of the adapter.")
@click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    help="Of order, first weights, what --limit draws and who is watched (default 0).",
)
@click.option(
    "--show-masks",
    type=click.IntRange(min=1),
    metavar="N",
    help="Print N chats, what is learned in colour (in «…» in a file), and train nothing.",
)
@click.option("--resume", is_flag=True, help="Only go on with a training that was begun; do not begin one.")
@click.option("--fresh", is_flag=True, help="Start over.")
@click.option("--skip-bad", is_flag=True, help="Leave out input lines that cannot be read.")
@click.option("--tracking/--no-tracking", default=True, show_default=True, help="Make an MLflow run.")
def command(show_masks: int | None, **options: Any) -> None:
    """Train a small model on CONVERSATIONS, so that it speaks as their supporters do, or as their customers (--side).

    The same command again goes on after a kill, and does nothing when it is done.
    """
    from csc_dspy.distillation.distill import Distillation, distill, masks
    from csc_dspy.distillation.processes import is_main

    names = ("epochs", "rank", "learning_rate", "length", "balance", "full", "seed")
    settings = {name: options.pop(name) for name in names}
    job = Distillation(settings=settings, **options)
    if show_masks:
        click.echo(masks(job, show_masks, colour=sys.stdout.isatty()))
        return
    student = distill(job)
    if not is_main():
        return
    output: Path = job.output
    figures = student.figures
    watched = "" if figures.get("validation") is None else f", {figures['validation']:.3f} on other customers"
    speed = figures["tokens_per_second"]
    took = "" if speed is None else f"; {speed:,.0f} tokens/s"
    click.echo(f"{figures['steps']} steps, loss {figures['loss']:.3f}{watched}{took}")
    click.echo(f"on a GPU: {student.vllm(output)}")
    talk = "--as supporter --customer-lm" if student.side == "customer" else "--lm"
    served = (output / student.served).exists()
    here = f"talk to it: csc-dspy chat {talk} student:{output}" if served else "vLLM serves it"
    click.echo(f"{output}  ({here}; runs: csc-dspy ui)")
