"""The records of a JSON file, one at a time: JSON lines, an array, or an object of records by their ids.

No more than one record is held, whatever the size of the file: a record is cut off the text as soon as it is whole.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple, TextIO

from csc_dspy.corpora.readers.files import MAX_CHARACTERS, RawFile, TooLong, check_text, numbered_lines

_BLOCK = 1 << 18
_TELLING = 16  # values of an object that show whether they are records or fields
_SPACE = re.compile(r"[ \t\r\n]*")


class Entry(NamedTuple):
    """A record of a file, or why it could not be read."""

    line: int
    key: str | None
    """Its key, in an object of records."""
    value: Any
    reason: str = ""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; a key that stands twice would hide what stands under the first."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError(_twice(pairs))
    return found


def _twice(pairs: list[tuple[str, Any]]) -> str:
    keys = [key for key, _ in pairs]
    return f"key twice: {next(key for key in keys if keys.count(key) > 1)!r} stands twice in one object"


def _check_escapes(value: Any, text: str, begin: int, end: int) -> None:
    r"""Refuse a value with half a character in it, written as ``\\ud800``; it could not be written again."""
    if text.find("\\ud", begin, end) < 0 and text.find("\\uD", begin, end) < 0:
        return
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ValueError("half a character: the text holds a lone surrogate") from None


def looks_like_json(text: str) -> bool:
    """Whether a text begins like an object or an array, and not like ``[Call starts]``."""
    begin = text.lstrip()[:400]
    return re.match(r'\{\s*["}]|\{$|\[\s*(?:[{\["\]]|$)', begin) is not None


def read_entries(raw: RawFile) -> Iterator[Entry]:
    """Read the records of a JSON file.

    After text that is no JSON, lines go on with the next line; an array or object cannot be read further.
    """
    with raw.open() as file:
        head = file.read(_BLOCK)
    begin = head.lstrip()
    if begin.startswith("["):
        yield from _elements(raw, "[")
    elif _is_lines(begin):
        yield from _lines(raw)
    else:
        yield from _elements(raw, "{")


def _is_lines(begin: str) -> bool:
    """Whether the first line is a whole object, which is then one of many (or the only one)."""
    line = begin.split("\n", 1)[0].strip()
    if "\n" not in begin and len(begin) >= _BLOCK - 64:
        # A first line longer than the sample: of lines, unless its values are records by their ids.
        return re.match(r'\{\s*"(?:[^"\\]|\\.)*"\s*:\s*\{', begin) is None
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        # The first line may be the broken one: the second tells.
        rest = begin.split("\n", 2)[1:2]
        return line != "{" and bool(rest) and rest[0].lstrip().startswith("{")


def _lines(raw: RawFile) -> Iterator[Entry]:
    only: Entry | None = None
    count = 0
    for number, line in numbered_lines(raw):
        entry = Entry(number, None, None, str(TooLong("a line"))) if line is None else _line(number, line, raw)
        if entry is None:
            continue
        count += 1
        if count == 1:
            only = entry
            continue
        if only is not None:
            yield only
            only = None
        yield entry
    if only is not None:
        yield from _opened(only)


def _line(number: int, line: str, raw: RawFile) -> Entry | None:
    text = line.strip()
    if not text:
        return None
    try:
        check_text(text, raw)
        value = json.loads(text, object_pairs_hook=_unique)
        _check_escapes(value, text, 0, len(text))
        return Entry(number, None, value)
    except json.JSONDecodeError as error:
        return Entry(number, None, None, f"not JSON: {error.msg} (column {error.colno})")
    except RecursionError:
        return Entry(number, None, None, "not JSON: nested too deeply")
    except ValueError as error:
        return Entry(number, None, None, str(error))


def _opened(entry: Entry) -> Iterator[Entry]:
    """The records inside a single object, if it is no record itself but holds them."""
    value = entry.value
    if isinstance(value, dict) and value:
        if _are_records(list(value.values())):
            yield from (Entry(entry.line, key, item) for key, item in value.items())
            return
        lists = [
            item for item in value.values() if isinstance(item, list) and item and isinstance(item[0], dict | list)
        ]
        if len(lists) == 1 and _holds_records(lists[0]):
            yield from (Entry(entry.line, None, item) for item in lists[0])
            return
    yield entry


def _are_records(values: list[Any]) -> bool:
    """Whether the values of an object are records by their ids, and not the fields of one record."""
    lists = len(values) > 1 and all(isinstance(value, list) and value for value in values)
    return lists or all(isinstance(value, dict) for value in values)


def _holds_records(items: list[Any]) -> bool:
    """Whether the entries of a list hold turns themselves, instead of being turns."""
    first = items[0]
    if isinstance(first, dict) and {"role", "content"} <= first.keys():
        return False  # OpenAI's messages; their content may be a list of parts
    return isinstance(first, list) or any(isinstance(value, list | dict) and value for value in first.values())


class _Window:
    """A part of a file that moves on with what is taken from it."""

    def __init__(self, file: TextIO) -> None:
        self.file = file
        self.text = ""
        self.at = 0
        self.line = 1
        self._counted = 0  # up to where the lines are counted
        self.ended = False
        self.fault = ""
        """What is wrong with the value taken last, although it is JSON."""
        self._decoder = json.JSONDecoder(object_pairs_hook=self._object)

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            self.fault = _twice(pairs)
        return found

    def more(self) -> bool:
        """Read on; false at the end of the file."""
        block = self.file.read(max(_BLOCK, len(self.text) - self.at))
        self.here()
        self.text = self.text[self.at :] + block
        self.at = self._counted = 0
        self.ended = not block
        return not self.ended

    def peek(self) -> str:
        """The next character that is no white space; empty at the end."""
        while True:
            match = _SPACE.match(self.text, self.at)
            self.at = match.end() if match else self.at
            if self.at < len(self.text):
                return self.text[self.at]
            if not self.more():
                return ""

    def here(self) -> int:
        """The line number of the place reached."""
        self.line += self.text.count("\n", self._counted, self.at)
        self._counted = self.at
        return self.line

    def take(self) -> Any:
        """The next value.

        Raises:
            ValueError: It is no JSON, or too long.
        """
        while True:
            try:
                value, end = self._decoder.raw_decode(self.text, self.at)
            except json.JSONDecodeError as error:
                if len(self.text) - self.at > MAX_CHARACTERS:
                    raise TooLong("a record") from None
                if not self.ended and self.more():
                    continue
                line = self.here() + self.text.count("\n", self.at, error.pos)
                raise ValueError(f"not JSON: {error.msg} (line {line}, column {error.colno})") from None
            except RecursionError:
                raise ValueError("not JSON: nested too deeply") from None
            if end - self.at > MAX_CHARACTERS:
                raise TooLong("a record")
            try:
                _check_escapes(value, self.text, self.at, end)
            except ValueError as error:
                self.fault = str(error)
            self.at = end
            return value


def _elements(raw: RawFile, opening: str) -> Iterator[Entry]:
    """The records of an array, or those of an object with their keys."""
    with raw.open() as file:
        window = _Window(file)
        window.peek()
        first = window.here()
        window.at += 1
        held: list[Entry] | None = [] if opening == "{" else None  # until it is clear what the object holds
        for entry in _values(window, opening):
            if held is None:
                yield _checked(entry, raw)
                continue
            held.append(entry)
            if len(held) == _TELLING and _are_records([entry.value for entry in held]):
                yield from (_checked(entry, raw) for entry in held)
                held = None
        if held is None:
            return
        broken = [entry for entry in held if entry.reason]
        values = {entry.key or "": entry.value for entry in held if not entry.reason}
        if len(values) + len(broken) < len(held):
            yield Entry(first, None, None, _twice([(entry.key or "", None) for entry in held]))
        elif values and _are_records(list(values.values())):
            yield from (_checked(entry, raw) for entry in held)
        elif broken or not values:
            yield from broken or [Entry(first, None, None, "empty: there is no record in it")]
        else:
            yield from (_checked(entry, raw) for entry in _opened(Entry(first, None, values)))


def _values(window: _Window, opening: str) -> Iterator[Entry]:
    """The values inside an array or an object, up to its end or to what cannot be read."""
    closing = "]" if opening == "[" else "}"
    sign = window.peek()
    while sign != closing:
        line = window.here()
        try:
            key = None
            if opening == "{":
                key = window.take()
                if not isinstance(key, str) or window.peek() != ":":
                    raise ValueError("not JSON: a key and a colon are needed")
                window.at += 1
                window.peek()
            value = window.take()
            yield Entry(line, key, None if window.fault else value, window.fault)
            window.fault = ""
            sign = window.peek()
            if sign == ",":
                window.at += 1
                sign = window.peek()
            elif sign != closing:
                raise ValueError("not JSON: a comma is needed between records")
        except ValueError as error:
            yield Entry(line, None, None, f"{error}; nothing after it was read")
            return


def _checked(entry: Entry, raw: RawFile) -> Entry:
    if entry.reason or raw.clean:
        return entry
    try:
        check_text(json.dumps(entry.value, ensure_ascii=False), raw)
    except ValueError as error:
        return Entry(entry.line, None, None, str(error))
    return entry
