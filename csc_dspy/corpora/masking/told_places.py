"""Addresses as people tell them: with the number in words, letter by letter, by a crossing, with the street first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from csc_dspy.corpora.masking.kinds import Kind, Span
from csc_dspy.corpora.masking.places import POST_WORDS
from csc_dspy.corpora.masking.reading import NUMBER_WORDS, Text
from csc_dspy.corpora.masking.shapes import compact
from csc_dspy.corpora.masking.words import NO_NAMES, word_set

_NUMBER = "|".join(sorted((*NUMBER_WORDS, "hundred"), key=len, reverse=True))
_SPOKEN = rf"(?:{_NUMBER})(?:[ -](?:and )?(?:{_NUMBER}))*+"
_STREETS = (
    "street|avenue|road|lane|drive|boulevard|court|way|place|square|terrace|close|crescent|highway|circle|trail|parkway"
    "|gardens|grove|st|ave|rd|ln|blvd"
)
_STREET_WORDS = word_set(_STREETS.replace("|", " "))
_UNIT = rf"(?:,? (?:apt|apartment|unit|suite|flat|number)\.? (?:{_SPOKEN}|\w{{1,4}})\b)?"
_HOUSE = re.compile(
    rf"\b(?:{_SPOKEN}|\d{{1,5}}[a-z]?)\b,? (?P<street>(?:[a-z'-]+ ){{1,3}}?)(?:{_STREETS})\b{_UNIT}"
    rf"(?P<town>(?:,? (?!(?:{_NUMBER})\b)[a-z'-]+){{0,5}}?)(?P<code>,? (?:{_SPOKEN}|\d{{5}}))?(?=\s*(?:[.,;!?\n]|$))",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"\b(?:live|lives|living|address|deliver|delivered|ship|shipped|reside|moved?|send|sent|house|home)\b[^.?!]{0,24}$",
    re.IGNORECASE,
)
_NO_STREET = NO_NAMES - word_set("may june august will king new old gold silver") | word_set("moment sorry good wait")

_GAP = r"[ ,.-]{0,3}"
_DIGIT = r"(?:\d|zero|oh|one|two|three|four|five|six|seven|eight|nine)"
_LETTERS = (
    rf"(?:[A-Z]{_GAP}(?:[A-Z]{_GAP})?{_DIGIT}{_GAP}(?:(?:[A-Z]|{_DIGIT}){_GAP})?{_DIGIT}{_GAP}[A-Z]{_GAP}[A-Z]"
    rf"|[A-Z]{_GAP}{_DIGIT}{_GAP}[A-Z]{_GAP}{_DIGIT}{_GAP}[A-Z]{_GAP}{_DIGIT})(?![A-Za-z0-9])"
)
_CODE_NAMED = re.compile(
    rf"\b(?:post ?code|postal code|zip(?: ?code)?)\b(?:\s|\b(?:is|it's|was|should be|now|code|for me)\b|\W){{0,4}}?"
    rf"\b(?P<code>{_LETTERS})",
    re.IGNORECASE,
)

_SURE_PLACE = r"小区|花园|花苑|公寓|苑|新村|家园|大厦|交叉口|路口|交汇处"
_PLACE = (
    rf"(?>[\u4e00-\u9fff]{{1,8}}?(?:{_SURE_PLACE}|[省市区县镇乡村路巷弄街城里]|街道|大道|胡同|广场|中心)"
    r"|(?<![\d月])[A-Za-z]?\d{1,5}(?:-\d{1,4})*(?:号楼|号院|[号弄栋幢座楼层室房户组区期]|单元)|\d{3,4}(?![\d元块年月日号点个]))"
)
PLACE_SIGNS = frozenset("区园苑寓村厦口")
"""Without one of these or a digit no Chinese answer is looked through for an address."""
_BETWEEN = r"(?>[，, ]{0,2}(?:那个|这个|的|旁边的?|附近的?|里面?的?|那边的?|对面的?)?)"
_PLACES = re.compile(rf"{_PLACE}(?:{_BETWEEN}{_PLACE})*+")
_TELLS_PLACE = re.compile(
    r"(?<![这那个的原小])(?:小区|花园|花苑|公寓|苑|新村|家园|大厦)|(?:路|街|大道)[^，]{0,6}(?:交叉口|路口|交汇处)"
    r"|\d(?:号楼|号院|[弄栋幢座室]|单元)|(?:[路街巷弄道村里区镇城苑]|大道|胡同)[^，\d]{0,4}\d{1,5}号"
)
_LEAD_ZH = re.compile(
    r"(?:好的?|嗯+|哦|对|是的?|我们?|我家|家里?|现在|目前|就|住址|地址|住|在|是|为|的|还是|呃|那个|[，, ：:])*"
)

_PARTICLE = r"(?:de|du|des|da|do|del|della|delle|di|la|le|les|l'|d'|van|von|der|den|am|an|im|zum|zur|el|los|las|y|et)"
_FIRST = r"(?:rue|via|calle|avenue|boulevard|chemin|place|plaza|piazza|corso|avenida|rua|allée|quai|paseo|carrer)"
_NAME = r"[A-Z\u00c0-\u024f][A-Za-z\u00c0-\u024f'.-]*"
_STREET_BEFORE = re.compile(
    rf"(?<![\w$€£.,/:#-])(?:\d{{1,5}}(?:[A-Za-z]| bis| ter)?,? (?:{_FIRST} (?:{_PARTICLE} )*)?{_NAME}"
    rf"(?: (?:{_PARTICLE} )*{_NAME}){{0,4}}|(?:{_FIRST}|{_NAME})(?: (?:{_PARTICLE} )*{_NAME}){{0,3}},? \d{{1,4}}[a-z]?)"
    r"(?:,? (?:Flat|Apt|Apartment|Unit|Suite|Room|Floor)\.? ?#?\w{1,4})?,? $"
)
_LONGEST_STREET = 60


def spoken_addresses(text: Text, *, asked: bool = False) -> Iterator[Span]:
    """Addresses with a number in words, and postcodes letter by letter.

    Args:
        text: The text.
        asked: Whether the other side has just asked for an address; otherwise "live at" or the like must be before.
    """
    folded = text.folded
    if not text.lacks(_STREET_WORDS):
        for match in _HOUSE.finditer(folded):
            words = {*match["street"].lower().split(), *match["town"].lower().replace(",", " ").split()}
            if not words.isdisjoint(_NO_STREET):
                continue
            if asked or _LEAD.search(folded, max(0, match.start() - 48), match.start()):
                yield Span(match.start(), match.end(), Kind.ADDRESS, compact(match[0]))
    if not text.lacks(POST_WORDS):
        for match in _CODE_NAMED.finditer(folded):
            yield Span(*match.span("code"), Kind.ADDRESS, compact(match["code"]))


def chinese_answers(folded: str) -> Iterator[Span]:
    """The address in the answer to "您的住址？": crossings, estates, houses and rooms with what stands between them."""
    for match in _PLACES.finditer(folded):
        lead = _LEAD_ZH.match(folded, match.start(), match.end())
        start, end = lead.end() if lead else match.start(), match.end()
        if _TELLS_PLACE.search(folded, start, end):
            yield Span(start, end, Kind.ADDRESS, compact(folded[start:end]))


def streets_before(folded: str, places: Iterable[Span]) -> Iterator[Span]:
    """The street lines right before places that were found: "5 rue de la Paix" before "75002 Paris"."""
    for place in places:
        match = _STREET_BEFORE.search(folded, max(0, place.start - _LONGEST_STREET), place.start)
        if match and NO_NAMES.isdisjoint(match[0].lower().replace(",", " ").split()):
            end = match.start() + len(match[0].rstrip(" ,"))
            yield Span(match.start(), end, Kind.ADDRESS, compact(folded[match.start() : end]))
