"""A call as written text: its lines become utterances, each with the label of its speaker.

What stands above the first utterance is the heading. Stage directions, time stamps, rules and closing remarks are
taken off; a line without a speaker goes on with what the speaker before it says.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import NamedTuple

from csc_dspy.corpora.readers.marks import (
    AFTERWORD,
    IN_BRACKETS,
    MARKS,
    ONLY_DIRECTION,
    RULE,
    TIME_ALONE,
    TIME_BEFORE_TEXT,
    TIME_FIRST,
    TIME_WITHIN,
    clean_text,
    is_remark,
    joined,
)
from csc_dspy.corpora.readers.speakers import MAX_LABEL, Label, is_name, parse_label
from csc_dspy.corpora.readers.vocabulary import GREETINGS, ROLE_WORDS, Role


class Utterance(NamedTuple):
    """What one speaker says at a time."""

    label: Label
    text: str
    line: int


class Transcript(NamedTuple):
    """A call as it was written down."""

    heading: str
    utterances: list[Utterance]
    labels: tuple[Label, ...] = ()
    """Those that stand in the heading or over nothing, and say who is who."""
    directions: int = 0
    """Stage directions that were taken off."""

    @property
    def speakers(self) -> list[Label]:
        """The labels of the utterances, each as an object once, in the order in which they come."""
        return list({id(label): label for label, _, _ in self.utterances}.values())


class _Line(NamedTuple):
    number: int
    label: Label | None
    text: str
    """Without the label, if there is one."""
    whole: str
    apart: bool
    """Whether an empty line stands above."""
    weak: bool = False
    """Whether the label stands alone on its line, without a colon."""


_DECORATION = re.compile(r"^(?:[>#•\-–—*_\s]+(?=\S)|\d{1,4}[.)、）]\s*|[（(]\d{1,4}[)）]\s*)+")
_TAGS = re.compile(r"</?(?:b|strong|i|em|p|br|div|span)\b[^<>]{0,80}>", re.IGNORECASE)
_VOICE = re.compile(r"^<v(?:\.[\w.]+)?\s+([^>]{1,60})>(.*?)(?:</v>)?$")
_BRACKETED = re.compile(r"^[\[【<(（]\s*([^\[\]【】<>()（）]{1,40}?)\s*[\]】>)）]\s*[:：|–—-]?\s*(\S.*)$", re.DOTALL)
_DASHED = re.compile(r"^(.{1,48}?)\s*(?:\t|\||\s[-–—]+\s|\s\s|>(?!\s*$))\s*(\S.*)$", re.DOTALL)
_SPACED_HAN = re.compile(r"^([\u4e00-\u9fff]{2,6})[ \t\u3000]+(\S.*)$", re.DOTALL)
_NAME_AND_COLON = re.compile(r"^(?:[A-Z][\w'’-]*(?: [A-Z][\w'’-]*\.?){0,2}|[\u4e00-\u9fff]{2,3})\s*[:：]")
# The labels of a call that was written on one line.
_INLINE = re.compile(
    rf"(?<=[.!?…。！？；\"”])\s*(?=(?:{ROLE_WORDS})(?:\s?\d{{1,4}}|\s?[(（][^()（）]{{1,24}}[)）])?\s?[:：])",
    re.IGNORECASE,
)
_DIVIDES = re.compile(r"\s*[/|;,，、]\s*")
_OPEN_BRACKET = re.compile(r"\s*[(（\[][^)）\]]*$")
_DIGITS = re.compile(r"\d+")
_TIME_BEGINS = "[(（【0123456789"


def read_transcript(text: str, first_line: int = 1) -> Transcript:
    """Find the utterances of one call.

    Args:
        text: The whole call; lines end with a line feed.
        first_line: The number of its first line in the file.

    Raises:
        ValueError: There is no text in it, or no speaker.
    """
    if "\n" not in text.strip():
        text = _INLINE.sub("\n", text)
    simple = _read_simple(text, first_line)
    if simple is not None:
        return simple
    lines = _scan(text, first_line)
    if not lines:
        raise ValueError("empty: there is no text in the call")
    lines = _without_false_labels(lines)
    start = _first_utterance(lines)
    if start is None:
        raise ValueError("no speakers: no line begins with the name of who speaks")
    utterances, directions = _fold(lines[start:], text)
    heading = "\n".join(line.whole for line in lines[:start])
    spoken = {utterance.label for utterance in utterances}
    labels = dict.fromkeys(line.label for line in lines if line.label is not None and line.label not in spoken)
    return Transcript(heading, utterances, tuple(labels), directions)


def _read_simple(text: str, first_line: int) -> Transcript | None:
    """The same for a call as most are written, at a fifth of the time; ``None`` for any other.

    Every line has a label that names a role, but for headings above the first one.
    """
    colon = "：" if "：" in text and ":" not in text else ":"
    if colon == ":" and "：" in text:
        return None
    marks = [mark for mark in MARKS if mark in text]
    known: dict[str, Label] = {}
    heading: list[str] = []
    utterances: list[Utterance] = []
    directions = 0
    for number, line in enumerate(text.split("\n"), start=first_line):
        line = line.strip()
        if not line:
            continue
        if line[0] in _TIME_BEGINS:
            line = TIME_FIRST.sub("", line)
        before, found, rest = line.partition(colon)
        label = known.get(before)
        if label is None:
            if line[:1] == "<":
                return None
            label = parse_label(before) if found else None
            if label is None and not utterances and _is_plain(_DIGITS.sub("0", line)):
                if not RULE.match(line):
                    heading.append(line)
                continue
            if label is None or label.role is None or before[-1].isdigit() or "*" in before or "_" in before:
                return None
            known[before] = label
        rest = rest.lstrip()
        for mark in marks:
            if mark in rest:
                rest, count = clean_text(rest)
                directions += count
                break
        if not rest or (len(utterances) < 2 and (rest[0] in _TIME_BEGINS or _only_a_name(rest))):
            return None
        utterances.append(Utterance(label, rest, number))
    return Transcript("\n".join(heading), utterances, (), directions) if utterances else None


@lru_cache(maxsize=1024)
def _is_plain(line: str) -> bool:
    return _look_closer(line, 0, False).label is None


def only_introduces(transcript: Transcript) -> bool:
    """Whether nothing is said in a text but who is who: ``Agent: Ben``."""
    return all(_only_a_name(utterance.text) for utterance in transcript.utterances)


def _scan(text: str, first_line: int) -> list[_Line]:
    """The lines with something on them, each with its label if it seems to have one."""
    found = []
    wide = "：" in text
    apart = False
    for number, raw in enumerate(text.split("\n"), start=first_line):
        line = raw.strip()
        if not line:
            apart = True
            continue
        if line[0] == "<":
            line = _TAGS.sub("", line).strip() or line
        colon = line.find(":", 0, MAX_LABEL)
        if wide:
            other = line.find("：", 0, MAX_LABEL)
            colon = other if colon < 0 or 0 <= other < colon else colon
        label = parse_label(line[:colon]) if colon > 0 else None
        if label is not None and not (line[colon - 1].isdigit() and line[colon + 1 : colon + 2].isdigit()):
            rest = line[colon + 1 :].lstrip()
            if "*" in line[: colon + 4]:
                rest = _unmarked(line[:colon], rest)
            found.append(_Line(number, label, rest, line, apart))
        elif not RULE.match(line):
            found.append(_look_closer(line, number, apart))
        apart = False
    return found


def _unmarked(label: str, rest: str) -> str:
    """What follows a label, without the end of the bold or italic type that the label began."""
    for mark in ("**", "__", "*", "_"):
        if label.count(mark) % 2 and rest.startswith(mark):
            return rest[len(mark) :].lstrip()
    return rest


def _look_closer(line: str, number: int, apart: bool) -> _Line:
    """A line whose label, if any, is hidden behind a time stamp or is not set off by a colon."""
    plain = _Line(number, None, line, line, apart)
    if is_remark(line) or TIME_ALONE.match(line):
        return plain
    rest = _TAGS.sub("", line) if "<" in line else line
    if voice := _VOICE.match(rest):
        label = parse_label(voice[1])
        return _Line(number, label, voice[2], line, apart) if label else plain
    stripped = _DECORATION.sub("", rest)
    listed = stripped != rest and rest[0].isalnum()
    timed = TIME_FIRST.sub("", stripped)
    for candidate in dict.fromkeys((timed, stripped)):
        found = _labelled(candidate, candidate is timed and timed != stripped)
        if found is not None:
            label, said, weak = found
            # `1. Online payments: …` is an item of a list; `1. Agent: …` is a numbered line.
            if label.role is None and listed:
                continue
            return _Line(number, label, said, line, apart, weak)
    return plain


def _labelled(line: str, timed: bool) -> tuple[Label, str, bool] | None:
    """Label and rest of a line without decoration; whether the label stands alone."""
    if not line:
        return None
    bracketed = _BRACKETED.match(line)
    if bracketed and not ONLY_DIRECTION.match(bracketed[1]) and not _NAME_AND_COLON.match(bracketed[2]):
        label = parse_label(bracketed[1])
        if label is not None and (label.role is not None or line[0] in "[<【"):
            return label, bracketed[2], False
    colon = min((at for at in (line.find(":", 0, MAX_LABEL), line.find("：", 0, MAX_LABEL)) if at > 0), default=-1)
    if colon > 0 and not (line[colon - 1].isdigit() and line[colon + 1 : colon + 2].isdigit()):
        label = parse_label(line[:colon])
        if label is not None:
            return label, _unmarked(line[:colon], line[colon + 1 :].lstrip()), False
    for pattern in (_DASHED, _SPACED_HAN):
        if match := pattern.match(line):
            label = parse_label(match[1])
            if label is not None and (label.role is not None or timed):
                return label, match[2], False
    within = TIME_WITHIN.search(line, 0, 96)
    if within and 0 < within.start() <= 48:
        label = parse_label(line[: within.start()])
        said = line[within.end() :]
        if label is not None and (within["sep"] or not said or label.role is not None):
            return label, said.lstrip(" :：-–—|") if label.role else said, False
    label = parse_label(line) if len(line) <= 40 else None
    if label is not None and label.role is not None and not line.endswith((".", "!", "?", "。", "！", "？", ",")):
        return label, "", True
    return None


def _without_false_labels(lines: list[_Line]) -> list[_Line]:
    """The lines again, without the labels that are none when seen beside the others of the call."""
    labels = [line.label for line in lines if line.label is not None]
    strong = any(line.label is not None and line.label.role is not None and not line.weak for line in lines)
    if strong and any(line.weak for line in lines):
        lines = [line._replace(label=None, text=line.whole) if line.weak else line for line in lines]
    unknown = Counter(label.key for label in labels if label.role is None)
    if not unknown:
        return lines
    known = [line for line in lines if line.label is not None and line.label.role is not None]
    names = {word for line in known if line.label and line.label.name for word in _words(line.label.name)}
    names |= {word for line in known if _only_a_name(line.text) for word in _words(line.text)}
    roles = {label.role for label in labels if label.role is not None}
    false = {key for key, count in unknown.items() if not names & _words(key) and not _speaks(key, count, lines, roles)}
    if not false:
        return lines
    return [
        line._replace(label=None, text=line.whole) if line.label and line.label.role is None and line.label.key in false
        else line
        for line in lines
    ]  # fmt: skip


def _words(name: str) -> set[str]:
    return {name.casefold(), *re.split(r"[\s.]+", name.casefold())} - {""}


def _speaks(key: str, count: int, lines: Sequence[_Line], roles: AbstractSet[str]) -> bool:
    """Whether a name before colons is that of a speaker, and not a word of a list inside an utterance."""
    if count > 1:
        return True
    place, own = next((place, line) for place, line in enumerate(lines) if line.label and line.label.key == key)
    following = lines[place + 1] if place + 1 < len(lines) else None
    if not own.text and (own.weak or following is None or following.label is not None):
        return False
    if {"customer", "supporter"} > roles:
        return True  # someone has to be the other side
    name = re.escape(own.label.name) if own.label and own.label.name else re.escape(key)
    called = re.compile(rf"(?:\b(?:hi|hello|hey|thanks|thank you|to|with|is|am)|,|，|我是|叫)\s*{name}\b[,.!?，。]?")
    if any(called.search(line.whole) for line in lines if line is not own):
        return True
    labelled = [line for line in lines if line.label is not None and line.label.role is not None]
    apart = sum(line.apart for line in labelled)
    if not own.apart or apart < 0.8 * (len(labelled) - 1):
        return False
    return following is None or following.label is None or following.label.role is not None


def _first_utterance(lines: Sequence[_Line]) -> int | None:
    """Where the heading ends: at the first line that has a label and does not only say who is who."""
    labelled = [place for place, line in enumerate(lines) if line.label is not None]
    if not labelled:
        return None
    keys = {line.label.key for line in lines if line.label is not None}
    # `Agent: Ben` and `Customer: Juan` introduce; they are no utterances when both stand there, or speak later.
    declared: list[int] = []
    introduced: set[Role | None] = set()
    for place in labelled:
        line = lines[place]
        if line.label is None or line.label.role is None:
            break
        others = _also_declares(line.text)
        if others is None and not _only_a_name(line.text):
            break
        declared.append(place)
        introduced |= {line.label.role} | (others or set())
    by_name = [place for place in declared if _words(lines[place].text) & keys]
    if len(declared) < len(labelled) and (introduced >= {"customer", "supporter"} or by_name):
        last = declared[-1] if introduced >= {"customer", "supporter"} else by_name[-1]
        return next(place for place in labelled if place > last)
    return labelled[0]


def _also_declares(text: str) -> set[Role | None] | None:
    """The roles that the rest of a line gives to names, as in ``Agent: Ben / Customer: Juan``; ``None`` if none."""
    name, *others = _DIVIDES.split(text)
    found: set[Role | None] = set()
    for other in others:
        before, colon, after = other.replace("：", ":").partition(":")
        label = parse_label(before.strip()) if colon else None
        if label is None or label.role is None or not is_name(after.strip()):
            return None
        found.add(label.role)
    return found if found and is_name(name.strip()) else None


def _only_a_name(text: str) -> bool:
    if not text or len(text) > 48 or text[-1] in ".!?。！？,，":
        return False
    words = text.casefold().replace(",", " ").split()
    if words and words[0] in GREETINGS:
        return False
    bare = re.sub(r"[(（\[].*?[)）\]]", "", text).strip()
    return bool(bare) and (is_name(bare) or re.fullmatch(r"(?:ID|工号|#)?\s*[\w-]*\d[\w-]*", bare) is not None)


def _fold(lines: Sequence[_Line], whole: str) -> tuple[list[Utterance], int]:
    """Utterances, each with the lines that go on with it; and how many stage directions were taken off."""
    said: list[tuple[Label, list[str], int]] = []
    is_open = True
    directions = 0
    marked = any(mark in whole for mark in MARKS)
    last = max(place for place, line in enumerate(lines) if line.label is not None)
    for place, line in enumerate(lines):
        if line.label is not None:
            said.append((line.label, [line.text] if line.text else [], line.number))
            is_open = True
        elif is_remark(line.text) or (place > last and line.apart and AFTERWORD.match(line.text)):
            is_open = False
        elif marked and IN_BRACKETS.match(line.text):
            directions += 1
        elif is_open and not TIME_ALONE.match(line.text) and not _is_cue_number(lines, place):
            said[-1][1].append(line.text)
    _drop_cut_label(said)
    utterances = []
    for label, texts, number in said:
        text = joined(texts)
        if marked:
            text, count = clean_text(text)
            directions += count
        if text:
            utterances.append(Utterance(label, text, number))
    timed = sum(TIME_BEFORE_TEXT.match(utterance.text) is not None for utterance in utterances)
    if timed >= 2 and timed >= 0.8 * len(utterances):
        utterances = [utterance._replace(text=TIME_BEFORE_TEXT.sub("", utterance.text)) for utterance in utterances]
    return utterances, directions


def _is_cue_number(lines: Sequence[_Line], place: int) -> bool:
    """Whether a line is the number of a subtitle, which stands above its time."""
    following = lines[place + 1 : place + 2]
    return lines[place].text.isdigit() and bool(following) and TIME_ALONE.match(following[0].text) is not None


def _drop_cut_label(said: Sequence[tuple[Label, list[str], int]]) -> None:
    """Take off a last line that is the beginning of a label or of a time: the call was cut off there."""
    if not said or len(said[-1][1]) < 2:
        return
    last = said[-1][1][-1]
    begun = _OPEN_BRACKET.sub("", last)
    folded = begun.casefold()
    names = {name.casefold() for label, _, _ in said for name in (label.key, label.name or "") if name}
    is_label = any(name.startswith(folded) and (name != folded or begun != last) for name in names)
    if (len(last) <= 24 and is_label) or (len(last) <= 2 and last.isdigit()):
        said[-1][1].pop()
