"""Masks texts that came out of one conversation: parts of its transcript, single replies, what was noted of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from csc_dspy.conversation import SPEAKERS, Conversation, Speaker, Turn, speaker_name
from csc_dspy.corpora.masking.conversations import mask
from csc_dspy.framework import LANGS, Lang

_SPEAKERS: dict[str, Speaker] = {speaker_name(side, lang): side for lang in LANGS for side in SPEAKERS}
_LINE = re.compile(rf"({'|'.join(_SPEAKERS)})(?: \[[^\]]+\])?(?:: ?|：)")
"""What a line of a transcript begins with; :func:`~csc_dspy.conversation.render_transcript` makes them."""


def mask_texts(texts: Sequence[tuple[str, Speaker | None]], lang: Lang) -> tuple[str, ...]:
    """Put typed placeholders in the place of personal data in texts that belong together.

    A line that begins with a speaker, as in a transcript, is that speaker's turn, so that answers are read with their
    questions; the other lines are who is said beside the text. See :func:`~csc_dspy.corpora.masking.mask`.

    Args:
        texts: Each with who said it; ``None`` if nobody did.
        lang: Language of the texts.

    Returns:
        The masked texts, in order.
    """
    return _masked(tuple(texts), lang)


@lru_cache(maxsize=10_000)  # several predictors remember the same calls
def _masked(texts: tuple[tuple[str, Speaker | None], ...], lang: Lang) -> tuple[str, ...]:
    turns: list[Turn] = []
    noted: list[str] = []
    lines: list[list[tuple[str, bool]]] = []
    """Of each text the lines: what each begins with, and whether the rest is a turn."""
    for text, said_by in texts:
        lines.append([])
        for line in text.split("\n"):
            begun = _LINE.match(line)
            speaker = _SPEAKERS[begun[1]] if begun else said_by
            head = begun[0] if begun else ""
            lines[-1].append((head, speaker is not None))
            if speaker is None:
                noted.append(line)
            else:
                turns.append(Turn(speaker=speaker, text=line[len(head) :]))
    whole = Conversation(id="-", lang=lang, topic="", source="", turns=tuple(turns), meta={"texts": [*noted]})
    found = mask(whole).conversation
    if found is whole:
        return tuple(text for text, _ in texts)
    assert found.meta is not None
    assert isinstance(found.meta["texts"], list)
    said, rest = iter(found.turns), iter(found.meta["texts"])
    return tuple(
        "\n".join(f"{head}{next(said).text if is_turn else next(rest)}" for head, is_turn in of_text)
        for of_text in lines
    )
