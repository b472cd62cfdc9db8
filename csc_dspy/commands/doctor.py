"""``csc-dspy doctor``: versions, weights, each role's model, and json_schema proven on the wire."""

from __future__ import annotations

import click
from rich.console import Console


@click.command()
@click.option("--lm", multiple=True, metavar="MODEL", help="Also check this model; may be given again.")
@click.option("--api-base", help="Base URL of --lm's server, with /v1.")
@click.option("--wire/--no-wire", default=True, show_default=True, help="Ask each model one question.")
def command(lm: tuple[str, ...], api_base: str | None, wire: bool) -> None:
    """What is installed, which models answer, whether json_schema holds on the wire."""
    from csc_dspy.lms.doctor import examine, render

    report = examine(extra=lm, api_base=api_base, wire=wire)
    Console().print(render(report))
    if not report.healthy:
        raise SystemExit(1)
