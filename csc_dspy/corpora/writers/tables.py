"""Parquet: one row a conversation, its turns a list of structs.

Columns: ``id``, ``lang``, ``topic``, ``source``, ``scenario``, ``profile``, ``goal``, ``turns`` (``speaker``, ``text``,
``strategy``, ``stage``) and ``meta``, which is JSON as text, since its shape differs from source to source.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from csc_dspy.conversation import Conversation

if TYPE_CHECKING:
    import pyarrow as pa

_GROUP = 1000  # conversations held at a time


def schema() -> pa.Schema:
    """The columns of a table of conversations."""
    import pyarrow as pa

    text = pa.string()
    turn = pa.struct([("speaker", text), ("text", text), ("strategy", text), ("stage", text)])
    plain = [(name, text) for name in ("id", "lang", "topic", "source", "scenario", "profile", "goal")]
    return pa.schema([*plain, ("turns", pa.list_(turn)), ("meta", text)])


def write_parquet(conversations: Iterable[Conversation], path: Path) -> int:
    """Write a table of conversations, never holding more than a thousand.

    Returns:
        How many were written.

    Raises:
        OSError: The file cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns, count = schema(), 0
    left = iter(conversations)
    with pq.ParquetWriter(path, columns, compression="zstd") as table:
        while group := [_row(one) for one in islice(left, _GROUP)]:
            table.write_table(pa.Table.from_pylist(group, schema=columns))
            count += len(group)
    return count


def _row(conversation: Conversation) -> dict[str, Any]:
    row = conversation.model_dump(mode="json")
    return row | {"meta": None if row["meta"] is None else json.dumps(row["meta"], ensure_ascii=False)}
