"""CSV and TSV exports: a message a row, grouped by a conversation, or a whole transcript a row.

    ticket,author,message
    17,agent,Good morning.
    17,customer,My parcel is late.

The columns are named by ``--map conversation=ticket,speaker=author,text=message``; what it does not say is found by the
names that are common.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from csc_dspy.corpora.readers.fields import Fields, plain_key
from csc_dspy.corpora.readers.files import MAX_CHARACTERS, RawFile, TooLong, check_text, numbered_lines
from csc_dspy.corpora.readers.general_json import SPEAKER_KEYS, TEXT_KEYS
from csc_dspy.corpora.readers.speakers import parse_label
from csc_dspy.corpora.readers.times import DATE_KEYS, TIME_KEYS, order_by_time
from csc_dspy.errors import LineError

CONVERSATION_KEYS = (
    "conversation", "conversationid", "callid", "ticketid", "ticket", "dialogueid", "sessionid", "chatid", "caseid",
    "case", "threadid", "interactionid", "contactid", "call", "会话id", "通话id", "工单号", "会话编号", "通话编号",
)  # fmt: skip
"""Columns that say to which conversation a row belongs, if no --map does."""

_HAN_SPEAKERS = ("说话人", "角色", "发送方", "发言人", "发送者")
_HAN_TEXTS = ("内容", "文本", "消息", "对话内容", "发言")
_TRANSCRIPTS = (
    "transcript",
    "transcription",
    "conversation",
    "dialogue",
    "dialog",
    "chat",
    "calltranscript",
    "log",
    "content",
)
_DELIMITERS = ",\t;|"


class Row(NamedTuple):
    """The rows of one conversation, or why they cannot be read."""

    line: int
    id: str | None
    said: list[tuple[str, str]] | None
    """Speaker and text of each row."""
    transcript: str | None
    fields: Mapping[str, str]
    """The cells of the first row by their columns."""
    reason: str = ""
    others: tuple[str, ...] = ()
    """The columns that say neither who speaks nor what."""
    was_ordered: bool = False
    """Whether the rows were out of order and were put in that of their times."""


class _Columns(NamedTuple):
    names: list[str]
    conversation: int | None
    speaker: int | None
    text: int
    times: tuple[int, ...]
    """The columns of date and time; of one of them, or none."""


def delimiter_of(text: str) -> str | None:
    """What separates the cells of a text's first line, if the text is a table with a heading of column names."""
    lines = [line for line in text.split("\n", 50)[:50] if line.strip()]
    if len(lines) < 2 or any(_spoken(line) for line in lines[:1]):
        return None
    found = max(_DELIMITERS, key=lines[0].count)
    if not lines[0].count(found):
        return None
    try:
        rows = list(csv.reader(text.split("\n", 50)[:50], delimiter=found))[:3]
    except csv.Error:
        return None
    names = [name.strip() for name in rows[0]]
    if len(set(names)) < len(names) or not all(re.fullmatch(r"[\w .\-/#()]{1,40}", name) for name in names):
        return None
    return found if len(rows) > 1 and len(rows[1]) == len(names) else None


def _spoken(line: str) -> bool:
    before, colon, _ = line.partition(":")
    return bool(colon) and parse_label(before) is not None


def read_rows(raw: RawFile, fields: Fields, delimiter: str | None = None) -> Iterator[Row]:
    """Read a table conversation by conversation; one whose rows do not stand together is never read in part.

    Reads a table of messages twice. Memory: its rows of one conversation, and the ids.

    Raises:
        LineError: A column is missing; the columns there are named.
    """
    csv.field_size_limit(MAX_CHARACTERS)
    lines = _Lines(raw)
    if delimiter is None:
        with raw.open() as file:
            head = file.readline(65_536)
        delimiter = max(_DELIMITERS, key=head.count)
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    columns: _Columns | None = None
    scattered: dict[str, bool] = {}
    group: list[list[str]] = []
    group_line = 0
    while True:
        before = lines.number + 1
        try:
            cells = next(rows, None)
        except (csv.Error, ValueError) as error:
            yield _unread(before, f"not a table: {error}" if isinstance(error, csv.Error) else str(error))
            rows = csv.reader(lines, delimiter=delimiter, strict=True)
            continue
        if cells is None:
            break
        if not any(cell.strip() for cell in cells):
            continue
        if columns is None:
            columns = _columns(cells, fields, raw, before)
            scattered = dict.fromkeys(_scattered(raw, columns, delimiter), False)
            continue
        reason = _fault(cells, columns, raw)
        if reason:
            yield _unread(before, reason)
            continue
        if columns.speaker is None:
            yield _whole(cells, columns, before)
            continue
        if (id_ := _group(cells, columns)) in scattered:
            if not scattered[id_]:
                scattered[id_] = True
                by = columns.names[columns.conversation or 0]
                reason = f"rows apart: those of {id_!r} do not stand together; sort the table by {by!r}"
                yield _unread(before, reason)
            continue
        if group and _group(group[0], columns) != id_:
            yield _grouped(group, columns, group_line)
            group = []
        if not group:
            group_line = before
        group.append(cells)
    if group and columns is not None:
        yield _grouped(group, columns, group_line)


