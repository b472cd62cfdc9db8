"""A LoRA adapter as a GGUF file, which llama.cpp loads on the GGUF of its base.

The tensors are peft's under llama.cpp's names, ``blk.0.attn_q.weight.lora_a`` of shape (rank, in) and ``….lora_b`` of
shape (out, rank), whose rows stand in the order that the base's have there.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import gguf
import numpy as np

from csc_dspy.distillation.rows import UnknownNetworkError, facts_of, in_llama_cpp_order
from csc_dspy.distillation.tensors import opened
from csc_dspy.errors import InputError
from csc_dspy.files import written_whole
from csc_dspy.lms.student import ADAPTER

ADAPTER_CONFIG = "adapter_config.json"

_NAME = re.compile(r"(?:base_model\.model\.)?(.+)\.lora_([AB])\.weight")


def write_lora(folder: Path, base: Path, path: Path) -> None:
    """Write a folder's adapter as GGUF.

    Args:
        folder: With peft's ``adapter_config.json`` and ``adapter_model.safetensors``.
        base: The GGUF file of the base.
        path: Where it goes.

    Raises:
        InputError: The adapter is of another base or of a kind that llama.cpp does not take, or a file is damaged.
        RunError: It cannot be written.
    """
    config = json.loads((folder / ADAPTER_CONFIG).read_text(encoding="utf-8"))
    if config.get("use_dora") or config.get("bias", "none") != "none" or config.get("modules_to_save"):
        raise InputError(f"{folder}: DoRA, trained biases and whole modules have no place in a GGUF adapter")
    facts = facts_of(base)
    names = facts.names()
    rank = int(config["r"])
    # llama.cpp scales by alpha / rank, peft's rank-stabilized form by alpha / sqrt(rank).
    alpha = float(config["lora_alpha"]) * (rank**0.5 if config.get("use_rslora") else 1.0)
    tensors: dict[str, np.ndarray[Any, Any]] = {}
    for module, side, values in _matrices(folder / ADAPTER):
        name = names.get_name(module)
        if name is None or f"{name}.weight" not in facts.shapes:
            raise UnknownNetworkError(f"{folder}: {base} has no {module}, which the adapter changes")
        if side == "B" and (heads := facts.reordered(name)) is not None:
            values = in_llama_cpp_order(values, heads)
        wide, high = facts.shapes[f"{name}.weight"]
        if (values.shape[1] if side == "A" else values.shape[0]) != (wide if side == "A" else high):
            raise InputError(f"{folder}: {module} has another shape than in {base}: the adapter is of another base")
        tensors[f"{name}.weight.lora_{side.lower()}"] = values
    if not tensors:
        raise InputError(f"{folder}: {ADAPTER} holds no low-rank matrices")
    with written_whole(path) as part:
        writer = gguf.GGUFWriter(part, facts.arch)
        writer.add_type(gguf.GGUFType.ADAPTER)
        writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
        writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, alpha)
        writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
        for name, values in sorted(tensors.items()):
            writer.add_tensor(name, np.ascontiguousarray(values, dtype=np.float32))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()


def _matrices(path: Path) -> list[tuple[str, str, np.ndarray[Any, Any]]]:
    """Module, side (``A`` or ``B``) and values of each matrix."""
    import torch

    found = []
    with opened(path) as file:
        for key in file.keys():  # noqa: SIM118 (the file is no mapping)
            if (match := _NAME.fullmatch(key)) is None:
                raise InputError(f"{path}: {key}: no low-rank matrix")
            found.append((match[1], match[2], file.get_tensor(key).to(torch.float32).numpy()))
    return found
