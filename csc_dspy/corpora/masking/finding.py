"""Everything personal in one text, each place once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from csc_dspy.corpora.masking import names_en, names_zh
from csc_dspy.corpora.masking.contacts import addresses, emails, links, may_hold_email
from csc_dspy.corpora.masking.cues import NOTHING_ASKED, Asked
from csc_dspy.corpora.masking.kinds import PLACEHOLDER, Kind, Span
from csc_dspy.corpora.masking.people import People, joined
from csc_dspy.corpora.masking.phones import is_service, phones
from csc_dspy.corpora.masking.reading import Run, fold, lowered, may_speak_english_digits, runs, speaks_english_digits
from csc_dspy.corpora.masking.references import Reader, is_quantity
from csc_dspy.corpora.masking.shapes import checked, compact, generic, mixed, windows
from csc_dspy.framework import Lang

NUMBERS = frozenset({Kind.PHONE, Kind.CARD, Kind.ID_NUMBER, Kind.ACCOUNT, Kind.ORDER, Kind.CODE})
"""The kinds whose values are numbers or codes."""

_HAN = re.compile(r"[\u4e00-\u9fff]")
_DIGIT = re.compile(r"\d")
_LETTER_AND_DIGIT = re.compile(r"[A-Z][A-Z0-9 ._/-]{0,6}\d{2}|\#\d{5}")
_DIGITS = re.compile(
    r"\d[^A-Za-z0-9]{0,3}\d[^A-Za-z0-9]{0,3}\d|\d\d[A-Za-z]+\d"
    r"|[A-Za-z][-_.]?\d\d|\d[A-Za-z]\d|\d [A-Z] \d|[A-Z] \d [A-Z]"
)
_SPOKEN_ZH = re.compile(r"[零〇○幺一二三四五六七八九两洞拐][ ,.-]?[零〇○幺一二三四五六七八九两个洞拐\d]")
_CAPITALS = re.compile(r"[A-Z][A-Z0-9]{4,7}(?![A-Za-z0-9])")
_CODE_WORDS = ("code", "reference", "number", "pnr", "locator", "confirmation", "编码", "编号", "号")
_HANDLE_WORDS = (
    "password",
    "username",
    "user name",
    "screen name",
    "login",
    "account name",
    "微信",
    "qq",
    "用户名",
    "支付宝",
    "抖音",
    "登录名",
)
_TOKEN = re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z0-9_/-]*\d)[A-Za-z0-9]+(?:[ _/-][A-Za-z0-9]+)*")
_MIN_KNOWN = 5


def find(text: str, lang: Lang) -> list[Span]:
    """The personal data in one text.

    Args:
        text: Any text.
        lang: Its language; decides whose national phone numbers are understood.

    Returns:
        Spans in order, none overlapping another. Equal values have equal ``value``, however they are written.
    """
    folded = fold(text)
    lower, possible = lowered(folded), gate(folded)
    draft = read(folded, lower, lang, possible, look(folded, lower, possible))
    people = People()
    people.add_all(draft)
    return resolve(draft, people, known_values([draft]))


@dataclass(frozen=True, slots=True)
class Gate:
    """What some texts together can hold at all, so that none of them is searched for the rest."""

    spoken: bool
    handles: bool
    capitals: bool
    emails: bool
    links: bool


def gate(folded: str) -> Gate:
    """What a folded text, or several joined ones, can hold at all."""
    lower = lowered(folded)
    return Gate(
        spoken=may_speak_english_digits(lower),
        handles=any(word in lower for word in _HANDLE_WORDS),
        capitals=any(word in lower for word in _CODE_WORDS) and _CAPITALS.search(folded) is not None,
        emails=may_hold_email(folded, lower),
        links="://" in folded or "www." in lower,
    )


class Look(IntEnum):
    """What one text can hold; quick to tell, as most turns hold nothing."""

    NO_DIGIT = 0
    DIGITS = 1
    """Digits, too few for a number: an address at most."""
    NUMBER = 2
    """Perhaps a number or a code, in digits or words."""


def look(folded: str, lower: str, gate: Gate) -> Look:
    """Whether a folded text can hold a number or a code."""
    digit = _DIGIT.search(folded) is not None
    if (
        (digit and _DIGITS.search(folded))
        or (not folded.isascii() and _SPOKEN_ZH.search(folded))
        or (gate.spoken and speaks_english_digits(lower))
        or (gate.handles and any(word in lower for word in _HANDLE_WORDS))
        or (gate.capitals and _CAPITALS.search(folded) and any(word in lower for word in _CODE_WORDS))
    ):
        return Look.NUMBER
    return Look.DIGITS if digit else Look.NO_DIGIT


@dataclass(frozen=True, slots=True)
class Draft:
    """What one text alone tells; overlaps are still in it."""

    folded: str
    ranked: tuple[tuple[int, Span], ...] = ()
    """Places with their rank; where two overlap, the lower rank wins."""
    names: tuple[tuple[int, int], ...] = ()
    """Where names stand."""
    runs: tuple[Run, ...] = ()
    seen: Look = Look.NUMBER


def read(folded: str, lower: str, lang: Lang, gate: Gate, seen: Look, asked: Asked = NOTHING_ASKED) -> Draft:
    """Read one text by itself.

    Args:
        folded: The text, folded.
        lower: The same in lower case.
        lang: Language of the conversation.
        gate: What the conversation can hold at all.
        seen: What :func:`look` said of the text.
        asked: What the other side has just asked for.
    """
    ranked: list[tuple[int, Span]] = []
    if gate.emails:
        ranked += [(0, span) for span in emails(folded, lower)]
    if gate.links:
        ranked += [(1, span) for span in links(folded, lower)]
    text_runs: list[Run] = []
    if seen is Look.NUMBER:
        text_runs = runs(folded)
        ranked += _numbers(folded, text_runs, lang, asked)
    if seen is not Look.NO_DIGIT:
        ranked += [(3, span) for span in addresses(folded, lower)]
    found = _names(folded, lower, asked)
    return Draft(folded, tuple(ranked), tuple(found), tuple(text_runs), seen)


def known_values(drafts: Iterable[Draft]) -> dict[str, Kind]:
    """The numbers that texts hold, and of what kind each is by its best evidence; the first of equal ones."""
    best: dict[str, tuple[int, Kind]] = {}
    for draft in drafts:
        for rank, span in _apart(draft.ranked, draft.folded):
            if span.kind in NUMBERS and (span.value not in best or rank < best[span.value][0]):
                best[span.value] = rank, span.kind
    return {value: kind for value, (_, kind) in best.items()}


def resolve(draft: Draft, people: People, known: Mapping[str, Kind]) -> list[Span]:
    """The places to mask in a text, given what the whole conversation tells.

    Args:
        draft: The text as read by itself.
        people: The people of the conversation.
        known: The numbers of the conversation, and their kinds.
    """
    folded = draft.folded
    if not (draft.ranked or known or people):
        return []
    ranked = list(draft.ranked)
    if known and draft.runs:
        # A number without its country code is inside the whole one; the whole one is what must go.
        ranked += [
            (3, span) for span in _known(draft, known) if not any(_covers(other, span) for _, other in draft.ranked)
        ]
    elif known and draft.seen is not Look.NO_DIGIT:
        ranked += ((3, span) for span in _known_codes(folded, known))
    if people:
        ranked += ((11, Span(start, end, Kind.NAME, people.person(folded[start:end]))) for start, end in draft.names)
        ranked += ((12, span) for span in people.mentions(folded))
    if not ranked:
        return []
    found = [
        replace(span, kind=known[span.value]) if span.kind in NUMBERS and span.value in known else span
        for _, span in _apart(ranked, folded)
    ]
    return joined(sorted(found, key=lambda span: span.start), folded)


def _apart(ranked: Sequence[tuple[int, Span]], folded: str) -> Iterator[tuple[int, Span]]:
    """The places that overlap no better one and no placeholder."""
    if not ranked:
        return
    taken = [match.span() for match in PLACEHOLDER.finditer(folded)] if "[" in folded else []
    for rank, span in sorted(ranked, key=lambda item: (item[0], item[1].start, -item[1].end)):
        if span.value and span.start < span.end and all(span.end <= start or end <= span.start for start, end in taken):
            taken.append((span.start, span.end))
            yield rank, span


def _covers(whole: Span, part: Span) -> bool:
    return whole.value == part.value and whole.start <= part.start and part.end <= whole.end


def _names(folded: str, lower: str, asked: Asked) -> list[tuple[int, int]]:
    found = list(names_en.names(folded, lower, asked=asked.name))
    if not folded.isascii() and _HAN.search(folded):
        found += names_zh.names(folded, asked=asked.name)
    if not found or "[" not in folded:
        return found
    blocked = [match.span() for match in PLACEHOLDER.finditer(folded)]
    return [(start, end) for start, end in found if all(end <= begin or stop <= start for begin, stop in blocked)]


def _numbers(folded: str, text_runs: list[Run], lang: Lang, asked: Asked) -> Iterator[tuple[int, Span]]:
    """Numbers with their ranks.

    From proof to guess: a resident id, a strong cue beside it, check digits, the layout of a phone number, a weak
    cue beside it, digits that can be a phone number, a strong cue not far, a prefix, mere length.
    """
    for span, rank in Reader(folded, lang, text_runs, asked).spans():
        yield rank, span
    if _LETTER_AND_DIGIT.search(folded):
        for span, sure in mixed(folded):
            yield (1 if sure and span.kind is Kind.ACCOUNT else 4 if sure else 9), span
    for run in text_runs:
        for span in checked(folded, run):
            yield (1 if span.kind is Kind.ID_NUMBER and len(span.value) == 18 else 4), span
        if not is_quantity(folded, run.start, run.end):
            for span in phones(folded, run, lang):
                yield (5 if len(run.groups) > 1 or lang == "zh" else 7), span
            if not is_service(run.digits) and (whole := generic(folded, run)):
                yield 10, whole


def _known(draft: Draft, known: Mapping[str, Kind]) -> Iterator[Span]:
    """Numbers that stand elsewhere in the conversation with their cue, here without."""
    folded = draft.folded
    for run in draft.runs:
        pieces = [(start, end, digits) for start, end, digits, _ in windows(run)]
        if not run.spoken:
            pieces += ((start, end, folded[start:end]) for start, end in run.groups)
        for start, end, digits in (*pieces, (run.start, run.end, run.digits)):
            if len(digits) >= _MIN_KNOWN and digits in known:
                yield Span(start, end, known[digits], digits)
    yield from _known_codes(folded, known)


def _known_codes(folded: str, known: Mapping[str, Kind]) -> Iterator[Span]:
    if all(value.isdigit() for value in known):
        return
    for match in _TOKEN.finditer(folded):
        value = compact(match[0])
        if len(value) >= _MIN_KNOWN and value in known and not value.isdigit():
            yield Span(match.start(), match.end(), known[value], value)
