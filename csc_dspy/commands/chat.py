"""``csc-dspy chat``: talk to a supporter as its customer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from csc_dspy.commands.options import FILE, FiniteRange, model_options, role_models
from csc_dspy.framework import LANGS

ROLES = ("supporter",)


@click.command()
@click.option("--program", default="supporter", show_default=True, help="supporter, direct, or a compiled supporter.")
@click.option("--lang", type=click.Choice(LANGS), default="en", show_default=True, help="Language of the call.")
@click.option("--rules/--no-rules", default=True, show_default=True, help="Hold the paper's rules by code.")
@click.option("--temperature", type=FiniteRange(0, 2), default=0.0, show_default=True)
@click.option("-o", "--output", type=FILE, help="Keep the call as a conversation (JSONL, added at the end).")
@model_options(*ROLES)
def command(output: Path | None, **options: Any) -> None:
    """Talk to a supporter: what you type are the customer's turns, an empty line lets the supporter go on.

    Every answer shows the strategy it follows. Ctrl-D ends the call.
    """
    from csc_dspy.evaluation.chat import Chat, kept

    role_lms = role_models(ROLES, options)
    with Chat(role_lms=role_lms, **options) as chat:
        click.echo(f"{chat.name}; Ctrl-D ends the call", err=True)
        while True:
            try:
                said = input("> ").strip()
            except EOFError:
                break
            turn = chat.answer(said)
            label = f"[{turn.strategy.names.in_(chat.lang)}] " if turn.strategy else ""
            click.echo(f"{label}{turn.text}")
    if output is not None and chat.turns:
        kept(output, chat)
        click.echo(f"{output}  (look: csc-dspy corpus view {output})", err=True)
