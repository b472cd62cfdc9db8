"""Several processes that train one student, a device each, as ``torchrun`` and ``accelerate launch`` start them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta


def count() -> int:
    """How many there are."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def is_main() -> bool:
    """Whether this is the one that speaks and writes."""
    return os.environ.get("RANK", "0") == "0"


@contextmanager
def main_first() -> Iterator[None]:
    """Around what the main process has to have done before the others do it."""
    if count() == 1:
        yield
        return
    import torch
    from accelerate import PartialState

    # Others wait while the main one fetches weights and reads a large corpus.
    with PartialState(cpu=not torch.cuda.is_available(), timeout=timedelta(hours=6)).main_process_first():
        yield
