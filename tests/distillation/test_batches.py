"""Rows of a batch: apart from each other, padded where they are shorter, and no conversation sees another."""

from __future__ import annotations

import random
import sys
from array import array
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from csc_dspy.distillation.dataset import Sample, sample_of
from tests.distillation.conftest import call

pytest.importorskip("trl")

from torch.nn.functional import cross_entropy

from csc_dspy.distillation.batches import collate, learned, packed
from csc_dspy.distillation.masks import IGNORED, Tokens

pytestmark = pytest.mark.weights
LENGTH = 400


@pytest.fixture(scope="module")
def samples(tokenizer: Any) -> list[Sample]:
    found = [sample_of(call(number), tokenizer, "supporter", LENGTH) for number in range(5)]
    return [one for one in found if one is not None]


@pytest.fixture(scope="module")
def rows(samples: Sequence[Sample]) -> list[dict[str, Any]]:
    """Some with two conversations, and one that is much shorter."""
    found = list(packed(samples, LENGTH, {}))
    assert len({len(row["input_ids"]) for row in found}) > 1
    assert {len(row["seq_lengths"]) for row in found} == {1, 2}
    return found


@pytest.fixture(scope="module")
def network(base: Any) -> Any:
    """The first layers of it."""
    import torch
    from transformers import AutoModelForCausalLM

    options = {"dtype": torch.float32, "attn_implementation": "sdpa", "num_hidden_layers": 4}
    return AutoModelForCausalLM.from_pretrained(base.source, **options).eval()


def test_a_step_has_at_least_the_rows_that_it_should() -> None:
    from csc_dspy.distillation.config import TrainingConfig

    for rows, at_once, processes, batches, together in ((3, 2, 1, 2, 4), (2, 4, 1, 1, 4), (8, 1, 3, 3, 9)):
        config = TrainingConfig(rows=rows, rows_at_once=at_once)
        assert (config.batches(processes), config.rows_of_step(processes)) == (batches, together)


def test_samples_take_the_fullest_row_that_has_room() -> None:
    rng = random.Random(0)
    sizes = [rng.randint(1, LENGTH) for _ in range(200)]
    tokens = [Tokens(array("i", [at] * size), array("i", [IGNORED] * size), ()) for at, size in enumerate(sizes)]
    samples = [Sample(f"{at:03}", "supporter", one) for at, one in enumerate(tokens)]
    found = list(packed(samples, LENGTH, {}))
    expected: list[list[int]] = []
    for at in sorted(range(len(sizes)), key=lambda at: (-sizes[at], at)):
        fits = [row for row in expected if LENGTH - sum(sizes[one] for one in row) >= sizes[at]]
        if fits:
            max(fits, key=lambda row: sum(sizes[one] for one in row)).append(at)
        else:
            expected.append([at])
    assert [list(dict.fromkeys(row["input_ids"])) for row in found] == expected
    assert [row["seq_lengths"] for row in found] == [[sizes[at] for at in row] for row in expected]


def test_a_token_takes_four_bytes(samples: Sequence[Sample]) -> None:
    assert {values.itemsize for one in samples for values in (one.tokens.ids, one.tokens.labels)} == {4}


def test_the_most_memory_is_in_bytes_or_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    import resource

    from csc_dspy.distillation.train import _peak

    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr(resource, "getrusage", lambda who: SimpleNamespace(ru_maxrss=2048))
    for platform, peak in (("linux", 2048 * 1024), ("darwin", 2048)):
        monkeypatch.setattr(sys, "platform", platform)
        assert _peak() == peak
    monkeypatch.setitem(sys.modules, "resource", None)
    assert _peak() is None


def given(batch: dict[str, Any]) -> dict[str, Any]:
    return {"input_ids": batch["input_ids"], "position_ids": batch["position_ids"], "use_cache": False}


def test_rows_of_different_length_stay_apart(rows: list[dict[str, Any]]) -> None:
    batch = collate(rows)
    sizes = [len(row["input_ids"]) for row in rows]
    assert batch["sizes"].tolist() == sizes
    assert {batch[name].shape for name in ("input_ids", "position_ids", "labels", "weights")} == {
        (len(rows), max(sizes))
    }
    for at, size in enumerate(sizes):
        assert batch["input_ids"][at, :size].tolist() == rows[at]["input_ids"]
        assert batch["position_ids"][at, size:].tolist() == list(range(max(sizes) - size))
        assert set(batch["labels"][at, size:].tolist()) <= {IGNORED}
        assert set(batch["weights"][at, size:].tolist()) <= {0.0}
        assert batch["position_ids"][at, :size].tolist() == [n for one in rows[at]["seq_lengths"] for n in range(one)]


def test_learned_places_and_their_successors_match(rows: list[dict[str, Any]]) -> None:
    batch = collate(rows)
    before, after = learned(batch["labels"])
    assert before.sum() == after.sum() == sum(label != IGNORED for row in rows for label in row["labels"])
    assert before.nonzero().tolist() == [[row, at - 1] for row, at in after.nonzero().tolist()]
    assert not after[batch["position_ids"] == 0].any()


def test_conversations_beside_each_other_do_not_see_each_other(
    network: Any, samples: Sequence[Sample], rows: list[dict[str, Any]]
) -> None:
    import torch

    alone = {tuple(one.tokens.ids): one for one in samples}
    for batch in (collate(rows), collate(rows[:1])):
        with torch.no_grad():
            beside = network(**given(batch)).logits
        for row, logits in zip(rows, beside, strict=False):
            start = 0
            for size in row["seq_lengths"]:
                ids = row["input_ids"][start : start + size]
                assert tuple(ids) in alone
                with torch.no_grad():
                    expected = network(input_ids=torch.tensor([ids])).logits[0]
                assert torch.allclose(logits[start : start + size], expected, atol=1e-3)
                start += size


def test_rows_at_once_have_the_loss_of_rows_one_by_one(network: Any, rows: list[dict[str, Any]]) -> None:
    import torch

    def losses(batch: dict[str, Any]) -> Any:
        before, after = learned(batch["labels"])
        with torch.no_grad():
            logits = network(**given(batch), logits_to_keep=before).logits
        return cross_entropy(logits, batch["labels"][after], reduction="none")

    one_by_one = torch.cat([losses(collate([row])) for row in rows])
    assert torch.allclose(losses(collate(rows)), one_by_one, atol=1e-3)


def test_a_training_step_has_the_same_loss_however_many_rows_are_at_once(
    rows: list[dict[str, Any]], samples: Sequence[Sample], tokenizer: Any, tmp_path: Any
) -> None:
    from transformers import LlamaConfig, LlamaForCausalLM

    from csc_dspy.distillation.base import find_base
    from csc_dspy.distillation.config import TrainingConfig
    from csc_dspy.distillation.dataset import Samples
    from csc_dspy.distillation.train import train

    shape = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), **shape)).save_pretrained(tmp_path / "base")
    base = find_base(str(tmp_path / "base"))
    first: dict[int, list[float]] = {}
    for at_once in (1, len(rows)):
        told: list[float] = []
        config = TrainingConfig(length=LENGTH, rows=len(rows), rows_at_once=at_once, balance=0.5, checkpoints=1, rank=4)
        done = train(
            base,
            tokenizer,
            Samples(tuple(samples), ()),
            config,
            tmp_path / str(at_once),
            on_log=lambda step, of, figures, told=told: told.append(figures.get("loss", 0.0)),
        )
        assert done.steps == 1
        first[at_once] = told[:1]
    assert first[1] == pytest.approx(first[len(rows)], rel=1e-3)
