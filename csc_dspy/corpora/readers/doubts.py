"""Which labels of a call are speakers, and which only look like one: the items and fields inside an utterance.

A speaker that is overlooked has its words given to another one, and a field that is taken for a speaker costs a good
call; so a label that stands once is a speaker only by a sign of its own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from csc_dspy.corpora.readers.lines import Line
from csc_dspy.corpora.readers.speakers import is_name
from csc_dspy.corpora.readers.vocabulary import GREETINGS


def without_false_labels(lines: list[Line]) -> list[Line]:
    """The lines again, without the labels that are none when seen beside the others of the call."""
    labels = [line.label for line in lines if line.label is not None]
    strong = any(line.label is not None and line.label.role is not None and not line.weak for line in lines)
    if strong and any(line.weak for line in lines):
        lines = [line._replace(label=None, text=line.whole) if line.weak else line for line in lines]
    unknown = Counter(label.key for label in labels if label.role is None)
    if not unknown:
        return lines
    known = [line for line in lines if line.label is not None and line.label.role is not None]
    names = {word for line in known if line.label and line.label.name for word in name_words(line.label.name)}
    names |= {word for line in known if only_a_name(line.text) for word in name_words(line.text)}
    roles = {label.role for label in labels if label.role is not None}
    false = {
        key for key, count in unknown.items() if not names & name_words(key) and not _speaks(key, count, lines, roles)
    }
    if not false:
        return lines
    return [
        line._replace(label=None, text=line.whole) if line.label and line.label.role is None and line.label.key in false
        else line
        for line in lines
    ]  # fmt: skip


def name_words(name: str) -> set[str]:
    """A name in lower case, and its words."""
    return {name.casefold(), *re.split(r"[\s.]+", name.casefold())} - {""}


def _speaks(key: str, count: int, lines: Sequence[Line], roles: AbstractSet[str]) -> bool:
    """Whether a name before colons is that of a speaker, and not a word of a list inside an utterance."""
    if count > 1:
        return True
    place, own = next((place, line) for place, line in enumerate(lines) if line.label and line.label.key == key)
    following = lines[place + 1] if place + 1 < len(lines) else None
    if not own.text and (own.weak or following is None or following.label is not None):
        return False
    if {"customer", "supporter"} > roles:
        return True  # someone has to be the other side
    name = re.escape(own.label.name) if own.label and own.label.name else re.escape(key)
    called = re.compile(rf"(?:\b(?:hi|hello|hey|thanks|thank you|to|with|is|am)|,|，|我是|叫)\s*{name}\b[,.!?，。]?")
    if any(called.search(line.whole) for line in lines if line is not own):
        return True
    labelled = [line for line in lines if line.label is not None and line.label.role is not None]
    apart = sum(line.apart for line in labelled)
    if not own.apart or apart < 0.8 * (len(labelled) - 1):
        return False
    return following is None or following.label is None or following.label.role is not None


def only_a_name(text: str) -> bool:
    """Whether a line holds no more than a name or a number that stands for one."""
    if not text or len(text) > 48 or text[-1] in ".!?。！？,，":
        return False
    words = text.casefold().replace(",", " ").split()
    if words and words[0] in GREETINGS:
        return False
    bare = re.sub(r"[(（\[].*?[)）\]]", "", text).strip()
    return bool(bare) and (is_name(bare) or re.fullmatch(r"(?:ID|工号|#)?\s*[\w-]*\d[\w-]*", bare) is not None)
