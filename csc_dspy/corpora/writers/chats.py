"""Chats for trainers and viewers: OpenAI's ``messages`` and ShareGPT's ``conversations``.

{"id": "…", "messages": [{"role": "assistant", "content": "[Greeting] Hello!"}, {"role": "user", "content": "…"}]}
{"id": "…", "conversations": [{"from": "gpt", "value": "[Greeting] Hello!"}, {"from": "human", "value": "…"}]}
"""

from __future__ import annotations

from typing import Any

from csc_dspy.conversation import Conversation, Turn
from csc_dspy.framework import Lang

TAGS = True
"""Whether a supporter's message begins with its strategy, as in ``[Greeting] Good morning!``."""


def tagged(turn: Turn, lang: Lang) -> str:
    """What a turn says, after its strategy in brackets where it has one."""
    return f"[{turn.strategy.names.in_(lang)}] {turn.text}" if turn.strategy else turn.text


def as_messages(conversation: Conversation, tags: bool = TAGS) -> dict[str, Any]:
    """A conversation as OpenAI messages: the supporter is the assistant, the customer the user."""
    return {
        "id": conversation.id,
        "messages": [
            {"role": "assistant" if turn.speaker == "supporter" else "user", "content": text}
            for turn, text in zip(conversation.turns, _texts(conversation, tags), strict=True)
        ],
    }


def as_sharegpt(conversation: Conversation, tags: bool = TAGS) -> dict[str, Any]:
    """A conversation as ShareGPT: the supporter is ``gpt``, the customer ``human``."""
    return {
        "id": conversation.id,
        "conversations": [
            {"from": "gpt" if turn.speaker == "supporter" else "human", "value": text}
            for turn, text in zip(conversation.turns, _texts(conversation, tags), strict=True)
        ],
    }


def _texts(conversation: Conversation, tags: bool) -> list[str]:
    return [tagged(turn, conversation.lang) if tags else turn.text for turn in conversation.turns]
