"""A real, tiny training: what it learns, that it goes on after a kill, and that its student is served."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from openai import AuthenticationError, OpenAI

from csc_dspy.chats import FORMAT_VERSION, question, supporter_system
from csc_dspy.cli import cli
from csc_dspy.conversation import Conversation, write_records
from csc_dspy.distillation.dataset import Samples, read_samples, sample_of
from csc_dspy.errors import InputError
from csc_dspy.framework import Strategy
from tests.distillation.conftest import call
from tests.support.command import environment, start
from tests.support.networks import network

trl = pytest.importorskip("trl")

import torch  # noqa: E402

from csc_dspy.distillation.base import find_base  # noqa: E402
from csc_dspy.distillation.batches import balanced, collate, packed  # noqa: E402
from csc_dspy.distillation.config import TrainingConfig  # noqa: E402
from csc_dspy.distillation.distill import TRAINING, Distillation, distill  # noqa: E402
from csc_dspy.distillation.masks import IGNORED  # noqa: E402
from csc_dspy.distillation.train import in_32_bits, lora, train  # noqa: E402
from csc_dspy.lms.models import Models  # noqa: E402
from csc_dspy.lms.student import FILE, Student  # noqa: E402
from csc_dspy.programs.supporter import DirectSupporter, Supporter  # noqa: E402

pytestmark = pytest.mark.weights
S = Strategy
KEYED = environment(STUDENT_KEY="right")
SMALL = {"length": 512, "rows": 1, "learning_rate": 2e-3, "checkpoints": 2, "rank": 4, "alpha": 8}
LEARNT = {**SMALL, "epochs": 4, "checkpoints": 1}


def talked_to(folder: Path) -> str:
    """What ``chat`` prints to a customer who says hello."""
    done = CliRunner().invoke(cli, ["chat", "--lm", f"student:{folder}", "--program", "direct"], input="Hello.\n")
    assert done.exit_code == 0, done.output
    return done.output


def asked_over_http(folder: Path) -> str:
    """What ``serve`` answers to hello, in the way that its own output tells."""
    process = start("serve", folder, "--port", "0", "--key-env", "STUDENT_KEY", cwd=Path.cwd(), env=KEYED)
    try:
        assert process.stdout is not None
        address = process.stdout.readline().split()[-1]
        messages = question(supporter_system("en"), call(99).turns[:1], "en")
        client = OpenAI(base_url=address, api_key="right", max_retries=0, timeout=60)
        body: Any = {"model": "student", "messages": messages, "temperature": 0, "max_tokens": 24}
        answer = client.chat.completions.create(**body)
        assert answer.model == folder.name
        said = answer.choices[0].message.content
        parts = [part.choices[0].delta.content or "" for part in client.chat.completions.create(**body, stream=True)]
        assert "".join(parts) == said
        with pytest.raises(AuthenticationError):
            client.with_options(api_key="wrong").chat.completions.create(**body)
    finally:
        process.terminate()
    assert process.wait(timeout=60) == 0
    return str(said)


class KilledError(Exception):
    """Stands for a kill."""


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("calls") / "calls.jsonl"
    write_records(path, [call(number) for number in range(10)])
    return path


Job = Callable[..., Distillation]


@pytest.fixture
def job(calls: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    monkeypatch.chdir(tmp_path)
    given = {"conversations": calls, "base": "smollm2-135m-instruct", "output": Path("student"), "tracking": False}
    return lambda **changes: Distillation(**{**given, "settings": SMALL, **changes})  # type: ignore[arg-type]


def test_rows_are_full_and_hold_every_token(tokenizer: Any, calls: Path) -> None:
    samples = read_samples(calls, tokenizer).train
    rows = packed(samples, 512, {})
    sizes = [len(row) for row in rows["input_ids"]]
    assert sum(sizes) == sum(len(one.tokens.ids) for one in samples)
    assert sum(sizes) / (512 * len(sizes)) > 0.7
    assert max(sizes) <= 512
    assert collate(list(rows)[:2])["input_ids"].shape == (2, max(sizes[:2]))


def test_a_part_of_the_conversations_is_drawn_from_all(tokenizer: Any, calls: Path) -> None:
    def ids(limit: int | None, seed: int = 0) -> list[str]:
        found = read_samples(calls, tokenizer, limit=limit, share=0.1, seed=seed)
        return sorted(one.id for one in (*found.train, *found.validation))

    assert len(ids(4)) == 4
    assert ids(4) == ids(4) != ids(4, seed=1)
    assert ids(4) != sorted(ids(None))[:4]
    assert set(ids(4)) < set(ids(6)) < set(ids(None))


def test_rare_strategies_may_count_more() -> None:
    weights = balanced({S.GREETING: 30, S.OTHERS: 10}, 1.0)
    assert weights[S.OTHERS] == pytest.approx(3 * weights[S.GREETING])
    assert 30 * weights[S.GREETING] + 10 * weights[S.OTHERS] == pytest.approx(40)
    assert balanced({S.GREETING: 30}, 0.0) == {}


def test_a_killed_training_goes_on_with_the_same_losses(base: Any, tokenizer: Any, calls: Path, tmp_path: Path) -> None:
    samples = read_samples(calls, tokenizer, limit=4)
    config = TrainingConfig(**{**SMALL, "length": 256, "checkpoints": 3})
    whole: dict[int, float] = {}
    once = train(base, tokenizer, samples, config, tmp_path / "whole", on_log=_losses(whole))
    half = max(whole) // 2 + 1
    parts: dict[int, float] = {}
    with pytest.raises(KilledError):
        train(base, tokenizer, samples, config, tmp_path / "parts", on_log=_losses(parts, until=half))
    past: dict[int, float] = {}
    again: dict[int, float] = {}
    told, before = _losses(again), _losses(past)
    twice = train(base, tokenizer, samples, config, tmp_path / "parts", on_log=told, on_past=before)
    assert past.keys() <= parts.keys()
    assert past
    assert not set(past) & set(again)
    assert past == {step: parts[step] for step in past}
    parts = past | again
    assert once.loss == pytest.approx(sum(whole.values()) / len(whole))
    assert twice.loss == pytest.approx(once.loss, rel=1e-3)
    assert parts == pytest.approx(whole, rel=1e-3)
    assert list(whole.values())[-1] < next(iter(whole.values()))


def _losses(into: dict[int, float], until: int | None = None) -> Any:
    def on_log(step: int, of: int, figures: dict[str, float]) -> None:
        assert step <= of
        if until is not None and step >= until:
            raise KilledError
        if "loss" in figures:
            into[step] = figures["loss"]

    return on_log


def test_the_validation_loss_is_a_mean_over_tokens_and_nobody_is_told(
    small: Path, tokenizer: Any, calls: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row with one short chat does not count like a full one; TRL would report the training to the hub."""
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr("trl.trainer.base_trainer.send_telemetry", lambda *a, **b: pytest.fail("somebody is told"))
    found = read_samples(calls, tokenizer, limit=4)
    short = Conversation.model_validate(call(3).model_dump() | {"id": "short", "turns": call(3).turns[:2]})
    watched = [sample_of(one, tokenizer, "supporter", 400) for one in (call(1), call(2), short)]
    samples = Samples(found.train, tuple(one for one in watched if one is not None))
    config = TrainingConfig(**{**SMALL, "length": 400, "checkpoints": 1, "learning_rate": 1e-12})
    done = train(find_base(str(small)), tokenizer, samples, config, tmp_path / "trained")
    model, losses, tokens = network(small), 0.0, 0
    for one in samples.validation:
        ids, labels = torch.tensor([list(one.tokens.ids)]), torch.tensor(list(one.tokens.labels))
        with torch.no_grad():
            said = model(ids).logits[0, :-1].log_softmax(-1)
        learns = (labels[1:] != IGNORED).nonzero()[:, 0]
        losses -= float(said[learns, labels[1:][learns]].sum())
        tokens += len(learns)
    assert done.validation == pytest.approx(losses / tokens, rel=1e-4)


