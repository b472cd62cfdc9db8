"""Every format by its name: how a file of it is recognised, and how its calls are read.

To add one of JSON: a file with ``is_…(record)`` and ``read_…(record, origin, fields)``, and a line in
``RECORD_FORMATS``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from csc_dspy.conversation import OnBad
from csc_dspy.corpora.readers.calls import Call, Origin, to_call
from csc_dspy.corpora.readers.dianjin import is_dianjin, read_dianjin
from csc_dspy.corpora.readers.fields import Fields, record_id, record_lang, record_topic
from csc_dspy.corpora.readers.files import RawFile, look_at, sample
from csc_dspy.corpora.readers.general_json import as_transcript, find_turns, read_general
from csc_dspy.corpora.readers.model_chats import is_openai, is_sharegpt, read_openai, read_sharegpt
from csc_dspy.corpora.readers.numbered import is_numbered, read_numbered
from csc_dspy.corpora.readers.own import is_own, read_own
from csc_dspy.corpora.readers.plain import read_plain
from csc_dspy.corpora.readers.records import looks_like_json, read_entries
from csc_dspy.corpora.readers.remedies import IN_FIELDS, IN_LABELS, in_columns, said_once, with_remedy
from csc_dspy.corpora.readers.tables import delimiter_of, read_rows
from csc_dspy.corpora.readers.transcripts import read_transcript
from csc_dspy.errors import LineError
from csc_dspy.framework import Lang

_TELLING = 20  # records that show the format of a file


class RecordFormat(NamedTuple):
    """A shape of JSON records."""

    says: str
    fits: Callable[[Any], bool]
    read: Callable[[Any, Origin, Fields], Call]


def _is_general(record: Any) -> bool:
    try:
        find_turns(record, Fields())
    except ValueError:
        return False
    return True


RECORD_FORMATS: dict[str, RecordFormat] = {
    "conversation": RecordFormat("this project's own records", is_own, read_own),
    "openai": RecordFormat("OpenAI messages", is_openai, read_openai),
    "sharegpt": RecordFormat("ShareGPT conversations", is_sharegpt, read_sharegpt),
    "dianjin": RecordFormat("DianJin-CSC-Data", is_dianjin, read_dianjin),
    "crsa": RecordFormat("numbered turns, as in CRSA", is_numbered, read_numbered),
    "json": RecordFormat("JSON with turns in a list or a transcript in a field", _is_general, read_general),
}
"""The formats of JSON, the most particular first."""

FORMATS: dict[str, str] = {
    "text": "plain-text transcripts",
    "csv": "table, comma-separated",
    "tsv": "table, tab-separated",
    **{name: format_.says for name, format_ in RECORD_FORMATS.items()},
}
"""What each name of a format means."""


class Reading(NamedTuple):
    """How a file is to be read."""

    source: str
    """Becomes ``Conversation.source``."""
    file: str
    """What the file is called in ``meta`` and, without its ending, in the ids of calls that bring none."""
    stem: str
    lang: Lang | None
    fields: Fields


def recognise(path: Path, fields: Fields) -> tuple[str, RawFile]:
    """The format of a file, by its content.

    Raises:
        InputError: No such file, or unreadable.
        LineError: It is empty, no text, or JSON without calls in it.
    """
    raw = look_at(path)
    text = sample(raw)
    if not text.strip():
        raise LineError(path, 1, "empty: there is nothing in the file")
    if looks_like_json(text):
        return _json_format(raw, fields), raw
    delimiter = delimiter_of(text)
    if delimiter is not None:
        return "tsv" if delimiter == "\t" else "csv", raw
    return "text", raw


def _json_format(raw: RawFile, fields: Fields) -> str:
    """The format of a JSON file, by the first of its records that has one.

    Raises:
        LineError: None of the first records holds a call.
    """
    if fields.turns or fields.text or fields.speaker:
        return "json"
    reason: LineError | None = None
    for entry in islice(read_entries(raw), _TELLING):
        if entry.reason:
            continue
        for name, format_ in RECORD_FORMATS.items():
            if format_.fits(entry.value):
                return name
        if reason is None:
            try:
                find_turns(entry.value, fields)
            except ValueError as error:
                reason = LineError(raw.path, entry.line, str(error))
    if reason is not None:
        raise reason
    return "json"


def read_calls(raw: RawFile, format_: str, reading: Reading, on_bad: OnBad) -> Iterator[Call]:
    """Read the calls of a file, one at a time.

    Args:
        raw: The file.
        format_: One of ``FORMATS``.
        reading: How to read it.
        on_bad: Called with the error of each call that cannot be read; its ``reason`` begins with its kind and a colon.

    Raises:
        LineError: The file as a whole cannot be read: a column is missing.
    """
    finders: Mapping[str, Callable[[], Iterator[Call | LineError]]] = {
        "text": lambda: _plain(raw, reading),
        "csv": lambda: _table(raw, reading, None),
        "tsv": lambda: _table(raw, reading, "\t"),
    }
    found = finders[format_]() if format_ in finders else _records(raw, RECORD_FORMATS[format_], reading)
    for call in found:
        if isinstance(call, LineError):
            on_bad(call)
        else:
            yield call


def _origin(reading: Reading, number: int, line: int, id_: str | None = None, **more: Any) -> Origin:
    return Origin(id_ or f"{reading.stem}-{number:06d}", reading.source, reading.file, line, reading.lang, **more)


def _plain(raw: RawFile, reading: Reading) -> Iterator[Call | LineError]:
    for number, found in enumerate(read_plain(raw), start=1):
        if found.transcript is None:
            yield LineError(raw.path, found.line, found.reason)
            continue
        try:
            yield to_call(found.transcript, _origin(reading, number, found.line))
        except ValueError as error:
            yield LineError(raw.path, found.line, with_remedy(str(error), IN_LABELS))


def _table(raw: RawFile, reading: Reading, delimiter: str | None) -> Iterator[Call | LineError]:
    yield from said_once(_rows(raw, reading, delimiter))


def _rows(raw: RawFile, reading: Reading, delimiter: str | None) -> Iterator[Call | LineError]:
    for number, row in enumerate(read_rows(raw, reading.fields, delimiter), start=1):
        try:
            if row.reason:
                raise ValueError(row.reason)
            origin = _origin(reading, number, row.line, row.id, fields=row.fields)
            origin = origin._replace(
                topic=record_topic(row.fields, Fields(topic=reading.fields.topic)),
                lang=reading.lang or record_lang(row.fields, reading.fields),
            )
            if row.said is None:
                transcript = read_transcript((row.transcript or "").replace("\r\n", "\n"), row.line)
            else:
                transcript = as_transcript(row.said, row.line)
            yield to_call(transcript, origin)._replace(was_ordered=row.was_ordered)
        except ValueError as error:
            yield LineError(raw.path, row.line, with_remedy(str(error), in_columns(row.others)))


def _records(raw: RawFile, format_: RecordFormat, reading: Reading) -> Iterator[Call | LineError]:
    for number, entry in enumerate(read_entries(raw), start=1):
        try:
            if entry.reason:
                raise ValueError(entry.reason)
            id_ = record_id(entry.value, reading.fields) or (f"{reading.stem}-{entry.key}" if entry.key else None)
            topic = record_topic(entry.value, reading.fields)
            origin = _origin(reading, number, entry.line, id_, topic=topic)
            origin = origin._replace(lang=reading.lang or record_lang(entry.value, reading.fields))
            yield format_.read(entry.value, origin, reading.fields)
        except ValueError as error:
            yield LineError(raw.path, entry.line, with_remedy(str(error), IN_FIELDS))
