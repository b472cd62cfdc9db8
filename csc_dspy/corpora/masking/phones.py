"""Phone numbers, judged by libphonenumber; only runs of digits that could be one are shown to it.

Free and shared-cost numbers belong to companies. They are facts, not personal data, and stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberType

from csc_dspy.corpora.masking.kinds import Kind, Span
from csc_dspy.corpora.masking.quantities import is_quantity
from csc_dspy.corpora.masking.reading import Run, Text
from csc_dspy.corpora.masking.shapes import windows
from csc_dspy.corpora.masking.words import word_set
from csc_dspy.framework import Lang

REGIONS: dict[Lang, tuple[str, ...]] = {"en": ("US", "GB", "AU", "IN", "NZ", "IE", "CN"), "zh": ("CN", "HK", "TW")}
"""Whose national numbers are understood, by language; numbers with a country code are understood everywhere."""

_COMPANY = frozenset(
    {PhoneNumberType.TOLL_FREE, PhoneNumberType.SHARED_COST, PhoneNumberType.PREMIUM_RATE, PhoneNumberType.UAN}
)
_SERVICE = re.compile(
    r"(?:[48]00\d{7}|1?8(?:00|33|44|55|66|77|88)\d{7}|(?:0800|0845|0870|0345|0300|0330|1300|1800)\d{6,7})"
)
_CHINESE_MOBILE = re.compile(r"(?:0{0,2}86|0)?(1[3-9]\d{9})")
_EXTENSION = re.compile(r"[ ,]*(?:ext(?:ension)?\.?|x|转|分机号?)[ :：]*\d{1,6}(?!\d)", re.IGNORECASE)
_EXTENSION_BEFORE = re.compile(
    r"(?<!file )(?<!browser )(?<!chrome )(?<!firefox )(?<!safari )(?<!lease )(?<!loan )(?<!hair )(?<!warranty )"
    r"(?<!contract )(?<!payment )(?<!month )(?<!week )(?<!day )(?<!year )(?<!plan )(?<!app )"
    r"\b(?:extension|extn|ext)\b\.?(?:\s?(?:number|no\.?|is|it's|:|#))*\s?$|分机(?:号码?)?(?:是|为|[:：])?\s?$",
    re.IGNORECASE,
)
_EXTENSION_WORDS = word_set("extension extn ext 分")
_YEAR = re.compile(r"(?:19|20)\d\d")
_EXTENSION_DIGITS = range(3, 7)

# How people write national numbers, by the lengths of the groups; other sequences of digits are chance.
_LAYOUTS: dict[str, frozenset[tuple[int, ...]]] = {
    "US": frozenset({(10,), (3, 3, 4), (3, 7), (6, 4), (1, 3, 3, 4), (1, 10), (11,), (1, 3, 7), (3, 3, 2, 2)}),
    "CN": frozenset({(11,), (3, 8), (4, 8), (4, 7), (3, 4, 4), (4, 4, 4), (4, 3, 4), (12,), (4, 4, 3)}),
    "IN": frozenset({(5, 5), (10,), (4, 3, 3), (1, 10), (11,), (6, 5)}),
    "HK": frozenset({(4, 4), (8,)}),
}
_BRITISH = re.compile(r"0(?:7\d{9}|[12]\d{8,9})")
_WITH_COUNTRY = 10
_FREE = re.compile(r"\d{1,3}800")
_NANP = re.compile(r"1?[2-9]\d\d[2-9]\d{6}")


def phones(folded: str, run: Run, lang: Lang) -> Iterator[Span]:
    """Phone numbers in a run of digits that are plainly such, the longest first."""
    if len(run.digits) < 7:
        return
    for start, end, digits, lengths in windows(run):
        if not 8 <= len(digits) <= 15:
            continue
        plus = folded[run.start] == "+" and start <= run.start + 2
        left = run.start if plus or start == run.groups[0][0] else start
        if (number := _number(digits, lengths, folded[left:end], lang, plus, run.spoken)) is not None:
            yield Span(left, _with_extension(folded, end), Kind.PHONE, number)


def called_phone(folded: str, run: Run, lang: Lang) -> Span | None:
    """A number that the context calls a phone number: any of 7 to 15 digits."""
    for span in phones(folded, run, lang):
        return span
    if not 7 <= len(run.digits) <= 15 or _SERVICE.fullmatch(run.digits):
        return None
    return Span(run.start, _with_extension(folded, run.end), Kind.PHONE, _national(run.digits))


def is_service(digits: str) -> bool:
    """Whether digits are a company's free or shared-cost number, like ``4008001234`` or ``18005550199``."""
    return _SERVICE.fullmatch(digits) is not None


