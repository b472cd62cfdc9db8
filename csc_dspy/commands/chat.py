"""``csc-dspy chat``: a call with a person at one end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from csc_dspy.commands.options import (
    FILE,
    FiniteRange,
    mask_option,
    model_options,
    refuse_unused,
    role_models,
    said_of_masking,
)
from csc_dspy.framework import LANGS

if TYPE_CHECKING:
    from csc_dspy.evaluation.chat import Call

ROLES = ("supporter", "customer", "judge")
FOR_SUPPORTERS = ("calls", "seed", "customer_lm", "judge_lm")
FOR_CUSTOMERS = ("program", "rules", "supporter_lm")


@click.command()
@click.option(
    "--as",
    "side",
    type=click.Choice(["customer", "supporter"]),
    default="customer",
    show_default=True,
    help="Who you are: the other side is played.",
)
@click.option("--program", help="Customer: supporter (default), direct, or a compiled supporter.")
@click.option("--rules/--no-rules", default=None, help="Customer: hold the paper's rules by code (as `evaluate`).")
@click.option("--calls", type=FILE, help="Supporter: conversations whose customers call again (default: samples).")
@click.option("--seed", type=int, help="Supporter: which customer calls (default: any).")
@click.option("--lang", type=click.Choice(LANGS), default="en", show_default=True, help="Language of the call.")
@click.option("--temperature", type=FiniteRange(0, 2), help="Default: 0 of a supporter, 0.7 of a customer.")
@click.option("-o", "--output", type=FILE, help="Keep the call as a conversation (JSONL, added at the end).")
@mask_option
@model_options(*ROLES)
def command(side: str, output: Path | None, **options: Any) -> None:
    """Talk to a supporter as its customer, or practise: be the supporter of a simulated customer.

    What you type are your turns; an empty line lets a supporter go on, Ctrl-D ends the call. Every answer of a
    supporter shows the strategy it follows; yours may begin with one, as in "[Greeting] Good morning!".
    """
    practises = side == "supporter"
    unused = FOR_CUSTOMERS if practises else FOR_SUPPORTERS
    mask = None if practises else options["masking"]
    refuse_unused(f"not for --as {side}", mask=mask, **{name: options[name] for name in unused})
    role_lms = role_models(ROLES, options)
    given = {name: value for name, value in options.items() if value is not None}
    with _practice(role_lms, given) if practises else _chat(role_lms, given) as call:
        click.echo(f"{call.name}; Ctrl-D ends the call", err=True)
        if practises:
            click.echo("A customer is on the line. Greet them.", err=True)
        try:
            _talk(call)
        finally:
            if output is not None and call.turns:
                call.keep(output)
                click.echo(f"{output}  (look: csc-dspy corpus view {output})", err=True)


def _talk(call: Call) -> None:
    from csc_dspy.errors import ReplyError
    from csc_dspy.evaluation.chat import Practice

    practises = isinstance(call, Practice)
    while not call.over:
        try:
            said = input("> ").strip()
        except EOFError:
            break
        if practises and not said:
            continue
        try:
            turn = call.answer(said)
        except ReplyError as error:
            click.echo(f"({error}; say it in other words)", err=True)
            continue
        label = f"[{turn.strategy.names.in_(call.lang)}] " if turn.strategy else ""
        click.echo(f"{label}{turn.text}")
    if isinstance(call, Practice):
        ended = "The customer has left. " if call.over else ""
        click.echo(f"{ended}What they wanted: {call.brief.goal}", err=True)


def _chat(role_lms: dict[str, str], given: dict[str, Any]) -> Call:
    from csc_dspy.evaluation.chat import Chat

    return Chat(role_lms=role_lms, **given)


def _practice(role_lms: dict[str, str], given: dict[str, Any]) -> Call:
    from csc_dspy.corpora.samples import GOLD
    from csc_dspy.evaluation.chat import Practice

    calls = given.pop("calls", GOLD[given["lang"]])
    return Practice(calls, role_lms=role_lms, tell=said_of_masking, **given)
