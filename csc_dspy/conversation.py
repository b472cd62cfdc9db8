"""The one record that crosses every border: ``Conversation``, one JSON object a line.

{"id": "rolecs-000017", "lang": "en", "topic": "complaints_and_disputes", "source": "rolecs",
 "scenario": "…", "profile": "…", "goal": "…",
 "turns": [{"speaker": "customer", "text": "…"},
           {"speaker": "supporter", "text": "…", "strategy": "emotional_management", "stage": "identifying"}],
 "meta": {…}}
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, ValidationInfo, field_validator

from csc_dspy.errors import InputError, LineError
from csc_dspy.files import written_whole
from csc_dspy.framework import Lang, Stage, Strategy

Speaker = Literal["customer", "supporter"]
SPEAKERS: tuple[Speaker, ...] = ("customer", "supporter")

_SPEAKER_NAMES: dict[Lang, dict[Speaker, str]] = {
    "en": {"customer": "Customer", "supporter": "Supporter"},
    "zh": {"customer": "客户", "supporter": "客服"},
}


_NOT_BEGUN: dict[Lang, str] = {"en": "(the conversation has not begun)", "zh": "（对话尚未开始）"}


class Record(BaseModel):
    """Base of the records: frozen, no unknown fields, absent optional fields left out of the JSON."""

    # NaN and Infinity are no JSON: a file with them could not be read by others.
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def to_json(self) -> str:
        """One line of JSON, without a newline; ``None`` fields are left out."""
        return json.dumps(self.model_dump(mode="json", exclude_none=True), ensure_ascii=False, allow_nan=False)


class Turn(Record):
    """What one side says at a time."""

    speaker: Speaker
    text: str
    strategy: Strategy | None = None
    stage: Stage | None = None

    # Of the field and not of the model: most turns of raw calls have no strategy, and pay nothing for the check.
    @field_validator("strategy")
    @classmethod
    def _strategies_are_the_supporters(cls, value: Strategy | None, info: ValidationInfo) -> Strategy | None:
        if value is not None and info.data.get("speaker") == "customer":
            raise ValueError("a customer turn has no strategy")
        return value


class Conversation(Record):
    """A support conversation, as read from a log, rewritten, or played.

    Consecutive turns of one speaker are legal in raw data; CSConv and RoleCS alternate strictly.
    """

    id: str = Field(min_length=1)
    lang: Lang
    topic: str
    source: str
    scenario: str | None = None
    profile: str | None = None
    goal: str | None = None
    turns: tuple[Turn, ...]
    meta: dict[str, JsonValue] | None = None

    @property
    def supporter_turns(self) -> tuple[Turn, ...]:
        """The supporter's turns, in order."""
        return tuple(turn for turn in self.turns if turn.speaker == "supporter")

    @property
    def alternates(self) -> bool:
        """Whether no speaker talks twice running."""
        return all(a.speaker != b.speaker for a, b in zip(self.turns, self.turns[1:], strict=False))


class Profile(Record):
    """A person who may call: free text, structured fields, or both."""

    id: str = Field(min_length=1)
    text: str = Field(min_length=1)
    lang: Lang | None = None
    fields: dict[str, JsonValue] | None = None


class Scenario(Record):
    """What happens in a role-play: the situation both sides know, and the goal only the customer knows."""

    topic: str
    scenario: str = Field(min_length=1)
    goal: str = Field(min_length=1)


def speaker_name(speaker: Speaker, lang: Lang) -> str:
    """How a speaker is called in a transcript, for example ``Customer`` or ``客户``."""
    return _SPEAKER_NAMES[lang][speaker]


def render_transcript(turns: Sequence[Turn], lang: Lang, *, strategies: bool = False) -> str:
    """The conversation so far as text, one line a turn; the only rendering that prompts use.

    Args:
        turns: The turns, oldest first.
        lang: Language of the speakers' names.
        strategies: Whether supporter turns show their strategy. Never for the customer's side.

    Returns:
        Lines like ``Supporter [Greeting]: Good morning!``; a note in brackets when there is no turn yet.
        Line breaks inside a turn become spaces, so that no text can pose as another speaker's line.
    """
    if not turns:
        return _NOT_BEGUN[lang]
    colon = "：" if lang == "zh" else ": "
    lines = []
    for turn in turns:
        label = f" [{turn.strategy.names.in_(lang)}]" if strategies and turn.strategy else ""
        lines.append(f"{speaker_name(turn.speaker, lang)}{label}{colon}{' '.join(turn.text.split())}")
    return "\n".join(lines)


