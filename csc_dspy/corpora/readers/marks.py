"""What stands in a transcript and is not said: time stamps, stage directions, remarks on beginning and end."""

from __future__ import annotations

import re
from collections.abc import Sequence

from csc_dspy.corpora.readers.vocabulary import DIRECTIONS

_TIME_OF_DAY = r"\d{1,2}[:：]\d{2}(?:[:：]\d{2})?(?:[.,]\d{1,6})?\s*(?:[AaPp]\.?[Mm]\b\.?)?"
_DATE = (
    r"(?:\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|"
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.? \d{1,2}(?:, \d{4})?)"
)
_TIME = (
    rf"(?:{_DATE}(?:[ T,，]\s*{_TIME_OF_DAY})?(?:Z|[+-]\d{{2}}:?\d{{2}})?|{_TIME_OF_DAY}|"
    r"\d+(?:\.\d+)?\s?s\b|\d{1,2}[hH] ?\d{1,2}[mM](?: ?\d{1,2}[sS])?|\d{1,2}[mM] ?\d{1,2}[sS])"
)
_SPAN = rf"{_TIME}(?:\s*(?:-->|[-–—~]|to|至|到)\s*{_TIME})?"
_IN = r"[\[(（【<]?\s*"
_OUT = r"\s*[\])）】>]?"

TIMES = re.compile(rf"(?<![\w.]){_SPAN}")
"""A point in time or a span of time: ``10:02``, ``00:01:02.500``, ``2024-05-06 10:02 PM``, ``12.5s``, ``1m03s``."""

TIME_FIRST = re.compile(rf"^{_IN}{_SPAN}{_OUT}\s*[-–—|,;:：]*\s*")
"""A time stamp at the beginning of a line, with what sets it off."""

CHAT_STAMP = re.compile(rf"^{_DATE},?\s+{_TIME_OF_DAY}\s+[-–—]\s+")
"""What every message of a chat export begins with: ``18/06/2024, 09:03 - ``."""

CHAT_NOTICE = re.compile(
    r"\bend-to-end encrypted\b|\b(?:your|the) security code\b|\bdisappearing messages\b|\bbusiness account\b"
    r"|^(?!(?:i|he|she|it|we|they|what|that|and|my)\b)\S+(?: \S+){0,3} (?:left|joined(?: using \S.*)?"
    r"|were added|was added|(?:added|removed) \S+(?: \S+){0,3}"
    r"|(?:created|changed) (?:the |this )?(?:group|subject|icon|description)\b.*"
    r"|changed their phone number\b.*|(?:pinned|deleted) (?:a|this) message)$|^missed (?:voice|video) call",
    re.IGNORECASE,
)
"""A message of the chat itself: ``Omar changed the subject``."""

TIME_ALONE = re.compile(rf"^{_IN}{_SPAN}{_OUT}$")
"""A line that is a time stamp."""

TIME_WITHIN = re.compile(rf"[\s,，|]*{_IN}(?<![\w.])(?:{_TIME}){_OUT}\s*(?P<sep>[:：|]|[-–—]\s)?\s*")
"""A time stamp between a label and what is said."""

TIME_BEFORE_TEXT = re.compile(rf"^[(（]?(?:{_TIME})[)）]?\s+(?=\S)")
"""A time stamp without square brackets at the beginning of what is said; it may be said, too."""

_TIME_SQUARE = re.compile(rf"^\[\s*{_TIME}\s*\]\s*|\s*\[\s*{_TIME}\s*\]$")

RULE = re.compile(r"^[-=_*~#+.—–]{3,}$")
"""A line that only divides."""

IN_BRACKETS = re.compile(
    r"^(?:\*?[\[(（【].{1,300}[\])）】]\*?|\*[^*]{1,200}\*|_[^_]{1,200}_|"
    r"(?P<rule>\*{3}|[-=~]{2,}).{1,200}(?P=rule))$"
)
"""A line that stands in brackets from beginning to end."""

_WHOLE = r"(?:call|transcript|conversation|chat|recording|dialogue|session)"
_LEAD = rf"^\W*(?:the\s+)?(?:phone\s+)?{_WHOLE}(?:\s+transcript)?\s+"
END = re.compile(
    rf"{_LEAD}(?:ends?|ended|over|concludes?|concluded|terminated|disconnected)\b"
    rf"|^\W*(?:end|conclusion) of (?:the |this )?(?:\w+ )?{_WHOLE}\b"
    r"|^\W*(?:customer|agent|caller)?\s*(?:hangs up|disconnects)\W*$"
    r"|^\W*(?:通话|对话|会话|录音|电话|聊天|服务)(?:已)?(?:结束|挂断|终止|完毕)",
    re.IGNORECASE,
)
"""A line that says a call is over."""

BEGINNING = re.compile(
    rf"{_LEAD}(?:starts?|starting|started|begins?|beginning)\b"
    rf"|^\W*(?:start|beginning) of (?:the |this )?(?:\w+ )?{_WHOLE}\b"
    r"|^\W*(?:通话|对话|会话|录音|聊天|服务)(?:已)?开始",
    re.IGNORECASE,
)
"""A line that says a call begins."""

