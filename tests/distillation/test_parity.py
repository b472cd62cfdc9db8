"""An adapter is the same on llama.cpp, merged into its base, and where it was trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.networks import apart, expected, network

pytest.importorskip("trl")

from peft import PeftModel

from csc_dspy.distillation import lora_gguf, rows
from csc_dspy.distillation.merging import merge

pytestmark = pytest.mark.weights


def test_llama_cpp_answers_as_transformers_does(
    base: Any, adapter: Path, ids: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = expected(PeftModel.from_pretrained(network(base.source), str(adapter)), ids)
    lora_gguf.write_lora(adapter, base.gguf, tmp_path / "right.gguf")
    monkeypatch.setattr(rows, "REORDERED", ())
    lora_gguf.write_lora(adapter, base.gguf, tmp_path / "wrong.gguf")
    files = (tmp_path / "right.gguf", tmp_path / "wrong.gguf", None)
    right, wrong, without = (apart(wanted, base.gguf, file, ids) for file in files)
    assert right < 0.2
    assert wrong > 2 * right  # the order of the query's and the key's rows
    assert without > 2 * right


def test_a_merged_student_is_the_one_that_was_trained(base: Any, adapter: Path, ids: list[int], tmp_path: Path) -> None:
    merge(base, adapter, tmp_path)
    trained = expected(PeftModel.from_pretrained(network(base.source), str(adapter)), ids)
    assert float((expected(network(tmp_path), ids) - trained).abs().max()) < 0.02
    assert float((expected(network(base.source), ids) - trained).abs().max()) > 1
