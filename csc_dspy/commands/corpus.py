"""``csc-dspy corpus``: import raw calls; check, describe, split, export and view conversation files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import click

from csc_dspy.conversation import SPEAKERS, OnBad
from csc_dspy.corpora.splitting import PARTS, parse_parts, split
from csc_dspy.corpora.writers.registry import FORMATS, export
from csc_dspy.errors import InputError, LineError
from csc_dspy.framework import Lang
from csc_dspy.wording import amount

_PARTS = ",".join(f"{name}={share}" for name, share in PARTS.items())
_PAIRS = "blind-pairs"
FILE = click.argument("file", type=click.Path(path_type=Path))
SKIP_BAD = click.option("--skip-bad", is_flag=True, help="Leave out lines that do not fit, and say how many.")


@contextmanager
def _leaving_out(allowed: bool) -> Iterator[OnBad | None]:
    """Leave out lines that do not fit, if that is allowed, and say on stderr how many; else they are raised."""
    first: list[LineError] = []
    count = 0

    def leave_out(error: LineError) -> None:
        nonlocal count, first
        first, count = first or [error], count + 1

    try:
        yield leave_out if allowed else None
    finally:
        if count:
            lines = "line that does" if count == 1 else "lines that do"
            click.echo(f"left out {count:,} {lines} not fit, first {first[0]}", err=True)


@click.group()
def command() -> None:
    """Import raw calls; check, describe, split, export and view conversation files."""


@command.command("import")
@click.argument("calls", metavar="FILE_OR_FOLDER", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), help="Where to write conversations (JSONL)."
)
@click.option(
    "--format", "format_", default="auto", show_default=True, metavar="FORMAT", help="auto looks at the content."
)
@click.option(
    "--map",
    "map_",
    metavar="NAME=FIELD,…",
    help="Where records keep what, as speaker=role,text=call.content. Names: turns (the list of turns), speaker, text, "
    "id, topic, lang; for tables conversation, speaker, text, topic, lang, each a column.",
)
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
@click.option("--before", type=click.Path(path_type=Path), metavar="CALLS", help="The calls as they were, to compare.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
@click.option("--pictures", type=click.Path(path_type=Path, file_okay=False), help="Draw PNG files into this folder.")
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write one page that opens offline.")
def stats(
    file: Path, skip_bad: bool, before: Path | None, as_json: bool, pictures: Path | None, html: Path | None
) -> None:
    """Describe the conversations of FILE: lengths, strategies, stages, chains, variety, beside the paper's figures.

    FILE may also be the side file of what a job dropped.
    """
    from csc_dspy.corpora.diversity import Reservoir, diversity
    from csc_dspy.corpora.dropped import read_kept_or_dropped
    from csc_dspy.corpora.statistics import describe
    from csc_dspy.corpora.view import PipeConsole, statistics_view

    sample = Reservoir()
    with _leaving_out(skip_bad) as on_bad:
        statistics = describe(sample.through(read_kept_or_dropped(file, on_bad)))
        earlier = describe(read_kept_or_dropped(before, on_bad)) if before else None
    if not statistics.conversations:
        raise InputError(f"{file}: there is no conversation in it")
    varied = {speaker: diversity(sample.kept, speaker) for speaker in SPEAKERS}
    if as_json:
        figures = statistics.model_dump(mode="json") | {name: one.model_dump() for name, one in varied.items()}
        PipeConsole(soft_wrap=True).out(json.dumps(figures, indent=2, ensure_ascii=False), highlight=False)
    else:
        PipeConsole().print(statistics_view(statistics, varied, earlier))
    if pictures:
        from csc_dspy.corpora.pictures import draw

        for path in draw(statistics, pictures):
            click.echo(f"drawn: {path}", err=True)
    if html:
        from csc_dspy.corpora.page import write_page

        write_page(html, file.name, statistics, varied, sample.kept, earlier)
        click.echo(f"page: {html}", err=True)


@command.command("split")
@FILE
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path, file_okay=False), help="A folder.")
@click.option(
    "--parts",
    default=_PARTS,
    show_default=True,
    metavar="NAME=SHARE,…",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Another seed, another split.")
@SKIP_BAD
def split_(file: Path, output: Path, parts: str, seed: int, skip_bad: bool) -> None:
    """Split FILE into parts so that no customer, and no wording, is in two of them.

    A customer is the profile of a conversation; conversations without one are told apart by their words.
    """
    with _leaving_out(skip_bad) as on_bad:
        counts = split(file, output, parse_parts(parts), seed=seed, on_bad=on_bad)
    for name, count in counts.items():
        click.echo(f"{output / name}.jsonl: {amount(count, 'conversation')}")


@command.command("export")
@FILE
@click.argument("other", type=click.Path(path_type=Path), required=False)
@click.option("--format", "format_", required=True, type=click.Choice([*FORMATS, _PAIRS]))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="A file; for hf, a folder.")
@click.option("--mask", "masking", is_flag=True, help="Mask personal data; what rules find is most, not all.")
@click.option("--tags/--no-tags", default=True, show_default=True, help="Chats: begin replies with [strategy].")
@click.option("--license", "license_", metavar="NAME", help="For hf: the data's licence, such as cc-by-4.0.")
@click.option("--limit", type=click.IntRange(min=1), help=f"For {_PAIRS}: pairs at most, drawn at random.")
@SKIP_BAD
def export_(
    file: Path,
    other: Path | None,
    format_: str,
    output: Path,
    masking: bool,
    tags: bool,
    license_: str | None,
    limit: int | None,
    skip_bad: bool,
) -> None:
    """Write the conversations of FILE for other tools; for hf, FILE may be a folder of splits.

    For blind-pairs FILE and OTHER are two sides' answers that `csc-dspy evaluate` wrote. The form opens offline and
    names nobody; who is who stands in the key beside it. `csc-dspy score --key` reads what people save of it.
    """
    if format_ == _PAIRS:
        return _export_pairs(file, other, output, limit, masking)
    if other is not None or limit is not None:
        raise click.UsageError(f"a second file and --limit are for --format {_PAIRS}")
    from csc_dspy.corpora.dropped import read_kept_or_dropped
    from csc_dspy.corpora.masking import mask
    from csc_dspy.corpora.writers.hub import export_dataset, splits_of
    from csc_dspy.files import refuse_input

    refuse_input(output, file)
    with _leaving_out(skip_bad) as on_bad:
        if format_ == "hf":
            sizes = export_dataset(splits_of(file), output, license_=license_, masking=masking, on_bad=on_bad)
            count = sum(sizes.values())
        else:
            found = read_kept_or_dropped(file, on_bad)
            shown = (mask(one).conversation for one in found) if masking else found
            count = export(shown, output, format_, tags=tags)
    click.echo(f"{output}: {amount(count, 'conversation')} ({FORMATS[format_]})")


def _export_pairs(first: Path, second: Path | None, output: Path, limit: int | None, masking: bool) -> None:
    from csc_dspy.judging.forms import write_form

    if second is None:
        raise click.UsageError(f"--format {_PAIRS} needs two files of answers")
    key, count = write_form(first, second, output, limit=limit, masking=masking)
    click.echo(f"{output}: {amount(count, 'pair')}; {key} says who is who, keep it from the raters")


@command.command()
@FILE
@click.option("--id", "id_", help="The conversation with this id.")
@click.option("--index", type=click.IntRange(1), help="The N-th conversation, counted from 1.  [default: 1]")
@SKIP_BAD
def view(file: Path, id_: str | None, index: int | None, skip_bad: bool) -> None:
    """Show one conversation of FILE, its turns coloured by stage.

    FILE may also be the side file of what a job dropped; the reason is then shown with it.
    """
    from csc_dspy.corpora.dropped import read_kept_or_dropped, reasons
    from csc_dspy.corpora.view import PipeConsole, conversation_view, find_conversation

    if id_ is not None and index is not None:
        raise click.UsageError("give --id or --index, not both")
    unsaid = dict(reasons(file))
    with _leaving_out(skip_bad) as on_bad:
        try:
            conversation = find_conversation(read_kept_or_dropped(file, on_bad), id_, index)
        except InputError:
            shown = unsaid if id_ is None and index is None else {id: unsaid[id] for id in unsaid if id == id_}
            if not shown:
                raise
            for id, reason in shown.items():
                click.echo(f"{id}  dropped before anything was said: {reason}")
            return
    PipeConsole().print(conversation_view(conversation))
