"""``csc-dspy corpus``: import raw calls; check, describe and view conversation files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import click

from csc_dspy.conversation import Conversation
from csc_dspy.errors import InputError, LineError
from csc_dspy.framework import Lang

FILE = click.argument("file", type=click.Path(path_type=Path))
SKIP_BAD = click.option("--skip-bad", is_flag=True, help="Leave out lines that do not fit, and say how many.")


class _Lines:
    """The conversations of a file; with ``skip_bad`` the lines left out are counted, else the first one is raised."""

    def __init__(self, path: Path, skip_bad: bool) -> None:
        self.path = path
        self.skip_bad = skip_bad
        self.bad: list[LineError] = []
        self.left_out = 0

    def _leave_out(self, error: LineError) -> None:
        self.bad = self.bad or [error]
        self.left_out += 1

    def __iter__(self) -> Iterator[Conversation]:
        from csc_dspy.corpora.dropped import read_kept_or_dropped

        return read_kept_or_dropped(self.path, self._leave_out if self.skip_bad else None)

    def say(self) -> None:
        """Say on stderr what was left out."""
        if self.left_out:
            lines = "line that does" if self.left_out == 1 else "lines that do"
            click.echo(f"left out {self.left_out:,} {lines} not fit, first {self.bad[0]}", err=True)


@click.group()
def command() -> None:
    """Import raw calls; check, describe and view conversation files."""


@command.command("import")
@click.argument("calls", metavar="FILE_OR_FOLDER", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), help="Where to write conversations (JSONL)."
)
@click.option(
    "--format", "format_", default="auto", show_default=True, metavar="FORMAT", help="auto looks at the content."
)
@click.option("--map", "map_", metavar="NAME=FIELD,…", help="Where records keep what: speaker=role,text=call.content.")
@click.option("--lang", type=click.Choice(["auto", "en", "zh"]), default="auto", show_default=True)
@click.option("--skip-bad", is_flag=True, help="Write the rest when calls cannot be read.")
def import_(calls: Path, output: Path, format_: str, map_: str | None, lang: str, skip_bad: bool) -> None:
    """Turn raw support calls into conversations: text, CSV, TSV, JSON and JSON lines of many shapes.

    Every call that cannot be read is named on stderr with its reason. Exit code 2 if there is any and --skip-bad is not
    given; nothing is written then. Formats: text, csv, tsv, conversation, openai, sharegpt, dianjin, crsa, json.
    """
    from csc_dspy.corpora.importing import import_calls
    from csc_dspy.corpora.readers.fields import parse_map

    done = import_calls(
        calls,
        output,
        format_=format_,
        fields=parse_map(map_) if map_ else None,
        lang=None if lang == "auto" else cast(Lang, lang),
        skip_bad=skip_bad,
        on_bad=lambda error: click.echo(str(error), err=True),
    )
    click.echo(done.note)
    if not done.written:
        bad = f"{done.bad:,} of {done.bad + done.read:,} calls cannot be read"
        raise InputError(
            f"{calls}: {bad}, so nothing was written" + ("; --skip-bad writes the rest" if done.read else "")
        )


@command.command()
@FILE
@click.option("--rules", is_flag=True, help="Count what the free rules of the role-play filter find, too.")
@click.option("--min-utterances", type=click.IntRange(0), default=10, show_default=True, help="For --rules.")
@click.option("--max-utterances", type=click.IntRange(1), default=50, show_default=True, help="For --rules.")
def check(file: Path, rules: bool, min_utterances: int, max_utterances: int) -> None:
    """Check every line of FILE; each bad one is named on stderr. Exit code 2 if there is any.

    What --rules finds does not change the exit code: raw calls may well break rules made for RoleCS.
    """
    from csc_dspy.corpora.rules import check_file, with_bounds
    from csc_dspy.corpora.view import PipeConsole, check_view

    wanted = with_bounds(min_utterances, max_utterances) if rules else None
    found = check_file(file, lambda error: click.echo(str(error), err=True), wanted)
    PipeConsole().print(check_view(found))
    if found.bad_lines:
        bad = f"{found.bad_lines:,} of {found.conversations + found.bad_lines:,} lines"
        raise InputError(f"{file}: {bad} do not fit; correct them, or give the other verbs --skip-bad")


@command.command()
@FILE
@SKIP_BAD
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
@click.option("--pictures", type=click.Path(path_type=Path, file_okay=False), help="Draw PNG files into this folder.")
def stats(file: Path, skip_bad: bool, as_json: bool, pictures: Path | None) -> None:
    """Describe the conversations of FILE: lengths, strategies, stages, transitions.

    FILE may also be the side file of what a job dropped.
    """
    from csc_dspy.corpora.statistics import describe
    from csc_dspy.corpora.view import PipeConsole, statistics_view

    lines = _Lines(file, skip_bad)
    statistics = describe(lines)
    lines.say()
    if not statistics.conversations:
        raise InputError(f"{file}: there is no conversation in it")
    if as_json:
        PipeConsole(soft_wrap=True).out(statistics.model_dump_json(indent=2), highlight=False)
    else:
        PipeConsole().print(statistics_view(statistics))
    if pictures:
        from csc_dspy.corpora.pictures import draw

        for path in draw(statistics, pictures):
            click.echo(f"drawn: {path}", err=True)


@command.command()
@FILE
@click.option("--id", "id_", help="The conversation with this id.")
@click.option("--index", type=click.IntRange(1), help="The N-th conversation, counted from 1.  [default: 1]")
@SKIP_BAD
def view(file: Path, id_: str | None, index: int | None, skip_bad: bool) -> None:
    """Show one conversation of FILE, its turns coloured by stage.

    FILE may also be the side file of what a job dropped; the reason is then shown with it.
    """
    from csc_dspy.corpora.view import PipeConsole, conversation_view, find_conversation

    if id_ is not None and index is not None:
        raise click.UsageError("give --id or --index, not both")
    lines = _Lines(file, skip_bad)
    try:
        conversation = find_conversation(lines, id_, index)
    finally:
        lines.say()
    PipeConsole().print(conversation_view(conversation))
