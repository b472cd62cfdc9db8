"""An adapter merged into its base's weights."""

from __future__ import annotations

from pathlib import Path

import torch
from peft import PeftModel

from csc_dspy.distillation.base import Base
from csc_dspy.distillation.faults import explained
from csc_dspy.distillation.loading import load_network
from csc_dspy.errors import InputError
from csc_dspy.lms.student import ADAPTER
from csc_dspy.metrics.pretrained import quiet


def merge(base: Base, adapter: Path, folder: Path) -> None:
    """Write the base with the adapter's changes as safetensors, in float16.

    The sum is made in 32 bits, and bfloat16, with three bits less, would round much of what was learned away.

    Args:
        base: The base.
        adapter: Folder of the adapter.
        folder: Where the weights go.

    Raises:
        InputError: There is no adapter, or the base lacks weights.
        ModelError: The base's weights or the adapter's cannot be read.
        RunError: Memory or disk do not suffice.
    """
    file = adapter / ADAPTER
    if not file.is_file():  # peft would ask the hub for it
        raise InputError(f"{file}: is missing; put it back, or train again (--fresh)")
    with explained(base.source, folder), quiet():
        network = load_network(base.name, base.source, dtype=torch.float32)
        with explained(str(file), folder):
            changed = PeftModel.from_pretrained(network, str(adapter))
        changed.merge_and_unload().to(torch.float16).save_pretrained(folder)
