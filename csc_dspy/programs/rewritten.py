"""What a rewritten part of a call must not do, held by code, and what its writer is told the second time."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rapidfuzz import fuzz

from csc_dspy.conversation import Speaker, Turn
from csc_dspy.framework import Lang, Strategy, Text
from csc_dspy.programs.facts import missing, numbers
from csc_dspy.programs.guards import alike, echoes, foreign, plain
from csc_dspy.programs.mending import sentences_of
from csc_dspy.signatures.rewriting_examples import copied

_SWAPPED: dict[Lang, int] = {"en": 16, "zh": 8}
"""Letters and digits from which a sentence of one side that the other side says now is no chance."""
_ONLY = Text("(no other numbers than these: {all})", "（不要写这些以外的数字：{all}）")
_KEEP = Text("(keep these numbers: {all}; left out before: {lost})", "（必须保留这些数字：{all}；刚才漏了：{lost}）")
_YOU = re.compile(r"\byour?\b|[您你]", re.IGNORECASE)


def fault(
    turns: Sequence[Turn],
    part: Sequence[Turn],
    before: Sequence[Turn],
    call: Sequence[Turn],
    lang: Lang,
    known: Sequence[Turn] | None = None,
) -> str | None:
    """What is wrong with a rewritten part of a call, as a short name.

    Args:
        turns: The part as it was rewritten.
        part: The part as it was.
        before: What was rewritten before.
        call: The whole call as it was.
        lang: Its language.
        known: The turns whose numbers may be said; ``None``: those of the whole call.

    Returns:
        ``empty``, ``gap`` (the customer does not answer), ``role`` (says a sentence of the other side), ``copied``
        (says what only the worked example says), ``echo`` (says again what was said), ``language``, ``invented`` or
        ``lost`` (numbers), or ``None``.
    """
    if not turns or not all(turn.text.strip() for turn in turns if turn.speaker == "supporter"):
        return "empty"
    if not all(turn.text.strip() for turn in turns):
        return "gap"
    said = [*before, *turns]
    if any(_swapped(turn, call, lang) for turn in turns):
        return "role"
    if copied(_text(turns), _text(call), lang):
        return "copied"
    if any(again(turn, said[:at]) for at, turn in enumerate(said) if at >= len(before)):
        return "echo"
    # A Chinese call may hold English names and terms.
    if lang == "en" and any(foreign(turn.text, lang) for turn in turns):
        return "language"
    if missing(turns, call if known is None else known):
        return "invented"
    return "lost" if missing(part, said) else None


def keep(part: Sequence[Turn], said: Sequence[Turn], lang: Lang) -> str:
    """A note for who lost numbers of a part: all it has, and those that are not said yet."""
    return _KEEP.in_(lang).format(all=", ".join(numbers(part)), lost=", ".join(missing(part, said)))


def only(known: Sequence[Turn], lang: Lang) -> str:
    """A note for who invented numbers: those that there are."""
    return _ONLY.in_(lang).format(all=", ".join(numbers(known)) or "–")


def again(turn: Turn, said: Sequence[Turn]) -> bool:
    """Whether a turn says what was said before; of the other side's lines, summaries may say the words again."""
    if echoes(turn.text, said_by(turn.speaker, said)):
        return True
    sums_up = turn.strategy is Strategy.RESTATEMENT_OR_PARAPHRASING
    return not sums_up and any(alike(turn.text, other.text) for other in said if other.speaker != turn.speaker)


def said_by(speaker: Speaker, turns: Sequence[Turn]) -> list[Turn]:
    """The turns of one side."""
    return [turn for turn in turns if turn.speaker == speaker]


def _text(turns: Sequence[Turn]) -> str:
    return "\n".join(turn.text for turn in turns)


def _swapped(turn: Turn, original: Sequence[Turn], lang: Lang) -> bool:
    """Whether a turn has a sentence that the other side says in the original, and nobody else says there.

    Who sums up in the second person may take up the customer's words.
    """
    if turn.strategy is Strategy.RESTATEMENT_OR_PARAPHRASING and _YOU.search(turn.text):
        return False
    own = [plain(other.text) for other in original if other.speaker == turn.speaker]
    others = [plain(other.text) for other in original if other.speaker != turn.speaker]
    lines = [line for part in sentences_of(turn.text) if len(line := plain(part)) >= _SWAPPED[lang]]
    return any(
        any(_within(line, other) for other in others) and not any(_within(line, other) for other in own)
        for line in lines
    )


def _within(line: str, other: str) -> bool:
    return len(line) <= len(other) and fuzz.partial_ratio(line, other, score_cutoff=95.0) > 0
