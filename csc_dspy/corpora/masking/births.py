"""Dates of birth: only where a date is asked for or given as one; all other dates are facts and stay."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

from csc_dspy.corpora.masking.kinds import Kind, Span
from csc_dspy.corpora.masking.reading import Text
from csc_dspy.corpora.masking.words import word_set, words

_MONTHS = words("january february march april may june july august september october november december")
_ORDINALS = words(
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth"
    " fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
)
_UNITS = words("zero one two three four five six seven eight nine")
_TEENS = words("ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen")
_TENS = words("twenty thirty forty fifty sixty seventy eighty ninety")
_ZH = {**{sign: value for value, sign in enumerate("零一二三四五六七八九十")}, "〇": 0, "○": 0, "幺": 1, "两": 2}
_VALUES = {
    **{month[:3]: value for value, month in enumerate(_MONTHS, 1)},
    **{month: value for value, month in enumerate(_MONTHS, 1)},
    "sept": 9,
    **{word: value for value, word in enumerate(_ORDINALS)},
    "thirtieth": 30,
    **{word: value for value, word in enumerate((*_UNITS, *_TEENS))},
    "oh": 0,
    **{word: 10 * value for value, word in enumerate(_TENS, 2)},
}
_MONTH = rf"(?:{'|'.join(_MONTHS)}|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?"
_DAY = rf"(?:\d{{1,2}}(?:st|nd|rd|th)?|(?:twenty[ -]|thirty[ -])?(?:{'|'.join((*_ORDINALS[1:], 'thirtieth'))}))\b"
_COUNT = "|".join((*_UNITS[1:], "oh", *_TEENS, *_TENS))
_YEAR = (
    rf"(?:'?\d{{2}}(?:\d\d)?\b|(?:nineteen|twenty|two thousand(?: and)?)(?:[ -](?:{_COUNT})){{0,2}}\b"
    rf"|(?:{_COUNT})[ -](?:{_COUNT})\b)"
)
_NUM_ZH = "[零〇○幺一二三四五六七八九十两]"
_DATE = re.compile(
    rf"""
      (?<![\d/.-]) (?: \d{{1,4}}[ ]?([./-])[ ]?\d{{1,2}}[ ]?\1[ ]?\d{{1,4}} | (?:19|20)\d{{6}} ) (?![\d/-]|\.\d)
    | \b{_MONTH}[ ](?:the[ ])?{_DAY}(?:,?[ ](?:of[ ])?{_YEAR})?
    | \b(?:the[ ])?{_DAY},?[ ](?:of[ ])?{_MONTH}(?:,?[ ]{_YEAR})?
    | (?:(?:\d{{4}}|\d{{2}}|{_NUM_ZH}{{2,4}})[ ]?年[ ]?)? (?:\d{{1,2}}|{_NUM_ZH}{{1,3}})[ ]?月[ ]?(?:初)?
      (?:\d{{1,2}}|{_NUM_ZH}{{1,3}}) (?:[ ]?[日号])?
    | (?:\d{{4}}|\d{{2}}|{_NUM_ZH}{{2,4}})[ ]?年[ ]?(?:\d{{1,2}}|{_NUM_ZH}{{1,2}})[ ]?月
    """,
    re.VERBOSE | re.IGNORECASE,
)
_GAP = (
    r"(?:[\s:：,，=.…\"'()（）-]|\b(?:is|was|on|the|it's|its|that's|my|his|her|listed|as|of|would|be|should|in|um|uh"
    r"|well)\b"
    r"|是|为|的|在|就是|应该|填的?|写的?|登记|呃|嗯)*"
)
_BEFORE = re.compile(
    r"(?:\b(?:date of birth|birth ?date|birthday|d\.?o\.?b\b\.?|(?:was|am|were|is|been|i'm|she's|he's) born)|\bborn"
    rf"|出生(?:日期|年月日?|时间)?|生日|生于){_GAP}$",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"\s*(?:,|is|was|,? that's|,? as)?\s*(?:my |his |her |the |your )?(?:date of birth|birth ?date|birthday|dob\b)"
    r"|(?:出)?生(?:的|人)?(?:[,，。.！!？?；;吧呢吗\s]|$)|出生",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"\d+|[a-z]+|[零〇○幺一二三四五六七八九十两]+", re.IGNORECASE)
BIRTH_WORDS = word_set("birth birthdate birthday birthdays dob d.o.b born b 生")
"""One of these is in every conversation with a date of birth."""


def births(text: Text, known: Container[str] = (), *, asked: bool = False) -> Iterator[Span]:
    """Dates of birth in a text.

    Args:
        text: The text.
        known: Values of dates that stand elsewhere in the conversation as dates of birth.
        asked: Whether the other side has just asked for one; the first date answers.
    """
    folded = text.folded
    if not (asked or known or not text.lacks(BIRTH_WORDS)):
        return
    for match in _DATE.finditer(folded):
        start, end = match.span()
        value = _value(match[0])
        if asked or value in known or _AFTER.match(folded, end) or _BEFORE.search(folded, max(0, start - 60), start):
            asked = False
            yield Span(start, end, Kind.BIRTH_DATE, value)


def _value(date: str) -> str:
    """A date without its layout: its numbers, sorted, so that 07/19/1991 is July 19th 1991."""
    found: list[int] = []
    tokens = _TOKEN.findall(date.lower())
    if len(tokens) == 1 and len(tokens[0]) == 8:
        tokens = [tokens[0][:4], tokens[0][4:6], tokens[0][6:]]
    tens = False
    for token in tokens:
        if token.isdigit() and token.isascii():
            found.append(int(token) % 100)
        elif token[0] in _ZH:
            found.append(_chinese(token))
        elif token in _VALUES:
            value = _VALUES[token]
            if tens and 0 < value < 10:
                found[-1] += value
            else:
                found.append(value)
            tens = value in range(20, 100, 10)
    # "nineteen eighty-eight", "twenty oh four", "two thousand four": the century says nothing that tells dates apart.
    if len(found) > 3 and ("nineteen" in tokens[1:] or "twenty" in tokens[2:] or "thousand" in tokens):
        found = [*found[:2], sum(found[3:])]
    return "-".join(map(str, sorted(found)))


def _chinese(number: str) -> int:
    """The last two digits of 一九九零, 三月 and 二十五."""
    if "十" in number:
        tens, _, units = number.partition("十")
        return 10 * (_ZH[tens[-1]] if tens else 1) + (_ZH[units[0]] if units else 0)
    value = 0
    for sign in number:
        value = value * 10 + _ZH[sign]
    return value % 100
