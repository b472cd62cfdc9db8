from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from csc_dspy.conversation import write_records
from csc_dspy.optimizers.compilation import Compilation
from tests.support.learner import calls, learner
from tests.support.openai_server import OpenAIServer

Job = Callable[..., Compilation]


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer(learner) as running:
        yield running


@pytest.fixture
def job(tmp_path: Path, server: OpenAIServer, monkeypatch: pytest.MonkeyPatch) -> Job:
    monkeypatch.chdir(tmp_path)
    write_records("train.jsonl", calls(16))
    write_records("val.jsonl", calls(4, start=100))
    write_records("test.jsonl", calls(6, start=200))

    def build(optimizer: str = "knn", **changes: Any) -> Compilation:
        given = {
            "program": "supporter",
            "optimizer": optimizer,
            "train": Path("train.jsonl"),
            "validation": Path("val.jsonl"),
            "heldout": Path("test.jsonl"),
            "output": Path("supporter.json"),
            "lm": "openai/x",
            "api_base": server.api_base,
            "budget": 120,
            "words": False,
            "rules": False,
            "concurrency": 4,
            "tracking": False,
        }
        return Compilation(**{**given, **changes})

    return build
