"""Which labels of a call are speakers, and which only look like one: the items and fields inside an utterance.

A speaker that is overlooked has its words given to another one, and a field that is taken for a speaker costs a good
call; so a label that stands once is a speaker only by a sign of its own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from csc_dspy.corpora.readers.lines import Line
from csc_dspy.corpora.readers.marks import CHAT_NOTICE, CHAT_STAMP, TIME_FIRST, TIMES
from csc_dspy.corpora.readers.speakers import Label, is_name, is_third_party
from csc_dspy.corpora.readers.vocabulary import GREETINGS, HAN_NAMES, HAN_NO_NAMES, NO_NAMES

_BEFORE_COLON = re.compile(r"^[~\s]*([^:：]{1,40}?)\s*[:：]\s*(\S.*)$", re.DOTALL)
_NO_SENDER = re.compile(r"[.!?。！？][\s\"”]|[\"“”]")
_HAN_FIELD = re.compile(rf"^(?:{HAN_NO_NAMES})|^[^\x00-\x7f]{{7,}}")
_TITLED = re.compile(
    r"^(?:Mr|Mrs|Ms|Miss|Dr)\b\.?\s|^[\u4e00-\u9fff]{1,2}(?:先生|女士|小姐|太太|阿姨|叔叔|师傅|老师|医生)$"
)
_HAN_NAMED = re.compile(rf"^{HAN_NAMES}$")
_ENDED = re.compile(r"[^\W\d].*[.!?…。！？~～]['\"”’」)）]*$", re.DOTALL)
_OF_A_PERSON = re.compile(
    r"\b(?:i|i['’](?:m|ve|ll|d)|my|me|you|your|she|he|they|we|mum|mom)\b|^(?:hello|hi|hey|yes|yeah|no|okay|ok|thanks)\b"
    r"|[我你您她他咱]|^(?:喂|谢谢|好的|不)",
    re.IGNORECASE,
)
_FIRST_PERSON = re.compile(
    r"\b(?:i|i['’](?:m|ve|ll|d)|my|me)\b|^(?:hello|hi|hey|yes|yeah|thanks|thank you)\b", re.IGNORECASE
)
_HAN_FIRST_PERSON = re.compile(r"我(?!们)|^(?:喂|您好|你好|谢谢|好的|对[，。]|是的|嗯)")


def without_false_labels(lines: list[Line]) -> list[Line]:
    """The lines again, without the labels that are none when seen beside the others of the call."""
    lines = _with_strangers(lines)
    labels = [line.label for line in lines if line.label is not None]
    strong = any(line.label is not None and line.label.role is not None and not line.weak for line in lines)
    if strong and any(line.weak for line in lines):
        lines = [line._replace(label=None, text=line.whole) if line.weak else line for line in lines]
    unknown = Counter(label.key for label in labels if label.role is None)
    if not unknown:
        return lines
    known = [line for line in lines if line.label is not None and line.label.role is not None]
    names = {word for line in known if line.label and line.label.name for word in name_words(line.label.name)}
    names |= {word for line in known if only_a_name(line.text) for word in name_words(line.text)}
    roles = {label.role for label in labels if label.role is not None}
    false = {
        key for key, count in unknown.items() if not names & name_words(key) and not _speaks(key, count, lines, roles)
    }
    if not false:
        return lines
    return [
        line._replace(label=None, text=line.whole) if line.label and line.label.role is None and line.label.key in false
        else line
        for line in lines
    ]  # fmt: skip


def _with_strangers(lines: list[Line]) -> list[Line]:
    """The lines again, with the labels that only the time stamps of all labelled lines show: nicknames, numbers."""
    known = [line for line in lines if line.label is not None]
    if len(known) < 2:
        return lines
    if all(CHAT_STAMP.match(line.whole) for line in known):
        return [line if line.label else _message(line) for line in lines]
    if all(TIME_FIRST.match(line.whole) for line in known if line.label and line.label.role is not None):
        return [line if line.label else _stamped_stranger(line) for line in lines]
    return lines


def _message(line: Line) -> Line:
    """A line of a chat export: someone's message, or a notice of the chat itself; ``Omar left``."""
    stamp = CHAT_STAMP.match(line.whole)
    if stamp is None:
        return line
    rest = line.whole[stamp.end() :]
    sent = _BEFORE_COLON.match(rest)
    if sent is None or _NO_SENDER.search(sent[1]):
        # Other lines without a sender are in a log, and go on with the line above.
        is_notice = CHAT_NOTICE.search(rest) is not None
        return line._replace(label=Label("(notice)", "machine", None), text=rest) if is_notice else line
    return line._replace(label=Label(sent[1].casefold(), None, sent[1]), text=sent[2])


