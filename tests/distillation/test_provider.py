"""DSPy's own optimizers fine-tune a local model through the provider, and get back one that answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import dspy
import pytest
from dspy.clients.utils_finetune import TrainDataFormat, TrainingStatus

from csc_dspy.distillation.masks import IGNORED
from csc_dspy.distillation.provider import finetunable, samples_of
from csc_dspy.errors import InputError
from csc_dspy.lms.adapter import LeanJSONAdapter
from csc_dspy.lms.models import Models
from csc_dspy.lms.student import Student

pytest.importorskip("trl")
pytestmark = pytest.mark.weights
BASE = "local/smollm2-135m-instruct"
CHAT = [
    {"role": "system", "content": "Name the tone."},
    {"role": "user", "content": "A worked question"},
    {"role": "assistant", "content": "worked answer"},
    {"role": "user", "content": "Thank you!"},
    {"role": "assistant", "content": '{"tone": "warm"}'},
]


class Tone(dspy.Signature):  # type: ignore[misc]
    """Name the tone."""

    text: str = dspy.InputField()
    tone: Literal["warm", "cold"] = dspy.OutputField()


def test_the_last_answer_alone_is_learned(tokenizer: Any) -> None:
    found = samples_of(
        [{"messages": CHAT}, {"messages": [*CHAT[:4], {**CHAT[4], "content": "x" * 999}]}], tokenizer, 99
    )
    (sample,) = found.train
    learned = [id for id, label in zip(sample.tokens.ids, sample.tokens.labels, strict=True) if label != IGNORED]
    assert tokenizer.decode(learned).startswith('{"tone": "warm"}')
    assert (found.empty, found.too_long) == (0, 1)
    assert found.described().endswith("; 1 conversation too long: give a larger --length")
    with pytest.raises(InputError, match="of the answers to learn from none fits a row of 10 tokens"):
        samples_of([{"messages": CHAT}], tokenizer, 10)
    with pytest.raises(InputError, match="chat 1 of the training data does not end with an answer"):
        samples_of([{"messages": CHAT[:2]}], tokenizer, 99)


def test_bootstrap_finetune_gets_a_tuned_model_that_answers(tmp_path: Path) -> None:
    texts = ["Thank you!", "Go away.", "How kind of you.", "Leave me alone."]
    examples = [dspy.Example(text=text, tone="warm").with_inputs("text") for text in texts]
    adapter = LeanJSONAdapter()
    with Models() as models, dspy.context(adapter=adapter):
        program = dspy.Predict(Tone)
        program.set_lm(finetunable(models, BASE, tmp_path, length=256, rank=4, alpha=8, learning_rate=2e-3))
        tuned = dspy.BootstrapFinetune(adapter=adapter, num_threads=1).compile(program, trainset=examples)
        (folder,) = tmp_path.iterdir()
        student = Student.read(folder)
        assert (student.side, student.figures["steps"]) == ("prompts", 1)
        assert tuned.lm.name == f"student:{folder}"
        assert tuned(text="Good evening.").tone in ("warm", "cold")
        assert tuned.lm.provider.finetunable


def test_what_goes_wrong_reaches_the_optimizer(tmp_path: Path) -> None:
    with Models() as models:
        lm = finetunable(models, BASE, tmp_path)
        job = lm.finetune([{"messages": CHAT}], TrainDataFormat.CHAT, {"rnak": 4})
        assert isinstance(job.result(), InputError)
        assert "rnak" in str(job.result())
        assert job.status() is TrainingStatus.failed
        job = lm.finetune([{"text": "x"}], TrainDataFormat.COMPLETION)
        assert "fine-tuning takes chats" in str(job.result())
    assert not list(tmp_path.iterdir())
