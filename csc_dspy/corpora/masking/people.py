"""The people of a conversation: which names are one person's, and where they are mentioned again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from csc_dspy.corpora.masking.kinds import Kind, Span
from csc_dspy.corpora.masking.reading import Text
from csc_dspy.corpora.masking.sexes import Sex, introduces_self, sex_at
from csc_dspy.corpora.masking.surnames_zh import DOUBLE, given_end
from csc_dspy.corpora.masking.words import GIVEN_NAMES, words

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
_NICK_BEFORE = frozenset(words("叫我 喊我 呼我 就是"))
"""What is said before a pet name of oneself: "叫我小王"."""


def _tokens(name: str) -> tuple[str, ...]:
    """The parts of a name that identify, in lower case."""
    if _HAN.search(name):
        return (name,)
    if _LETTER_BY_LETTER.fullmatch(name):
        return ("".join(c for c in name.lower() if c.isalpha()),)
    words = _PARTS.findall(name.lower())
    return tuple(word for word in words if len(word) > 1 and word not in _PARTICLES) or tuple(words)


class People:
    """Collects names; afterwards tells who a name is, and finds mentions.

    A part of a name belongs to the one person who has it. Where two people have it, or its title is another sex's, it
    stands for nobody but itself: two people never share a value, though one person may have two.
    """

    def __init__(self) -> None:
        self._names: dict[str, tuple[str, ...]] = {}
        self._said: dict[tuple[str, Sex], int] = {}
        """Names with what the words around them say of their bearer, in the order in which they were first said."""
        self._nicks: set[str] = set()
        self._own: tuple[set[str], set[str]] = set(), set()
        """The names with which each side has introduced itself."""
        self._settled = True

    def add(self, name: str, sex: Sex = "") -> None:
        """Take up a name as it is written, and what the words around it say of its bearer."""
        if (name, sex) not in self._said:
            self._said[name, sex] = len(self._said)
            self._names.setdefault(name, _tokens(name))
            self._settled = False

    def add_all(self, draft: Draft) -> None:
        """Take up all names of a text."""
        folded = draft.text.folded
        for start, end in draft.names:
            self.add(folded[start:end], sex_at(folded, start, end))
            if folded[max(0, start - 2) : start] in _NICK_BEFORE:
                self._nicks.add(folded[start:end])
                self._settled = False
            if draft.side in (0, 1) and introduces_self(folded, start, end):
                self._own[draft.side].add(folded[start:end])
                self._settled = False

    def __bool__(self) -> bool:
        return bool(self._names)

    def person(self, name: str, sex: Sex = "") -> str:
        """Who bears a name: the one person whose longest name holds all its parts.

        Args:
            name: The name as it is written, or a part of one.
            sex: What the words around it say of its bearer.
        """
        if not self._settled:
            self._settle()
        key = name, sex if name in self._titled else ""
        if key not in self._bearer:
            holders = self._holders(name)
            self._bearer[key] = holders[0] if len(holders) == 1 else name.lower()
        return self._bearer[key]

    def person_at(self, folded: str, start: int, end: int, name: str = "", side: int = -1) -> str:
        """Who is named at a place.

        Args:
            folded: The text.
            start: Where the name starts.
            end: Where it ends.
            name: The name, if it is written otherwise there.
            side: Which side says it.
        """
        if not self._settled:
            self._settle()
        name = name or folded[start:end]
        if self._own[0] and self._own[1] and side in (0, 1) and (both := self._both(name)):
            return both[side if introduces_self(folded, start, end) else 1 - side]
        return self.person(name, sex_at(folded, start, end) if name in self._titled else "")

    def _both(self, name: str) -> tuple[str, str] | None:
        """Who each side is when one has introduced itself with a name and the other with one that holds it."""
        if name not in self._shared:
            tokens = frozenset(self._names[name] if name in self._names else _tokens(name))
            found = [
                max(
                    (
                        own
                        for own in sorted(names)
                        if tokens <= frozenset(self._names[own]) or _is_chinese_part(name, own, nick=False)
                    ),
                    key=len,
                    default="",
                )
                for names in self._own
            ]
            self._shared[name] = None
            if all(found) and name.lower() in (found[0].lower(), found[1].lower()):
                first, second = map(self.person, found)
                if first == second:
                    # The longer name keeps what it is known by in other texts.
                    first, second = (f"{first} 0", second) if len(found[0]) < len(found[1]) else (first, f"{second} 1")
                self._shared[name] = first, second
        return self._shared[name]

    def _settle(self) -> None:
        """Tell apart who there is, as often as a name was taken up."""
        if self._settled:
            return
        self._persons: list[tuple[frozenset[str], str]] = []
        self._bearer: dict[tuple[str, Sex], str] = {}
        self._shared: dict[str, tuple[str, str] | None] = {}
        for name in sorted(self._names, key=lambda name: -len(self._names[name]) * 100 - len(name)):
            if not self._holders(name):
                self._persons.append((frozenset(self._names[name]), name.lower()))
        self._settle_titles()
        self._forms = self._make_forms()
        self._signs = frozenset(
            sign for form, *_ in self._forms for sign in (form if _HAN.search(form) else _LATIN.findall(form.lower()))
        )
        self._settled = True

    def _settle_titles(self) -> None:
        """Tell whose a title with a surname is: the one person's who has it, can bear the title and was known then."""
        self._titled = {name for name, sex in self._said if sex}
        if not self._titled:
            return
        sexes: dict[str, Sex] = {}
        seen: dict[str, int] = {}
        for (name, sex), place in self._said.items():
            holders = self._holders(name)
            if len(holders) == 1 and self._is_whole(name):
                seen.setdefault(holders[0], place)
                if sex:
                    sexes.setdefault(holders[0], sex)
        for (name, sex), place in self._said.items():
            if not sex:
                continue
            holders = [holder for holder in self._holders(name) if sexes.get(holder, sex) == sex]
            known = [holder for holder in holders if seen.get(holder, place) < place] or holders
            sure = [holder for holder in known if holder in sexes] or known
            # "Mr Weber" and "Mrs Weber", of whom no more is said
            bearer = sure[0] if len(sure) == 1 else f"{name.lower()} {sex}"
            sexes[bearer] = sex
            self._bearer[name, sex] = bearer

    def _is_whole(self, name: str) -> bool:
        """Whether a name is no mere surname, which a whole family has."""
        return len(name) > 1 if _HAN.search(name) else len(self._names[name]) > 1

    def _holders(self, name: str) -> list[str]:
        """The people of whose names a name is a part; only one if it is that one's whole name."""
        tokens = frozenset(self._names[name] if name in self._names else _tokens(name))
        found = []
        for others, value in self._persons:
            if tokens == others:
                return [value]
            if tokens < others or _is_chinese_part(name, value, nick=name in self._nicks):
                found.append(value)
        return found

    def _make_forms(self) -> list[tuple[str, str, bool]]:
        """What to look for: the text, whose name or part of a name it is, and whether it is a word, too.

        The longest come first.
        """
        forms: dict[str, tuple[str, bool]] = {}
        for name in self._names:
            if _HAN.search(name):
                if len(name) >= 2:
                    forms.setdefault(name, (name, False))
                given = name[2:] if len(name) > 3 or _DOUBLE.match(name) else name[1:]
                if len(given) >= 2 and "." not in name:
                    forms.setdefault(given, (given, False))
                continue
            tokens = self._names[name]
            full = " ".join(name.split())
            for form in {full, full.upper(), full.title(), full.lower()} if len(tokens) > 1 else {full}:
                forms.setdefault(form, (name, full in _ALSO_WORDS))
            for token in tokens:
                if len(token) > 1:
                    word = token in _ALSO_WORDS
                    for form in (_capitalised(token), token.upper() if len(token) > 2 else token.title()):
                        forms.setdefault(form, (token, word))
                    if name.islower() and len(tokens) > 1:
                        # "ok mary", said of who is "mary jane watson"; other words only where they are addressed
                        forms.setdefault(token, (token, word or token not in GIVEN_NAMES))
        return sorted(((form, *rest) for form, rest in forms.items()), key=lambda item: (-len(item[0]), item[0]))

    def may_be_in(self, text: Text) -> bool:
        """Whether a text can mention somebody; quick."""
        self._settle()
        return not (text.lacks(self._signs) and text.lacks(_LETTERS))

    def mentions(self, text: Text, side: int = -1) -> Iterator[Span]:
        """Where a known name stands again, whole or in part, or spelled letter by letter."""
        self._settle()
        folded = text.folded
        for form, name, word in self._forms if not text.lacks(self._signs) else ():
            place = folded.find(form)
            while place >= 0:
                end = place + len(form)
                alone = _HAN.match(form) or stands_alone(folded, place, end)
                if alone and (not word or _is_named(folded, place, end)):
                    stop = given_end(folded, place, end) if folded[end - 1] > "~" else end
                    yield Span(place, stop, Kind.NAME, self.person_at(folded, place, stop, name, side))
                place = folded.find(form, end)
        if text.lacks(_LETTERS):
            return
        for match in (*_SPELLED.finditer(folded), *(_SPELLED_SMALL.finditer(folded) if "-" in folded else ())):
            joined = "".join(c for c in match[0].lower() if c.isalpha())
            if len(joined) >= _MIN_SPELLED or "-" in match[0]:
                for name, tokens in self._names.items():
                    if joined in tokens or joined == "".join(tokens):
                        bearer = self.person(joined if joined in tokens else name)
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


def _is_chinese_part(name: str, other: str, *, nick: bool) -> bool:
    """Whether a Chinese name is a part of another: the surname of "王先生", the given name, "小王" of oneself."""
    if not _HAN.search(name) or len(other) <= 1:
        return False
    if len(name) == 1 or (len(name) == 2 and (len(other) >= 4 or _DOUBLE.match(name))):
        return other.startswith(name) or (len(name) == 2 and other.endswith(name))
    if name[0] in "小老阿" and len(name) == 2:
        return nick and other.startswith(name[1])
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