ACCOUNT = re.compile(
    r"^\W*(?:total\s+)?word\s?(?:count|s)\b|^\W*(?:transcript|call) (?:length|duration)\b"
    r"|^\W*(?:length|duration) of (?:the )?(?:transcript|call)\b|^\W*\d+ words\W*$",
    re.IGNORECASE,
)
"""A line that tells how long the transcript is."""

_NOTES = (
    r"^\W*(?:(?:wrap[- ]?up|after[- ]?call(?: work)?|post[- ]?call|acw)(?: (?:notes?|summary|comments?))?"
    r"|(?:call|agent|agent's|case|internal|disposition) (?:notes?|summary|code)|disposition)\b[^:：]{0,20}[:：]"
    r"|^\W*(?:话后|通话|坐席|座席|客服|内部|工单)(?:小结|总结|备注|记录|处理)[:：]"
)
NOTES = re.compile(_NOTES, re.IGNORECASE)
"""A line that begins what is written about a call after it, also right below what was said last."""

AFTERWORD = re.compile(
    rf"{_NOTES}"
    r"|^\W*(?:call )?(?:summary|sentiment|notes?|outcome|resolution|disposition|duration|tags?|category|topic|rating|"
    r"csat|nps|score|status|agent notes|follow-up|next steps)\b.{0,20}[:：]"
    r"|^\W*(?:通话|对话|服务)?(?:小结|总结|备注|满意度|时长|结果|标签)[:：]",
    re.IGNORECASE,
)
"""A line that is about the call, where nobody speaks any more."""

_OPEN, _SHUT = r"[<\[【(（]\s*", r"\s*[>\]】)）]"
_FILES = "media|image|photo|picture|video|audio|voice (?:message|note)|sticker|gif|document|file|attachment"
_THINGS = rf"(?:{_FILES}|contact card)s?"
_HAN_THINGS = (
    "(?:图片|照片|截图|语音|音频|小?视频|表情包?|动画表情|文件|附件|位置|名片|链接|红包|转账|聊天记录|贴图|媒体文件)"
)
_MEDIA = re.compile(
    rf"^(?:<?{_THINGS} (?:omitted|not included|removed)>?"
    rf"|{_OPEN}{_THINGS}(?: (?:omitted|attached|sent|removed))?{_SHUT}"
    rf"|{_OPEN}(?:attached|{_THINGS})\s*:[^<>\[\]\n]{{1,160}}{_SHUT}|[^\n:]{{1,120}}\.\w{{2,5}} \(file attached\)"
    r"|(?:this message was deleted|you deleted this message|missed (?:voice|video) call)\.?"
    rf"|{_OPEN}{_HAN_THINGS}{_SHUT}(?:\s*\d+[\"″秒])?|<?{_HAN_THINGS}已?(?:省略|忽略)>?)$",
    re.IGNORECASE,
)
_OF_MEDIA = ("omitted", "not included", "removed", "attached", "deleted", "issed v", "省略", "忽略")

ONLY_DIRECTION = re.compile(rf"^(?:{DIRECTIONS})$", re.IGNORECASE)
"""A stage direction without its brackets."""

_DIRECTION = re.compile(
    rf"\s*(?:\*[\[(（]?|[\[(（【<])\s*(?:{DIRECTIONS})\s*[.…。]*(?:[\])）】]\*|[\])）】>*_])", re.IGNORECASE
)
MARKS = "[(*（【<"
"""Without any of these there is no stage direction in a text."""

_WRAPPED = re.compile(r"(?<=[\u4e00-\u9fff，、；])\n(?=[\u4e00-\u9fff])")
_ANY_MARK = re.compile(f"[{re.escape(MARKS)}]")


def is_remark(line: str) -> bool:
    """Whether a line is about the transcript: it begins, it ends, it has so many words."""
    return END.match(line) is not None or BEGINNING.match(line) is not None or ACCOUNT.match(line) is not None


def is_media(line: str) -> bool:
    """Whether a line only stands for what a chat export leaves out: ``<Media omitted>``, ``[图片]``."""
    return len(line) <= 200 and _MEDIA.match(line) is not None


def may_hold_media(text: str) -> bool:
    """Whether a text has a word of such lines; those in brackets have none."""
    return any(word in text for word in _OF_MEDIA)


def without_media(text: str) -> tuple[str, int]:
    """A text without such lines, and how many there were."""
    lines = text.split("\n")
    left = [line for line in lines if not is_media(line.strip())]
    return ("\n".join(left).strip(), len(lines) - len(left)) if len(left) < len(lines) else (text, 0)


def joined(lines: Sequence[str]) -> str:
    """The lines of one turn; a Chinese sentence that was only wrapped has no gap where it was."""
    text = "\n".join(lines)
    return _WRAPPED.sub("", text) if len(lines) > 1 else text


def clean_text(text: str) -> tuple[str, int]:
    """What was said, without stage directions and times in square brackets; and how many directions there were."""
    directions = 0
    if "[" in text:
        text = _TIME_SQUARE.sub("", text)
    if _ANY_MARK.search(text):
        text, directions = _DIRECTION.subn("", text)
    return text.strip(), directions
