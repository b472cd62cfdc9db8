r"""JSON of any shape: turns in a list under any names, or a whole transcript in a field.

    {"callId": 7, "messages": [{"sender": "agent", "body": "Good morning."}, …]}
    {"ConversationId": "7", "Content": "Agent (Ben): Good morning.\n\nCustomer (Juan): …"}

What ``--map`` does not say is found by the names that are common; if more than one thing fits, nothing is taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from csc_dspy.corpora.readers.calls import Call, Origin, to_call
from csc_dspy.corpora.readers.fields import Fields, at_path, other_fields
from csc_dspy.corpora.readers.marks import clean_text, without_media
from csc_dspy.corpora.readers.speakers import Label, parse_label
from csc_dspy.corpora.readers.transcripts import Transcript, Utterance, read_transcript
from csc_dspy.corpora.readers.vocabulary import Role

SPEAKER_KEYS = (
    "speaker",
    "role",
    "from",
    "sender",
    "author",
    "participant",
    "party",
    "speaker_role",
    "user_type",
    "who",
)
"""Where a turn says who speaks, if no --map does."""

TEXT_KEYS = ("text", "content", "value", "message", "utterance", "body", "transcript", "sentence", "msg", "words")
"""Where a turn says what is said, if no --map does."""


def read_general(record: Any, origin: Origin, fields: Fields) -> Call:
    """A record of any other shape: turns in a list, or a whole transcript in a field.

    Raises:
        ValueError: Neither is found, or what ``--map`` names is not there.
    """
    turns, speaker, text = find_turns(record, fields)
    value = at_path(record, turns) if turns else record
    rest = other_fields(record, [turns, fields.id, fields.topic])
    if isinstance(value, str):
        return to_call(read_transcript(value.replace("\r\n", "\n"), origin.line), origin._replace(fields=rest))
    if are_lines(value):
        transcript = read_transcript("\n".join(value), origin.line)
        return to_call(transcript, origin._replace(fields=rest))
    return from_turns(entries_of(value, turns or "the record"), speaker, text, origin, rest)


def find_turns(record: Any, fields: Fields) -> tuple[str | None, str, str]:
    """Where the turns stand, and the keys of speaker and text in them; for a transcript only where it stands."""
    if fields.turns is not None or isinstance(record, list):
        value = at_path(record, fields.turns) if fields.turns else record
        if isinstance(value, str) or are_lines(value):
            return fields.turns, "", ""
        keys = turn_keys(value, fields)
        if keys is None:
            raise ValueError(f"no turns: say --map speaker=…,text=… for the entries of {fields.turns or 'the list'!r}")
        return fields.turns, *keys
    if not isinstance(record, dict):
        raise ValueError(f"no record: an object or a list of turns is needed, not {type(record).__name__}")
    if fields.text and not fields.speaker:  # a whole transcript
        at_path(record, fields.text)
        return fields.text, "", ""
    lists = {path: keys for path, value in _lists(record) if (keys := turn_keys(value, fields))}
    if len(lists) == 1:
        path, found = lists.popitem()
        return path, *found
    if lists:
        raise ValueError(f"no turns: several lists could hold them ({', '.join(lists)}); say --map turns=…")
    lines = [path for path, value in _lists(record) if are_lines(value)]
    texts = [str(key) for key, value in record.items() if isinstance(value, str) and _is_transcript(value)]
    if len(lines) + len(texts) == 1:
        return (lines + texts)[0], "", ""
    there = ", ".join(map(str, record))[:300]
    if lines or texts:
        raise ValueError(f"no turns: several fields hold a transcript ({', '.join(lines + texts)}); say --map text=…")
    raise ValueError(f"no turns: no field holds them; there are {there}; say --map turns=…,speaker=…,text=…")


def _lists(record: Mapping[str, Any], prefix: str = "", depth: int = 3) -> list[tuple[str, Any]]:
    """The lists in a record and in its objects, with their paths."""
    found: list[tuple[str, Any]] = []
    for key, value in record.items():
        if isinstance(value, list) and value:
            found.append((f"{prefix}{key}", value))
        elif isinstance(value, dict) and depth:
            found += _lists(value, f"{prefix}{key}.", depth - 1)
    return found


def turn_keys(entries: Any, fields: Fields) -> tuple[str, str] | None:
    """The keys of speaker and text in the entries of a list, if they are turns."""
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        return None
    first = entries[0]
    speaker = fields.speaker or next((key for key in SPEAKER_KEYS if isinstance(first.get(key), str | int)), None)
    text = fields.text or next((key for key in TEXT_KEYS if isinstance(first.get(key), str)), None)
    if speaker is None or text is None or speaker == text:
        return None
    try:
        at_path(first, speaker), at_path(first, text)
    except ValueError:
        return None
    return speaker, text


def are_lines(value: Any) -> bool:
    """Whether a list holds the lines of a transcript."""
    return isinstance(value, list) and bool(value) and all(isinstance(line, str) for line in value) and _is_transcript(
        "\n".join(value)
    )  # fmt: skip


def _is_transcript(text: str) -> bool:
    """Whether a text has speakers."""
    try:
        return len(read_transcript(text[:20_000].replace("\r\n", "\n")).utterances) > 1
    except ValueError:
        return False


def entries_of(value: Any, where: str) -> list[Mapping[str, Any]]:
    """A value that must be a list of turns, and hold one.

    Raises:
        ValueError: It is none, or empty.
    """
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise ValueError(f"no turns: {where!r} is not a list of turns")
    if not value:
        raise ValueError("empty: there is no turn in the call")
    return value


def from_turns(
    entries: Sequence[Mapping[str, Any]],
    speaker: str,
    text: str,
    origin: Origin,
    rest: dict[str, Any] | None,
    sides: Mapping[str, Role] | None = None,
) -> Call:
    """A call from a list of turns.

    Args:
        entries: The turns.
        speaker: Path of the speaker in a turn.
        text: Path of the text in a turn.
        origin: Where the call comes from.
        rest: Other fields of its record.
        sides: Role of each speaker's name; other names are read like the labels of a transcript.

    Raises:
        ValueError: A turn has no speaker or no text, or a role cannot be known.
    """
    said: list[tuple[str, str]] = []
    for number, entry in enumerate(entries, start=1):
        try:
            who, what = at_path(entry, speaker), at_path(entry, text)
        except ValueError as error:
            raise ValueError(f"{error} (turn {number})") from None
        words = _text(what)
        if words is None:
            raise ValueError(f"no text: turn {number} holds {type(what).__name__} instead")
        if isinstance(who, bool) or not isinstance(who, str | int):
            raise ValueError(f"no role: turn {number} is spoken by {type(who).__name__} instead of a text")
        said.append((str(who), words))
    return to_call(as_transcript(said, origin.line, sides), origin._replace(fields=rest))


def _text(value: Any) -> str | None:
    """The text of a turn; parts of a message are joined, a call of a tool has none."""
    if value is None:
        return ""
    if isinstance(value, list):
        parts = [part.get("text", "") if isinstance(part, dict) else part for part in value]
        return "\n".join(part for part in parts if part) if all(isinstance(part, str) for part in parts) else None
    return value if isinstance(value, str) else None


def as_transcript(said: Sequence[tuple[str, str]], line: int, sides: Mapping[str, Role] | None = None) -> Transcript:
    """Turns as utterances; who speaks is read like the label of a transcript."""
    utterances = []
    directions = media = 0
    for who, what in said:
        label = _label(who, sides)
        text, shown = without_media(what)
        text, count = clean_text(text)
        media += shown
        directions += count
        if text:
            utterances.append(Utterance(label, text, line))
    if not utterances:
        raise ValueError("empty: nobody says anything in the call")
    return Transcript("", utterances, (), directions, media)


def _label(who: str, sides: Mapping[str, Role] | None) -> Label:
    if sides is not None and (role := sides.get(who.casefold().strip())):
        return Label(who.casefold(), role, None)
    return parse_label(who) or Label(who.casefold().strip(), None, who.strip() or None)
