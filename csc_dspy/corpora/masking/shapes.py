"""Numbers that prove themselves: by check digits, or by a layout that nothing else has.

Check digits come from python-stdnum. A run of digits may hold more than the number ("4111 1111 1111 1111 2 times"), so
every sequence of its groups is tried, the longest first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from stdnum import iban, luhn, verhoeff
from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from csc_dspy.corpora.masking.kinds import Kind, Span
from csc_dspy.corpora.masking.reading import Run, matches

_CARD = re.compile(r"(?:3[0-9]|4|5[0-9]|6[0-9]|2[2-7]|81)[0-9]+")
_CARD_DIGITS = range(13, 20)
_GENERIC_DIGITS = 10
"""A whole number of so many digits is no amount and no date: it numbers something."""

_SPOKEN_DIGITS = 7
"""Nobody reads out so many digits one by one unless they are a number to write down, most often that of a phone."""
_CODE_BEFORE = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{1,4}-?$")

_MOST_GROUPS = 19
"""The longest card number, digit by digit."""

_CHINESE_ID_TAIL = re.compile(r"[Xx](?![A-Za-z0-9])")
_YEAR = re.compile(r"(?:19|20)\d\d")
_STAMP = re.compile(
    r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d(?:\d{3})?)?"
)

_PARCEL_SHAPE = (
    r"1Z[ ]?(?:[0-9A-Z][ ]?){15}[0-9A-Z]|[A-Z]{2}\d{9}[A-Z]{2}"
    r"|(?!QQ|USD|RMB|EUR|GBP|CNY|HKD|TEL|FAX|SSN|ID|NO|PIN)[A-Z]{2,4}[ -]?(?:\d[ ]?){8,19}\d(?:[ ]?[A-Z]{2})?"
)
_PARCEL = re.compile(rf"(?:{_PARCEL_SHAPE})(?![A-Za-z0-9])")

# Letters and digits together; each is looked for only in texts with a letter beside a digit.
_MIXED = re.compile(
    rf"""
      (?<![A-Za-z0-9])
      (?: (?P<iban> [A-Z]{{2}}\d{{2}} (?:[ -]?[A-Z0-9]{{4}}){{2,7}} (?:[ -]?[A-Z0-9]{{1,3}})? )
        | (?P<nino> [A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] [ ]?\d\d[ ]?\d\d[ ]?\d\d[ ]?[A-D] )
        | (?P<car> [A-Z]{{2}}\d\d[ ]?[A-Z]{{3}} )
        | (?P<parcel> {_PARCEL_SHAPE} )
        | (?P<code> [A-Z]{{2,6}}[-_/]?\d{{4,}}(?:[-_/][A-Z0-9]+)+ | [A-Z]{{2,6}}[-_/]\d{{5,}}
        | [A-Z]{{2,4}}(?:[ ]\d{{3,5}}){{2,}} )
      ) (?![A-Za-z0-9])
    | (?P<plate> [京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][ .]?
        (?=[A-Z]*[0-9])[A-HJ-NP-Z0-9]{{5,6}} ) (?![A-Za-z0-9])
    | (?<![A-Za-z0-9\#&]) (?P<hash> [\#] \d{{5,}} ) (?![A-Za-z0-9])
    """,
    re.VERBOSE,
)
_MIXED_START = re.compile("[A-Z1#京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]")
_MIXED_KINDS = {
    "iban": Kind.ACCOUNT,
    "nino": Kind.ID_NUMBER,
    "car": Kind.ID_NUMBER,
    "parcel": Kind.ORDER,
    "code": Kind.ORDER,
    "plate": Kind.ID_NUMBER,
    "hash": Kind.ORDER,
}
_LAYOUT = re.compile(r"[^A-Za-z0-9\u4e00-\u9fff]+")


def compact(value: str) -> str:
    """A value without layout and case: letters and digits only, lower case."""
    return value.lower() if value.isascii() and value.isalnum() else _LAYOUT.sub("", value).lower()


def checked(folded: str, run: Run) -> Iterator[Span]:
    """Cards and identity numbers in a run of digits, the longest first."""
    if len(run.digits) < 9:
        return
    for start, end, digits, lengths in windows(run):
        count = len(digits)
        if count in (17, 18) and (number := _chinese_id(folded, digits, end)):
            yield Span(start, end + (count == 17), Kind.ID_NUMBER, number)
        elif count in _CARD_DIGITS and _CARD.fullmatch(digits) and luhn.is_valid(digits):
            yield Span(start, end, Kind.CARD, digits)
        elif count == 9 and count == len(run.digits) and _is_nine_digit_id(folded[start:end], digits, lengths):
            yield Span(start, end, Kind.ID_NUMBER, digits)
        elif (
            count == 12
            and count == len(run.digits)
            and lengths == (4, 4, 4)
            and digits[0] > "1"
            and verhoeff.is_valid(digits)
        ):
            yield Span(start, end, Kind.ID_NUMBER, digits)  # Aadhaar, India


def mixed(folded: str) -> Iterator[tuple[Span, bool]]:
    """What letters and digits make plain: IBANs, parcels, prefixed order numbers, number plates.

    Yields:
        Each with whether it is sure to be what it seems; a prefix and digits could number anything.
    """
    for match in matches(_MIXED_START, _MIXED, folded):
        name = str(match.lastgroup)
        start, end = match.span()
        value = match[0]
        if name == "iban":
            while not iban.is_valid(value):  # words in capitals may follow it
                cut = max(value.rfind(" "), value.rfind("-"))
                if cut < 0:
                    break
                value = value[:cut]
            else:
                yield Span(start, start + len(value), Kind.ACCOUNT, compact(value)), True
                continue
            if not (parcel := _PARCEL.match(folded, start)):
                continue
            name, end, value = "parcel", parcel.end(), parcel[0]
        yield Span(start, end, _MIXED_KINDS[name], compact(value)), name not in ("car", "code", "hash")


def generic(folded: str, run: Run) -> Span | None:
    """A number too long to be anything but an identifier; of what, nobody says."""
    if run.spoken and len(run.digits) >= _SPOKEN_DIGITS:
        return Span(
            run.start, run.end, Kind.PHONE if len(run.digits) < _CARD_DIGITS.start else Kind.ACCOUNT, run.digits
        )
    if len(run.digits) < _GENERIC_DIGITS:
        return None
    if "." in folded[run.start : run.end] or folded[max(0, run.start - 1) : run.start] in (".", ","):
        return None
    if len(run.groups) > 1 and not _is_grouped(folded, run):
        return None
    if len(run.groups) == 1 and _STAMP.fullmatch(run.digits):
        return None
    code = _CODE_BEFORE.search(folded, max(0, run.start - 12), run.start)
    if code:
        return Span(code.start(), run.end, Kind.ACCOUNT, compact(folded[code.start() : run.end]))
    return Span(run.start, run.end, Kind.ACCOUNT, run.digits)


def _is_grouped(folded: str, run: Run) -> bool:
    """Whether groups of digits are one number: none is single, one is long, and they are no list of years."""
    groups = [folded[start:end] for start, end in run.groups]
    return min(map(len, groups)) >= 2 and max(map(len, groups)) >= 4 and not all(map(_YEAR.fullmatch, groups))


def windows(run: Run) -> Iterator[tuple[int, int, str, tuple[int, ...]]]:
    """Every sequence of a run's groups: start, end, digits and the groups' lengths; those of most groups first."""
    groups = run.groups
    if len(groups) == 1:
        yield groups[0][0], groups[0][1], run.digits, (len(run.digits),)
        return
    lengths = [end - start for start, end in groups]
    ends = [0]
    for length in lengths:
        ends.append(ends[-1] + length)
    for count in range(min(len(groups), _MOST_GROUPS), 0, -1):
        for first in range(len(groups) - count + 1):
            digits = run.digits[ends[first] : ends[first + count]]
            if 7 <= len(digits) <= 22:
                yield groups[first][0], groups[first + count - 1][1], digits, tuple(lengths[first : first + count])


def _chinese_id(folded: str, digits: str, end: int) -> str | None:
    """A resident identity number (GB 11643), also one with a slip in its check digit but a proper birth date."""
    if len(digits) == 17:
        if not _CHINESE_ID_TAIL.match(folded, end):
            return None
        digits += "X"
    if not ("1" <= digits[0] <= "9" and digits[6:8] in ("19", "20")):
        return None
    try:
        ric.get_birth_date(digits)
    except (ValidationError, ValueError):
        return None
    return digits.lower()


def _is_nine_digit_id(text: str, digits: str, lengths: tuple[int, ...]) -> bool:
    """Social security numbers of the United States by layout, of Canada by layout and check digit."""
    if lengths == (3, 2, 4):
        return digits[:3] not in ("000", "666") and digits[3:5] != "00" and digits[5:] != "0000" and "." not in text
    return lengths == (3, 3, 3) and "-" in text and digits[0] not in "08" and luhn.is_valid(digits)
