"""Where people live, beyond streets with a number: postcodes, and what answers the question for an address."""

from __future__ import annotations

import re
from collections.abc import Iterator

from csc_dspy.corpora.masking.kinds import Kind, Span
from csc_dspy.corpora.masking.quantities import is_quantity
from csc_dspy.corpora.masking.reading import Text
from csc_dspy.corpora.masking.shapes import compact
from csc_dspy.corpora.masking.words import phrases, word_set, words

_BRITISH = (
    r"(?:GIR ?0AA|[A-PR-UWYZ](?:\d{1,2}|[A-HK-Y]\d{1,2}|\d[A-HJKPSTUW]|[A-HK-Y]\d[ABEHMNPRVWXY])"
    r" ?\d[ABD-HJLNP-UW-Z]{2})"
)
_CANADIAN = r"[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z] ?\d[ABCEGHJ-NPRSTV-Z]\d"
_LETTERED = re.compile(rf"(?<![A-Za-z0-9/-])(?=[A-Z]\w{{1,3}} )(?:{_BRITISH}|{_CANADIAN})(?![A-Za-z0-9])")
_ANSWER = re.compile(rf"(?<![A-Za-z0-9/-])(?:{_BRITISH}|{_CANADIAN})(?![A-Za-z0-9])", re.IGNORECASE)
_NAMED = re.compile(
    rf"\b(?:post ?code|postal code|zip(?: ?code)?)\b(?:\s|\b(?:is|it's|was|should be|now|code)\b|\W){{0,4}}?"
    rf"(?P<code>(?:{_BRITISH}|{_CANADIAN})(?![A-Za-z0-9]))",
    re.IGNORECASE,
)
_STATES_SHORT = "|".join(
    words(
        "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK"
        " OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC PR"
    )
)
_STATES_LONG = "|".join(
    phrases(
        """
        Alabama, Alaska, Arizona, Arkansas, California, Colorado, Connecticut, Delaware, Florida, Georgia, Hawaii,
        Idaho,
        Illinois, Indiana, Iowa, Kansas, Kentucky, Louisiana, Maine, Maryland, Massachusetts, Michigan, Minnesota,
        Mississippi, Missouri, Montana, Nebraska, Nevada, New Hampshire, New Jersey, New Mexico, New York,
        North Carolina, North Dakota, Ohio, Oklahoma, Oregon, Pennsylvania, Rhode Island, South Carolina, South Dakota,
        Tennessee, Texas, Utah, Vermont, Virginia, Washington, Wisconsin, Wyoming
        """
    )
)
_AFTER_STATE = re.compile(
    rf"(?:(?:, ?|\b[A-Z][a-z]+ )(?:{_STATES_SHORT})|\b(?:{_STATES_LONG})),? (?P<zip>\d{{5}}(?:-\d{{4}})?)(?![\w-]"
    rf"|[.,]\d)"
    r"|(?:, ?|\b[A-Z][a-z]+ )(?:NSW|VIC|QLD|SA|TAS|ACT|NT) (?P<four>\d{4})(?![\w-]|[.,]\d)"
)
_MAY_STATE = re.compile(r"\d{4}(?<=[A-Za-z,] \d{4})")
_MAY_LETTERED = re.compile(r"\d[A-Z][A-Z0-9]")
POST_WORDS = word_set("post postcode zip postal zipcode")
"""One of these is in every name of a postcode."""