def test_trained_weights_have_32_bits(small: Path) -> None:
    """TRL rounds those of an adapter on a 4-bit base to 16, which needs a GPU to see."""
    from peft import get_peft_model

    found = get_peft_model(network(small), lora(TrainingConfig(rank=2)))
    for weight in found.parameters():
        weight.data = weight.data.to(torch.bfloat16)
    in_32_bits(found)
    kinds = {weight.requires_grad: weight.dtype for weight in found.parameters()}
    assert kinds == {True: torch.float32, False: torch.bfloat16}


def test_an_ended_training_is_not_trained_again(base: Any, tokenizer: Any, calls: Path, tmp_path: Path) -> None:
    samples = read_samples(calls, tokenizer, limit=2)
    config = TrainingConfig(**{**SMALL, "length": 256, "checkpoints": 1})
    once = train(base, tokenizer, samples, config, tmp_path)
    told: dict[int, float] = {}
    assert train(base, tokenizer, samples, config, tmp_path, on_log=_losses(told, until=0)) == once
    assert told == {}


def test_files_of_the_same_name_are_told_apart(job: Job, calls: Path) -> None:
    others = Path("others") / calls.name
    others.parent.mkdir()
    write_records(others, [call(99)])
    before = job(validation=others).data()
    assert list(before) == ["calls.jsonl", "calls.jsonl-2"]
    write_records(others, [call(98)])
    after = job(validation=others, limit=4).data()
    assert list(after) == ["4 of calls.jsonl", "calls.jsonl"]
    assert before["calls.jsonl"] == after["4 of calls.jsonl"]
    assert before["calls.jsonl-2"] != after["calls.jsonl"]


