"""Plain text: one call a file, or several with a line between them that says where the next one begins.

    Call 1
    Agent: Good morning, thank you for calling.
    Customer: Hello, my parcel is late.

    Call 2
    …

What may stand between calls: a numbered heading (``Call 2``, ``# Conversation 17``, ``通话3``), a line that says a call
begins, or a rule (``---``, ``===``). Rules also stand inside calls, so a part after a rule is a call of its own only if
it opens like one; otherwise it is not clear what belongs together, and both parts are set aside.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple, TextIO

from csc_dspy.corpora.readers.files import MAX_CHARACTERS, RawFile, TooLong, check_text
from csc_dspy.corpora.readers.transcripts import Transcript, only_introduces, read_transcript

_BLOCK = 1 << 20
_HEADING_LINES = 12


# Written out in both cases: a pattern that ignores case takes four times as long on the lines that do not match.
def _any_case(*words: str) -> str:
    return "|".join(f"[{word[0]}{word[0].lower()}](?:{word[1:].lower()}|{word[1:].upper()})" for word in words)


_ENGLISH = _any_case("CALL", "CONVERSATION", "TRANSCRIPT", "DIALOGUE", "CHAT", "TICKET", "CASE", "SESSION", "RECORDING")
_CHINESE = "电话|通话|对话|会话|录音|案例|工单|示例"
_NUMBER = r"(?=[\w-]*\d)[\w-]{1,40}"
_NUMBERED = re.compile(
    rf"\n[ \t#=*<【「\[\-–—]*(?:(?:{_ENGLISH})(?:[ \t]+(?:{_any_case('TRANSCRIPT', 'LOG', 'RECORD')}))?"
    rf"[ \t]*(?:[Nn]o\.?|NO\.?|[Nn]umber|ID|id|#)?[ \t]*[:：#.-]?[ \t]*{_NUMBER}"
    rf"|第[ \t]*[\d一二三四五六七八九十百]+[ \t]*[通个段次条则]?(?:{_CHINESE})"
    rf"|(?:{_CHINESE})(?:编号|号|ID)?[ \t]*[:：#]?[ \t]*{_NUMBER})"
    r"[ \t]*(?:[:：.|(（\]】」>\-–—][^\n]{0,120})?[ \t=*#>】」\]\-]*$",
    re.MULTILINE,
)
_BEGINS = re.compile(
    r"\n[ \t]*[\[(*#【=\-]*[ \t]*(?:(?:call|transcript|conversation|chat|recording)(?: transcript)? "
    r"(?:starts?|starting|started|begins?)"
    r"|(?:start|beginning) of (?:the )?(?:call|transcript|conversation|chat|recording)"
    r"|(?:通话|对话|会话|录音)开始)[^\n]{0,60}$",
    re.MULTILINE | re.IGNORECASE,
)
_RULE = re.compile(r"\n[ \t]*(?:-{3,}|={3,}|\*{3,}|_{3,}|#{3,}|~{3,})[ \t]*$", re.MULTILINE)
_OPENS = re.compile(
    r"\b(?:hello|hi|hey|good (?:morning|afternoon|evening|day)|thank(?:s| you) for (?:calling|contacting)|welcome)\b"
    r"|您好|你好|喂|欢迎|早上好|下午好|晚上好",
    re.IGNORECASE,
)


class Found(NamedTuple):
    """A call of a file, or why there is none."""

    line: int
    transcript: Transcript | None
    reason: str = ""


class _Part(NamedTuple):
    """The text between two separators and where it begins; no text if it is too long for a call."""

    text: str | None
    line: int


def read_plain(raw: RawFile) -> Iterator[Found]:
    """Read the calls of a text file; holds no more than two of them at a time."""
    with raw.open() as file:
        text = file.read(_BLOCK)
        separator = _separator(text)
        yield from _calls(_parts(file, text, separator), raw, by_rule=separator is _RULE)


def _separator(text: str) -> re.Pattern[str] | None:
    """What separates the calls of a file, by its beginning: the surest sign that comes up twice, a rule also once."""
    for pattern in (_NUMBERED, _BEGINS, _RULE):
        found = sum(1 for _ in pattern.finditer("\n" + text))
        if found > 1 or (found and pattern is _RULE):
            return pattern
    return None


def _parts(file: TextIO, text: str, separator: re.Pattern[str] | None) -> Iterator[_Part]:
    """Cut a file before every separator; without any, the file is one part."""
    line = began = 1
    searched, too_long = 0, False
    text, begin = "\n" + text, 1  # so that the first line, too, has a line feed before it
    while text:
        block = file.read(_BLOCK)
        # The last line may go on in the next block.
        ready = text.rfind("\n") if block else len(text)
        for match in separator.finditer(text, searched, ready) if separator else ():
            cut = match.start() + 1
            if text[begin:cut].strip() or too_long:
                yield _Part(None if too_long else text[begin:cut], began)
            line += text.count("\n", begin, cut)
            begin, began, too_long = cut, line, False
        if not block:
            if text[begin:].strip() or too_long:
                yield _Part(None if too_long or len(text) - begin > MAX_CHARACTERS else text[begin:], began)
            return
        text, searched, begin = text[begin - 1 :], max(ready, begin - 1) - begin + 1, 1
        if len(text) > MAX_CHARACTERS:
            cut = max(searched, len(text) - _BLOCK)
            line += text.count("\n", 1, cut + 1)
            text, searched, too_long = text[cut:], max(searched - cut, 0), True
        text += block


def _calls(parts: Iterator[_Part], raw: RawFile, by_rule: bool) -> Iterator[Found]:
    """The calls that the parts hold; a part in which nobody speaks is the heading of the next one."""
    heading, heading_line = "", 0
    held: Found | None = None
    for part in parts:
        found = _read(part, heading, heading_line, raw)
        if part.text is not None and not heading and _is_heading(found, part.text):
            heading, heading_line = part.text, part.line
            continue
        if part.text is not None and heading and _is_heading(found, part.text):
            heading += part.text
            continue
        if held is not None and by_rule and not heading.strip("-=*_#~ \t\n") and not _opens(found):
            reason = (
                f"unclear: a rule at line {part.line} divides it, and what follows does not open like a call; "
                "put a heading such as `Call 2` over every call"
            )
            held = Found(held.line, None, reason)
            continue
        if held is not None:
            yield held
        held, heading = found, ""
    if held is not None:
        yield held
    if heading and (held is None or _lines(heading) > _HEADING_LINES):
        yield _read(_Part(heading, heading_line), "", 0, raw)


def _read(part: _Part, heading: str, heading_line: int, raw: RawFile) -> Found:
    """One part as a call, under what stands above it."""
    if part.text is None:
        return Found(part.line, None, str(TooLong("a call")))
    line = heading_line if heading else part.line
    try:
        check_text(heading + part.text, raw)
        return Found(line, read_transcript(heading + part.text, line))
    except ValueError as error:
        return Found(line, None, str(error))


def _lines(text: str) -> int:
    return sum(1 for line in text.split("\n") if line.strip())


def _is_heading(found: Found, text: str) -> bool:
    """Whether nobody speaks in a part, and it is short: a long one is a log without speakers."""
    if found.transcript is not None:
        return only_introduces(found.transcript)
    if not found.reason.startswith(("empty", "no speakers")):
        return False
    return _lines(text) <= _HEADING_LINES and all(len(line) <= 160 for line in text.split("\n"))


def _opens(found: Found) -> bool:
    """Whether a call begins like one: with a heading, or with a greeting."""
    if found.transcript is None or found.transcript.heading:
        return True
    first = found.transcript.utterances[:2]
    return any(_OPENS.search(utterance.text[:200]) for utterance in first)
