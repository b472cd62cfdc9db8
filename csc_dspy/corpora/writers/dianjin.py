"""The published DianJin-CSC-Data record; its labels are Chinese whatever the language of the texts.

{"dialogue": [{"speaker": "客服", "strategy": "策略1 礼貌问候", "text": "…"}, {"speaker": "客户", "strategy": "", …}],
 "source": "账户和交易管理"}
"""

from __future__ import annotations

from typing import Any

from csc_dspy.conversation import Conversation, Turn, speaker_name
from csc_dspy.framework import Topic


def as_dianjin(conversation: Conversation) -> dict[str, Any]:
    """A conversation as published with the paper. Stages, ids and all else have no place in it."""
    return {
        "dialogue": [
            {"speaker": speaker_name(turn.speaker, "zh"), "strategy": _label(turn), "text": turn.text}
            for turn in conversation.turns
        ],
        "source": _topic(conversation.topic),
    }


def _label(turn: Turn) -> str:
    return f"策略{turn.strategy.number} {turn.strategy.names.zh}" if turn.strategy else ""


def _topic(topic: str) -> str:
    try:
        return Topic.parse(topic).names.zh
    except ValueError:
        return topic
