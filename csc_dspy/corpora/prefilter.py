"""The free rules before rewriting: which raw calls are worth a model's time.

The four rules of arXiv 2508.04423 with their true meaning; the published code compares some of them wrongly. Each is
a :data:`~csc_dspy.corpora.rules.Rule`: it takes a call and gives the reason why it does not pass, or ``None``. *Lines*
are what the call's turns are; *turns* are lines with those of one speaker joined.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from itertools import groupby

from csc_dspy.conversation import Conversation, Speaker, Turn
from csc_dspy.corpora.rules import Rule
from csc_dspy.framework import Lang

_STOPS = ".!?…,;:。！？，；：、~～-—"


def merged(conversation: Conversation) -> Conversation:
    """The conversation with consecutive lines of one speaker as one turn.

    Lines are joined with a full stop where the first one ends without any mark. Of labels the first one is kept.
    """
    turns = []
    for _, group in groupby(conversation.turns, key=lambda turn: turn.speaker):
        lines = list(group)
        strategy = next((turn.strategy for turn in lines if turn.strategy), None)
        stage = next((turn.stage for turn in lines if turn.stage), None)
        text = _joined([turn.text for turn in lines], conversation.lang)
        turns.append(Turn(speaker=lines[0].speaker, text=text, strategy=strategy, stage=stage))
    return conversation.model_copy(update={"turns": tuple(turns)})


def _joined(texts: list[str], lang: Lang) -> str:
    said = [stripped for text in texts if (stripped := text.strip())]
    stop, space = ("。", "") if lang == "zh" else (".", " ")
    closed = [text if text[-1] in _STOPS else text + stop for text in said[:-1]]
    return space.join([*closed, *said[-1:]])


def pairs(call: Conversation, low: int = 3, high: int = 30) -> str | None:
    """From ``low`` to ``high`` pairs of turns, both included; a turn without its counterpart is half a pair."""
    count = len(merged(call).turns) / 2
    if count < low:
        return f"{count:g} pairs of turns, at least {low} are needed"
    return f"{count:g} pairs of turns, at most {high} are allowed" if count > high else None


def utterance_length(call: Conversation, longest: int = 500) -> str | None:
    """No turn over ``longest`` characters."""
    for number, turn in enumerate(merged(call).turns, start=1):
        if len(turn.text) > longest:
            return f"turn {number}: {len(turn.text)} characters, at most {longest} are allowed"
    return None


def customer_share(call: Conversation, least: float = 0.5) -> str | None:
    """The customer has more than ``least`` lines for each of the supporter's."""
    customer, supporter = _lines(call, "customer"), _lines(call, "supporter")
    if len(customer) > least * len(supporter):
        return None
    return f"the customer has {len(customer)} lines, the supporter {len(supporter)}"


def customer_substance(call: Conversation, least: float = 0.7, longer_than: int = 3) -> str | None:
    """At least the share ``least`` of the customer's lines is longer than ``longer_than`` characters."""
    lines = _lines(call, "customer")
    share = sum(len(text) > longer_than for text in lines) / len(lines) if lines else 0.0
    if share >= least:
        return None
    return f"{share:.0%} of the customer's lines are longer than {longer_than} characters, {least:.0%} are needed"


def _lines(call: Conversation, speaker: Speaker) -> list[str]:
    return [turn.text.strip() for turn in call.turns if turn.speaker == speaker]


def prefilter(
    *,
    pairs_low: int = 3,
    pairs_high: int = 30,
    longest: int = 500,
    customer_least: float = 0.5,
    substance_least: float = 0.7,
) -> Mapping[str, Rule]:
    """The four rules by name, in the order they are checked, with their thresholds (the paper's unless told)."""
    return {
        "pairs": partial(pairs, low=pairs_low, high=pairs_high),
        "utterance_length": partial(utterance_length, longest=longest),
        "customer_share": partial(customer_share, least=customer_least),
        "customer_substance": partial(customer_substance, least=substance_least),
    }