def _scattered(raw: RawFile, columns: _Columns, delimiter: str) -> set[str]:
    """The conversations whose rows do not stand together."""
    if columns.speaker is None or columns.conversation is None:
        return set()
    seen: set[str] = set()
    found: set[str] = set()
    last = ""
    rows = csv.reader(_Lines(raw), delimiter=delimiter, strict=True)
    while True:
        try:
            cells = next(rows, None)
        except (csv.Error, ValueError):  # said when the row is read
            continue
        if cells is None:
            return found
        if len(cells) != len(columns.names) or not (id_ := _group(cells, columns)) or id_ == last:
            continue
        if id_ in seen:
            found.add(id_)
        seen.add(id_)
        last = id_


class _Lines:
    """The lines of a file for the csv module, with the number of the last one."""

    def __init__(self, raw: RawFile) -> None:
        self._lines = numbered_lines(raw)
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        self.number, line = next(self._lines)
        if line is None:
            raise TooLong("a line")
        return line.replace("\0", "\ufffd\0")


def _fault(cells: list[str], columns: _Columns, raw: RawFile) -> str:
    if len(cells) != len(columns.names):
        return f"not a table: {len(cells)} cells under {len(columns.names)} columns"
    try:
        for cell in cells:
            check_text(cell, raw)
    except ValueError as error:
        return str(error)
    if columns.speaker is not None and columns.conversation is not None and not _group(cells, columns):
        return f"no conversation: the cell under {columns.names[columns.conversation]!r} is empty"
    return ""


def _columns(names: list[str], fields: Fields, raw: RawFile, line: int) -> _Columns:
    names = [name.strip().lstrip("\ufeff") for name in names]
    plain = [plain_key(name) for name in names]

    def place(wanted: str | None, common: tuple[str, ...], what: str, taken: tuple[int | None, ...] = ()) -> int | None:
        if wanted is not None:
            if wanted in names:
                return names.index(wanted)
            raise LineError(raw.path, line, f"no column {wanted!r} ({what}): there are {', '.join(names)}")
        keys = [plain_key(key) for key in common]
        return next((plain.index(key) for key in keys if key in plain and plain.index(key) not in taken), None)

    speaker = place(fields.speaker, SPEAKER_KEYS + _HAN_SPEAKERS, "speaker")
    texts = TEXT_KEYS + _HAN_TEXTS + (() if speaker is not None else _TRANSCRIPTS)
    text = place(fields.text, texts, "text", (speaker,))
    if text is None:
        there = f"there are {', '.join(names)}"
        raise LineError(raw.path, line, f"no column for the text: {there}; say --map text=COLUMN,speaker=COLUMN")
    if fields.text and not fields.speaker and speaker is not None and fields.conversation is None:
        speaker = None if _is_wide(names, fields) else speaker
    conversation = place(fields.conversation or None, (*CONVERSATION_KEYS, "id"), "conversation", (speaker, text))
    if speaker is not None and conversation is None:
        there = f"there are {', '.join(names)}"
        raise LineError(raw.path, line, f"no column for the conversation: {there}; say --map conversation=COLUMN")
    time = place(None, TIME_KEYS, "time", (conversation, speaker, text))
    date = place(None, DATE_KEYS, "date", (conversation, speaker, text, time))
    times = tuple(column for column in (date, time) if column is not None)
    return _Columns(names, conversation, speaker, text, times)


def _is_wide(names: list[str], fields: Fields) -> bool:
    """Whether --map names a text only, so that it holds whole transcripts."""
    return fields.text in names


def _group(cells: list[str], columns: _Columns) -> str:
    return cells[columns.conversation].strip() if columns.conversation is not None else ""


def _unread(line: int, reason: str) -> Row:
    return Row(line, None, None, None, {}, reason)


def _whole(cells: list[str], columns: _Columns, line: int) -> Row:
    transcript = cells[columns.text]
    id_ = _group(cells, columns) or None
    return Row(line, id_, None, transcript, _rest([cells], columns), others=_others(columns))


def _grouped(group: list[list[str]], columns: _Columns, line: int) -> Row:
    order = order_by_time([" ".join(cells[place] for place in columns.times) for cells in group])
    rows = group if order is None else [group[place] for place in order]
    said = [(cells[columns.speaker or 0], cells[columns.text]) for cells in rows]
    id_ = _group(group[0], columns)
    return Row(line, id_, said, None, _rest(group, columns), "", _others(columns), order is not None)


def _others(columns: _Columns) -> tuple[str, ...]:
    used = {columns.conversation, columns.speaker, columns.text}
    return tuple(name for place, name in enumerate(columns.names) if place not in used)


def _rest(group: list[list[str]], columns: _Columns) -> dict[str, str]:
    """The cells that are the same in all rows of a conversation."""
    used = {columns.conversation, columns.speaker, columns.text}
    return {
        name: group[0][place]
        for place, name in enumerate(columns.names)
        if place not in used and group[0][place].strip() and all(row[place] == group[0][place] for row in group)
    }
