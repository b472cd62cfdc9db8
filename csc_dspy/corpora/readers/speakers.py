"""What stands before the colon: who speaks, in which role, under which name.

``Agent (Ben)``, ``Ben (Agent)``, ``AGENT 1``, ``Ben [Agent] 10:02``, ``坐席（工号1023）``, ``Speaker 1``.
A label is read by itself here; what a name alone stands for is found out from the whole call, in ``roles``.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from csc_dspy.corpora.readers.marks import TIMES
from csc_dspy.corpora.readers.vocabulary import (
    BEFORE_PERSONS,
    FIELDS,
    GO_BETWEENS,
    HAN_FIELDS,
    HAN_GO_BETWEENS,
    HAN_NO_NAMES,
    HAN_PERSONS,
    HAN_ROLES,
    LATIN_ROLES,
    NO_NAMES,
    PERSONS,
    Role,
)

MAX_LABEL = 64
"""Characters a label has at most, with its brackets and its time."""


_VOICES = [[], ["speaker"], ["voice"], ["person"], ["caller"], ["male"], ["female"], ["party"]]
_LONGEST = max(len(phrase) for phrase in LATIN_ROLES)
_HAN_FIELDS = re.compile(HAN_FIELDS)
_HAN_NO_NAMES = re.compile(rf"^(?:{HAN_NO_NAMES})")
_MARKUP = str.maketrans(
    dict.fromkeys("*_`#~\"'“”", " ") | dict.fromkeys("【〖［「<{[", "(") | dict.fromkeys("】〗］」>}]", ")")
)
_IN_BRACKETS = re.compile(r"\(([^()]*)\)?")
_HAN = re.compile(r"[\u3400-\u9fff]")
_NUMBER = re.compile(r"^(?:no\.?|id|ext\.?|x)?[\d#.:-]*\d[\d#.:-]*$", re.IGNORECASE)
_NAME_WORD = re.compile(r"^(?:[A-Z\u00c0-\u00de][\w'’.-]*|de|da|van|von|der|la|le|del|bin|al|el|of|\d+)$")
_NUMBERED = re.compile(r"^(?:[A-Za-z]{1,12}[ _-]?\d{1,4}|[A-Z])$")
_PARTS = re.compile(r"[\s/,|_]+|(?<=[A-Za-z])[-–—](?=\s|\d)|\s[-–—](?=[A-Za-z])|(?<=[A-Za-z])(?=\d)")
_SYMBOLS = re.compile(r"^[^\w(]+")
_HAN_NAME = re.compile(
    r"^(?![我你您他她它这那请是有不没好就在要对为因所但如可能会])"
    r"(?:[\u3400-\u9fff·]{1,4}|[\u3400-\u9fff]{1,4}(?:先生|女士|小姐|老师|师傅|同学|太太|阿姨)|[\u3400-\u9fff]{1,5}[A-Za-z\d]{1,3})$"
)
_HAN_PERSON = re.compile(
    rf"^(?:[他她其]的?|旁边的?|背景的?|另一)?(?:{HAN_PERSONS})(?:[A-Za-z\d一二]|[\u4e00-\u9fff]{{2,3}})?$"
)
_HAN_GO_BETWEEN = re.compile(HAN_GO_BETWEENS)
_PHONE = re.compile(r"^\+\d[\d ().-]{6,20}$")
_HAN_SAID = re.compile("(?:说|答|问|回复|回答|答复|答道|说道)$")


class Label(NamedTuple):
    """A speaker as a call names one."""

    key: str
    """What tells the speakers of one call apart, in lower case: ``agent ben``, ``speaker 1``, ``客服``."""
    role: Role | None
    """As the label itself says; ``None`` for a name."""
    name: str | None
    """The person's name, where the label gives one."""


@lru_cache(maxsize=8192)
def parse_label(text: str) -> Label | None:
    """Read what stands before a colon.

    Args:
        text: At most ``MAX_LABEL`` characters count; time stamps, brackets and markdown are seen through.

    Returns:
        The label, or ``None`` for what is no speaker: a field (``Date``), the beginning of a sentence.
    """
    if not text or len(text) > MAX_LABEL:
        return None
    plain = TIMES.sub(" ", unicodedata.normalize("NFKC", text).translate(_MARKUP))
    inside = [part.strip() for part in _IN_BRACKETS.findall(plain)]
    main = _IN_BRACKETS.sub(" ", plain).strip(" ,-–—|/:.、•>")
    if not main and inside:
        main = inside.pop(0)
    if _PHONE.match(plain.strip()):  # a contact that was never given a name
        return Label(plain.strip(), None, plain.strip())
    main = _SYMBOLS.sub("", main)
    if not main or len(main) > 48 or not any(character.isalnum() for character in main):
        return None
    found = _split(main)
    if found is None:
        return None
    role, name = found
    for part in inside:
        other = _split(part) if part else None
        if other is None:
            continue
        if role is None and other[0] is not None:
            role, name = other[0], name or other[1]
        elif role is not None and other[0] is None and name is None and other[1] not in ("男", "女"):
            name = other[1]
        elif role is not None and other[0] is not None and role != other[0]:
            return Label(main.casefold(), None, None)
    key = " ".join(main.casefold().split())
    if role is not None and name is not None and name.casefold() not in key:
        key = f"{key} {name.casefold()}"
    return Label(key, role, name)


def is_name(text: str) -> bool:
    """Whether a text looks like a person's name, or like ``Speaker 1``, and like nothing else."""
    found = _split(text)
    return found is not None and found[0] is None


