"""An adapter merged into its base's weights."""

from __future__ import annotations

from pathlib import Path

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

from csc_dspy.distillation.base import Base
from csc_dspy.metrics.pretrained import quiet


def merge(base: Base, adapter: Path, folder: Path) -> None:
    """Write the base with the adapter's changes as safetensors.

    Args:
        base: The base.
        adapter: Folder of the adapter.
        folder: Where the weights go.
    """
    with quiet():
        network = AutoModelForCausalLM.from_pretrained(
            base.source, dtype=torch.bfloat16, trust_remote_code=False, use_safetensors=True
        )
        PeftModel.from_pretrained(network, str(adapter)).merge_and_unload().save_pretrained(folder)