def _number(digits: str, lengths: tuple[int, ...], written: str, lang: Lang, plus: bool, spoken: bool) -> str | None:
    """The national number, without country code and trunk prefix, when the digits are somebody's phone number."""
    if mobile := _CHINESE_MOBILE.fullmatch(digits):
        american = lengths in _LAYOUTS["US"] and len(lengths) > 1 and _NANP.fullmatch(digits)
        foreign = digits.startswith("1") and plus  # +1 is North America
        if len(lengths) <= 4 and not foreign and (lang == "zh" or not american):
            return mobile[1]
    if _SERVICE.fullmatch(digits):
        return None
    if plus or (digits.startswith("00") and len(digits) >= 10):
        digits = digits.removeprefix("00") if not plus else digits
        if "(0)" in written:  # "+44 (0)7700 900 077"
            digits = digits[:2] + digits[3:]
        invented = digits if plus and len(digits) >= _WITH_COUNTRY and not _FREE.match(digits) else None
        return _valid("+" + digits, None) or invented
    # Invented numbers have invented area codes; a prefix, hyphens or brackets in the right places are enough, and
    # spare most numbers the costly look into the numbering plans.
    if lengths in ((3, 3, 4), (1, 3, 3, 4)) and re.search(r"[-.(]", written) and _NANP.fullmatch(digits):
        return digits[-10:]
    if lang == "en" and 2 <= len(lengths) <= 4 and _BRITISH.fullmatch(digits):
        return digits[1:]
    for region in REGIONS[lang]:
        layouts = _LAYOUTS.get(region)
        if spoken or (layouts is None and digits[0] == "0" and len(lengths) <= 5) or (layouts and lengths in layouts):
            if region == "CN" and digits[0] != "0":
                continue
            if region in ("HK", "TW") and len(digits) == 8:
                continue  # only where the context says so
            if (number := _valid(digits, region)) is not None:
                return number
    return None


@lru_cache(maxsize=4096)
def _valid(digits: str, region: str | None) -> str | None:
    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) in _COMPANY:
        return None
    return str(number.national_number)


def _national(digits: str) -> str:
    mobile = _CHINESE_MOBILE.fullmatch(digits)
    if mobile:
        return mobile[1]
    return digits[1:] if len(digits) == 11 and digits[0] == "1" else digits.lstrip("0") or digits


def _with_extension(folded: str, end: int) -> int:
    match = _EXTENSION.match(folded, end)
    return match.end() if match else end


def extensions(text: Text, runs: Sequence[Run]) -> Iterator[Span]:
    """Extensions without the number of the house: "extension 4412", "分机8021"; "a lease extension" is none.

    Args:
        text: The text.
        runs: Its numbers.
    """
    folded = text.folded
    for run in runs if not text.lacks(_EXTENSION_WORDS) else ():
        if (
            len(run.digits) in _EXTENSION_DIGITS
            and not _YEAR.fullmatch(run.digits)
            and (run.spoken or not is_quantity(folded, run.start, run.end))
            and _EXTENSION_BEFORE.search(folded, max(0, run.start - 32), run.start)
        ):
            yield Span(run.start, run.end, Kind.PHONE, run.digits)
