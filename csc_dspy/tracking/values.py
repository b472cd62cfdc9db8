"""Values as MLflow takes them: flat, named with the characters it allows, cut to its limits."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from csc_dspy.errors import one_line
from csc_dspy.redaction import redact

# MLflow's own limits; cutting here, after redaction, keeps its warnings off the terminal.
MAX_PARAM, MAX_TAG, MAX_NAME = 6000, 8000, 250
CHUNK = 25
"""Parameters a request: 25 x 6,000 characters, escaped, stay under the server's 1 MB."""


def flatten(value: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Nested data as dotted names and texts: ``{"a": {"b": 1}}`` is ``a.b``, ``1``."""
    if isinstance(value, dict) and (value or not prefix):
        for key, item in value.items():
            yield from flatten(item, f"{prefix}.{key}" if prefix else key)
    else:
        yield prefix, as_text(value)


def as_text(value: Any) -> str:
    """A string as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def entity(name: str) -> str:
    """A name MLflow takes: word characters, ``_ - . : /`` and spaces, and nothing a path would fold away."""
    parts = re.sub(r"[^\w\-. :/]", "_", redact(name))[:MAX_NAME].split("/")
    return "/".join(part for part in parts if part not in ("", ".", "..")) or "_"


def cause_of(error: BaseException) -> str:
    """An error's type and text, redacted, in one line of at most 1,000 characters; a group's first error."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return cut(redact(f"{type(error).__name__}: {one_line(error, 1000)}"), 1000)


def cut(text: str, limit: int) -> str:
    """A text of at most ``limit`` characters; what was cut off shows as an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def chunks(items: Sequence[Any], size: int) -> Iterator[list[Any]]:
    """Consecutive parts of at most ``size`` items."""
    for start in range(0, len(items), size):
        yield list(items[start : start + size])


def unique(names: Iterable[str]) -> list[str]:
    """The names in their order, a repeated one numbered: ``a``, ``a-2``."""
    found: list[str] = []
    for name in names:
        label, count = name, 1
        while label in found:
            count += 1
            label = f"{name}-{count}"
        found.append(label)
    return found
