"""What a GGUF file says of its network, and the order of rows that llama.cpp has.

Llama bases have the rows of their query and key matrices in another order in GGUF, since llama.cpp rotates neighbouring
pairs of a head and transformers its halves.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf
import numpy as np

from csc_dspy.distillation.gguf_files import GgufFile
from csc_dspy.errors import InputError

REORDERED = ("llama",)
"""The architectures whose rows are in another order."""
_ARCHITECTURES = {arch: model for model, arch in gguf.MODEL_ARCH_NAMES.items()}


class UnknownNetworkError(InputError):
    """A network that cannot be written as GGUF here."""


@dataclass(frozen=True)
class GgufFacts:
    """A network as GGUF describes it.

    Attributes:
        arch: llama.cpp's name of the architecture.
        blocks: Layers.
        heads: Heads of the queries.
        kv_heads: Heads of the keys and values.
        shapes: Matrix to width and height, as far as they are known.
    """

    arch: str
    blocks: int
    heads: int
    kv_heads: int
    shapes: dict[str, tuple[int, int]]

    def names(self) -> Any:
        """The map from transformers' names to llama.cpp's."""
        return gguf.get_tensor_name_map(_ARCHITECTURES[self.arch], self.blocks)

    def reordered(self, name: str) -> int | None:
        """The heads of a matrix whose rows are in another order, by llama.cpp's name for it; else ``None``."""
        if self.arch not in REORDERED or not name.endswith(("attn_q", "attn_k")):
            return None
        return self.heads if name.endswith("attn_q") else self.kv_heads


def facts_of(path: Path) -> GgufFacts:
    """What a GGUF file says of its network.

    Raises:
        InputError: It is no language model's, or of an architecture that is not known here.
    """
    return file_and_facts(path)[1]


def file_and_facts(path: Path) -> tuple[GgufFile, GgufFacts]:
    """A GGUF file, and what it says of its network.

    Raises:
        InputError: It is no language model's, or of an architecture that is not known here.
    """
    try:
        reader = GgufFile(path)
        arch = str(reader.fields["general.architecture"].contents())
        blocks, heads = (
            int(reader.fields[f"{arch}.{key}"].contents()) for key in ("block_count", "attention.head_count")
        )
        kv = reader.fields.get(f"{arch}.attention.head_count_kv")
        kv_heads = int(kv.contents()) if kv else heads
    except TypeError:  # lists of them
        raise UnknownNetworkError(f"{path}: its layers have different heads, which is not supported") from None
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{path}: no GGUF file of a language model: {error}") from None
    if arch not in _ARCHITECTURES:
        raise UnknownNetworkError(f"{path}: an architecture that is not known here: {arch}")
    # GGUF names the fastest dimension first: (in, out).
    shapes = {one.name: (int(one.shape[0]), int(one.shape[1])) for one in reader.tensors if len(one.shape) == 2}
    return reader, GgufFacts(arch, blocks, heads, kv_heads, shapes)


def in_llama_cpp_order(rows: np.ndarray[Any, Any], heads: int) -> np.ndarray[Any, Any]:
    """Rows in llama.cpp's order: of each head the two halves interleaved."""
    high, *rest = rows.shape
    return rows.reshape(heads, 2, high // heads // 2, *rest).swapaxes(1, 2).reshape(high, *rest)
