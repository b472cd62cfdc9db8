"""Files of safetensors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from csc_dspy.errors import InputError


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """A file of safetensors, open to read it for PyTorch.

    Raises:
        InputError: It cannot be read.
    """
    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except (OSError, SafetensorError) as error:
        raise InputError(f"{path}: cannot be read, it may be cut off: {error}") from None
