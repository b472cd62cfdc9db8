"""``csc-dspy demo``: the pipeline, small, on local weights."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from csc_dspy.commands.options import FILE

LM = "local/qwen2.5-coder-1.5b-instruct"


@click.command()
@click.option("--folder", type=FILE, default=Path("demo"), show_default=True, help="Where its files go.")
@click.option("--lm", metavar="MODEL", default=LM, show_default=True, help="Model of every role.")
@click.option("--api-base", metavar="URL", help="Base URL of --lm's server, with /v1.")
@click.option(
    "--lang",
    type=click.Choice(["en", "zh", "both"]),
    help="Language of the play.  [default: the one of your terminal, en or zh]",
)
@click.option("-n", "--count", type=click.IntRange(min=1), default=1, show_default=True, help="Plays a language.")
@click.option("--least", type=click.IntRange(min=4), default=10, show_default=True, help="Utterances at least.")
@click.option("--fresh", is_flag=True, help="Start over; old files are kept aside.")
def command(lang: str | None, **options: Any) -> None:
    """All of it, small, on local weights: every step says what it does and how long it took.

    The same command again continues where it ended.
    """
    from csc_dspy.demo import STEPS, Demo, tour
    from csc_dspy.framework import LANGS, Lang

    mine: Lang = "zh" if speaks_chinese() else "en"
    langs = LANGS if lang == "both" else tuple(one for one in LANGS if one == (lang or mine))
    tour(Demo(langs=langs, **options), STEPS)


def speaks_chinese() -> bool:
    """Whether the terminal does, as its environment says."""
    told = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return told.startswith("zh")
