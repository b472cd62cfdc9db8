"""What a library says when memory, disk or weights fail, as a line that tells what to do."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from csc_dspy.distillation.config import TrainingConfig
from csc_dspy.errors import CscError, ModelError, RunError

_MEMORY = ("DefaultCPUAllocator", "not enough memory", "out of memory", "Cannot allocate memory", "ALLOC_FAILED")
_DISK = ("No space left", "quota exceeded", "inline_container", "PytorchStreamWriter", "file write failed")
"""PyTorch, safetensors and tokenizers raise one kind of error each for everything, so their words tell."""


@contextmanager
def explained(weights: str, folder: Path, config: TrainingConfig | None = None) -> Iterator[None]:
    """Around work on weights.

    Args:
        weights: Where they are read from.
        folder: Where something is written.
        config: How is trained, if it is.

    Raises:
        ModelError: The weights cannot be read.
        RunError: Memory or disk do not suffice.
    """
    from safetensors import SafetensorError

    try:
        yield
    except CscError:
        raise
    except Exception as error:  # the libraries' errors have no root
        said = str(error)
        out_of_memory = isinstance(error, (RuntimeError, OSError)) and any(sign in said for sign in _MEMORY)
        if isinstance(error, MemoryError) or out_of_memory or getattr(error, "errno", None) == errno.ENOMEM:
            raise RunError(_short(config)) from None
        if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or any(sign in said for sign in _DISK):
            raise RunError(_full(folder)) from None
        if isinstance(error, SafetensorError):
            raise ModelError(f"{weights}: its weights cannot be read ({error}): fetch or make them again") from None
        raise


def _short(config: TrainingConfig | None) -> str:
    if config is None:
        return "out of memory for all weights at once: take a smaller base, or end what else runs"
    return (
        f"out of memory: lower length (now {config.length:,}), rows_at_once (now {config.rows_at_once}) "
        f"or rank (now {config.rank}), or set activation_checkpointing (or four_bit, on a GPU)"
    )


def _full(folder: Path) -> str:
    return f"{folder}: cannot be written: no space left on the disk; free some, and the same command goes on"
