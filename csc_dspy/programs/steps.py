"""A call in steps: the agent's turns to write, one by one, each with what the customer says then.

What the customer told in one breath is told in two steps, with the agent listening in between; who shows a feeling
before they go on is heard first.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from csc_dspy.conversation import Conversation
from csc_dspy.corpora.prefilter import merged
from csc_dspy.framework import Lang
from csc_dspy.programs.mending import sentences_of
from csc_dspy.signatures.rewriting_turns import TurnKind

MONOLOGUE: dict[Lang, int] = {"en": 160, "zh": 60}
"""Characters from which a customer's turn is told in two steps."""
SHORT, ROOM = 10, 40
"""Utterances of a call below which turns of a third of that are told in steps, and from which none is."""
LISTENING: tuple[TurnKind, ...] = ("listening", "comforting")
"""Turns of the agent between two parts of what the customer told in one breath."""
SPACE: dict[Lang, str] = {"en": " ", "zh": ""}
_PART: dict[Lang, int] = {"en": 16, "zh": 8}
"""Characters that both parts of a turn have."""
_UPSET: dict[Lang, re.Pattern[str]] = {
    "en": re.compile(
        r"\b(?<!not )(?<!n't )(?<!never )(?<!no )(?:annoy(?:ed|ing)|angry|furious|upset|frustrat\w+|disappoint\w+"
        r"|scared|worr(?:y|ies|ied|ying)|anxious|desperate|unacceptable|ridiculous|outrageous|fed up|sick of"
        r"|stress(?:ed|ful)|nightmare|terribl[ey]|awful|horrible)\b",
        re.IGNORECASE,
    ),
    "zh": re.compile(
        "(?<![不没别])(?:着急|生气|担心|失望|难受|害怕|恼火)|很急|急死|气死|气人|焦虑|受不了|太过分|离谱|委屈|崩溃|郁闷|心烦"
        "|烦死|糟心"
    ),
}
_ASKS = re.compile(r"[?？吗呢]|多少|什么|哪|几|怎么|谁|对吧|好吧|是不是|有没有|能不能|可不可以")
_CURT: dict[Lang, int] = {"en": 25, "zh": 8}
"""Characters up to which a line may ask without a mark: "Order number." """


@dataclass(frozen=True)
class Step:
    """A turn of the agent to write, and what the customer says then.

    Attributes:
        kind: What the turn is for.
        said: What the agent said in the original; empty where nothing was said.
        customer: The customer's words; empty after the goodbye.
        upset: Whether the customer's words before it show that they are upset.
    """

    kind: TurnKind
    said: str
    customer: str
    upset: bool


def steps(call: Conversation) -> Iterator[Step]:
    """Cut a call into turns of the agent, each with what the customer says then."""
    turns = merged(call).turns
    long = MONOLOGUE[call.lang] // (3 if len(turns) < SHORT else 1)
    kind: TurnKind = "opening"
    said, upset = "", False
    for turn in turns:
        if turn.speaker == "supporter":
            said = turn.text
            continue
        first, *more = _told(turn.text, call.lang, long if len(turns) < ROOM else sys.maxsize)
        yield Step(kind, said, first, upset)
        upset = is_upset(first, call.lang)
        for part in more:
            yield Step("comforting" if upset else "listening", "", part, upset)
            upset = is_upset(part, call.lang)
        kind, said = "between", ""
    yield Step("closing", said, "", upset=False)


def is_upset(text: str, lang: Lang) -> bool:
    """Whether the words show a feeling that wants care. It prefers to miss: an exclamation mark alone shows none."""
    return _UPSET[lang].search(text) is not None


def asks(text: str, lang: Lang) -> bool:
    """Whether a line asks something, or is so curt that it may."""
    return len(text) <= _CURT[lang] or _ASKS.search(text) is not None


def _told(text: str, lang: Lang, long: int) -> list[str]:
    """A turn in two parts, cut between sentences: after the feeling, or in the middle of a long one.

    One that asks first is answered first, so it stays whole.
    """
    parts = sentences_of(text) if long < sys.maxsize else [text]
    cuts = [[SPACE[lang].join(parts[:at]), SPACE[lang].join(parts[at:])] for at in range(1, len(parts))]
    fit = [cut for cut in cuts if min(map(len, cut)) >= _PART[lang] and not cut[0].endswith(("?", "？"))]
    if felt := [cut for cut in fit if is_upset(cut[0], lang)]:
        return felt[0]
    if len(text) < long:
        return [text]
    return min(fit, key=lambda cut: abs(len(cut[0]) - len(cut[1])), default=[text])
