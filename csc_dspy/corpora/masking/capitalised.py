"""Which words from a place on are one English name, by capitals, initials, particles and what ends a name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from csc_dspy.corpora.masking.words import ALSO_NAMES, GIVEN_NAMES, NO_NAMES, ORGANISATIONS, SMALL_STOPS, word_set

LATIN = "A-Za-z\u00c0-\u024f"
"""The letters of names, for a class of characters."""
_WORD = re.compile(rf"[{LATIN}]+(?:['-][{LATIN}]+)*")
SPELLED = re.compile(rf"(?<![{LATIN}])[{LATIN}](?:[ .,-]{{1,2}}[{LATIN}](?![{LATIN}'])){{2,}}")
"""A name spelled letter by letter."""
_PARTICLES = word_set("de van von der den la le bin ibn al el del della di da dos du ter st st. mac o'")
MAX_WORDS = 4
CAPITALISED = re.compile(rf"[A-Z\u00c0-\u024f][A-Z'-]*[a-z\u00c0-\u024f][{LATIN}'-]*")
USUAL_CAPITALS = frozenset(
    word.capitalize() + ending
    for word in NO_NAMES - ALSO_NAMES
    for ending in ("", "'s", "'d", "'m", "'ll", "'re", "'ve")
    if not (ending and ("'" in word or "-" in word))
)


def name_at(
    folded: str, place: int, *, sure: bool = False, capitals: bool = False, longest: int = MAX_WORDS
) -> Iterator[tuple[int, int]]:
    """The name that starts at a place, if one does.

    Args:
        folded: The text.
        place: Where the name would start.
        sure: A name is known to stand there, so small letters will do.
        capitals: Words of capitals only will do, as after a title.
        longest: How many words at most.
    """
    if sure and (spelled := SPELLED.match(folded, place)) and len(_WORD.findall(spelled[0])) >= 3:
        yield spelled.start(), spelled.end()
        return
    first = _WORD.match(folded, place)
    if first is None or len(first[0]) < 2:
        return
    if (first[0].lower() in NO_NAMES or first[0].lower().split("'")[0] in NO_NAMES) and not (
        first[0].lower() in ALSO_NAMES and first[0].istitle() and (sure or _capital_follows(folded, first.end()))
    ):
        return
    capital = first[0][0].isupper() and not (first[0].isupper() and len(first[0]) > 1)
    if first[0].isupper() and not (sure or capitals):
        return
    if not capital and not sure and not capitals and first[0] not in GIVEN_NAMES:
        return
    if not first[0][0].isupper() and first[0].lower() in _PARTICLES:
        capital = True
    end, count = first.end(), 1
    others = [first[0].lower()]
    limit = longest if capital or first[0].isupper() else 2
    while count < limit and (word := _next_word(folded, end)) is not None:
        if not _continues(folded, first[0], word, small=not capital, last=count + 1 == limit):
            break
        others.append(word[0].lower())
        end, count = word.end(), count + 1
    if count == limit == 2 < longest and others[-1] not in SMALL_STOPS:
        end = _small_end(folded, end, longest)
    if any(word in ORGANISATIONS for word in others):
        return
    if folded[max(first.start(), end - 2) : end] == "'s":
        end -= 2
    # "O'Connor, Siobhan O'Connor"
    if sure and count == 1 and (full := re.compile(rf", [{LATIN}'-]+ {re.escape(first[0])}\b").match(folded, end)):
        end = full.end()
    yield first.start(), end


def _small_end(folded: str, end: int, longest: int) -> int:
    """Where a name in small letters ends that has more than two parts: before the first word that is no name.

    Without such a word, and no end of the clause, within the longest name it is none: "mary jane lost her new red bag".
    """
    place, count = end, 2
    while (word := _next_word(folded, place)) is not None and not _is_stop(word[0]):
        count += word[0] not in _PARTICLES
        if count > longest:
            return end
        place = word.end()
    return place


def _is_stop(word: str) -> bool:
    """Whether a word in small letters is no part of a name."""
    return (
        not word.islower()
        or word in NO_NAMES
        or word in SMALL_STOPS
        or word in ORGANISATIONS
        or "'" in word
        or (len(word) > 5 and word.endswith(("ing", "ed", "ly", "tion")) and word not in GIVEN_NAMES)
    )


def _next_word(folded: str, end: int) -> re.Match[str] | None:
    """The word after a part of a name, over one space or the point of an initial."""
    initial = folded[end : end + 2] == ". " and end - _word_start(folded, end) == 1
    gap = 2 if initial else 1
    return _WORD.match(folded, end + gap) if initial or folded[end : end + 1] == " " else None


def _continues(folded: str, first: str, word: re.Match[str], *, small: bool, last: bool) -> bool:
    """Whether a word goes on with the name that another word began.

    Args:
        folded: The text.
        first: The first word of the name.
        word: The word in question.
        small: The name is written in small letters.
        last: No further word may follow.
    """
    text = word[0]
    lower = text.lower()
    if lower.removesuffix("'s") in NO_NAMES and lower not in _PARTICLES:
        return False
    if lower in _PARTICLES and not last:
        after = _WORD.match(folded, word.end() + 1)
        return after is not None and after[0][0].isupper()
    if len(text) == 1:
        ends = folded[word.end() : word.end() + 1] == "."
        return text.isupper() and text != "I" and (ends or _capital_follows(folded, word.end()))
    if first in _PARTICLES:
        return text[0].isupper()
    if text[0].isupper() != first[0].isupper() or (text.isupper() and not first.isupper()):
        return False
    return not (small and not first.isupper() and text in SMALL_STOPS)


def _word_start(folded: str, end: int) -> int:
    start = end
    while start and folded[start - 1].isalpha():
        start -= 1
    return start


def _capital_follows(folded: str, place: int) -> bool:
    word = _WORD.match(folded, place + 1)
    return folded[place : place + 1] == " " and word is not None and word[0][0].isupper() and len(word[0]) > 1
