"""``csc-dspy corpus import``: raw support calls of any known format become one file of conversations.

Every call that cannot be read is named with its place and its reason. Without leave to leave such calls out, nothing is
written; and a file is written whole or not at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pydantic import TypeAdapter

from csc_dspy.conversation import Conversation, OnBad
from csc_dspy.corpora.readers.calls import Call
from csc_dspy.corpora.readers.fields import Fields
from csc_dspy.corpora.readers.files import RawFile, look_at
from csc_dspy.corpora.readers.registry import FORMATS, Reading, read_calls, recognise
from csc_dspy.errors import InputError, LineError
from csc_dspy.files import part_of, refuse_input, written_whole
from csc_dspy.framework import Lang
from csc_dspy.wording import amount

_BUFFER = 1 << 20


class Import(NamedTuple):
    """What an import did."""

    read: int
    """Calls that could be read."""
    written: bool
    """Whether the output was written: something could be read, and everything or ``skip_bad`` was given."""
    formats: dict[str, int]
    """Files by the format they were read as."""
    set_aside: dict[str, int]
    """Calls that could not be read, by the kind of reason, the most frequent first."""
    machine_lines: int
    directions: int
    with_actions: int
    """Conversations in which a turn holds a system action."""
    media: int = 0
    """Lines that stand for pictures and files, left out."""
    notes: int = 0
    """Lines about a call, below it, left out."""
    ordered: int = 0
    """Conversations of a table whose rows were put in the order of their times."""

    @property
    def note(self) -> str:
        """What happened, a line a fact."""
        files = ", ".join(f"{count:,} as {name} ({FORMATS[name]})" for name, count in self.formats.items()) or "none"
        lines = [f"files read: {files}", f"calls read: {self.read:,}", f"calls set aside: {self.bad:,}"]
        lines += [f"  {count:,} {kind}" for kind, count in self.set_aside.items()]
        for count, what, told in (
            (self.machine_lines, "line", "of bots, recordings and systems, left out"),
            (self.directions, "stage direction", "left out"),
            (self.media, "line", "in place of pictures, recordings and files, left out"),
            (self.notes, "line", "of notes below the calls, left out"),
            (self.ordered, "call", "with rows out of order, put in that of their times"),
            (self.with_actions, "call", "with system actions, kept in the texts"),
        ):
            lines += [f"{amount(count, what)} {told}"] if count else []
        return "\n".join(lines)

    @property
    def bad(self) -> int:
        """How many calls could not be read."""
        return sum(self.set_aside.values())


def import_calls(
    path: Path,
    output: Path,
    *,
    format_: str = "auto",
    fields: Fields | None = None,
    lang: Lang | None = None,
    skip_bad: bool = False,
    on_bad: OnBad = lambda _: None,
) -> Import:
    """Read the calls of a file, or of all files in a folder, and write them as conversations.

    Memory: two calls, and the ids with their places (about 200 bytes each).

    Args:
        path: A file, or a folder; hidden files and the output itself are passed over.
        output: Where to write JSONL of ``Conversation``; replaced only when everything is on disk.
        format_: One of ``FORMATS``, or ``auto``: every file by its content.
        fields: Where records keep what.
        lang: Language of all calls; ``None``: each by its characters.
        skip_bad: Whether to write the rest when calls cannot be read.
        on_bad: Called with every call that cannot be read.

    Returns:
        What was read and what was set aside. If something was, and ``skip_bad`` is not given, nothing was written.

    Raises:
        InputError: No such file or folder, an unknown format, the output is the input, or nothing in it could be read.
        RunError: The output cannot be written; an earlier one is untouched.
    """
    if format_ != "auto" and format_ not in FORMATS:
        raise InputError(f"{format_!r} is no format: there are auto, {', '.join(FORMATS)}")
    refuse_input(output, path)
    run = _Run(path, output, format_, fields or Fields(), lang, on_bad)
    to_json = TypeAdapter(Conversation).dump_json
    with written_whole(output) as part:
        with part.open("wb", buffering=_BUFFER) as file:
            for call in run.calls():
                if not run.set_aside or skip_bad:
                    # Four times as fast as to_json, and the same record.
                    file.write(to_json(call.conversation, exclude_none=True) + b"\n")
        written = bool(run.read) and (skip_bad or not run.set_aside)
        if not written:
            part.unlink()
    if not run.read and not run.set_aside:
        raise InputError(f"{path}: there is no call in it")
    return run.result(written)


class _Run:
    """The counts of an import, and the ids it has met."""

    def __init__(
        self,
        path: Path,
        output: Path,
        format_: str,
        fields: Fields,
        lang: Lang | None,
        on_bad: OnBad,
    ) -> None:
        self.path, self.output, self.format, self.fields, self.lang = path, output, format_, fields, lang
        self.on_bad = on_bad
        self.read = self.machine_lines = self.directions = self.with_actions = self.media = self.notes = 0
        self.ordered = 0
        self.formats: Counter[str] = Counter()
        self.set_aside: Counter[str] = Counter()
        self._places: dict[str, tuple[str, int]] = {}

    def calls(self) -> Iterator[Call]:
        """The calls of all files; those whose id is already taken are set aside."""
        for path, name, stem in self._files():
            try:
                format_, raw = self._recognised(path)
                self.formats[format_] += 1
                reading = Reading(self.path.stem or "calls", name, stem, self.lang, self.fields)
                for call in read_calls(raw, format_, reading, self._put_aside):
                    if self._is_new(call, path):
                        self._count(call)
                        yield call
            except LineError as error:
                self._put_aside(error)

    def result(self, written: bool) -> Import:
        """What was done."""
        aside = dict(self.set_aside.most_common())
        formats = dict(self.formats.most_common())
        counts = self.machine_lines, self.directions, self.with_actions, self.media, self.notes, self.ordered
        return Import(self.read, written, formats, aside, *counts)

    def _recognised(self, path: Path) -> tuple[str, RawFile]:
        if self.format == "auto":
            return recognise(path, self.fields)
        return self.format, look_at(path)

    def _files(self) -> Iterator[tuple[Path, str, str]]:
        """Each file with its name and the beginning of the ids of its calls."""
        if not self.path.is_dir():
            yield self.path, self.path.name, self.path.stem
            return
        skip = {self.output.resolve(), part_of(self.output).resolve()}
        inside = [path.relative_to(self.path) for path in sorted(self.path.rglob("*")) if path.is_file()]
        inside = [path for path in inside if not any(part.startswith(".") for part in path.parts)]
        stems = Counter(path.with_suffix("") for path in inside)
        for path in inside:
            if (self.path / path).resolve() in skip:
                continue
            stem = path.with_suffix("") if stems[path.with_suffix("")] == 1 else path
            yield self.path / path, path.as_posix(), stem.as_posix()

    def _put_aside(self, error: LineError) -> None:
        self.set_aside[error.reason.partition(":")[0]] += 1
        self.on_bad(error)

    def _is_new(self, call: Call, path: Path) -> bool:
        id_ = call.conversation.id
        line = (call.conversation.meta or {}).get("line")
        here = (str(path), line if isinstance(line, int) else 0)
        place = self._places.setdefault(id_, here)
        if place is here:
            return True
        self._put_aside(LineError(path, here[1] or 1, f"id twice: {id_!r} is already that of {place[0]}:{place[1]}"))
        return False

    def _count(self, call: Call) -> None:
        self.read += 1
        self.machine_lines += call.machine_lines
        self.directions += call.directions
        self.with_actions += call.actions > 0
        self.media += call.media
        self.notes += call.notes
        self.ordered += call.was_ordered
