"""What code can compare without a model: the numbers and the words that were said."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from itertools import pairwise

from csc_dspy.conversation import Turn

_PLACEHOLDER = re.compile(r"\[[^\[\]]*\]|【[^【】]*】")
_NUMBER = re.compile(
    r"(?P<sign>[$€£¥]\s?)?(?P<value>\d+(?:[.,:]\d+)*)(?P<unit>\s?(?:[%‰$€£¥元块]|euros?\b|dollars?\b))?"
)
_WORD = re.compile(r"\d+|[^\W\d_\u4e00-\u9fff]{4,}")
_HAN = re.compile(r"[\u4e00-\u9fff]+")


def content_words(text: str) -> list[str]:
    """Numbers, words of some length in small letters, and pairs of Chinese characters."""
    text = unicodedata.normalize("NFKC", text).lower()
    return [*_WORD.findall(text), *(pair for run in _HAN.findall(text) for pair in map("".join, pairwise(run)))]


def numbers(turns: Iterable[Turn]) -> dict[str, None]:
    """The numbers of turns; see :func:`numbers_in`."""
    return numbers_in(turn.text for turn in turns)


def numbers_in(texts: Iterable[str]) -> dict[str, None]:
    """The numbers of texts as plain text (``1,000.00`` is ``1000``), in order, each once.

    Single digits count with a currency or a percent sign only: "2 PM" and "two o'clock" are the same fact. What stands
    in a placeholder such as ``[PHONE_2]`` is none.
    """
    found: dict[str, None] = {}
    for text in texts:
        for match in _NUMBER.finditer(_PLACEHOLDER.sub(" ", unicodedata.normalize("NFKC", text))):
            value = re.sub(r",(?=\d{3}(?!\d))", "", match["value"])
            value = re.sub(r"(?<=\d)\.0+$", "", value)
            if len(value) > 1 or match["sign"] or match["unit"]:
                found[value] = None
    return found


def missing(turns: Iterable[Turn], others: Iterable[Turn]) -> tuple[str, ...]:
    """The numbers of some turns that stand nowhere in others."""
    text = numbers(others)
    return tuple(number for number in numbers(turns) if number not in text)
