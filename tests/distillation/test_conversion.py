"""A model of transformers that was made into a GGUF file says what transformers says, or is refused with a reason."""

from __future__ import annotations

import errno
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from csc_dspy.errors import InputError, ModelError, RunError
from csc_dspy.framework import Strategy
from csc_dspy.lms.models import Models
from csc_dspy.lms.student import Student, converted, open_student
from csc_dspy.programs.supporter import Supporter
from csc_dspy.settings import load_settings
from tests.distillation.conftest import call
from tests.support.command import environment
from tests.support.networks import apart, expected, network
from tests.support.zygote import Zygote

pytest.importorskip("trl")

import gguf
import torch
from peft import PeftModel
from transformers import (
    AutoConfig,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from csc_dspy.distillation import conversion, model_gguf, rows
from csc_dspy.distillation.assembly import assemble
from csc_dspy.distillation.base import find_base
from csc_dspy.distillation.conversion import gguf_of, servable
from csc_dspy.distillation.lora_gguf import write_lora
from csc_dspy.distillation.model_gguf import write_base, write_like

pytestmark = pytest.mark.weights


@pytest.fixture(autouse=True)
def _own_cache(base: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What is made in tests does not stay in the user's cache; the weights of the session's base are read before."""
    monkeypatch.setenv("CSC_CACHE_DIR", str(tmp_path / "cache"))
    load_settings.cache_clear()
    yield
    monkeypatch.undo()
    load_settings.cache_clear()


SHAPE = {
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "initializer_range": 0.3,
}
LLAMA3 = {
    "rope_type": "llama3",
    "rope_theta": 10_000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32,
}
KINDS: dict[str, Any] = {
    "llama": (LlamaForCausalLM, LlamaConfig, {}),
    "llama3": (LlamaForCausalLM, LlamaConfig, {"rope_parameters": LLAMA3, "tie_word_embeddings": True}),
    "mistral": (MistralForCausalLM, MistralConfig, {"sliding_window": None}),
    "qwen2": (Qwen2ForCausalLM, Qwen2Config, {"tie_word_embeddings": True}),
    "qwen3": (Qwen3ForCausalLM, Qwen3Config, {"head_dim": 32}),
}


def folder_of(kind: str, tokenizer: Any, path: Path, **changes: Any) -> Path:
    """A small network with random weights, biases and norms among them."""
    torch.manual_seed(0)
    model, config, special = KINDS[kind]
    made = model(config(vocab_size=len(tokenizer), **{**SHAPE, **special, **changes}))
    with torch.no_grad():
        for name, weight in made.named_parameters():
            if weight.dim() == 1:
                weight.add_(torch.randn_like(weight) * (0.3 if "norm" in name else 1.0))
    made.save_pretrained(path)
    tokenizer.save_pretrained(path)
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_every_network_that_is_known_answers_as_in_transformers(
    kind: str,
    tokenizer: Any,
    ids: list[int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = folder_of(kind, tokenizer, tmp_path / "made")
    wanted = expected(network(folder), ids)
    write_base(folder, tmp_path / "right.gguf")
    right = apart(wanted, tmp_path / "right.gguf", None, ids)
    assert right < 0.3
    if kind not in ("llama", "qwen3"):  # the others have the order of one of them
        return
    monkeypatch.setattr(
        rows, "REORDERED", () if rows.facts_of(tmp_path / "right.gguf").arch == "llama" else ("qwen2", "qwen3")
    )
    write_base(folder, tmp_path / "wrong.gguf")
    assert apart(wanted, tmp_path / "wrong.gguf", None, ids) > 3 * right


def test_frequencies_that_are_left_out_are_seen(tokenizer: Any, ids: list[int], tmp_path: Path) -> None:
    folder = folder_of("llama3", tokenizer, tmp_path / "made")
    wanted = expected(network(folder), ids)
    told = json.loads((folder / "config.json").read_text())
    told["rope_parameters"] = {"rope_type": "default", "rope_theta": 10_000.0}
    (folder / "config.json").write_text(json.dumps(told))
    write_base(folder, tmp_path / "wrong.gguf")
    assert apart(wanted, tmp_path / "wrong.gguf", None, ids) > 0.2


def test_divided_frequencies_are_trained_as_they_are_served(tokenizer: Any, tmp_path: Path) -> None:
    """Of Llama 3.1 and later, whose GGUF files hold the divisors and not the rule; transformers reads neither."""
    rope = {**LLAMA3, "rope_theta": 500_000.0, "factor": 32.0, "original_max_position_embeddings": 8192}
    more = {"rope_parameters": rope, "max_position_embeddings": 131_072}
    write_base(folder_of("llama3", tokenizer, tmp_path / "made", **more), tmp_path / "right.gguf")
    found = Path(find_base(str(tmp_path / "right.gguf")).source)
    assert AutoConfig.from_pretrained(found).rope_parameters == rope
    folder_of("llama3", tokenizer, tmp_path / "others")
    write_base(tmp_path / "others", tmp_path / "others.gguf")
    with pytest.raises(InputError, match=r"others\.gguf: its rope_freqs\.weight is not that of Llama 3"):
        find_base(str(tmp_path / "others.gguf"))


def test_scaled_positions_that_transformers_does_not_read_are_refused(tokenizer: Any, tmp_path: Path) -> None:
    write_base(folder_of("qwen2", tokenizer, tmp_path / "made"), tmp_path / "plain.gguf")
    told = Told(tmp_path / "plain.gguf")
    told.add("qwen2.rope.scaling.type", "yarn", gguf.GGUFValueType.STRING)
    told.write(tmp_path / "scaled.gguf")
    with pytest.raises(InputError, match=r"scaled\.gguf: RoPE of the type yarn is not supported"):
        find_base(str(tmp_path / "scaled.gguf"))


class Told:
    """A GGUF file written again with something else said in front of its weights."""

    def __init__(self, path: Path) -> None:
        self._file = gguf.GGUFReader(path)
        self._more: dict[str, tuple[Any, Any]] = {}

    def add(self, name: str, value: Any, kind: Any) -> None:
        self._more[name] = (value, kind)

    def write(self, path: Path) -> None:
        writer = gguf.GGUFWriter(path, self._file.fields["general.architecture"].contents())
        for field in self._file.fields.values():
            if not field.name.startswith("GGUF.") and field.name not in ("general.architecture", *self._more):
                inner = field.types[-1] if field.types[0] == gguf.GGUFValueType.ARRAY else None
                writer.add_key_value(field.name, field.contents(), field.types[0], sub_type=inner)
        for name, (value, kind) in self._more.items():
            inner = gguf.GGUFValueType.UINT32 if kind == gguf.GGUFValueType.ARRAY else None
            writer.add_key_value(name, value, kind, sub_type=inner)
        for one in self._file.tensors:
            writer.add_tensor(one.name, one.data, raw_dtype=one.tensor_type)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()


def test_a_chat_is_served_with_what_its_template_begins_with(
    small: Path, tokenizer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Llama 3's tokenizers put a token in front of any text, and not every chat template does."""
    made = gguf_of(base := find_base(str(small)), tokenizer)
    assert gguf.GGUFReader(made).fields["tokenizer.ggml.add_bos_token"].contents() is False
    told = Told(made)
    told.add("tokenizer.ggml.add_bos_token", True, gguf.GGUFValueType.BOOL)
    told.add("tokenizer.ggml.bos_token_id", tokenizer.convert_tokens_to_ids(END), gguf.GGUFValueType.UINT32)
    told.write(tmp_path / "adds.gguf")
    adds = replace(base, gguf=tmp_path / "adds.gguf")
    with pytest.raises(
        InputError, match=rf"llama\.cpp adds '{re.escape(END)}' to a chat, which its chat template does not"
    ):
        gguf_of(adds, tokenizer)
    monkeypatch.setattr(tokenizer, "chat_template", END + tokenizer.chat_template)
    assert gguf_of(adds, tokenizer) == adds.gguf


END = "<|endoftext|>"


def test_a_network_that_cannot_be_written_for_llama_cpp_costs_no_student(
    small: Path,
    tokenizer: Any,
    adapter: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = Told(gguf_of(found := find_base(str(small)), tokenizer))
    told.add("llama.attention.head_count_kv", [2, 1], gguf.GGUFValueType.ARRAY)
    told.write(tmp_path / "uneven.gguf")
    monkeypatch.setattr(conversion, "_reads_alike", lambda *given: True)
    uneven = replace(found, gguf=tmp_path / "uneven.gguf")
    student = Student(package="0", base=uneven.identity(), config={"rank": 4})
    written = assemble(tmp_path / "student", student, uneven, tokenizer, adapter)
    assert list(written.files) == ["adapter_model.safetensors"]
    assert "llama.cpp cannot serve it, vLLM can: " in (said := capsys.readouterr().err)
    assert "its layers have different heads" in said
    with pytest.raises(InputError, match=r"holds no adapter\.gguf for llama\.cpp.*vllm serve"):
        open_student(tmp_path / "student")
    monkeypatch.setattr(model_gguf, "_ARCHITECTURES", {"qwen2": "qwen2"})
    with pytest.raises(InputError, match="whole weights of a network of type llama cannot be written; known are qwen2"):
        write_like(small, gguf_of(found, tokenizer), tmp_path / "x.gguf")


@pytest.mark.parametrize(
    ("kind", "changes", "says"),
    [
        ("llama", {"model_type": "gpt2"}, "a network of type gpt2; known are llama"),
        ("llama", {"rope_parameters": {"rope_type": "yarn", "rope_theta": 1e4}}, "RoPE of the type yarn"),
        ("qwen2", {"use_sliding_window": True}, "sliding-window attention"),
        ("mistral", {"sliding_window": 64}, "sliding-window attention"),
    ],
)
def test_what_is_not_known_is_refused(
    kind: str, changes: dict[str, Any], says: str, tokenizer: Any, tmp_path: Path
) -> None:
    folder = folder_of(kind, tokenizer, tmp_path / "made")
    told = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**told, **changes}))
    with pytest.raises(InputError, match=says):
        write_base(folder, tmp_path / "x.gguf")
    assert [path.name for path in tmp_path.glob("x*")] == []


