"""Masks whole conversations: one placeholder for one value, wherever it stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from pydantic import JsonValue

from csc_dspy.conversation import Conversation, Record, Turn
from csc_dspy.corpora.masking.fields import field_kind, is_value_of
from csc_dspy.corpora.masking.finding import Draft, known_values, read, resolve
from csc_dspy.corpora.masking.gates import Gate, Look, gate, look
from csc_dspy.corpora.masking.kinds import PLACEHOLDER, Kind, Span, highest_placeholders, placeholder
from csc_dspy.corpora.masking.people import People
from csc_dspy.corpora.masking.questions import (
    NOTHING_ASKED,
    NOTHING_WANTED,
    Asked,
    asked_kinds,
    asks,
    asks_name,
    says_go_on,
    wanted,
)
from csc_dspy.corpora.masking.reading import NUMBER_WORDS, Text
from csc_dspy.corpora.masking.shapes import compact
from csc_dspy.corpora.masking.told_places import PLACE_SIGNS
from csc_dspy.framework import Lang

_FAR = 4
"""From so many changes of sides on, a turn does not depend on another's questions."""
_NAME_ASKED = Asked(name=True)
_LONGEST_ANSWER = 200
"""An answer to the question for a name is no longer, in characters."""


class Masked(Record):
    """A conversation without personal data, and how much of it there was."""

    conversation: Conversation
    counts: dict[Kind, int]
    """Places that were masked, by kind; kinds without any are left out. Never the values."""


def mask(conversation: Conversation) -> Masked:
    """Put typed placeholders in the place of personal data, in every text of a conversation.

    The same value always becomes the same placeholder, also when it is written differently or spoken; a second value
    of a kind gets a number, ``[PHONE_2]``. Masking twice changes nothing. Id, topic, source and labels stay.

    Args:
        conversation: Raw or rewritten, of either language.

    Returns:
        The masked conversation; the very same object when there is nothing personal in it.
    """
    texts = list(_texts(conversation))
    possible = gate([item.read for item in texts])
    numbers = _Numbers(conversation.lang)
    counts: Counter[Kind] = Counter()
    people = People()
    todo: Sequence[_Text] = texts
    # A placeholder is other context than a value: what changed is read again until nothing more is found, which is
    # what makes masking twice safe. Every round takes characters away, so there is a last one.
    while todo:
        for item in todo:
            item.seen = look(item.read, possible)
        for item in todo:
            item.asked = _asked(item, possible)
            item.draft = _draft(item, conversation.lang, possible)
            people.add_all(item.draft)
        known = known_values(item.draft for item in todo)
        found = [
            (item, (_whole(item, people) if item.kind else ()) or resolve(item.draft, people, known)) for item in todo
        ]
        changed = [item for item, spans in found if spans]
        for item, spans in found:
            if spans:
                if numbers.fresh:
                    numbers.begin_after(texts)
                for span in spans:
                    counts[span.kind] += 1
                item.set_text(numbers.written(item.text, spans))
        todo = changed + _asked_anew(texts, changed, possible) if changed else ()
    if not counts:
        return Masked(conversation=conversation, counts={})
    return Masked(
        conversation=_rebuilt(conversation, texts), counts={kind: counts[kind] for kind in Kind if counts[kind]}
    )


class _Text:
    """One text of a conversation, in work."""

    __slots__ = ("asked", "before", "draft", "kind", "part", "read", "seen", "text")

    def __init__(self, text: str, kind: Kind | None = None, before: Sequence[_Text] = (), part: int = -_FAR) -> None:
        self.kind = kind
        """What the text is as a whole, when it is a field with a telling name."""
        self.before = before
        """The other side's turns right before."""
        self.part = part
        """How many times the sides have changed before this turn; far from all turns in other texts."""
        self.asked = NOTHING_ASKED
        """What they asked for."""
        self.draft: Draft
        """What the text tells by itself, once it was read."""
        self.seen = Look.NO_DIGIT
        """Whether it can hold a number."""
        self.set_text(text)

    def set_text(self, text: str) -> None:
        self.text = text
        self.read = Text(text)


def _texts(conversation: Conversation) -> Iterator[_Text]:
    """The texts in the order of the record: scenario, profile, goal, turns, then the strings of meta."""
    for text in (conversation.scenario, conversation.profile, conversation.goal):
        if text is not None:
            yield _Text(text)
    own: list[_Text] = []
    other: list[_Text] = []
    part, speaker = 0, ""
    for turn in conversation.turns:
        if turn.speaker != speaker:
            own, other = [], own
            part, speaker = part + 1, turn.speaker
        item = _Text(turn.text, None, other, part)
        own.append(item)
        yield item
    for key, value, _ in _leaves(conversation.meta):
        kind = field_kind(key) if key else None
        yield _Text(value, kind if kind is not None and is_value_of(kind, key, value) else None)


def _leaves(value: JsonValue, key: str = "") -> Iterator[tuple[str, str, bool]]:
    """The strings in JSON data with the key each stands under: keys, texts, and numbers under a telling key."""
    if isinstance(value, dict):
        for name, entry in value.items():
            yield "", name, True
            yield from _leaves(entry, name)
    elif isinstance(value, list):
        for entry in value:
            yield from _leaves(entry, key)
    elif isinstance(value, str) or (_is_number(value) and key and field_kind(key) is not None):
        yield key, str(value), False


def _is_number(value: JsonValue) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _draft(item: _Text, lang: Lang, possible: Gate) -> Draft:
    if item.kind is not None:
        whole = ((0, len(item.text)),) if item.kind is Kind.NAME and not PLACEHOLDER.search(item.text) else ()
        return Draft(item.read, (), whole)
    return read(item.read, lang, possible, item.seen, item.asked, item.part % 2 if item.part > 0 else -1)


