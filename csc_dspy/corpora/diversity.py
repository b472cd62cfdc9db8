"""How varied a corpus is: distinct-n and self-BLEU of a sample, since both depend on how much is looked at."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated

from pydantic import Field

from csc_dspy.conversation import Conversation, Record, Speaker
from csc_dspy.metrics.tokens import tokens
from csc_dspy.metrics.variety import distinct

SAMPLE = 200
"""Conversations that are looked at."""
COMPARED = 100
"""Turns that are compared with each other for self-BLEU."""

Share = Annotated[float, Field(ge=0, le=1)]


class Diversity(Record):
    """How varied one side's turns are; compare only figures of samples of the same size.

    Attributes:
        turns: Turns in the sample.
        tokens: Their tokens: words in English, characters in Chinese.
        distinct_1: Different tokens per token (Li et al. 2016).
        distinct_2: Different pairs of tokens per pair within a turn.
        self_bleu: Mean BLEU-4 of a turn against the other turns compared, 0 to 100 (Zhu et al. 2018, by sacrebleu): the
            higher, the more alike they are. ``None`` for fewer than two.
        compared: Turns compared for ``self_bleu``.
    """

    turns: int
    tokens: int
    distinct_1: Share | None
    distinct_2: Share | None
    self_bleu: float | None
    compared: int


class Reservoir:
    """A uniform sample of what runs through it, drawn in one pass; the same input gives the same sample."""

    def __init__(self, size: int = SAMPLE, seed: int = 0) -> None:
        self._size = size
        self._random = random.Random(seed)
        self._kept: list[tuple[int, Conversation]] = []

    @property
    def kept(self) -> list[Conversation]:
        """The sample, in the order of the input."""
        return [one for _, one in sorted(self._kept, key=lambda pair: pair[0])]

    def through(self, conversations: Iterable[Conversation]) -> Iterator[Conversation]:
        """Pass conversations on, keeping some of them."""
        for number, one in enumerate(conversations):
            if number < self._size:
                self._kept.append((number, one))
            elif (place := self._random.randrange(number + 1)) < self._size:
                self._kept[place] = (number, one)
            yield one


def diversity(sample: Sequence[Conversation], speaker: Speaker, seed: int = 0) -> Diversity:
    """How varied what one side says is.

    Args:
        sample: Conversations, for example a :class:`Reservoir`'s.
        speaker: Whose turns.
        seed: Of the choice of the turns that are compared.
    """
    said = [tokens(turn.text, one.lang) for one in sample for turn in one.turns if turn.speaker == speaker]
    chosen = random.Random(seed).sample(said, min(COMPARED, len(said)))
    return Diversity(
        turns=len(said),
        tokens=sum(map(len, said)),
        distinct_1=distinct(said, 1),
        distinct_2=distinct(said, 2),
        self_bleu=_self_bleu([" ".join(turn) for turn in chosen]),
        compared=len(chosen),
    )


def _self_bleu(texts: Sequence[str]) -> float | None:
    if len(texts) < 2:
        return None
    from sacrebleu.metrics.bleu import BLEU

    bleu = BLEU(tokenize="none", effective_order=True)
    scores = [
        bleu.sentence_score(text, [*texts[:place], *texts[place + 1 :]]).score for place, text in enumerate(texts)
    ]
    return sum(scores) / len(scores)