_ADDRESS_WORDS = word_set("address addresses where street postcode zip house flat")
_ADDRESS_WORDS_ZH = phrases("地址, 住址, 住哪, 住在哪, 住什么, 寄哪, 寄到, 送哪, 送到哪, 送到什么, 门牌")
_ASKS = re.compile(
    r"(?<!e-mail )(?<!email )(?<!mail )(?<!ip )(?<!web )(?<!mac )(?<!site )\baddress\b(?! (?:you|the issue|this|that"
    r"|your concern))|\bwhere\b[^.?!]{0,24}\b(?:live|living|located|deliver|send|ship|post|bring|move|moving"
    r"|moved)\w*\b|\b(?:house|flat|street) (?:number|name)\b|\bpost ?code\b|\bzip\b"
    r"|(?<!邮箱)(?<!邮件)(?<!IP)(?<!ip)(?<!网)地址|住址|住(?:在)?(?:哪|什么)|[寄送]到?(?:哪|什么地方)|门牌"
)
_WORD = r"[A-Z\u00c0-\u024f][A-Za-z\u00c0-\u024f'.-]*[A-Za-z\u00c0-\u024f]"
_HOUSE = re.compile(
    rf"(?<![\w$£€.,:/#-])(?:(?:Flat|Apt|Apartment|Unit|Suite"
    rf"|Room)\.? ?#?\w{{1,4}},? )?(?:No\.? ?)?\d{{1,5}}[A-Za-z]?,? "
    rf"{_WORD}(?: {_WORD}){{0,3}}(?:,? (?:Flat|Apt|Apartment|Unit"
    rf"|Suite) ?#?\w{{1,4}})?(?:, {_WORD}(?: {_WORD}){{0,2}}){{0,3}}"
    rf"(?:,? \d{{5}}\b|,? {_BRITISH}\b)?"
)
_HOUSE_SMALL = re.compile(
    r"\s*(?:(?:yes|yeah|sure|ok|okay|it's|it is|its|that's|to|at|i live at|we live at|i'm at|the address is"
    r"|my address is)\b[\s,]*)*(?P<house>\d{1,5}[a-z]? [a-z'-]{3,}(?: [a-z'-]{2,}){0,4}(?:,? \d{5})?)\s*(?=[.,!]|$)"
)
_NOT_HOUSE = word_set(
    "days day weeks week months month years year hours hour minutes times ago people items boxes of the and or is was"
    " but i it we you my for that so please in than not are were have has had more times percent dollars january"
    " february march april may june july august september october november december"
)


def postcodes(text: Text, *, asked: bool = False) -> Iterator[Span]:
    """Postcodes of Britain, Canada, the United States and Australia.

    Args:
        text: The text.
        asked: Whether the other side has just asked for an address.
    """
    folded = text.folded
    for match in _LETTERED.finditer(folded) if _MAY_LETTERED.search(folded) else ():
        yield Span(match.start(), match.end(), Kind.ADDRESS, compact(match[0]))
    for match in _ANSWER.finditer(folded) if asked else ():
        yield Span(match.start(), match.end(), Kind.ADDRESS, compact(match[0]))
    for match in _NAMED.finditer(folded) if not text.lacks(POST_WORDS) else ():
        yield Span(match.start("code"), match.end("code"), Kind.ADDRESS, compact(match["code"]))
    for match in _AFTER_STATE.finditer(folded) if _MAY_STATE.search(folded) else ():
        start, end = match.span("zip" if match["zip"] else "four")
        if not is_quantity(folded, start, end):
            yield Span(start, end, Kind.ADDRESS, compact(folded[start:end]))


def may_ask_address(text: Text) -> bool:
    """Whether a text, or several joined ones, can ask for an address; quick."""
    return not text.lacks(_ADDRESS_WORDS) or (
        not text.lower.isascii() and any(word in text.lower for word in _ADDRESS_WORDS_ZH)
    )


def asks_address(text: Text) -> bool:
    """Whether a turn asks where somebody lives, or where something is to be sent."""
    return may_ask_address(text) and _ASKS.search(text.lower) is not None


def answered_addresses(text: Text) -> Iterator[Span]:
    """A house number with what follows it, in the answer to the question for an address."""
    folded = text.folded
    for match in _HOUSE.finditer(folded):
        first = match[0].split()[1].strip(",.").lower() if " " in match[0] else ""
        if first not in _NOT_HOUSE:
            yield Span(match.start(), match.end(), Kind.ADDRESS, compact(match[0]))
    small = _HOUSE_SMALL.match(folded)
    if small and _NOT_HOUSE.isdisjoint(small["house"].split()):
        yield Span(*small.span("house"), Kind.ADDRESS, compact(small["house"]))
