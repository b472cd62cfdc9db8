"""The records of DianJin-CSC-Data, the data published with the paper of CSC.

{"dialogue": [{"speaker": "客服", "strategy": "策略1 礼貌问候", "text": "…"}, {"speaker": "客户", "strategy": "", …}],
 "source": "账户和交易管理"}
"""

from __future__ import annotations

from typing import Any

from csc_dspy.corpora.readers.calls import Call, Origin, language, validated
from csc_dspy.corpora.readers.fields import Fields, at_path, record_topic
from csc_dspy.corpora.readers.general_json import entries_of
from csc_dspy.corpora.readers.speakers import parse_label
from csc_dspy.framework import Strategy


def is_dianjin(record: Any) -> bool:
    """Whether a record has a ``dialogue`` of turns with speaker, strategy and text."""
    entries = record.get("dialogue") if isinstance(record, dict) else None
    if not isinstance(entries, list) or not entries or not isinstance(entries[0], dict):
        return False
    return {"speaker", "strategy", "text"} <= entries[0].keys()


def read_dianjin(record: Any, origin: Origin, fields: Fields) -> Call:
    """A record as published with the paper: ``{"dialogue": [{"speaker", "strategy", "text"}], "source": topic}``.

    Raises:
        ValueError: It is not of this format, or a strategy is none of the twelve.
    """
    entries = entries_of(at_path(record, "dialogue"), "dialogue")
    turns = []
    for number, entry in enumerate(entries, start=1):
        label = parse_label(str(entry.get("speaker", "")))
        if label is None or label.role not in ("customer", "supporter"):
            raise ValueError(f"no role: turn {number} is spoken by {str(entry.get('speaker'))[:40]!r}")
        turn: dict[str, Any] = {"speaker": label.role, "text": str(at_path(entry, "text")).strip()}
        if entry.get("strategy"):
            try:
                turn["strategy"] = Strategy.parse(str(entry["strategy"]))
            except ValueError as error:
                raise ValueError(f"no strategy: turn {number}: {error}") from None
        turns.append(turn)
    topic = record_topic(record, Fields(topic="source")) if "source" in record else origin.topic
    lang = origin.lang or language(" ".join(turn["text"] for turn in turns[:10]))
    meta = {"file": origin.file, "line": origin.line}
    return Call(
        validated(
            {"id": origin.id, "lang": lang, "topic": topic, "source": origin.source, "turns": turns, "meta": meta}
        )
    )
