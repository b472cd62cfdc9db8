"""How a network tells positions apart (RoPE): transformers' settings, and llama.cpp's.

Llama 3.1 and later divide some of the frequencies. transformers has the rule in its configuration, a GGUF file the
divisors as a tensor.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gguf
import numpy as np

from csc_dspy.errors import InputError

DIVISORS = "rope_freqs.weight"
"""The tensor of a GGUF file that holds by what each frequency is divided."""
_LLAMA3 = {"low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}
"""What Llama 3.1, 3.2 and 3.3 have in common; their ``factor`` is 8 or 32."""


def theta(config: dict[str, Any]) -> float:
    """The base of the frequencies."""
    return float(_rope(config).get("rope_theta") or config.get("rope_theta") or 10_000.0)


def divisors(folder: Path, config: dict[str, Any]) -> np.ndarray[Any, Any] | None:
    """By what the frequencies of a folder's network are divided; ``None`` where it is by 1.

    Args:
        folder: The folder.
        config: What its ``config.json`` holds.

    Raises:
        InputError: It tells positions in a way that is not known here.
    """
    kind = _kind(config)
    if kind == "default":
        return None
    if kind != "llama3":
        raise InputError(f"{folder}: RoPE of the type {kind} is not supported")
    from transformers import AutoConfig
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

    found, _ = ROPE_INIT_FUNCTIONS[kind](AutoConfig.from_pretrained(folder, trust_remote_code=False), "cpu")
    plain = theta(config) ** -(np.arange(len(found), dtype=np.float64) / len(found))
    divided: np.ndarray[Any, Any] = (plain / found.numpy()).astype(np.float32)
    return divided


def restore(folder: Path, file: gguf.GGUFReader, name: str) -> None:
    """Let a folder that was made of a GGUF file tell positions as the file does; transformers reads them undivided.

    Args:
        folder: With its ``config.json``.
        file: The file.
        name: What it is called in errors.

    Raises:
        InputError: The file tells positions in a way that is not known here.
    """
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    if _kind(config) != "default":  # transformers knows it
        return
    arch = file.fields["general.architecture"].contents()
    scaling = file.fields.get(f"{arch}.rope.scaling.type")
    if scaling is not None and scaling.contents() != "none":
        raise InputError(f"{name}: RoPE of the type {scaling.contents()} is not supported; take another base")
    wanted = next((np.array(one.data, dtype=np.float32) for one in file.tensors if one.name == DIVISORS), None)
    if wanted is None or np.allclose(wanted, 1.0):
        return
    rope = {"rope_type": "llama3", "rope_theta": theta(config), "factor": float(wanted.max()), **_LLAMA3}
    config.pop("rope_scaling", None)
    config["rope_parameters"] = rope
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    found = divisors(folder, config)
    if found is None or found.shape != wanted.shape or not np.allclose(found, wanted, rtol=1e-3):
        raise InputError(f"{name}: its {DIVISORS} is not that of Llama 3, and no other is supported")


def _kind(config: dict[str, Any]) -> str:
    return str(_rope(config).get("rope_type") or _rope(config).get("type") or "default")


def _rope(config: dict[str, Any]) -> dict[str, Any]:
    """The settings; older files have them in two places."""
    return {**(config.get("rope_scaling") or {}), **(config.get("rope_parameters") or {})}
