"""The lines of a written call, each with what stands before its colon, dash or bracket if that is a speaker's label.

A line is read by itself here; which of the labels are none when seen beside the others is found out in ``doubts``.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from csc_dspy.corpora.readers.marks import (
    ONLY_DIRECTION,
    RULE,
    TIME_ALONE,
    TIME_FIRST,
    TIME_WITHIN,
    is_media,
    is_remark,
)
from csc_dspy.corpora.readers.speakers import MAX_LABEL, Label, is_third_party, parse_label


class Line(NamedTuple):
    """A line with something on it."""

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


def scan_lines(text: str, first_line: int) -> list[Line]:
    """The lines with something on them, each with its label if it seems to have one."""
    found = []
    wide = "：" in text
    apart = False
    for number, raw in enumerate(text.split("\n"), start=first_line):
        line = raw.strip()
        if not line:
            apart = True
            continue
        if line[0] in "<[(（【" and is_media(line):
            found.append(Line(number, None, line, line, apart))
            apart = False
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
            found.append(Line(number, label, rest, line, apart))
        elif not RULE.match(line):
            found.append(look_closer(line, number, apart))
        apart = False
    return found


def _unmarked(label: str, rest: str) -> str:
    """What follows a label, without the end of the bold or italic type that the label began."""
    for mark in ("**", "__", "*", "_"):
        if label.count(mark) % 2 and rest.startswith(mark):
            return rest[len(mark) :].lstrip()
    return rest


def look_closer(line: str, number: int, apart: bool) -> Line:
    """A line whose label, if any, is hidden behind a time stamp or is not set off by a colon."""
    plain = Line(number, None, line, line, apart)
    if is_remark(line) or TIME_ALONE.match(line):
        return plain
    rest = _TAGS.sub("", line) if "<" in line else line
    if voice := _VOICE.match(rest):
        label = parse_label(voice[1])
        return Line(number, label, voice[2], line, apart) if label else plain
    stripped = _DECORATION.sub("", rest)
    listed = stripped != rest and rest[0].isalnum()
    timed = TIME_FIRST.sub("", stripped)
    for candidate in dict.fromkeys((timed, stripped)):
        found = _labelled(candidate, candidate is timed and timed != stripped)
        if found is not None:
            label, said, weak = found
            # `1. Online payments: …` is an item of a list; `1. Agent: …` is a numbered line.
            if label.role is None and listed and not is_third_party(label.name or label.key):
                continue
            return Line(number, label, said, line, apart, weak)
    return plain


def _ends_label(time: re.Match[str]) -> bool:
    """Whether a colon follows a time, or brackets stand around it."""
    return time["sep"] in (":", "：") or time[0].strip()[0] in "[(（【<"


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
    within = TIME_WITHIN.search(line, 0, 96)
    # `Agent - Tina (10:00): Hello`: the dash is part of the label that the time ends.
    if within and 0 < within.start() <= 48 and _ends_label(within):
        label = parse_label(line[: within.start()])
        if label is not None and label.role is not None and label.name is not None:
            return label, line[within.end() :], False
    for pattern in (_DASHED, _SPACED_HAN):
        if match := pattern.match(line):
            label = parse_label(match[1])
            if label is not None and (label.role is not None or timed):
                return label, match[2], False
    if within and 0 < within.start() <= 48:
        label = parse_label(line[: within.start()])
        said = line[within.end() :]
        if label is not None and (within["sep"] or not said or label.role is not None):
            return label, said.lstrip(" :：-–—|") if label.role else said, False
    label = parse_label(line) if len(line) <= 40 else None
    if label is not None and label.role is not None and not line.endswith((".", "!", "?", "。", "！", "？", ",")):
        return label, "", True
    return None