def _stamped_stranger(line: Line) -> Line:
    """A line with a time stamp and few words before a colon, none of them a word of fields and sentences."""
    stamp = TIME_FIRST.match(line.whole)
    sent = _BEFORE_COLON.match(line.whole[stamp.end() :]) if stamp else None
    words = re.findall(r"\w+", sent[1].casefold()) if sent else []
    if sent is None or len(words) > 3 or not NO_NAMES.isdisjoint(words) or _HAN_FIELD.search(sent[1]):
        return line
    return line._replace(label=Label(sent[1].casefold(), None, sent[1]), text=sent[2])


def name_words(name: str) -> set[str]:
    """A name in lower case, and its words."""
    return {name.casefold(), *re.split(r"[\s.]+", name.casefold())} - {""}


def _speaks(key: str, count: int, lines: Sequence[Line], roles: AbstractSet[str]) -> bool:
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
    if _is_stamped(own) and all(map(_is_stamped, labelled)):
        return True
    if not _in_list(lines, place) and _is_person(own):
        return True
    apart = sum(line.apart for line in labelled)
    if not own.apart or apart < 0.8 * (len(labelled) - 1):
        return False
    return following is None or following.label is None or following.label.role is not None


def _is_stamped(line: Line) -> bool:
    """Whether a time stands before what is said."""
    return line.whole.endswith(line.text) and TIMES.search(line.whole[: len(line.whole) - len(line.text)]) is not None


def _in_list(lines: Sequence[Line], place: int) -> bool:
    """Whether a line is an item: of what the turn above announces with a colon, or beside another name with a colon."""
    own = lines[place].label
    beside = [line.label for line in (*lines[max(place - 1, 0) : place], *lines[place + 1 : place + 2])]
    if own and not is_third_party(own.name or own.key) and any(label and label.role is None for label in beside):
        return True
    for line in reversed(lines[:place]):
        if line.whole.endswith((":", "：")):
            return True
        if line.label is not None and line.label.role is not None:
            return False
    return False


def _is_person(line: Line) -> bool:
    """Whether a label is a word for a person, or a name before what is said in the first person."""
    name = (line.label.name or line.label.key) if line.label else ""
    if is_third_party(name) or _TITLED.match(name):
        return _ENDED.search(line.text) is not None or _OF_A_PERSON.search(line.text) is not None
    if _HAN_NAMED.match(name):
        return _HAN_FIRST_PERSON.search(line.text) is not None
    is_word = name.isascii() and name.replace(" ", "").isalpha() and len(name) > 1
    return is_word and _ENDED.search(line.text) is not None and _FIRST_PERSON.search(line.text) is not None


def only_a_name(text: str) -> bool:
    """Whether a line holds no more than a name or a number that stands for one."""
    if not text or len(text) > 48 or text[-1] in ".!?。！？,，":
        return False
    words = text.casefold().replace(",", " ").split()
    if words and words[0] in GREETINGS:
        return False
    bare = re.sub(r"[(（\[].*?[)）\]]", "", text).strip()
    return bool(bare) and (is_name(bare) or re.fullmatch(r"(?:ID|工号|#)?\s*[\w-]*\d[\w-]*", bare) is not None)
