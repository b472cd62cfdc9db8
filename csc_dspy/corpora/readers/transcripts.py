"""A call as written text: its lines become utterances, each with the label of its speaker.

What stands above the first utterance is the heading. Stage directions, time stamps, rules and closing remarks are
taken off; a line without a speaker goes on with what the speaker before it says.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from csc_dspy.corpora.readers.doubts import name_words, only_a_name, without_false_labels
from csc_dspy.corpora.readers.lines import Line, look_closer, scan_lines
from csc_dspy.corpora.readers.marks import (
    AFTERWORD,
    IN_BRACKETS,
    MARKS,
    NOTES,
    RULE,
    TIME_ALONE,
    TIME_BEFORE_TEXT,
    TIME_FIRST,
    clean_text,
    is_media,
    is_remark,
    joined,
    may_hold_media,
)
from csc_dspy.corpora.readers.speakers import Label, is_name, parse_label
from csc_dspy.corpora.readers.vocabulary import ROLE_WORDS, Role


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
    media: int = 0
    """Lines that stand for pictures and files, taken off."""
    notes: int = 0
    """Lines about the call, below it, taken off."""

    @property
    def speakers(self) -> list[Label]:
        """The labels of the utterances, each as an object once, in the order in which they come."""
        return list({id(label): label for label, _, _ in self.utterances}.values())


# The labels of a call that was written on one line.
_INLINE = re.compile(
    rf"(?<=[.!?…。！？；\"”])\s*(?=(?:{ROLE_WORDS})(?:\s?\d{{1,4}}|\s?[(（][^()（）]{{1,24}}[)）])?\s?[:：])",
    re.IGNORECASE,
)
_DIVIDES = re.compile(r"\s*[/|;,，、]\s*")
_OPEN_BRACKET = re.compile(r"\s*[(（\[][^)）\]]*$")
# Signs of the direction of writing, which chat exports put before names and notices.
_DIRECTED = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
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
    if not text.isascii() and _DIRECTED.search(text):
        text = _DIRECTED.sub("", text)
    if "\n" not in text.strip():
        text = _INLINE.sub("\n", text)
    simple = _read_simple(text, first_line)
    if simple is not None:
        return simple
    lines = scan_lines(text, first_line)
    if not lines:
        raise ValueError("empty: there is no text in the call")
    lines = without_false_labels(lines)
    start = _first_utterance(lines)
    if start is None:
        raise ValueError("no speakers: no line begins with the name of who speaks")
    utterances, left_out = _fold(lines[start:], text)
    heading = "\n".join(line.whole for line in lines[:start])
    spoken = {utterance.label for utterance in utterances}
    labels = dict.fromkeys(line.label for line in lines if line.label is not None and line.label not in spoken)
    return Transcript(heading, utterances, tuple(labels), *left_out)


def _read_simple(text: str, first_line: int) -> Transcript | None:
    """The same for a call as most are written, at a fifth of the time; ``None`` for any other.

    Every line has a label that names a role, but for headings above the first one.
    """
    colon = "：" if "：" in text and ":" not in text else ":"
    if (colon == ":" and "：" in text) or may_hold_media(text):
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
                if is_media(rest):
                    return None
                rest, count = clean_text(rest)
                directions += count
                break
        if not rest or (len(utterances) < 2 and (rest[0] in _TIME_BEGINS or only_a_name(rest))):
            return None
        utterances.append(Utterance(label, rest, number))
    return Transcript("\n".join(heading), utterances, (), directions) if utterances else None


@lru_cache(maxsize=1024)
def _is_plain(line: str) -> bool:
    return look_closer(line, 0, False).label is None


def only_introduces(transcript: Transcript) -> bool:
    """Whether nothing is said in a text but who is who: ``Agent: Ben``."""
    return all(only_a_name(utterance.text) for utterance in transcript.utterances)


def _first_utterance(lines: Sequence[Line]) -> int | None:
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
        if others is None and not only_a_name(line.text):
            break
        declared.append(place)
        introduced |= {line.label.role} | (others or set())
    by_name = [place for place in declared if name_words(lines[place].text) & keys]
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


def _fold(lines: Sequence[Line], whole: str) -> tuple[list[Utterance], tuple[int, int, int]]:
    """Utterances, each with the lines that go on with it; how many directions, media and notes were taken off."""
    said: list[tuple[Label, list[str], int]] = []
    is_open = True
    directions = media = notes = 0
    marked = any(mark in whole for mark in MARKS)
    last = max(place for place, line in enumerate(lines) if line.label is not None)
    for place, line in enumerate(lines):
        if line.label is not None:
            said.append((line.label, [line.text] if line.text else [], line.number))
            is_open = True
        elif is_remark(line.text):
            is_open = False
        elif place > last and (AFTERWORD if line.apart else NOTES).match(line.text):
            is_open = False
            notes += 1
        elif is_media(line.text):
            media += 1
        elif marked and IN_BRACKETS.match(line.text):
            directions += 1
        elif TIME_ALONE.match(line.text) or _is_cue_number(lines, place):
            continue
        elif is_open:
            said[-1][1].append(line.text)
        else:
            notes += 1
    _drop_cut_label(said)
    utterances = []
    for label, texts, number in said:
        if texts and is_media(texts[0]):
            media += 1
            del texts[0]
        text = joined(texts)
        if marked:
            text, count = clean_text(text)
            directions += count
        if text:
            utterances.append(Utterance(label, text, number))
    timed = sum(TIME_BEFORE_TEXT.match(utterance.text) is not None for utterance in utterances)
    if timed >= 2 and timed >= 0.8 * len(utterances):
        utterances = [utterance._replace(text=TIME_BEFORE_TEXT.sub("", utterance.text)) for utterance in utterances]
    return utterances, (directions, media, notes)


def _is_cue_number(lines: Sequence[Line], place: int) -> bool:
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
