from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from csc_dspy.conversation import Conversation, Turn
from csc_dspy.framework import Strategy

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
    """A base with random weights and two narrow layers."""
    from transformers import LlamaConfig, LlamaForCausalLM

    shape = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), **shape)).save_pretrained(tmp_path / "base")
    tokenizer.save_pretrained(tmp_path / "base")
    return tmp_path / "base"