@pytest.mark.parametrize(
    ("part", "value", "says"),
    [
        ("pre_tokenizer", {"type": "Whitespace"}, "its pre-tokenizer"),
        ("model", {"type": "Unigram", "vocab": []}, "only byte-level BPE"),
    ],
)
def test_tokenizers_that_are_not_known_are_refused(
    part: str, value: Any, says: str, tokenizer: Any, tmp_path: Path
) -> None:
    folder = folder_of("llama", tokenizer, tmp_path / "made")
    told = json.loads((folder / "tokenizer.json").read_text())
    (folder / "tokenizer.json").write_text(json.dumps({**told, part: value}))
    with pytest.raises(InputError, match=says):
        write_base(folder, tmp_path / "x.gguf")


def test_a_tokenizer_that_llama_cpp_reads_otherwise_is_refused(tokenizer: Any, tmp_path: Path) -> None:
    folder = folder_of("llama", tokenizer, tmp_path / "made")
    told = json.loads((folder / "tokenizer.json").read_text())
    merges = told["model"]["merges"]
    told["model"]["merges"] = merges[len(merges) // 2 :] + merges[: len(merges) // 2]
    (folder / "tokenizer.json").write_text(json.dumps(told))
    with pytest.raises(InputError, match=r"llama\.cpp tokenizes text differently"):
        gguf_of(base := find_base(str(folder)), tokenizer)
    assert not converted(base.digest, base.reading).exists()


def _no_cache(patch: pytest.MonkeyPatch, cache: Path) -> None:
    cache.write_text("a file")


def _full_disk(patch: pytest.MonkeyPatch, cache: Path) -> None:
    def full(folder: Path, path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    patch.setattr(model_gguf, "write_base", full)


def _no_answer(patch: pytest.MonkeyPatch, cache: Path) -> None:
    gone = SimpleNamespace(api_key="", api_base="http://127.0.0.1:9/v1")
    patch.setattr(conversion, "find_spec", lambda name: name)
    patch.setattr(conversion, "LocalServer", lambda *given: nullcontext(gone))


@pytest.mark.parametrize(
    ("fault", "kind", "says"),
    [
        (_no_cache, RunError, r"cannot be written \((Not a directory|File exists)\)"),
        (_full_disk, RunError, r"cannot be written \(No space left on device\)"),
        (_no_answer, ModelError, r"does not say in what tokens it reads \(.*refused"),
    ],
)
def test_a_base_that_cannot_be_made_for_llama_cpp_stops_no_student(
    small: Path,
    tokenizer: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    fault: Any,
    kind: type[Exception],
    says: str,
) -> None:
    base = find_base(str(small))
    fault(monkeypatch, tmp_path / "cache")
    with pytest.raises(kind, match=says):
        gguf_of(base, tokenizer)
    capsys.readouterr()
    assert servable(base, tokenizer) is None
    said = capsys.readouterr().err
    assert said.startswith("llama.cpp cannot serve it, vLLM can: ")
    assert re.search(says, said)
    assert not converted(base.digest, base.reading).exists()


def test_a_student_on_a_folder_is_served_and_moves(
    base: Any,
    tokenizer: Any,
    adapter: Path,
    ids: list[int],
    tmp_path: Path,
    zygote: Zygote,
) -> None:
    source = Path(shutil.copytree(base.source, tmp_path / "base"))
    found = find_base(str(source))
    student = Student(package="0", base=found.identity(), config={"rank": 4})
    assemble(tmp_path / "student", student, found, tokenizer, adapter)
    weights, lora = open_student(tmp_path / "student")
    assert weights == converted(found.digest, found.reading)
    wanted = expected(PeftModel.from_pretrained(network(source), str(adapter)), ids)
    near = apart(wanted, weights, lora, ids)
    assert near < 0.3
    assert apart(wanted, weights, None, ids) > 2 * near
    weights.unlink()
    with pytest.raises(InputError, match=r"csc-dspy models convert .*base` makes it"):
        open_student(tmp_path / "student")
    done = zygote.run(
        "models", "convert", str(source), cwd=tmp_path, env=environment(CSC_CACHE_DIR=str(tmp_path / "cache"))
    )
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()) == weights == open_student(tmp_path / "student")[0]


def test_a_merged_student_is_served_as_it_was_trained(
    base: Any,
    tokenizer: Any,
    adapter: Path,
    ids: list[int],
    tmp_path: Path,
) -> None:
    student = Student(package="0", base=base.identity(), adapter=False)
    assemble(tmp_path / "student", student, base, tokenizer, adapter)
    weights, lora = open_student(tmp_path / "student")
    assert (weights, lora) == (tmp_path / "student" / "model.gguf", None)
    wanted = expected(PeftModel.from_pretrained(network(base.source), str(adapter)), ids)
    near = apart(wanted, weights, None, ids)
    assert near < 0.3
    assert apart(wanted, base.gguf, None, ids) > 2 * near
    with Models() as models:
        supporter = Supporter("en", rules=False, words=False)
        supporter.set_lm(models.open(f"student:{tmp_path / 'student'}"))
        assert supporter(turns=call(1).turns[:5]).strategy in Strategy
    (tmp_path / "student" / "model.gguf").write_bytes(b"GGUF")
    with pytest.raises(InputError, match=r"model\.gguf: is damaged or another student's"):
        open_student(tmp_path / "student")


def test_the_weights_of_another_network_are_refused(base: Any, tokenizer: Any, tmp_path: Path) -> None:
    folder = folder_of("llama", tokenizer, tmp_path / "made")
    with pytest.raises(InputError, match="has the shape"):
        write_like(folder, base.gguf, tmp_path / "x.gguf")


def test_trained_weights_that_were_cut_off_are_named(base: Any, tokenizer: Any, adapter: Path, tmp_path: Path) -> None:
    for folder, write in (
        (folder_of("llama", tokenizer, tmp_path / "whole"), write_like),
        (Path(shutil.copytree(adapter, tmp_path / "adapter")), write_lora),
    ):
        (path,) = folder.glob("*.safetensors")
        path.write_bytes(path.read_bytes()[:-100])
        with pytest.raises(InputError, match=rf"^{re.escape(str(path))}: cannot be read, it may be cut off: "):
            write(folder, base.gguf, tmp_path / "x.gguf")
