"""A LoRA adapter as a GGUF file, which llama.cpp loads on the GGUF of its base.

The tensors are peft's under llama.cpp's names, ``blk.0.attn_q.weight.lora_a`` of shape (rank, in) and ``….lora_b`` of
shape (out, rank). Llama bases have the rows of their query and key matrices in another order in GGUF, since llama.cpp
rotates neighbouring pairs of a head and transformers its halves; so the rows of ``lora_b`` are put in that order, too.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from safetensors import SafetensorError, safe_open

from csc_dspy.errors import InputError
from csc_dspy.files import written_whole

ADAPTER = "adapter_model.safetensors"
ADAPTER_CONFIG = "adapter_config.json"

_NAME = re.compile(r"(?:base_model\.model\.)?(.+)\.lora_([AB])\.weight")
_ARCHITECTURES = {arch: model for model, arch in gguf.MODEL_ARCH_NAMES.items()}
_PERMUTED = ("llama",)


def write_lora(folder: Path, base: Path, path: Path) -> int:
    """Write a folder's adapter as GGUF.

    Args:
        folder: With peft's ``adapter_config.json`` and ``adapter_model.safetensors``.
        base: The GGUF file of the base.
        path: Where it goes.

    Returns:
        How many matrices it changes.

    Raises:
        InputError: The adapter is of another base or of a kind that llama.cpp does not take, or a file is damaged.
        RunError: It cannot be written.
    """
    config = json.loads((folder / ADAPTER_CONFIG).read_text(encoding="utf-8"))
    if config.get("use_dora") or config.get("bias", "none") != "none" or config.get("modules_to_save"):
        raise InputError(f"{folder}: DoRA, trained biases and whole modules have no place in a GGUF adapter")
    arch, blocks, heads, kv_heads, shapes = _facts(base)
    names = gguf.get_tensor_name_map(_ARCHITECTURES[arch], blocks)
    rank = int(config["r"])
    # llama.cpp scales by alpha / rank, peft's rank-stabilized form by alpha / sqrt(rank).
    alpha = float(config["lora_alpha"]) * (rank**0.5 if config.get("use_rslora") else 1.0)
    tensors: dict[str, np.ndarray[Any, Any]] = {}
    for module, side, values in _matrices(folder / ADAPTER):
        name = names.get_name(module)
        if name is None or f"{name}.weight" not in shapes:
            raise InputError(f"{folder}: {base} has nothing that is called {module}: the adapter is of another base")
        if side == "B" and arch in _PERMUTED and name.endswith(("attn_q", "attn_k")):
            values = _permuted(values, heads if name.endswith("attn_q") else kv_heads)
        wide, high = shapes[f"{name}.weight"]
        if (values.shape[1] if side == "A" else values.shape[0]) != (wide if side == "A" else high):
            raise InputError(f"{folder}: {module} has another shape than in {base}: the adapter is of another base")
        tensors[f"{name}.weight.lora_{side.lower()}"] = values
    if not tensors:
        raise InputError(f"{folder}: {ADAPTER} holds no low-rank matrices")
    with written_whole(path) as part:
        writer = gguf.GGUFWriter(part, arch)
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
    return len(tensors) // 2


def _facts(base: Path) -> tuple[str, int, int, int, dict[str, tuple[int, int]]]:
    """Architecture, layers, heads, key heads, and the width and height of each matrix of a GGUF file."""
    try:
        reader = gguf.GGUFReader(base)
        arch = str(reader.fields["general.architecture"].contents())
        number = {
            name: int(reader.fields[f"{arch}.{key}"].contents())
            for name, key in (("blocks", "block_count"), ("heads", "attention.head_count"))
        }
        kv = reader.fields.get(f"{arch}.attention.head_count_kv")
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{base}: no GGUF file of a language model: {error}") from None
    if arch not in _ARCHITECTURES:
        raise InputError(f"{base}: an architecture that is not known here: {arch}")
    # GGUF names the fastest dimension first: (in, out).
    shapes = {one.name: (int(one.shape[0]), int(one.shape[1])) for one in reader.tensors if len(one.shape) == 2}
    return arch, number["blocks"], number["heads"], int(kv.contents()) if kv else number["heads"], shapes


def _matrices(path: Path) -> list[tuple[str, str, np.ndarray[Any, Any]]]:
    """Module, side (``A`` or ``B``) and values of each matrix."""
    import torch

    found = []
    try:
        with safe_open(path, framework="pt") as file:
            for key in file.keys():  # noqa: SIM118 (the file is no mapping)
                if (match := _NAME.fullmatch(key)) is None:
                    raise InputError(f"{path}: {key}: no low-rank matrix")
                found.append((match[1], match[2], file.get_tensor(key).to(torch.float32).numpy()))
    except (OSError, SafetensorError) as error:
        raise InputError(f"{path}: cannot be read, it may be cut off: {error}") from None
    return found


def _permuted(rows: np.ndarray[Any, Any], heads: int) -> np.ndarray[Any, Any]:
    """Rows in llama.cpp's order: of each head the two halves interleaved."""
    high, wide = rows.shape
    return rows.reshape(heads, 2, high // heads // 2, wide).swapaxes(1, 2).reshape(high, wide)
