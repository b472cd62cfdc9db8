"""Every format by its name, and one way to write it.

To add one of JSON lines: a function from a ``Conversation`` to a mapping, and a line in ``LINES``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from csc_dspy.conversation import Conversation
from csc_dspy.corpora.writers.chats import as_messages, as_sharegpt
from csc_dspy.corpora.writers.dianjin import as_dianjin
from csc_dspy.corpora.writers.tables import write_parquet
from csc_dspy.errors import InputError
from csc_dspy.files import written_whole

LINES: dict[str, Callable[[Conversation, bool], dict[str, Any]]] = {
    "dianjin": lambda conversation, _: as_dianjin(conversation),
    "messages": as_messages,
    "sharegpt": as_sharegpt,
}
"""The formats of JSON lines: a conversation and whether to tag strategies, to the record."""

FORMATS: dict[str, str] = {
    "dianjin": "DianJin-CSC-Data, JSONL",
    "messages": "OpenAI messages, JSONL",
    "sharegpt": "ShareGPT, JSONL",
    "parquet": "one Parquet file",
    "hf": "a folder for the Hugging Face hub: Parquet and a dataset card",
}
"""Every format's name and what it is."""


def export(conversations: Iterable[Conversation], output: Path, format_: str, *, tags: bool = True) -> int:
    """Write conversations as one file of a format other than ``hf``, whole or not at all.

    Args:
        conversations: Any number of them; few are held at a time.
        output: The file; replaced when all is on disk.
        format_: One of ``FORMATS`` but ``hf``.
        tags: Whether chat formats show strategies, as in ``[Greeting] Good morning!``.

    Returns:
        How many were written.

    Raises:
        InputError: No such format.
        RunError: The file cannot be written.
    """
    if format_ == "parquet":
        with written_whole(output) as part:
            return write_parquet(conversations, part)
    if format_ not in LINES:
        raise InputError(f"{format_!r} is no format of a file: there are {', '.join([*LINES, 'parquet'])}")
    as_record, count = LINES[format_], 0
    with written_whole(output) as part, part.open("w", encoding="utf-8") as file:
        for conversation in conversations:
            file.write(json.dumps(as_record(conversation, tags), ensure_ascii=False) + "\n")
            count += 1
    return count