def test_a_training_of_the_other_side_is_not_taken_up(job: Job, base: Any) -> None:
    given = {"config": job().training().model_dump(), "base": base.digest, "side": "customer", "data": job().data()}
    (Path("student") / TRAINING).mkdir(parents=True)
    (Path("student") / TRAINING / "training.json").write_text(json.dumps({**given, "chats": FORMAT_VERSION}))
    with pytest.raises(InputError, match="a training with another side was begun there"):
        distill(job())


def test_a_student_is_trained_served_and_right(job: Job, capfd: pytest.CaptureFixture[str]) -> None:
    student = distill(job(limit=6, settings=LEARNT))
    folder = Path("student")
    assert " of 12: loss" in capfd.readouterr().err
    assert Student.read(folder) == student
    assert not (folder / TRAINING).exists()
    assert json.loads((folder / "adapter_config.json").read_text())["base_model_name_or_path"] == student.base.name
    assert not list(folder.glob("*.bin"))
    right = 0
    with Models() as models:
        supporter, stepwise = DirectSupporter("en", rules=False), Supporter("en", rules=False)
        for program in (supporter, stepwise):
            program.set_lm(models.open("student:student"))
        unseen = call(99).turns
        for at in range(1, len(unseen), 2):
            said = supporter(turns=unseen[:at])
            assert said.failure is None
            assert said.response == stepwise(turns=unseen[:at]).response
            right += said.strategy is unseen[at].strategy
    assert right >= 3
    assert "[Greeting]" in talked_to(folder)
    assert "[Greeting]" in asked_over_http(folder)
    again = distill(job(limit=6, settings=LEARNT))
    assert again == student
    for changes in ({"limit": 6, "settings": {**LEARNT, "epochs": 5}}, {"settings": LEARNT}):
        with pytest.raises(InputError, match="holds another student"):
            distill(job(**changes))
    other = json.loads((folder / FILE).read_text())
    other["base"]["digest"] = "0" * 64
    (folder / FILE).write_text(json.dumps(other))
    with Models() as models, pytest.raises(InputError, match="only fits the weights it was trained on"):
        models.open("student:student")
    student.write(folder)
    merged = distill(job(limit=6, settings=LEARNT, merge=True))
    assert not merged.adapter
    assert Student.read(folder) == merged
    assert (folder / "model.safetensors").is_file()
    assert not [*folder.glob("adapter*"), *folder.glob(".made-*")]
    assert "[Greeting]" in talked_to(folder)
    (folder / "model.gguf").unlink()
    (folder / FILE).write_text(merged.model_copy(update={"files": {}}).model_dump_json())
    with Models() as models, pytest.raises(InputError, match=r"holds no model\.gguf for llama\.cpp"):
        models.open("student:student")
    shutil.rmtree(folder)
    folder.mkdir()
    with Models() as models, pytest.raises(InputError, match=r"there is no student\.json in it"):
        models.open("student:student")
