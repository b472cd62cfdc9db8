"""What a text, or a whole conversation, can hold at all: quick looks that spare most texts the search for the rest."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

from csc_dspy.corpora.masking.births import BIRTH_WORDS
from csc_dspy.corpora.masking.card_parts import may_hold_expiry, may_hold_tail
from csc_dspy.corpora.masking.contacts import may_hold_email
from csc_dspy.corpora.masking.kinds import PLACEHOLDER
from csc_dspy.corpora.masking.online import may_hold_at, may_hold_handle, may_hold_ip
from csc_dspy.corpora.masking.places import may_ask_address
from csc_dspy.corpora.masking.reading import NUMBER_WORDS, Text, speaks_english_digits, together
from csc_dspy.corpora.masking.secrets import may_hold_secret
from csc_dspy.corpora.masking.surnames_zh import may_hold_double_surname
from csc_dspy.corpora.masking.tags import companies
from csc_dspy.corpora.masking.talked_about_zh import may_talk_about
from csc_dspy.corpora.masking.words import word_set

_DIGIT = re.compile(r"\d")
# Searching is quick in patterns that start with a set of characters: what comes before it is looked back at.
_DIGITS = re.compile(
    r"\d(?:[^A-Za-z0-9]{0,3}\d[^A-Za-z0-9]{0,3}\d|\d[A-Za-z]+\d|(?:(?<=[A-Za-z]\d)|(?<=[A-Za-z][-_.]\d))\d"
    r"|[A-Za-z]\d| [A-Z] \d|(?<=[A-Z] \d) [A-Z]|(?<=[A-Z]\d)[A-Z])"
)
_SPOKEN_ZH = re.compile(r"[零〇○幺一二三四五六七八九两洞拐][ ,.-]?[零〇○幺一二三四五六七八九两个洞拐\d]")
_CAPITALS = re.compile(r"[A-Z][A-Z0-9]{4,7}(?![A-Za-z0-9])")
_CODE_WORDS = word_set("code codes reference number pnr locator confirmation 码 号")
_HANDLE_WORDS = word_set("password username screen login user account qq 微 户 付 抖 录")
_TELLING_WORDS = NUMBER_WORDS | _HANDLE_WORDS | _CODE_WORDS


class Gate(NamedTuple):
    """What some texts together can hold at all, so that none of them is searched for the rest."""

    capitals: bool
    emails: bool
    links: bool
    births: bool
    secrets: bool
    tails: bool
    expiries: bool
    handles: bool
    at_signs: bool
    ips: bool
    addresses: bool
    """Whether somebody can be asked for one."""
    double_surnames: bool
    others: bool
    """Whether people can be talked about in Chinese."""
    companies: frozenset[str]
    """Names of companies, lower case: nobody's name, wherever they stand."""


def gate(texts: Sequence[Text]) -> Gate:
    """What several texts together can hold at all.

    Placeholders do not count: a text that was masked must not be let through to more than it was before.
    """
    text = together(texts)
    if "[" in text.folded:
        text = Text(PLACEHOLDER.sub(" ", text.folded))
    return Gate(
        capitals=not text.lacks(_CODE_WORDS) and _CAPITALS.search(text.folded) is not None,
        emails=may_hold_email(text),
        links="://" in text.folded or "www." in text.lower,
        births=not text.lacks(BIRTH_WORDS),
        secrets=may_hold_secret(text),
        tails=may_hold_tail(text),
        expiries=may_hold_expiry(text),
        handles=may_hold_handle(text),
        at_signs=may_hold_at(text),
        ips=may_hold_ip(text),
        addresses=may_ask_address(text),
        double_surnames=not text.folded.isascii() and may_hold_double_surname(text.folded),
        others=not text.folded.isascii() and may_talk_about(text.folded),
        companies=companies(text),
    )


class Look(IntEnum):
    """What one text can hold; quick to tell, as most turns hold nothing."""

    NO_DIGIT = 0
    DIGITS = 1
    """Digits, too few for a number: an address at most."""
    NUMBER = 2
    """Perhaps a number or a code, in digits or words."""


def look(text: Text, gate: Gate) -> Look:
    """Whether a text can hold a number or a code."""
    folded = text.folded
    digit = _DIGIT.search(folded) is not None
    if (
        (digit and _DIGITS.search(folded))
        or (not folded.isascii() and _SPOKEN_ZH.search(folded))
        or (
            not text.lacks(_TELLING_WORDS)
            and (
                speaks_english_digits(text)
                or not text.lacks(_HANDLE_WORDS)
                or (gate.capitals and not text.lacks(_CODE_WORDS) and _CAPITALS.search(folded))
            )
        )
    ):
        return Look.NUMBER
    return Look.DIGITS if digit else Look.NO_DIGIT
