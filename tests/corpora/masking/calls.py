"""Small calls, and what masking makes of them."""

from __future__ import annotations

from typing import Any

from csc_dspy.conversation import Conversation, Turn
from csc_dspy.corpora.masking import mask
from csc_dspy.framework import Lang


def talk(lang: Lang, *texts: str, **fields: Any) -> Conversation:
    """A conversation that the customer opens."""
    turns = tuple(Turn(speaker="supporter" if place % 2 else "customer", text=text) for place, text in enumerate(texts))
    return Conversation(id="c-1", lang=lang, topic="t", source="s", turns=turns, **fields)


def masked(lang: Lang, *texts: str) -> list[str]:
    """The turns of a call that the customer opens, masked."""
    return [turn.text for turn in mask(talk(lang, *texts)).conversation.turns]


def alone(text: str, lang: Lang = "en") -> str:
    """A turn by itself, masked."""
    return masked(lang, text)[0]


def answered(lang: Lang, question: str, answer: str) -> str:
    """What the customer answers to a question of the supporter, masked."""
    return masked(lang, "Hi." if lang == "en" else "你好", question, answer)[2]