def _asked_anew(texts: Sequence[_Text], changed: Sequence[_Text], possible: Gate) -> list[_Text]:
    """The texts that do not answer the same any more, now that others have changed."""
    new = set(map(id, changed))
    near = {item.part + later for item in changed for later in range(1, _FAR)}
    return [
        item for item in texts if item.part in near and id(item) not in new and _asked(item, possible) != item.asked
    ]


def _asked(item: _Text, possible: Gate) -> Asked:
    questions = item.before
    if not questions:
        return NOTHING_ASKED
    name = False
    if len(item.text) < _LONGEST_ANSWER:
        for one in questions:
            name = name or asks_name(one.read)
    words = possible.births or possible.secrets or possible.handles
    digits = item.seen is Look.DIGITS and (possible.addresses or possible.expiries)
    place = possible.addresses and not (item.read.lacks(NUMBER_WORDS) and item.read.lacks(PLACE_SIGNS))
    if not (item.seen is Look.NUMBER or words or digits or place):
        return _NAME_ASKED if name else NOTHING_ASKED
    if not any(asks(one.read) and not says_go_on(one.read) for one in questions):
        # "The order number, please?" "One moment." "Take your time." "Here it is: 88213"
        questions = _asked_earlier(questions[0])
    kinds: set[Kind] = set()
    tail: Kind | None = None
    secret = handle = False
    for one in questions:
        if item.seen is Look.NUMBER:
            kinds |= asked_kinds(one.read)
        want = wanted(one.read, possible)
        if want is not NOTHING_WANTED:
            kinds.update(kind for kind in want.dates if kind is Kind.ADDRESS or not _holds(item.text, kind))
            tail = tail or want.tail
            secret = secret or (want.secret and not _holds(item.text, Kind.CODE))
            handle = handle or (want.handle and not _holds(item.text, Kind.ACCOUNT))
    if not (kinds or name or tail or secret or handle):
        return NOTHING_ASKED
    return Asked(frozenset(kinds), name, tail, secret, handle)


def _holds(text: str, kind: Kind) -> bool:
    """Whether a text holds a placeholder of a kind: what was asked for is answered, another date is a fact."""
    return "[" in text and kind in highest_placeholders(text)


def _asked_earlier(question: _Text) -> Sequence[_Text]:
    """The questions before an answer that gave nothing, or the first part only."""
    answers = question.before
    if not answers or (
        any(answer.seen is Look.NUMBER or PLACEHOLDER.search(answer.text) for answer in answers)
        and not says_go_on(question.read)
    ):
        return ()
    return answers[0].before


def _whole(item: _Text, people: People) -> Sequence[Span]:
    """A field that is a value as a whole."""
    if item.kind is None or PLACEHOLDER.search(item.text):
        return []
    folded = item.read.folded
    value = people.person(folded) if item.kind is Kind.NAME else compact(folded)
    if item.kind is Kind.EMAIL:
        value = folded.strip().lower()
    return [Span(len(folded) - len(folded.lstrip()), len(folded.rstrip()), item.kind, value or folded)]


class _Numbers:
    """Which placeholder each value has."""

    def __init__(self, lang: Lang) -> None:
        self._lang = lang
        self._numbers: dict[Kind, dict[str, int]] = {kind: {} for kind in Kind}
        self._next: dict[Kind, int] = {}
        self.fresh = True

    def begin_after(self, texts: Sequence[_Text]) -> None:
        """Leave the placeholders alone that are in the texts already."""
        for item in texts:
            for kind, number in highest_placeholders(item.text).items():
                self._next[kind] = max(self._next.get(kind, 1), number + 1)
        self.fresh = False

    def written(self, text: str, spans: Sequence[Span]) -> str:
        """A text with placeholders in the places."""
        parts: list[str] = []
        place = 0
        for span in spans:
            values = self._numbers[span.kind]
            if span.value not in values:
                values[span.value] = self._next.get(span.kind, 1)
                self._next[span.kind] = values[span.value] + 1
            parts += text[place : span.start], placeholder(span.kind, values[span.value], self._lang)
            place = span.end
        return "".join((*parts, text[place:]))


def _rebuilt(conversation: Conversation, texts: Sequence[_Text]) -> Conversation:
    """The conversation with its texts exchanged; they come in the order of :func:`_texts`."""
    rest = iter(texts)
    update: dict[str, object] = {
        name: next(rest).text for name in ("scenario", "profile", "goal") if getattr(conversation, name) is not None
    }
    update["turns"] = tuple(_with_text(turn, next(rest).text) for turn in conversation.turns)
    if conversation.meta is not None:
        update["meta"] = _exchanged(conversation.meta, rest)
    return conversation.model_copy(update=update)


def _with_text(turn: Turn, text: str) -> Turn:
    return turn if turn.text == text else turn.model_copy(update={"text": text})


def _exchanged(value: JsonValue, rest: Iterator[_Text], key: str = "") -> JsonValue:
    """JSON data with its strings exchanged; the order is that of :func:`_leaves`."""
    if isinstance(value, dict):
        changed: dict[str, JsonValue] = {}
        for name, entry in value.items():
            new = next(rest).text
            changed[_free(new, changed)] = _exchanged(entry, rest, name)
        return changed
    if isinstance(value, list):
        return [_exchanged(entry, rest, key) for entry in value]
    if isinstance(value, str):
        return next(rest).text
    if _is_number(value) and key and field_kind(key) is not None:
        text = next(rest).text
        return value if text == str(value) else text
    return value


def _free(key: str, taken: Mapping[str, JsonValue]) -> str:
    """A key that is not taken yet: two layouts of one number as keys must not swallow an entry."""
    while key in taken:
        key += "'"
    return key
