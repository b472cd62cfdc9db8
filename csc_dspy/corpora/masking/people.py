"""The people of a conversation: which names are one person's, and where they are mentioned again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from csc_dspy.corpora.masking.kinds import Kind, Span
from csc_dspy.corpora.masking.reading import Text
from csc_dspy.corpora.masking.surnames_zh import DOUBLE, given_end
from csc_dspy.corpora.masking.words import words

if TYPE_CHECKING:
    from csc_dspy.corpora.masking.finding import Draft

_PARTICLES = frozenset(words("de van von der den la le bin ibn al el del della di da dos du ter st mac"))
# Names that are also words: capitals at the start of a sentence prove nothing for them.
_ALSO_WORDS = frozenset(
    words(
        """
        will mark grace rose hope joy bill art frank gene grant jack rob sue pat drew chase faith ray rich dawn
        summer autumn dean miles price young long king park white black brown green gray grey bank banks lane day
        best case page early wise good fine sharp strong may june april august sky star ivy lily iris daisy violet
        ruby pearl amber olive ginger sage rock stone wood woods field fields hill hills brook brooks rivers lake
        ford cook baker carter mason hunter fisher porter parker walker butler taylor smith miller cooper turner
        bishop pope knight nobleman abbot short small little power powers bright swift love rush flowers moon north
        west east south street church castle house hall bell cross english french german holland england ireland
        paris london austin dallas houston jackson lincoln madison savannah charlotte florence sydney chelsea
        brooklyn jordan israel china india kenya cash cost card don josh nick norm pierce reed reid stew wade ward
        wiley guy major earl duke prince chance hardy holly honey jasmine joe lance max melody mercy mike rod sandy
        sonny ty van vic warren christian angel jewel crystal an do so he no in on la le lo my you sun she wu ma li
        yu see lee ho ha ham song sung gold silver winter winters snow rain frost
        """
    )
)
_SENTENCE_START = re.compile(r"(?:^|[.!?:;\n\"])\s*$")
_VOCATIVE_AFTER = re.compile(r"\s*(?:[,.!?;:)]|$)")
_ADDRESSED_BEFORE = re.compile(r"(?:,|\b(?:hi|hello|hey|dear|thanks|you|mr|mrs|ms|miss|dr)\.?)\s*$", re.IGNORECASE)
_SPOKEN_TO_BEFORE = re.compile(r"\b(?:hi|hello|hey|dear|thanks|mr|mrs|ms|miss|dr)\.? $", re.IGNORECASE)
_SPELLED = re.compile(r"[A-Z](?<![A-Za-z0-9'].)(?:[ .,-]{1,2}[A-Z](?![A-Za-z0-9'])){1,}")
_SPELLED_SMALL = re.compile(r"(?<![A-Za-z0-9'])[A-Za-z](?:-[A-Za-z](?![A-Za-z0-9'])){1,}")
_LETTER_BY_LETTER = re.compile(r"[^\W\d_](?:[ .,-]{1,2}[^\W\d_]){2,}\.?")
_PARTS = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
_INITIAL = re.compile(r"(?:^|(?<=['-]))[^\W\d_]")
_MIN_SPELLED = 3
_LETTERS = frozenset("bcdefghjklmnopqrstuvwxyz")
_LATIN = re.compile("[a-z]+|[^\\W\\d_a-z]")
_DOUBLE = re.compile(DOUBLE)
_HAN = re.compile(r"[\u4e00-\u9fff]")
_TITLE_ZH = re.compile(r"(?:先生|女士|小姐|太太|老师|师傅)")


def _tokens(name: str) -> tuple[str, ...]:
    """The parts of a name that identify, in lower case."""
    if _HAN.search(name):
        return (name,)
    if _LETTER_BY_LETTER.fullmatch(name):
        return ("".join(c for c in name.lower() if c.isalpha()),)
    words = _PARTS.findall(name.lower())
    return tuple(word for word in words if len(word) > 1 and word not in _PARTICLES) or tuple(words)


class People:
    """Collects names; afterwards tells who a name is, and finds mentions."""

    def __init__(self) -> None:
        self._names: dict[str, tuple[str, ...]] = {}
        self._person: dict[str, str] = {}
        self._settled = True

    def add(self, name: str) -> None:
        """Take up a name as it is written."""
        if name not in self._names:
            self._names[name] = _tokens(name)
            self._settled = False

    def add_all(self, draft: Draft) -> None:
        """Take up all names of a text."""
        for start, end in draft.names:
            self.add(draft.text.folded[start:end])

    def __bool__(self) -> bool:
        return bool(self._names)

    def person(self, name: str) -> str:
        """Who bears a name: the longest name that holds all its parts, the first of several."""
        self._settle()
        return self._person[name]

    def _settle(self) -> None:
        """Tell apart who there is, as often as a name was taken up."""
        if self._settled:
            return
        persons: list[tuple[frozenset[str], str]] = []
        self._person = {}
        for name in sorted(self._names, key=lambda name: -len(self._names[name]) * 100 - len(name)):
            tokens = frozenset(self._names[name])
            bearer = next(
                (value for others, value in persons if tokens <= others or _is_chinese_part(name, value)), None
            )
            if bearer is None:
                bearer = name.lower()
                persons.append((tokens, bearer))
            self._person[name] = bearer
        self._forms = self._make_forms()
        self._signs = frozenset(
            sign for form, *_ in self._forms for sign in (form if _HAN.search(form) else _LATIN.findall(form.lower()))
        )
        self._settled = True

    def _make_forms(self) -> list[tuple[str, str, bool]]:
        """What to look for: the text, whose it is, and whether it is a word, too; the longest first."""
        forms: dict[str, tuple[str, bool]] = {}
        for name, bearer in self._person.items():
            if _HAN.search(name):
                if len(name) >= 2:
                    forms.setdefault(name, (bearer, False))
                given = name[2:] if len(name) > 3 or _DOUBLE.match(name) else name[1:]
                if len(given) >= 2 and "." not in name:
                    forms.setdefault(given, (bearer, False))
                continue
            tokens = self._names[name]
            full = " ".join(name.split())
            for form in {full, full.upper(), full.title(), full.lower()} if len(tokens) > 1 else {full}:
                forms.setdefault(form, (bearer, full in _ALSO_WORDS))
            for token in tokens:
                if len(token) > 1:
                    word = token in _ALSO_WORDS
                    for form in (_capitalised(token), token.upper() if len(token) > 2 else token.title()):
                        forms.setdefault(form, (bearer, word))
        return sorted(((form, *rest) for form, rest in forms.items()), key=lambda item: (-len(item[0]), item[0]))

    def may_be_in(self, text: Text) -> bool:
        """Whether a text can mention somebody; quick."""
        self._settle()
        return not (text.lacks(self._signs) and text.lacks(_LETTERS))

    def mentions(self, text: Text) -> Iterator[Span]:
        """Where a known name stands again, whole or in part, or spelled letter by letter."""
        self._settle()
        folded = text.folded
        for form, bearer, word in self._forms if not text.lacks(self._signs) else ():
            place = folded.find(form)
            while place >= 0:
                end = place + len(form)
                alone = _HAN.match(form) or stands_alone(folded, place, end)
                if alone and (not word or _is_named(folded, place, end)):
                    stop = given_end(folded, place, end) if folded[end - 1] > "~" else end
                    yield Span(place, stop, Kind.NAME, bearer)
                place = folded.find(form, end)
        if text.lacks(_LETTERS):
            return
        for match in (*_SPELLED.finditer(folded), *(_SPELLED_SMALL.finditer(folded) if "-" in folded else ())):
            joined = "".join(c for c in match[0].lower() if c.isalpha())
            if len(joined) >= _MIN_SPELLED or "-" in match[0]:
                for name, bearer in self._person.items():
                    tokens = self._names[name]
                    if joined in tokens or joined == "".join(tokens):
                        yield Span(match.start(), match.end(), Kind.NAME, bearer)
                        break


def joined(spans: Iterable[Span], folded: str) -> list[Span]:
    """Neighbouring parts of one person's name, or of one address, as one span."""
    whole: list[Span] = []
    for span in spans:
        last = whole[-1] if whole else None
        if (
            last is not None
            and last.kind is span.kind is Kind.NAME
            and last.value == span.value
            and folded[last.end : span.start] in (" ", "-", "")
        ):
            whole[-1] = Span(last.start, span.end, Kind.NAME, last.value)
        elif (
            last is not None
            and last.kind is span.kind is Kind.ADDRESS
            and folded[last.end : span.start] in ("", " ", ",", ", ", "，")
        ):
            whole[-1] = Span(last.start, span.end, Kind.ADDRESS, last.value + span.value)
        else:
            whole.append(span)
    return whole