_LINE = re.compile(r"(Customer|Supporter|客户|客服)(?: \[([^\]]+)\])?(?:: ?|：)(.*)")
_SPEAKERS_BY_NAME = {name: speaker for names in _SPEAKER_NAMES.values() for speaker, name in names.items()}


def read_transcript(text: str) -> list[Turn]:
    """The turns of a transcript, as :func:`render_transcript` makes them; stages are not in it.

    Raises:
        ValueError: A line is no turn.
    """
    if text in _NOT_BEGUN.values():
        return []
    turns = []
    for line in text.splitlines():
        if (found := _LINE.fullmatch(line)) is None:
            raise ValueError(f"no line of a transcript: {line[:60]!r}")
        strategy = Strategy.parse(found[2]) if found[2] else None
        turns.append(Turn(speaker=_SPEAKERS_BY_NAME[found[1]], text=found[3], strategy=strategy))
    return turns


R = TypeVar("R", bound=Record)
T = TypeVar("T")
OnBad = Callable[[LineError], None]


def fault_of(error: ValidationError) -> str:
    """The first fault of a validation error in one line, without the input's text."""
    found = error.errors(include_url=False, include_input=False)
    if missing := [".".join(map(str, one["loc"])) for one in found if one["type"] == "missing"]:
        return f"{', '.join(missing)}: {'is' if len(missing) == 1 else 'are'} missing"
    first = found[0]
    if first["type"] == "json_invalid":
        return f"not JSON: {first.get('ctx', {}).get('error', first['msg'])}"
    place = ".".join(str(part) for part in first["loc"])
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{place}: {first['msg']}{more}" if place else f"{first['msg']}{more}"


def iter_lines(path: Path | str, parse: Callable[[str], T], on_bad: OnBad | None = None) -> Iterator[T]:
    """Parse a UTF-8 file line by line, without ever holding more than a line.

    A byte-order mark is taken off; empty lines are passed over.

    Args:
        path: The file.
        parse: Turns a line into a value; raises ``ValueError`` (pydantic's included) when it does not fit.
        on_bad: Called with the error of each bad line, which is then left out. Without it the first
            bad line is raised.

    Raises:
        InputError: No such file, a directory, unreadable.
        LineError: A line that does not fit, when ``on_bad`` is not given.
    """
    try:
        with Path(path).open("rb") as file:
            for number, raw in enumerate(file, start=1):
                if number == 1:
                    raw = raw.removeprefix(codecs.BOM_UTF8)
                if not raw.strip():
                    continue
                try:
                    value = parse(raw.decode("utf-8"))
                except UnicodeDecodeError as error:
                    bad = LineError(path, number, f"not UTF-8 (byte {error.start + 1} of the line)")
                except ValidationError as error:
                    bad = LineError(path, number, fault_of(error))
                except ValueError as error:
                    bad = LineError(path, number, str(error))
                else:
                    yield value
                    continue
                if on_bad is None:
                    raise bad
                on_bad(bad)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise InputError(f"{path}: is a directory, a file is needed") from None
    except OSError as error:
        raise InputError(f"{path}: not readable ({error.strerror or error})") from None


def read_records(model: type[R], path: Path | str, on_bad: OnBad | None = None) -> Iterator[R]:
    """Read JSONL records of one type; see :func:`iter_lines` for errors."""
    return iter_lines(path, model.model_validate_json, on_bad)


def read_conversations(path: Path | str, on_bad: OnBad | None = None) -> Iterator[Conversation]:
    """Read a JSONL file of conversations; see :func:`iter_lines` for errors."""
    return read_records(Conversation, path, on_bad)


def write_records(path: Path | str, records: Iterable[Record]) -> int:
    """Write records as JSONL, replacing the file only when all of them are on disk.

    Returns:
        How many were written.

    Raises:
        RunError: The file cannot be written; an earlier one is untouched.
    """
    count = 0
    with written_whole(path) as part, part.open("w", encoding="utf-8") as file:
        for record in records:
            file.write(record.to_json() + "\n")
            count += 1
    return count


def as_mapping(line: str) -> dict[str, Any]:
    """A line of JSON that must be an object.

    Raises:
        ValueError: It is not JSON, or not an object.
    """
    try:
        value = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} (column {error.colno})") from None
    except RecursionError:
        raise ValueError("not JSON that can be read: nested too deeply") from None
    if not isinstance(value, dict):
        what = "an array" if isinstance(value, list) else f"a {type(value).__name__}"
        raise ValueError(f"a JSON object on a line of its own is needed, not {what}")
    return value
