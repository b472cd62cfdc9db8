"""Bases that can think: their templates put an empty thought before the last reply, and take it out of earlier ones."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import httpx
import pytest

from csc_dspy.chats import chat, question, supporter_system
from csc_dspy.errors import InputError
from csc_dspy.framework import Strategy
from csc_dspy.programs.supporter import Supporter
from tests.distillation.conftest import LINES, call
from tests.distillation.test_conversion import folder_of
from tests.support.networks import SMALL

pytest.importorskip("trl")

from csc_dspy.distillation.masks import tokenized
from csc_dspy.distillation.model_gguf import write_base
from csc_dspy.lms.local import LocalServer
from csc_dspy.lms.models import Models
from csc_dspy.settings import EndpointSettings, Settings

pytestmark = pytest.mark.weights

TEMPLATE = """{% for message in messages %}{{ '<|im_start|>' + message.role + '\\n' }}
{%- if message.role == 'assistant' and loop.last %}{{ '<think>\\n\\n</think>\\n\\n' }}{% endif %}
{{- message.content + '<|im_end|>\\n' }}{% endfor %}
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{{ opens }}{% endif %}"""


def thinking(tokenizer: Any, *, opens: str = "''") -> Any:
    """A tokenizer whose template knows thoughts."""
    found = deepcopy(tokenizer)
    found.chat_template = TEMPLATE.replace("opens", opens)
    return found


def test_replies_are_learned_without_the_empty_thought(tokenizer: Any) -> None:
    tokens = tokenized(chat("S", call(1).turns, "en"), thinking(tokenizer))
    learned = [tokenizer.decode(tokens.labels[reply.start : reply.end]) for reply in tokens.replies]
    assert learned == [f"[{strategy.names.en}] {text}<|im_end|>" for strategy, text in LINES.items()]
    assert "think" not in tokenizer.decode(tokens.ids)


def test_a_template_that_always_begins_with_a_thought_is_refused(tokenizer: Any) -> None:
    with pytest.raises(InputError, match="renders earlier messages differently"):
        tokenized(chat("S", call(1).turns, "en"), thinking(tokenizer, opens="'<think>'"))


@pytest.fixture
def served(tokenizer: Any, tmp_path: Path) -> Iterator[LocalServer]:
    folder = folder_of("qwen3", thinking(tokenizer), tmp_path / "base")
    write_base(folder, tmp_path / "base.gguf")
    with LocalServer(tmp_path / "base.gguf", SMALL, student=folder) as server:
        yield server


def test_what_was_trained_is_what_llama_cpp_reads(tokenizer: Any, served: LocalServer) -> None:
    one = call(2)
    tokens = tokenized(chat(supporter_system("en"), one.turns, "en"), thinking(tokenizer))
    root, headers = served.api_base.removesuffix("/v1"), {"Authorization": f"Bearer {served.api_key}"}
    with httpx.Client(headers=headers, timeout=60, trust_env=False) as client:
        for at, reply in zip(range(1, 8, 2), tokens.replies, strict=True):
            asked = {"messages": question(supporter_system("en"), one.turns[:at], "en")}
            prompt = client.post(f"{root}/apply-template", json=asked).json()["prompt"]
            cut = {"content": prompt, "add_special": True, "parse_special": True}
            assert client.post(f"{root}/tokenize", json=cut).json()["tokens"] == tokens.ids[: reply.start].tolist()


def test_it_is_held_to_the_tags(served: LocalServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", served.api_key)
    name = "openai/base"
    settings = Settings(endpoints={name: EndpointSettings(student="supporter")})
    with Models(settings=settings, api_base=served.api_base) as models:
        supporter = Supporter("en", rules=False, words=False)
        supporter.set_lm(models.open(name))
        said = supporter(turns=call(1).turns[:3])
    assert said.failure is None
    assert said.strategy in Strategy  # its weights are random: without the grammar it would never hit a tag
