"""A model of transformers as a GGUF file, which llama.cpp serves: its matrices in 8 bits, all else in 32.

What stands before the weights, the shape of the network and the tokenizer, is made of a folder's ``config.json`` and
``tokenizer.json``, or taken over from the GGUF file of the model that was trained.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from gguf.quants import quant_shape_to_byte_shape, quantize

from csc_dspy.distillation.positions import DIVISORS, divisors, theta
from csc_dspy.distillation.rows import GgufFacts, UnknownNetworkError, file_and_facts, in_llama_cpp_order
from csc_dspy.distillation.tensors import opened
from csc_dspy.errors import InputError
from csc_dspy.files import written_whole

_ARCHITECTURES = {"llama": "llama", "mistral": "llama", "qwen2": "qwen2", "qwen3": "qwen3"}
"""What transformers calls a network to what llama.cpp calls it."""
_CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"
_REST = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_SPLITS = {f"{_CONTRACTIONS}\\p{{N}}{_REST}": "qwen2", f"{_CONTRACTIONS}\\p{{N}}{{1,3}}{_REST}": "llama-bpe"}
"""How a tokenizer cuts text before it joins bytes, to llama.cpp's name for it."""
_EIGHT = gguf.GGMLQuantizationType.Q8_0
_BLOCK = 32


def write_base(folder: Path, path: Path) -> None:
    """Write a folder's model as GGUF.

    Args:
        folder: With ``config.json``, ``tokenizer.json`` and ``*.safetensors``.
        path: Where it goes.

    Raises:
        InputError: llama.cpp has no such network or tokenizer, or none that is known here; or a file is damaged.
        RunError: It cannot be written.
    """
    config = _json(folder / "config.json")
    arch = _ARCHITECTURES.get(str(config.get("model_type")))
    if arch is None:
        known = ", ".join(_ARCHITECTURES)
        raise InputError(f"{folder}: a network of type {config.get('model_type')}; known are {known}")
    with written_whole(path) as part:
        writer = gguf.GGUFWriter(part, arch)
        heads, kv_heads = _shape(writer, folder, config)
        _vocabulary(writer, folder, int(config["vocab_size"]))
        facts = GgufFacts(arch, int(config["num_hidden_layers"]), heads, kv_heads, {})
        divided = divisors(folder, config)
        _finish(writer, list(_weights(folder, facts)), {} if divided is None else {DIVISORS: divided})


def write_like(folder: Path, like: Path, path: Path) -> None:
    """Write a folder's weights as GGUF, with the shape and the tokenizer of another GGUF file.

    Args:
        folder: With ``*.safetensors``.
        like: The file of the model that was trained.
        path: Where it goes.

    Raises:
        InputError: The network is none of those whose weights stand in GGUF as in transformers, but for their order;
            a file is damaged, or the weights are those of another network.
        RunError: It cannot be written.
    """
    reader, facts = file_and_facts(like)
    if facts.arch not in _ARCHITECTURES.values():
        known = ", ".join(sorted(set(_ARCHITECTURES.values())))
        raise UnknownNetworkError(
            f"{like}: whole weights of a network of type {facts.arch} cannot be written; known are {known}"
        )
    with written_whole(path) as part:
        writer = gguf.GGUFWriter(part, facts.arch)
        for field in reader.fields.values():
            if field.name.startswith("GGUF.") or field.name in _OWN_KEYS:
                continue
            kind = field.types[0]
            inner = field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
            writer.add_key_value(field.name, field.contents(), kind, sub_type=inner)
        kept = {one.name: np.array(one.data, dtype=np.float32) for one in reader.tensors if one.name == DIVISORS}
        _finish(writer, list(_weights(folder, facts)), kept)


_OWN_KEYS = (gguf.Keys.General.ARCHITECTURE, gguf.Keys.General.FILE_TYPE, gguf.Keys.General.QUANTIZATION_VERSION)


