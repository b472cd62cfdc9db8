"""Splits of a corpus in which nobody stands on both sides.

Conversations of one customer, and conversations with the same words, go to the same part. Who the customer is says a
number of theirs among the fields that were imported (``customer_id``), or the profile. Which part depends on the seed
and on the customer, and not on the order of the file.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from hashlib import blake2b
from pathlib import Path

from pydantic import JsonValue

from csc_dspy.conversation import Conversation, OnBad
from csc_dspy.corpora.dropped import read_kept_or_dropped
from csc_dspy.errors import InputError
from csc_dspy.files import refuse_input, written_whole
from csc_dspy.wording import amount

_PLAIN = re.compile(r"[\s_.-]+")
_NUMBER = re.compile(
    r"(?:customer|client|caller|consumer|subscriber|member|user|contact|account)(?:id|no|nr|number|num|key|ref|phone)"
    r"|(?:客户|用户|会员|账户|来电人)(?:id|号|号码|编号|电话)"
)
"""Names of fields that hold who the customer is."""
PARTS: Mapping[str, float] = {"train": 0.8, "validation": 0.1, "test": 0.1}
"""Shares of the conversations; the names are those of Hugging Face datasets."""


def parse_parts(text: str) -> dict[str, float]:
    """Shares by part, from ``train=0.8,test=0.2``.

    Raises:
        InputError: It has another form, a share is not positive, or they do not add up to 1.
    """
    parts: dict[str, float] = {}
    for pair in text.split(","):
        name, sign, share = (side.strip() for side in pair.partition("="))
        if not sign or not name.isidentifier() or name in parts:
            raise InputError(f"--parts: {pair.strip()!r} is not NAME=SHARE with a new name, as in train=0.8,test=0.2")
        try:
            parts[name] = float(share)
        except ValueError:
            raise InputError(f"--parts: {share!r} is no number") from None
    if any(not 0 < share <= 1 for share in parts.values()) or abs(sum(parts.values()) - 1) > 1e-6:
        raise InputError(f"--parts: the shares must be positive and add up to 1, not to {sum(parts.values()):g}")
    return parts


def split(
    path: Path, folder: Path, parts: Mapping[str, float] = PARTS, *, seed: int = 0, on_bad: OnBad | None = None
) -> dict[str, int]:
    """Write each part of a file of conversations to ``folder/PART.jsonl``, all whole or none.

    Args:
        path: File of conversations; read twice. Memory: about 150 bytes a customer.
        folder: Where the parts go; files of the same name are replaced.
        parts: Share of the conversations by part.
        seed: Another seed, another split.
        on_bad: Called with each line that does not fit, which is then left out.

    Returns:
        Conversations by part; as near to the shares as customers allow.

    Raises:
        InputError: The file does not fit, has fewer customers than there are parts, or is one of the parts, or other
            files of conversations are in the folder.
        RunError: A part cannot be written.
    """
    for name in parts:
        refuse_input(folder / f"{name}.jsonl", path)
    if strangers := sorted(file.name for file in folder.glob("*.jsonl") if file.stem not in parts):
        raise InputError(
            f"{folder}: {', '.join(strangers)} would stay beside the parts and be taken for one, with customers that "
            "are in others, too; name an empty folder"
        )
    sizes = Counter(customer_of(one, seed) for one in read_kept_or_dropped(path, on_bad))
    if len(sizes) < len(parts):
        raise InputError(f"{path}: {amount(len(sizes), 'customer')} cannot be split into {len(parts)} parts")
    place = _places(sizes, parts)
    counts = dict.fromkeys(parts, 0)
    with ExitStack() as open_:
        files = {}
        for name in parts:
            part = open_.enter_context(written_whole(folder / f"{name}.jsonl"))
            files[name] = open_.enter_context(part.open("w", encoding="utf-8"))
        for one in read_kept_or_dropped(path, lambda _: None):
            name = place[customer_of(one, seed)]
            files[name].write(one.to_json() + "\n")
            counts[name] += 1
    return counts


def customer_of(conversation: Conversation, seed: int = 0) -> bytes:
    """Who is served, as 16 bytes in an order of the seed's: the customer's number, the profile, or else the words."""
    said = (
        _number(conversation.meta or {}) or conversation.profile or "\n".join(turn.text for turn in conversation.turns)
    )
    return blake2b(said.encode(), digest_size=16, key=str(seed).encode()).digest()


def _number(meta: Mapping[str, JsonValue]) -> str | None:
    """The customer's number among what a record kept of its export, if it is there."""
    kept = meta.get("record")
    for fields in (meta, kept if isinstance(kept, dict) else {}):
        for name, value in fields.items():
            if _NUMBER.fullmatch(_PLAIN.sub("", name.lower())) and isinstance(value, (str, int)) and str(value).strip():
                return f"{name}: {value}"
    return None


def _places(sizes: Mapping[bytes, int], parts: Mapping[str, float]) -> dict[bytes, str]:
    """The part of each customer, in the order of their digests; every part gets one customer at least."""
    total, names = sum(sizes.values()), list(parts)
    place: dict[bytes, str] = {}
    at, filled, bound = 0, 0, parts[names[0]] * total
    order = sorted(sizes)
    for number, customer in enumerate(order):
        left = len(order) - number
        full = filled + sizes[customer] / 2 > bound and place and place[order[number - 1]] == names[at]
        if at + 1 < len(names) and (full or left < len(names) - at):
            at += 1
            bound += parts[names[at]] * total
        place[customer] = names[at]
        filled += sizes[customer]
    return place