def is_go_between(name: str) -> bool:
    """Whether a label's name says that it speaks for both sides: an interpreter."""
    return bool(GO_BETWEENS & set(re.split(r"\W+", name.casefold()))) or _HAN_GO_BETWEEN.search(name) is not None


def is_third_party(name: str) -> bool:
    """Whether a label's name is a word for a person on neither side: ``daughter``, ``interpreter``, ``邻居``."""
    return is_go_between(name) or _HAN_PERSON.match(name) is not None or _person(name.split()) is not None


def _person(words: list[str]) -> tuple[Role | None, str] | None:
    """A label that is a word for a person: ``Interpreter Ana``, ``customer's daughter``, ``woman in background``.

    Only what says whose relative it is has a side.
    """
    plain = [(word, word.casefold().strip(".'’").removesuffix("’s")) for word in words if not _NUMBER.match(word)]
    plain = [(word, low) for word, low in plain if low != "s"]  # of an apostrophe
    place = next((at for at, (_, low) in enumerate(plain) if low in PERSONS or low in GO_BETWEENS), None)
    name = " ".join(words)
    if place is None:
        said = [low for _, low in plain]
        return (None, name) if said[:1] in (["unknown"], ["unidentified"]) and said[1:] in _VOICES else None
    between = plain[place][1] in GO_BETWEENS
    role: Role | None = None
    for word, low in plain[:place]:
        role = LATIN_ROLES.get((low,)) or role
        is_known = low in BEFORE_PERSONS or (low,) in LATIN_ROLES
        if not is_known and not (between and _may_name(word, low)):
            return None
    after = plain[place + 1 :]
    if after and after[0][1] not in ("of", "in", "on", "for") and not all(_may_name(*pair) for pair in after):
        return None
    return (None if between else role), name


def _may_name(word: str, low: str) -> bool:
    known = low in NO_NAMES or low in FIELDS or (low,) in LATIN_ROLES
    return not known and _NAME_WORD.match(word) is not None and word[0].isupper()


def _split(main: str) -> tuple[Role | None, str | None] | None:
    """Role and name in a text without brackets; ``None`` if it is neither a role nor a name."""
    return _split_han(main) if _HAN.search(main) else _split_latin(main)


def _split_han(main: str) -> tuple[Role | None, str | None] | None:
    text = _HAN_SAID.sub("", "".join(main.split())) or main
    if _HAN_GO_BETWEEN.search(text) and len(text) <= 8:
        return None, text
    for size in range(min(len(text), 8), 1, -1):
        for role, rest in ((HAN_ROLES.get(text[:size]), text[size:]), (HAN_ROLES.get(text[-size:]), text[:-size])):
            if role is None:
                continue
            name = re.sub(r"^[\W\d_]+|[\W\d_]+$|工号|号$", "", rest)
            name = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", name)
            name = "" if name in ("男", "女") else name
            if not text.startswith(rest) and _HAN.search(name) and not _HAN_NAME.match(name):
                return None
            if len(name) > 8 or _HAN_FIELDS.search(rest) or re.search(r"[，。！？,!?；;]", rest):
                return None
            return role, name or None
    if _HAN_PERSON.match(text):
        return None, text
    bare = re.sub(r"[\d\s·.]+", "", text)
    if _HAN_NO_NAMES.match(bare) or not _HAN_NAME.match(text):
        return None
    return None, text


def _split_latin(main: str) -> tuple[Role | None, str | None] | None:
    words = [word for word in _PARTS.split(main) if word and word not in "-–—"]
    if not 0 < len(words) <= 6:
        return None
    low = [word.casefold().strip(".'’") for word in words]
    if len(words) > 1 and low[-1] in ("says", "said", "asks", "replies"):
        words, low = words[:-1], low[:-1]
    if (person := _person(words)) is not None:
        return person
    place = _role_at(low)
    if place is None:
        return (None, " ".join(words)) if _is_latin_name(main, words, low) else None
    start, end, role = place
    rest = words[:start] + words[end:]
    named = [word for word in rest if not _NUMBER.match(word)]
    if any(word in FIELDS or _role_at([word]) not in (None, (0, 1, role)) for word in low[:start] + low[end:]):
        return None
    # Names are written large, unless the whole label is small (`agent ben`).
    small = main == main.lower() and len(named) <= 1 and start == 0
    if len(named) > 3 or not all(_NAME_WORD.match(word) or small for word in named):
        return None
    if small and named and named[0] in NO_NAMES:
        return None
    # `Contoso Agent` names no person, `Ben - Agent` does: only what follows the role, or one word before it.
    after = [word for word in words[end:] if not _NUMBER.match(word)]
    before = [word for word in words[:start] if not _NUMBER.match(word)]
    name = [word for word in after or before if _role_at([word.casefold()]) is None]
    return role, " ".join(name) or None


def _role_at(words: list[str]) -> tuple[int, int, Role] | None:
    """The longest phrase of a role among words: at their beginning, else at their end, else within."""
    count = len(words)
    for size in range(min(_LONGEST, count), 0, -1):
        for start in dict.fromkeys((0, count - size, *range(1, count - size))):
            if start + size <= count and (role := LATIN_ROLES.get(tuple(words[start : start + size]))):
                return start, start + size, role
    return None


def _is_latin_name(main: str, words: list[str], low: list[str]) -> bool:
    if _NUMBERED.match(main) and low[0] not in NO_NAMES:
        return True
    if len(words) > 4 or any(word in NO_NAMES for word in low) or not words[0][0].isupper():
        return False
    return all(_NAME_WORD.match(word) for word in words)
