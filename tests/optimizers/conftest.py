from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from csc_dspy.conversation import write_records
from csc_dspy.optimizers.options import RECIPES, Compilation
from tests.support.learner import calls, learner
from tests.support.openai_server import OpenAIServer

Job = Callable[..., Compilation]
OF_PROMPTS = [name for name, one in RECIPES.items() if one.needs != "weights"]
SETS = (("train.jsonl", 16, 0), ("val.jsonl", 4, 100), ("test.jsonl", 3, 200))


def write_both_languages() -> None:
    """As many calls in Chinese, too."""
    for path, count, start in SETS:
        write_records(path, [*calls(count, "en", start=start), *calls(count, "zh", start=start)])


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer(learner) as running:
        yield running


@pytest.fixture
def job(tmp_path: Path, server: OpenAIServer, monkeypatch: pytest.MonkeyPatch) -> Job:
    monkeypatch.chdir(tmp_path)
    for path, count, start in SETS:
        write_records(path, calls(count, start=start))

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
            "budget": 60,
            "words": False,
            "rules": False,
            "concurrency": 4,
            "tracking": False,
        }
        return Compilation(**{**given, **changes})

    return build