def _is_chinese_part(name: str, other: str) -> bool:
    """Whether a Chinese name is a part of another: the surname of "王先生", the given name, "小王"."""
    if not _HAN.search(name) or len(other) <= 1:
        return False
    if len(name) == 1 or (len(name) == 2 and (len(other) >= 4 or _DOUBLE.match(name))):
        return other.startswith(name)
    if name[0] in "小老阿" and len(name) == 2:
        return len(other) >= 2 and other.startswith(name[1])
    return len(name) >= 2 and other.endswith(name)


def _capitalised(token: str) -> str:
    if token.isalpha():
        return token[0].upper() + token[1:]
    return _INITIAL.sub(lambda match: match[0].upper(), token)


def _is_latin(character: str) -> bool:
    return character.isalnum() and ord(character) < 0x250


def stands_alone(folded: str, start: int, end: int) -> bool:
    """Whether no letter, digit or sign of a longer word is right before or after a place."""
    return not (start and (_is_latin(folded[start - 1]) or folded[start - 1] in "@_")) and not (
        end < len(folded) and (_is_latin(folded[end]) or folded[end] in "@_")
    )


def _is_named(folded: str, start: int, end: int) -> bool:
    """Whether a word that is also a name is meant as one."""
    if folded[start].islower():
        # "thanks mark", "my name is mark", not "may I mark this"
        return (
            _SPOKEN_TO_BEFORE.search(folded, max(0, start - 16), start) is not None
            or _VOCATIVE_AFTER.match(folded, end) is not None
        ) and _ADDRESSED_BEFORE.search(folded, max(0, start - 12), start) is not None
    if _ADDRESSED_BEFORE.search(folded, max(0, start - 12), start):
        return True
    if _SENTENCE_START.search(folded, max(0, start - 4), start):
        return _VOCATIVE_AFTER.match(folded, end) is not None
    return True