def _shape(writer: gguf.GGUFWriter, folder: Path, config: dict[str, Any]) -> tuple[int, int]:
    """Write the shape of the network; its heads, and those of keys and values."""
    window = config.get("sliding_window") if config["model_type"] == "mistral" else config.get("use_sliding_window")
    if window:
        raise InputError(f"{folder}: sliding-window attention is not supported")
    heads = int(config["num_attention_heads"])
    kv_heads = int(config.get("num_key_value_heads") or heads)
    width = int(config.get("head_dim") or config["hidden_size"] // heads)
    writer.add_name(folder.name)
    writer.add_context_length(int(config["max_position_embeddings"]))
    writer.add_embedding_length(int(config["hidden_size"]))
    writer.add_block_count(int(config["num_hidden_layers"]))
    writer.add_feed_forward_length(int(config["intermediate_size"]))
    writer.add_head_count(heads)
    writer.add_head_count_kv(kv_heads)
    writer.add_key_length(width)
    writer.add_value_length(width)
    writer.add_rope_dimension_count(width)
    writer.add_rope_freq_base(theta(config))
    writer.add_layer_norm_rms_eps(float(config["rms_norm_eps"]))
    writer.add_vocab_size(int(config["vocab_size"]))
    return heads, kv_heads


def _vocabulary(writer: gguf.GGUFWriter, folder: Path, size: int) -> None:
    """Write the tokenizer."""
    given = _json(folder / "tokenizer.json")
    model = given["model"]
    if model.get("type") != "BPE" or model.get("byte_fallback"):
        raise InputError(f"{folder}: only byte-level BPE tokenizers are supported")
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(_split(folder, given.get("pre_tokenizer") or {}))
    texts = {int(id): str(text) for text, id in model["vocab"].items()}
    kinds = dict.fromkeys(texts, gguf.TokenType.NORMAL)
    for added in given.get("added_tokens", ()):
        texts[added["id"]] = added["content"]
        kinds[added["id"]] = gguf.TokenType.CONTROL if added["special"] else gguf.TokenType.USER_DEFINED
    size = max(size, max(texts) + 1)
    writer.add_token_list([texts.get(id, f"[PAD{id}]") for id in range(size)])
    writer.add_token_types([kinds.get(id, gguf.TokenType.UNUSED) for id in range(size)])
    special = gguf.SpecialVocab(folder, load_merges=True, n_vocab=size)
    special.add_special_token = dict.fromkeys(("bos", *special.add_special_token), False)  # the template adds them
    special.add_to_gguf(writer, quiet=True)


def _split(folder: Path, given: dict[str, Any]) -> str:
    """llama.cpp's name for how a tokenizer cuts text."""
    steps = given.get("pretokenizers", [given])
    cuts = [str(step["pattern"].get("Regex")) for step in steps if step.get("type") == "Split"]
    digits = [step.get("individual_digits") for step in steps if step.get("type") == "Digits"]
    plain = any(step.get("type") == "ByteLevel" and step.get("use_regex", True) for step in steps)
    if len(cuts) == 1 and cuts[0] in _SPLITS and not digits:
        return _SPLITS[cuts[0]]
    if not cuts and plain and digits in ([], [True]):
        return "smollm" if digits else "gpt-2"
    raise InputError(f"{folder}: its pre-tokenizer, the way text is split before BPE, is not supported")


@dataclass(frozen=True)
class _Weight:
    """A tensor that is still in its file.

    Attributes:
        name: llama.cpp's.
        path: The file.
        key: The file's name for it.
        shape: Rows first.
        heads: Of a matrix whose rows stand in another order in GGUF; else ``None``.
    """

    name: str
    path: Path
    key: str
    shape: tuple[int, ...]
    heads: int | None

    @property
    def eight(self) -> bool:
        """Whether it is kept in 8 bits: matrices, if whole blocks fill their rows."""
        return len(self.shape) == 2 and self.shape[-1] % _BLOCK == 0

    def values(self) -> np.ndarray[Any, Any]:
        """As they stand in the GGUF file."""
        import torch

        with opened(self.path) as file:
            found = file.get_tensor(self.key).to(torch.float32).numpy()
        if self.heads is not None:
            found = in_llama_cpp_order(found, self.heads)
        stands: np.ndarray[Any, Any] = quantize(found, _EIGHT) if self.eight else found
        return stands


def _weights(folder: Path, facts: GgufFacts) -> Iterator[_Weight]:
    names = facts.names()
    whole = folder / "model.safetensors"  # beside which transformers reads no parts
    for path in [whole] if whole.is_file() else sorted(folder.glob("*.safetensors")):
        with opened(path) as file:
            keys = [(key, tuple(file.get_slice(key).get_shape())) for key in file.keys()]  # noqa: SIM118
        for key, shape in keys:
            name = names.get_name(key, try_suffixes=(".weight", ".bias"))
            if name is None:
                raise UnknownNetworkError(
                    f"{path}: {key}: llama.cpp has no such weights in a network of type {facts.arch}"
                )
            module = name.rpartition(".")[0]
            if (known := facts.shapes.get(name)) is not None and shape != known[::-1]:
                raise InputError(f"{path}: {key} has the shape {shape}, and its base {known[::-1]}")
            yield _Weight(name, path, key, shape, facts.reordered(module))


def _finish(writer: gguf.GGUFWriter, weights: list[_Weight], others: dict[str, np.ndarray[Any, Any]]) -> None:
    """Write the weights, one at a time in memory."""
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    for name, values in others.items():
        writer.add_tensor_info(name, values.shape, values.dtype, values.nbytes)
    for one in weights:
        if one.eight:
            shape = quant_shape_to_byte_shape(one.shape, _EIGHT)
            writer.add_tensor_info(one.name, shape, np.dtype(np.uint8), int(np.prod(shape)), raw_dtype=_EIGHT)
        else:
            writer.add_tensor_info(one.name, one.shape, np.dtype(np.float32), 4 * int(np.prod(one.shape)))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for values in others.values():
        writer.write_tensor_data(values)
    for one in weights:
        writer.write_tensor_data(np.ascontiguousarray(one.values()))
    writer.close()


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from None
    assert isinstance(found, dict)
    return found
