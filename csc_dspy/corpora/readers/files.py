"""A raw file as text: its encoding is found out, never assumed, and no line of it is read without bound."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, TextIO

from csc_dspy.errors import InputError, LineError

MAX_CHARACTERS = 8 * 1024 * 1024
"""The longest line, record or call that is read; no support call comes near it."""

_BLOCK = 1 << 20
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_HAN = re.compile(r"[\u4e00-\u9fff]")
# Four of ten characters of any modern Chinese text are among these; of a text decoded wrongly, one of thirty.
_COMMON = frozenset(
    "的一是不了在有我他这个们来上大为和到以说时要就出会可也你对能那得下过后作里用行所家事成方多经么去法如都同现没"
    "面起看定天分还进好小部其些样理心本前开但因从想日者意无知全三关点外将两高间由问很最重手应相被什二等新加月话合"
    "回给位次通先提及名处条气题更打电数安少再感务做接件计期直金保便您请谢客服户吗呢吧帮查款费退单号卡银账订您"
)
_UNDECODED = re.compile("[\udc80-\udcff]")
_RARE = re.compile("[\ue000-\uf8ff\u3400-\u4dbf\U00020000-\U0010ffff]")


class TooLong(ValueError):
    """A line, record or call that goes beyond ``MAX_CHARACTERS``."""

    def __init__(self, what: str) -> None:
        super().__init__(f"too long: {what} of more than {MAX_CHARACTERS:,} characters is no support call")


class RawFile(NamedTuple):
    """A file and how its bytes become text."""

    path: Path
    encoding: str
    clean: bool
    """Whether every byte decodes. If not, what does not is kept as lone surrogates; see :func:`check_text`."""

    def open(self, newline: str | None = None) -> TextIO:
        """Open the file for reading; see :func:`open` for ``newline``.

        Raises:
            InputError: It cannot be opened.
        """
        try:
            return self.path.open(encoding=self.encoding, errors="surrogateescape", newline=newline)
        except OSError as error:
            raise InputError(f"{self.path}: not readable ({error.strerror or error})") from None


def look_at(path: Path) -> RawFile:
    """Find out how a file is encoded: UTF-8, UTF-16 with a byte-order mark, or GB18030 (GBK, GB2312).

    A file of which most lines are UTF-8 is read as such; the lines that are not are reported one by one. Reads
    the file once, in blocks.

    Raises:
        InputError: No such file, a directory, unreadable.
        LineError: It is empty, or its bytes are text in none of the encodings.
    """
    try:
        with path.open("rb") as file:
            head = file.read(4)
            if not head:
                raise LineError(path, 1, "empty: there is nothing in the file")
            encoding = next((name for mark, name in _BOMS if head.startswith(mark)), "utf-8")
            if _decodes(path, encoding):
                return RawFile(path, encoding, True)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise InputError(f"{path}: is a directory, a file is needed") from None
    except OSError as error:
        raise InputError(f"{path}: not readable ({error.strerror or error})") from None
    if encoding == "utf-16":
        raise LineError(path, 1, "not text: it begins like UTF-16 and is none")
    good, bad, first_bad, binary = _count_lines(path)
    if binary:
        raise LineError(path, 1, "not text: there are NUL bytes in it, and it is not UTF-8")
    # A short GB18030 line can be UTF-8 by chance, so a few good ones do not make the file UTF-8.
    if good <= bad // 20 and _is_chinese(path):
        return RawFile(path, "gb18030", True)
    if good:
        return RawFile(path, encoding, False)
    reason = "not UTF-8, and not Chinese in GB18030 either; convert it, say with `iconv -f ENCODING -t utf-8`"
    raise LineError(path, first_bad, reason)


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        try:
            while block := file.read(_BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeError:
            return False
    return True


def _count_lines(path: Path) -> tuple[int, int, int, bool]:
    """Of the lines that are not ASCII, how many are UTF-8 and how many not; the first that is not; any NUL byte?"""
    good = bad = first_bad = 0
    binary = False
    with path.open("rb") as file:
        number = 0
        while line := file.readline(_BLOCK):
            number += 1
            binary = binary or b"\0" in line
            if line.isascii():
                continue
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                bad += 1
                first_bad = first_bad or number
            else:
                good += 1
    return good, bad, first_bad, binary


def _is_chinese(path: Path) -> bool:
    """Whether the file decodes as GB18030, and into Chinese rather than into any characters."""
    if not _decodes(path, "gb18030"):
        return False
    with path.open(encoding="gb18030") as file:
        text = file.read(_BLOCK)
    han = _HAN.findall(text)
    common = sum(character in _COMMON for character in han)
    return len(han) > 3 and common > 0.2 * len(han) and len(_RARE.findall(text)) < 0.01 * len(han)


def check_text(text: str, raw: RawFile) -> None:
    """Refuse what no support call holds.

    Raises:
        ValueError: Bytes that are no text, or NUL characters.
    """
    if "\0" in text:
        raise ValueError("NUL bytes: the text is damaged, or not text")
    if not raw.clean and _UNDECODED.search(text):
        raise ValueError("not UTF-8: other lines of the file are; bring all of it to one encoding")


def numbered_lines(raw: RawFile, newline: str | None = None) -> Iterator[tuple[int, str | None]]:
    """The lines of a file with their numbers, from 1; ``None`` for a line that is too long to be read."""
    with raw.open(newline) as file:
        number = 0
        while line := file.readline(MAX_CHARACTERS):
            number += 1
            if len(line) < MAX_CHARACTERS or line.endswith("\n"):
                yield number, line
                continue
            while line and not line.endswith("\n"):
                line = file.readline(MAX_CHARACTERS)
            yield number, None


def sample(raw: RawFile, characters: int = 65_536) -> str:
    """The beginning of a file, for recognising its format."""
    with raw.open() as file:
        return file.read(characters)
