from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from csc_dspy.chats import question, supporter_system
from csc_dspy.conversation import Conversation, Turn
from csc_dspy.framework import Strategy
from tests.support.networks import network

S = Strategy
LINES = {
    S.GREETING: "Good morning, how can I help?",
    S.IDENTITY_VERIFICATION: "May I have your name?",
    S.INFORMATION_DELIVERY: "It takes three days.",
    S.APPRECIATION_AND_CLOSURE: "Thank you for calling, goodbye!",
}


def call(number: int, lang: Any = "en") -> Conversation:
    """A call whose next strategy follows from what the customer said."""
    rng = random.Random(number)
    name = rng.choice(["Ann", "Bob", "Cleo", "Dan"])
    said = ["Hello.", f"My parcel {number} has not come.", f"My name is {name}.", "Thanks, that is all."]
    turns: list[Turn] = []
    for text, (strategy, reply) in zip(said, LINES.items(), strict=True):
        turns.append(Turn(speaker="customer", text=text))
        turns.append(Turn(speaker="supporter", text=reply, strategy=strategy))
    return Conversation(
        id=f"call-{number}", lang=lang, topic="other", source="test", profile=f"person {number}", turns=tuple(turns)
    )


@pytest.fixture(scope="session")
def base() -> Any:
    """SmolLM2, dequantized."""
    pytest.importorskip("trl")
    from csc_dspy.distillation.base import find_base

    return find_base("smollm2-135m-instruct")


@pytest.fixture(scope="session")
def tokenizer(base: Any) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(base.source)


@pytest.fixture
def small(tokenizer: Any, tmp_path: Path) -> Path:
    """A base with random weights and two narrow layers, always the same: what is made of it lies in the cache once."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    shape = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), **shape)).save_pretrained(tmp_path / "base")
    tokenizer.save_pretrained(tmp_path / "base")
    return tmp_path / "base"


@pytest.fixture(scope="session")
def adapter(base: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapter that changes queries and keys by chance: their rows have another order in GGUF."""
    import torch
    from peft import get_peft_model

    from csc_dspy.distillation.config import TrainingConfig
    from csc_dspy.distillation.train import lora

    folder = tmp_path_factory.mktemp("adapter")
    torch.manual_seed(0)
    found = get_peft_model(network(base.source), lora(TrainingConfig(rank=4, alpha=8)))
    for name, weight in found.named_parameters():
        if "lora_B" in name and ("q_proj" in name or "k_proj" in name):
            torch.nn.init.normal_(weight, std=0.4)
    found.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def ids(tokenizer: Any) -> list[int]:
    """A call up to a supporter's turn."""
    messages = question(supporter_system("en"), call(1).turns[:5], "en")
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    found: list[int] = tokenizer.encode(text, add_special_tokens=False)
    return found
