"""Everything personal in one text, each place once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from csc_dspy.corpora.masking import names_en, names_zh
from csc_dspy.corpora.masking.births import births
from csc_dspy.corpora.masking.card_parts import expiries, tails
from csc_dspy.corpora.masking.contacts import EMAIL_WORDS, addresses, emails, links
from csc_dspy.corpora.masking.gates import Gate, Look, gate, look
from csc_dspy.corpora.masking.kinds import PLACEHOLDER, Kind, Span
from csc_dspy.corpora.masking.online import handles, ip_addresses
from csc_dspy.corpora.masking.people import People, joined, stands_alone
from csc_dspy.corpora.masking.phones import extensions, is_service, phones
from csc_dspy.corpora.masking.places import POST_WORDS, answered_addresses, postcodes
from csc_dspy.corpora.masking.quantities import is_quantity
from csc_dspy.corpora.masking.questions import NOTHING_ASKED, Asked
from csc_dspy.corpora.masking.reading import NUMBER_WORDS, Run, Text, runs
from csc_dspy.corpora.masking.references import Reader
from csc_dspy.corpora.masking.secrets import secret_answers, secrets
from csc_dspy.corpora.masking.shapes import checked, compact, generic, mixed, windows
from csc_dspy.corpora.masking.surnames_zh import double_surnames
from csc_dspy.corpora.masking.told_places import chinese_answers, spoken_addresses, streets_before
from csc_dspy.framework import Lang

NUMBERS = frozenset(
    {Kind.PHONE, Kind.CARD, Kind.ID_NUMBER, Kind.ACCOUNT, Kind.ORDER, Kind.CODE, Kind.BIRTH_DATE, Kind.EXPIRY}
)
"""The kinds whose values are numbers, codes or dates."""

_LETTER_AND_DIGIT = re.compile(r"[A-Z][A-Z0-9 ._/-]{0,6}\d{2}|\#\d{5}")
_TOKEN = re.compile(
    r"(?<![A-Za-z0-9])(?:[A-Z]{1,4} )?(?=[A-Za-z_/-]*\d)[A-Za-z0-9]+(?:[_/-][A-Za-z0-9]+| \d+| [A-Z](?![A-Za-z]))*"
)
_MIN_KNOWN = 5
_SHORT_KINDS = frozenset({Kind.CODE, Kind.CARD, Kind.PHONE, Kind.ID_NUMBER})
"""The kinds whose values of fewer digits are secrets or last digits; those of others could be anything."""
_YEAR = re.compile(r"(?:19|20)\d\d")
_SHORT_DIGITS = range(3, _MIN_KNOWN)


def find(text: str, lang: Lang) -> list[Span]:
    """The personal data in one text.

    Args:
        text: Any text.
        lang: Its language; decides whose national phone numbers are understood.

    Returns:
        Spans in order, none overlapping another. Equal values have equal ``value``, however they are written.
    """
    whole = Text(text)
    possible = gate([whole])
    draft = read(whole, lang, possible, look(whole, possible))
    people = People()
    people.add_all(draft)
    return resolve(draft, people, known_values([draft]))


class Draft(NamedTuple):
    """What one text alone tells; overlaps are still in it."""

    text: Text
    ranked: Sequence[tuple[int, Span]] = ()
    """Places with their rank; where two overlap, the lower rank wins."""
    names: Sequence[tuple[int, int]] = ()
    """Where names stand."""
    runs: Sequence[Run] = ()
    seen: Look = Look.NUMBER
    side: int = -1
    """Which of the two sides says it, 0 or 1; another number for none of them."""


def read(text: Text, lang: Lang, gate: Gate, seen: Look, asked: Asked = NOTHING_ASKED, side: int = -1) -> Draft:
    """Read one text by itself.

    Args:
        text: The text.
        lang: Language of the conversation.
        gate: What the conversation can hold at all.
        seen: What :func:`look` said of the text.
        asked: What the other side has just asked for.
        side: Which of the two sides says it, 0 or 1; another number for none of them.
    """
    ranked: list[tuple[int, Span]] = []
    if gate.emails and ("@" in text.folded or not text.lacks(EMAIL_WORDS)):
        ranked += [(0, span) for span in emails(text)]
    if gate.links:
        ranked += [(1, span) for span in links(text)]
    if gate.handles or gate.at_signs:
        ranked += [(1, span) for span in handles(text, asked=asked.handle)]
    if gate.ips:
        ranked += [(1, span) for span in ip_addresses(text)]
    if gate.secrets:
        ranked += [(1, span) for span in (*secrets(text), *(secret_answers(text) if asked.secret else ()))]
    text_runs: list[Run] = []
    if seen is Look.NUMBER:
        text_runs = runs(text)
        ranked += _numbers(text, text_runs, lang, asked)
        if gate.tails:
            ranked += [(1, span) for span in tails(text, text_runs, asked.tail)]
        ranked += [(1, span) for span in extensions(text, text_runs)]
    if seen is not Look.NO_DIGIT:
        cards = [span for _, span in ranked if span.kind is Kind.CARD]
        if gate.expiries or cards:
            asked_expiry = Kind.EXPIRY in asked.kinds
            ranked += [(0, span) for span in expiries(text, text_runs, cards, asked=asked_expiry)]
        ranked += [(3, span) for span in addresses(text)]
        asked_address = Kind.ADDRESS in asked.kinds
        ranked += [(3, span) for span in postcodes(text, asked=asked_address)]
        if asked_address:
            ranked += [(3, span) for span in answered_addresses(text)]
    if asked.kinds and Kind.ADDRESS in asked.kinds and not text.folded.isascii():
        ranked += [(3, span) for span in chinese_answers(text.folded)]
    if not text.lacks(NUMBER_WORDS) or (seen is not Look.NO_DIGIT and not text.lacks(POST_WORDS)):
        ranked += [(3, span) for span in spoken_addresses(text, asked=Kind.ADDRESS in asked.kinds)]
    if ranked and (places := [span for _, span in ranked if span.kind is Kind.ADDRESS]):
        ranked += [(3, span) for span in streets_before(text.folded, places)]
    if gate.births:
        ranked += [(1, span) for span in births(text, asked=Kind.BIRTH_DATE in asked.kinds)]
    return Draft(text, ranked, _names(text, asked, ranked, gate), text_runs, seen, side)


class Known(NamedTuple):
    """The numbers and dates of a conversation."""

    kinds: Mapping[str, Kind]
    """Of what kind each value is by its best evidence, the first of equal ones."""
    codes: tuple[str, ...]
    """Those with a letter."""
    dates: frozenset[str]
    """The dates of birth."""
    expiries: frozenset[str]
    """The last months of cards."""
    short: Mapping[str, Kind]
    """Secrets and last digits of so few digits that they count only where nothing says what they are."""
    secrets: tuple[str, ...]
    """Secrets without a digit."""


def known_values(drafts: Iterable[Draft]) -> Known:
    """The numbers and dates that texts hold."""
    best: dict[str, tuple[int, Kind]] = {}
    for draft in drafts:
        for rank, span in _apart(draft.ranked, draft.text.folded) if draft.ranked else ():
            if span.kind in NUMBERS and (span.value not in best or rank < best[span.value][0]):
                best[span.value] = rank, span.kind
    kinds = {value: kind for value, (_, kind) in best.items()}
    return Known(
        kinds,
        tuple(value for value in kinds if not value.isdigit()),
        frozenset(value for value, kind in kinds.items() if kind is Kind.BIRTH_DATE),
        frozenset(value for value, kind in kinds.items() if kind is Kind.EXPIRY),
        {
            value: kind
            for value, kind in kinds.items()
            if kind in _SHORT_KINDS and len(value) in _SHORT_DIGITS and value.isdigit() and not _YEAR.fullmatch(value)
        },
        tuple(value for value, kind in kinds.items() if kind is Kind.CODE and value.isalpha()),
    )


def resolve(draft: Draft, people: People, known: Known) -> list[Span]:
    """The places to mask in a text, given what the whole conversation tells.

    Args:
        draft: The text as read by itself.
        people: The people of the conversation.
        known: The numbers of the conversation.
    """
    folded, kinds = draft.text.folded, known.kinds
    ranked = list(draft.ranked)
    if kinds and draft.runs:
        ranked += _ranked_known(draft, known)
    elif known.codes and draft.seen is not Look.NO_DIGIT:
        ranked += ((3, span) for span in _known_codes(folded, known))
    if known.secrets:
        ranked += ((3, span) for span in _known_secrets(draft.text, known))
    if known.expiries and draft.seen is not Look.NO_DIGIT:
        ranked += ((3, span) for span in expiries(draft.text, (), (), known.expiries))
    if known.dates:
        ranked += ((3, span) for span in births(draft.text, known.dates))
    if people:
        for start, end in draft.names:
            ranked.append((11, Span(start, end, Kind.NAME, people.person_at(folded, start, end, side=draft.side))))
        if people.may_be_in(draft.text):
            ranked += ((12, span) for span in people.mentions(draft.text, draft.side))
    if not ranked:
        return []
    found = [
        Span(span.start, span.end, kinds[span.value], span.value)
        if span.value in kinds and span.kind in NUMBERS
        else span
        for _, span in _apart(ranked, folded)
    ]
    return joined(sorted(found, key=lambda span: span.start), folded)


def _apart(ranked: Sequence[tuple[int, Span]], folded: str) -> Iterator[tuple[int, Span]]:
    """The places that overlap no better one and no placeholder."""
    if not ranked:
        return
    taken = [match.span() for match in PLACEHOLDER.finditer(folded)] if "[" in folded else []
    if len(ranked) > 1:
        ranked = sorted(ranked, key=_order)
    for rank, span in ranked:
        if span.value and span.start < span.end and all(span.end <= start or end <= span.start for start, end in taken):
            taken.append((span.start, span.end))
            yield rank, span


def _order(item: tuple[int, Span]) -> tuple[int, int, int]:
    return item[0], item[1].start, -item[1].end


def _covers(whole: Span, part: Span) -> bool:
    return whole.value == part.value and whole.start <= part.start and part.end <= whole.end


def _names(text: Text, asked: Asked, ranked: Sequence[tuple[int, Span]], gate: Gate) -> list[tuple[int, int]]:
    folded = text.folded
    found = list(names_en.names(text, asked=asked.name, answer=bool(asked.kinds)))
    if gate.companies:
        found = [place for place in found if text.lower[slice(*place)] not in gate.companies]
    if not folded.isascii():
        answer = bool(asked.kinds) or any(span.kind in NUMBERS for _, span in ranked)
        found += names_zh.names(text, asked=asked.name, answer=answer, others=gate.others)
        if gate.double_surnames:
            found += double_surnames(folded)
    if not found or "[" not in folded:
        return sorted(found)
    blocked = [match.span() for match in PLACEHOLDER.finditer(folded)]
    return [
        (start, end) for start, end in sorted(found) if all(end <= begin or stop <= start for begin, stop in blocked)
    ]


def _numbers(text: Text, text_runs: list[Run], lang: Lang, asked: Asked) -> Iterator[tuple[int, Span]]:
    """Numbers with their ranks.

    From proof to guess: a resident id, a strong cue beside it, check digits, the layout of a phone number, a weak
    cue beside it, digits that can be a phone number, a strong cue not far, a prefix, mere length.
    """
    folded = text.folded
    for span, rank in Reader(text, lang, text_runs, asked).spans():
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


def _ranked_known(draft: Draft, known: Known) -> Iterator[tuple[int, Span]]:
    """Numbers that stand elsewhere with their cue; the longest wins, so that no number loses only its beginning."""
    for span in _known(draft, known):
        # A number without its country code is inside the whole one; the whole one is what must go.
        if any(_covers(other, span) for _, other in draft.ranked):
            continue
        length = span.end - span.start
        inside = any(
            other.start <= span.start and span.end <= other.end and length < other.end - other.start
            for _, other in draft.ranked
        )
        yield (10 if inside else 3), span if inside else _with_rest(draft, span)


def _with_rest(draft: Draft, span: Span) -> Span:
    """A known number with what hyphens bind to it: "48213-77"."""
    folded = draft.text.folded
    for run in draft.runs:
        if run.start <= span.start and span.end <= run.end and run.end - run.start > span.end - span.start:
            written = folded[run.start : run.end]
            if "-" in written and " " not in written and len(run.digits) > len(span.value):
                return Span(run.start, run.end, span.kind, run.digits)
    return span


def _known(draft: Draft, known: Known) -> Iterator[Span]:
    folded = draft.text.folded
    for run in draft.runs:
        pieces = {(run.start, run.end, run.digits)}
        pieces.update((start, end, digits) for start, end, digits, _ in windows(run))
        if not run.spoken:
            pieces.update((start, end, folded[start:end]) for start, end in run.groups)
        for start, end, digits in pieces:
            if len(digits) >= _MIN_KNOWN and digits in known.kinds:
                yield Span(start, end, known.kinds[digits], digits)
        if run.digits in known.short and (run.spoken or not is_quantity(folded, run.start, run.end)):
            yield Span(run.start, run.end, known.short[run.digits], run.digits)
    if known.codes:
        yield from _known_codes(folded, known)


def _known_secrets(text: Text, known: Known) -> Iterator[Span]:
    for secret in known.secrets:
        place = text.lower.find(secret)
        while place >= 0:
            end = place + len(secret)
            if not secret.isascii() or stands_alone(text.folded, place, end):
                yield Span(place, end, Kind.CODE, secret)
            place = text.lower.find(secret, end)


def _known_codes(folded: str, known: Known) -> Iterator[Span]:
    bare = folded.lower().replace(" ", "").replace("-", "").replace("_", "").replace("/", "")
    if not any(code in bare for code in known.codes):
        return
    for match in _TOKEN.finditer(folded):
        value = compact(match[0])
        if len(value) >= _MIN_KNOWN and value in known.codes:
            yield Span(match.start(), match.end(), known.kinds[value], value)
