"""An adapter is the same on llama.cpp, merged into its base, and where it was trained."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from csc_dspy.chats import question, supporter_system
from csc_dspy.lms.local import LocalServer
from csc_dspy.settings import LocalSettings
from tests.distillation.conftest import call

pytest.importorskip("trl")

import torch
from peft import PeftModel, get_peft_model
from transformers import AutoModelForCausalLM

from csc_dspy.distillation import lora_gguf
from csc_dspy.distillation.config import TrainingConfig
from csc_dspy.distillation.merging import merge
from csc_dspy.distillation.train import lora

pytestmark = pytest.mark.weights
SMALL = LocalSettings(slots=1, context=1024, threads=1)
LIKELIEST = 40


def network(folder: Path | str) -> Any:
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()


def randomized(network: Any, size: float) -> Any:
    """With an adapter that changes queries and keys by chance: their rows have another order in GGUF."""
    torch.manual_seed(0)
    found = get_peft_model(network, lora(TrainingConfig(rank=4, alpha=8)))
    for name, weight in found.named_parameters():
        if "lora_B" in name and ("q_proj" in name or "k_proj" in name):
            torch.nn.init.normal_(weight, std=size)
    return found


@pytest.fixture(scope="module")
def adapter(base: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("adapter")
    randomized(network(base.source), 0.4).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def ids(tokenizer: Any) -> list[int]:
    """A call up to a supporter's turn."""
    messages = question(supporter_system("en"), call(1).turns[:5], "en")
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    found: list[int] = tokenizer.encode(text, add_special_tokens=False)
    return found


def expected(network: Any, ids: list[int]) -> Any:
    """The logarithms of what comes next with which probability."""
    with torch.no_grad():
        return network(torch.tensor([ids])).logits[0, -1].log_softmax(-1)


@pytest.fixture
def apart(base: Any, adapter: Path, ids: list[int]) -> Callable[[Path | None], float]:
    """How far llama.cpp's likeliest tokens are from those of transformers with the adapter, in natural logarithms."""
    wanted = expected(PeftModel.from_pretrained(network(base.source), str(adapter)), ids)

    def measure(file: Path | None) -> float:
        with LocalServer(base.gguf, SMALL, file) as server:
            body = {"prompt": ids, "n_predict": 1, "n_probs": LIKELIEST, "temperature": 0, "dry_multiplier": 0}
            root, headers = server.api_base.removesuffix("/v1"), {"Authorization": f"Bearer {server.api_key}"}
            answer = httpx.post(f"{root}/completion", json=body, headers=headers, timeout=60, trust_env=False).json()
        (first,) = answer["completion_probabilities"]
        found = [(one["id"], one["logprob"]) for one in first["top_logprobs"]]
        assert len(found) == LIKELIEST
        return sum(abs(float(wanted[id]) - value) for id, value in found) / len(found)

    return measure


def test_llama_cpp_answers_as_transformers_does(
    apart: Callable[[Path | None], float], base: Any, adapter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lora_gguf.write_lora(adapter, base.gguf, tmp_path / "right.gguf")
    monkeypatch.setattr(lora_gguf, "_PERMUTED", ())
    lora_gguf.write_lora(adapter, base.gguf, tmp_path / "wrong.gguf")
    right, wrong, without = (apart(file) for file in (tmp_path / "right.gguf", tmp_path / "wrong.gguf", None))
    assert right < 0.2
    assert wrong > 2 * right  # the order of the query's and the key's rows
    assert without > 2 * right


def test_a_merged_student_is_the_one_that_was_trained(base: Any, adapter: Path, ids: list[int], tmp_path: Path) -> None:
    merge(base, adapter, tmp_path)
    trained = expected(PeftModel.from_pretrained(network(base.source), str(adapter)), ids)
    assert float((expected(network(tmp_path), ids) - trained).abs().max()) < 0.02
    assert float((expected(network(base.source), ids) - trained).abs().max()) > 1
