"""Numbers as they stand in a text: digits in any layout, full-width, spoken in English or Chinese.

A text is *folded* first: full-width and other Unicode digits, letters and signs become ASCII, one character for one,
so that every place in the folded text is the same place in the text.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from csc_dspy.corpora.masking.kinds import Kind
from csc_dspy.corpora.masking.words import words

if TYPE_CHECKING:
    from csc_dspy.corpora.masking.questions import Wanted

_FOLD = {
    **{code: str(unicodedata.digit(chr(code))) for code in range(128, sys.maxunicode) if chr(code).isdecimal()},
    **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},
    **dict.fromkeys(map(ord, "‐‑‒–—―−－﹣─"), "-"),
    **dict.fromkeys(map(ord, "\u00a0\u2002\u2003\u2007\u2009\u202f\u3000\u200b\u200c\u200d\u2060\ufeff"), " "),
    **dict.fromkeys(map(ord, "·•・‧"), "."),
    **dict.fromkeys(map(ord, "’‘ʼ"), "'"),
    **dict.fromkeys(map(ord, "【［"), "["),
    **dict.fromkeys(map(ord, "】］"), "]"),
    **dict.fromkeys(map(ord, "“”"), '"'),
    ord("￥"): "¥",
}


# Chinese text is full of these and full of nothing else that folds; the patterns of this package know them as they are.
_USUAL = "，！？：；（）“”"
_FOLDED = "".join(chr(code) for code in _FOLD if chr(code) not in _USUAL and code < 0x10000)
_FOLDABLE = re.compile(f"[{re.escape(_FOLDED)}\U00010000-\U0010ffff]")


def fold(text: str) -> str:
    """A text of the same length with ASCII digits, letters and signs wherever there are such.

    Chinese punctuation may stay as it is when there is nothing else to fold.
    """
    return text if text.isascii() or not _FOLDABLE.search(text) else text.translate(_FOLD)


def lowered(folded: str) -> str:
    """A text in lower case, of the same length: "İ", which would become two characters, stays."""
    lower = folded.lower()
    if len(lower) == len(folded):
        return lower
    return "".join(small if len(small := character.lower()) == 1 else character for character in folded)


_WORDS = re.compile("[a-z]+")
_TO_WORDS = bytes(code if chr(code) in "abcdefghijklmnopqrstuvwxyz" else ord(" ") for code in range(256))


class Text:
    """One text in the forms in which it is looked through; all have its length."""

    __slots__ = ("asks", "asks_name", "folded", "lacks", "lower", "wanted", "wanted_numbers", "words")

    def __init__(self, text: str) -> None:
        self.words: set[str]
        """English words, in other texts also every character: tells quickly what need not be looked for."""
        if text.isascii():
            self.folded = text
            self.lower = lower = text.lower()
            self.words = _english_words(lower)
        else:
            self.folded = fold(text)
            self.lower = lower = lowered(self.folded)
            if lower.isascii():
                self.words = _english_words(lower)
            else:
                self.words = set(lower)
                self.words.update(_WORDS.findall(lower))
        self.lacks = self.words.isdisjoint
        """Whether none of some words or Chinese characters is in the text; a plain C call, asked most often of all."""
        self.asks: bool | None = None
        """Whether it asks for anything, once that was looked at."""
        self.asks_name: bool | None = None
        """Whether it asks for a name, once that was looked at."""
        self.wanted: Wanted | None = None
        """What else than numbers and names it asks for, once that was looked at."""
        self.wanted_numbers: frozenset[Kind] | None = None
        """Which numbers it asks for, once that was looked at."""


def together(texts: Sequence[Text]) -> Text:
    """Several texts as one, line by line, without going through all their characters again."""
    whole = Text("")
    whole.folded = "\n".join([text.folded for text in texts])
    whole.lower = "\n".join([text.lower for text in texts])
    whole.words = set().union(*[text.words for text in texts])
    whole.lacks = whole.words.isdisjoint
    return whole


def _english_words(lower: str) -> set[str]:
    # Bytes are translated several times faster than text.
    return set(lower.encode("ascii").translate(_TO_WORDS).decode("ascii").split())


class Run(NamedTuple):
    """Digits that belong together, in one or several groups."""

    start: int
    end: int
    digits: str
    """ASCII digits, without layout."""
    groups: tuple[tuple[int, int], ...]
    """Start and end of each group of digits; one for all when spoken."""
    spoken: bool = False


# What looks like a number and is none to mask comes first, so that its digits are used up.
_NUMBERS = re.compile(
    r"""
    (?:
      (?P<fact>
        (?<![\d.]) \d{1,3} (?:,\d{3})+ (?:\.\d+)? (?![\d-])                          # 12,500.00
      | (?<![\d./-]) (?:19|20)\d\d ([-./]) (?:0?[1-9]|1[0-2]) \2 (?:0?[1-9]|[12]\d|3[01])
        (?: [ T] \d{1,2} :\d\d (?::\d\d)? )? (?![-./]?\d)                            # 2024-05-12 14:30
      | (?<![\d./-]) (?:0?[1-9]|[12]\d|3[01]) ([-./]) (?:0?[1-9]|[12]\d|3[01]) \3
        (?:\d\d)?\d\d (?![-./]?\d)                                                   # 12/05/2024
      | (?<![\d:]) \d{1,2} :\d\d (?::\d\d)? (?![:\d])                                # 14:30
      | (?<![\d.]) \d{1,3} (?:\.\d{1,3}){3} (?![.\d])                                # 10.0.0.1
      | (?<![\w.]) [vV]\d+ (?:\.\d+)+                                                # v2.10.3
      | (?<![\w.+(-]) \d{1,2} (?:\.\d{1,2}){2} (?![.\d-])                              # 10.4.2
      | (?<![\d.]) \d+\.\d{1,2} (?![.\d-])                                           # 129.90
      )
    | \+? \(? \d+ (?: (?: [ ]?-[ ]? | \. | [ ]{1,2} | \)[ ]?-?[ ]? | [ ]?-?\( | [ ]?[/_][ ]? ) \d+ )*
    )
    """,
    re.VERBOSE,
)
_NUMBER_START = re.compile(r"[\d(+vV](?:(?<![vV])|(?=\d))")
_GROUP = re.compile(r"\d+")
_MIN_DIGITS = 3

_EN = {
    **dict(zip(words("zero one two three four five six seven eight nine"), "0123456789", strict=True)),
    **dict.fromkeys(("oh", "o", "nought", "naught"), "0"),
    **dict(
        zip(
            words("ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"),
            map(str, range(10, 20)),
            strict=True,
        )
    ),
}
_EN_TENS = dict(zip(words("twenty thirty forty fifty sixty seventy eighty ninety"), "23456789", strict=True))
_EN_TIMES = {"double": 2, "triple": 3, "treble": 3, "quadruple": 4}
_HUNDRED = "hundred"
_EN_WORD = "|".join(sorted((*_EN, *_EN_TENS, *_EN_TIMES, _HUNDRED), key=len, reverse=True))
_SPOKEN_EN = re.compile(
    rf"\b(?:{_EN_WORD})\b(?:(?:\s*[,.…-]+\s*|\s+)(?:(?:and|then|dash|hyphen|space|um|uh)[\s,]+)?"
    rf"(?:{_EN_WORD}|\d{{1,4}})\b){{3,}}",
    re.IGNORECASE,
)
_EN_TOKEN = re.compile(rf"\b(?:{_EN_WORD})\b|\d+", re.IGNORECASE)
NUMBER_WORDS = frozenset((*_EN, *_EN_TENS, *_EN_TIMES))
_MIN_SPOKEN = 3
_MIN_HUNDRED = 7

_ZH = {
    **dict(zip("零一二三四五六七八九", "0123456789", strict=True)),
    **dict(zip("〇○幺两洞拐勾", "0012079", strict=True)),
}
_ZH_TIMES = {"两": 2, "俩": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6}
_ZH_DIGIT = "".join(_ZH)
_SPOKEN_ZH = re.compile(
    rf"(?<![十百千万亿第\d])(?:[{''.join(_ZH_TIMES)}]个(?=[{_ZH_DIGIT}](?!个))[{_ZH_DIGIT}]|[{_ZH_DIGIT}])"
    rf"(?:[ ,.，、-]{{0,2}}(?:[{''.join(_ZH_TIMES)}]个(?=[{_ZH_DIGIT}](?!个))[{_ZH_DIGIT}]"
    rf"|[{_ZH_DIGIT}\d])){{3,}}[Xx]?(?![十百千万亿])"
)
_ZH_TOKEN = re.compile(rf"([{''.join(_ZH_TIMES)}])个([{_ZH_DIGIT}])|([{_ZH_DIGIT}\d])")
_MAY_SPEAK_ZH = re.compile(rf"[{_ZH_DIGIT}][ ,.-]?[{_ZH_DIGIT}\d个]")
_FOUR_ZH = re.compile(rf"[{_ZH_DIGIT}](?:[ ,.，、-]{{0,2}}[{_ZH_DIGIT}\d个]){{3}}")


def runs(text: Text) -> list[Run]:
    """The numbers of at least three digits in a folded text, in order.

    Dates, times, amounts with separators, decimals, versions and addresses of the internet are no runs.
    """
    found = [*_written(text.folded)]
    spoken = [*_spoken_english(text)]
    if not text.folded.isascii():
        spoken += _spoken_chinese(text.folded)
    return sorted(found + spoken, key=lambda run: (run.start, -run.end)) if spoken else found


def matches(start: re.Pattern[str], whole: re.Pattern[str], folded: str) -> Iterator[re.Match[str]]:
    """What ``whole.finditer`` finds when each of it starts with the character ``start``, which is found quicker."""
    place = 0
    while first := start.search(folded, place):
        match = whole.match(folded, first.start())
        place = match.end() if match else first.end()
        if match:
            yield match


def _written(folded: str) -> Iterator[Run]:
    for match in matches(_NUMBER_START, _NUMBERS, folded):
        if match["fact"] is None and match.end() - match.start() >= _MIN_DIGITS:
            written = match[0]
            if written.isdigit():
                yield Run(match.start(), match.end(), written, (match.span(),))
                continue
            groups = tuple(group.span() for group in _GROUP.finditer(folded, *match.span()))
            digits = "".join(folded[start:end] for start, end in groups)
            if len(digits) >= _MIN_DIGITS:
                yield Run(match.start(), match.end(), digits, groups)


def _spoken_english(text: Text) -> Iterator[Run]:
    if not speaks_english_digits(text):
        return
    for match in _SPOKEN_EN.finditer(text.folded):
        digits = _english_digits(match[0].lower())
        if digits is not None and len(digits) >= _MIN_DIGITS:
            yield Run(match.start(), match.end(), digits, (match.span(),), spoken=True)


def speaks_english_digits(text: Text) -> bool:
    """Whether a text holds words for two different digits; any number of four or more that is not all of one does."""
    return len(text.words & NUMBER_WORDS) >= 2


def _english_digits(words: str) -> str | None:
    """The digits that English words spell, or ``None`` when they are no more than written digits."""
    digits: list[str] = []
    tens, times, spoken = "", 1, 0
    for match in _EN_TOKEN.finditer(words):
        word = match[0]
        spoken += not word.isdigit()
        if word == _HUNDRED:
            # "oh seven seven oh oh nine hundred": only in a number that is read out
            if tens or not digits or len(_EN_TOKEN.findall(words)) < _MIN_HUNDRED:
                return None
            digits.append("00")
            continue
        if word in _EN_TIMES:
            times = _EN_TIMES[word]
            continue
        if word in _EN_TENS:
            digits.append(tens and tens + "0")
            tens = _EN_TENS[word]
            continue
        value = _EN.get(word, word)
        if tens:
            digits.append(tens if len(value) == 1 and value != "0" else tens + "0")
            tens = ""
        digits.append(value * times)
        times = 1
    if tens:
        digits.append(tens + "0")
    return "".join(digits) if spoken >= _MIN_SPOKEN else None


def _spoken_chinese(folded: str) -> Iterator[Run]:
    if not (_MAY_SPEAK_ZH.search(folded) and _FOUR_ZH.search(folded)):
        return
    for match in _SPOKEN_ZH.finditer(folded):
        digits, spoken = [], 0
        for times, repeated, single in _ZH_TOKEN.findall(match[0]):
            spoken += not single.isdigit() or single in _ZH
            digits.append(_ZH.get(single, single) if single else _ZH[repeated] * _ZH_TIMES[times])
        if spoken >= _MIN_SPOKEN:
            yield Run(match.start(), match.end(), "".join(digits), (match.span(),), spoken=True)
