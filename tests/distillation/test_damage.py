"""Trainings that diverge, disks that are full, files that were cut off: what is said, and that the next run goes on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from safetensors.torch import load_file, save_file

from csc_dspy.cli import cli
from csc_dspy.conversation import write_records
from csc_dspy.distillation.dataset import read_samples
from csc_dspy.errors import InputError, RunError
from csc_dspy.files import held
from tests.distillation.conftest import call

pytest.importorskip("trl")

from csc_dspy.distillation import distill as distilling
from csc_dspy.distillation.base import find_base
from csc_dspy.distillation.config import TrainingConfig
from csc_dspy.distillation.distill import LOCK, TRAINING, _begun
from csc_dspy.distillation.train import Trained, _checkpoint, train
from csc_dspy.lms.student import FILE, Student

pytestmark = pytest.mark.weights
QUICK = {"length": 256, "rows": 1, "checkpoints": 3, "rank": 2, "alpha": 4}


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    write_records(tmp_path / "calls.jsonl", [call(number) for number in range(6)])
    return tmp_path / "calls.jsonl"


def distilled(calls: Path, base: Path, *more: str) -> Any:
    """What ``distill`` says, and how it ends."""
    (calls.parent / "quick.toml").write_text("\n".join(f"{name} = {value}" for name, value in QUICK.items()))
    told = ("--base", str(base), "-o", str(calls.parent / "student"), "--no-tracking")
    return CliRunner().invoke(cli, ["distill", str(calls), *told, "--config", str(calls.parent / "quick.toml"), *more])


def test_a_training_that_diverges_fails_and_leaves_no_student(small: Path, calls: Path) -> None:
    done = distilled(calls, small, "--learning-rate", "1e30")
    assert isinstance(done.exception, RunError)
    assert "not a number any more at step" in str(done.exception)
    assert "lower learning_rate (now 1e+30)" in str(done.exception)
    assert not (calls.parent / "student" / FILE).exists()
    goes_on = "the training that was begun goes on"
    again = distilled(calls, small, "--learning-rate", "1e30")
    assert [goes_on in one.output for one in (done, again)] == [False, True]
    again = distilled(calls, small)
    assert isinstance(again.exception, InputError)
    assert "--fresh" in str(again.exception)
    assert distilled(calls, small, "--fresh").exit_code == 0
    assert Student.read(calls.parent / "student").figures["loss"] > 1  # type: ignore[operator]


def test_steps_of_more_rows_are_other_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left of a training is told in steps: with four times as many processes half of it would be skipped."""
    given = {"reading": None, "rows of a step": 2}
    assert [_begun(tmp_path, given, fresh=False) for _ in range(2)] == [False, True]
    monkeypatch.setenv("WORLD_SIZE", "4")
    with pytest.raises(InputError, match="its steps were of 2 rows, and with 4 processes they are of 4"):
        _begun(tmp_path, {**given, "rows of a step": 4}, fresh=False)
    told = json.loads((tmp_path / "training.json").read_text())
    del told["rows of a step"]  # an earlier version did not note them
    (tmp_path / "training.json").write_text(json.dumps(told))
    assert _begun(tmp_path, {**given, "rows of a step": 4}, fresh=False)


def test_two_at_a_time_do_not_train_one_student(small: Path, calls: Path) -> None:
    with held(calls.parent / "student", calls.parent / "student" / TRAINING / LOCK):
        done = distilled(calls, small)
    assert isinstance(done.exception, RunError)
    assert "student: another process is writing it" in str(done.exception)
    assert distilled(calls, small).exit_code == 0
    assert not list((calls.parent / "student").rglob("*.lock"))


def test_a_last_step_that_diverges_fails_too(small: Path, tokenizer: Any, calls: Path, tmp_path: Path) -> None:
    samples = read_samples(calls, tokenizer, limit=1, longest=256)
    config = TrainingConfig(**{**QUICK, "learning_rate": 1e39, "warmup": 0.0})
    with pytest.raises(RunError, match="the weights are not numbers any more at step 1: lower learning_rate"):
        train(find_base(str(small)), tokenizer, samples, config, tmp_path / "one")


class KilledError(Exception):
    """Stands for a kill."""


Attempt = Callable[..., Trained]


@pytest.fixture
def attempt(small: Path, tokenizer: Any, calls: Path, tmp_path: Path) -> Attempt:
    """Trains in one folder; may be killed, and remembers the losses of its steps."""
    samples = read_samples(calls, tokenizer, limit=6, longest=256, share=0.2)
    config, base = TrainingConfig(**{**QUICK, "epochs": 2}), find_base(str(small))

    def attempted(losses: dict[int, float], killed: int | None = None) -> Trained:
        def tell(step: int, of: int, figures: dict[str, float]) -> None:
            if step == killed:
                raise KilledError
            if "loss" in figures:
                losses[step] = figures["loss"]

        return train(base, tokenizer, samples, config, tmp_path / "training", on_log=tell)

    return attempted


def checkpoints(folder: Path) -> list[Path]:
    return sorted((folder / "training").glob("checkpoint-*"), key=lambda path: int(path.name.partition("-")[2]))


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def test_a_damaged_checkpoint_gives_way_to_the_one_before(
    attempt: Attempt, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first: dict[int, float] = {}
    with pytest.raises(KilledError):
        attempt(first, killed=7)
    older, newer = checkpoints(tmp_path)[-2:]
    shutil.copytree(tmp_path / "training", tmp_path / "kept")
    for name in ("trainer_state.json", "optimizer.pt", "scheduler.pt", "rng_state.pth", "adapter_model.safetensors"):
        shutil.copytree(tmp_path / "kept" / newer.name, newer, dirs_exist_ok=True)
        assert _checkpoint(tmp_path / "training") == newer
        cut_off(newer / name)
        assert _checkpoint(tmp_path / "training") == older
        said = f"{newer}: is damaged or was not finished; training goes on from {older.name}"
        assert capsys.readouterr().err.strip() == said
    second: dict[int, float] = {}
    attempt(second)
    assert min(second) == int(older.name.partition("-")[2]) + 1
    both = first.keys() & second.keys()
    assert {step: second[step] for step in both} == pytest.approx({step: first[step] for step in both}, rel=1e-3)
    for path in checkpoints(tmp_path):
        cut_off(path / "trainer_state.json")
    assert _checkpoint(tmp_path / "training") is None
    assert "training begins anew" in capsys.readouterr().err


def test_a_training_that_nobody_can_tell_any_more_begins_anew(small: Path, calls: Path) -> None:
    begun = calls.parent / "student" / "training" / "training.json"
    begun.parent.mkdir(parents=True)
    begun.write_text('{"config": {"epo')
    done = distilled(calls, small)
    assert done.exit_code == 0, done.stderr
    assert f"{begun}: is damaged, so that nobody knows what is trained there; it begins anew" in done.stderr


def test_what_a_training_came_to_may_be_damaged(attempt: Attempt, tmp_path: Path) -> None:
    once = attempt({})
    training = tmp_path / "training"
    for path in (training / "trained.json", training / "model" / "adapter_model.safetensors"):
        whole = path.stat().st_size
        cut_off(path)
        again: dict[int, float] = {}
        assert attempt(again).steps == once.steps
        assert not again
        assert path.stat().st_size >= whole - 50


def test_a_kill_while_the_checkpoints_go_leaves_a_finished_student(
    small: Path, calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove = shutil.rmtree

    def killed(path: Any, *given: Any, **options: Any) -> None:
        if Path(path).name != TRAINING:
            return remove(path, *given, **options)
        remove(path / "model")
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(distilling.shutil, "rmtree", killed)
        assert isinstance(distilled(calls, small).exception, KilledError)
    student = calls.parent / "student"
    assert (student / TRAINING / "trained.json").is_file()
    before = (student / FILE).read_bytes()
    done = distilled(calls, small)
    assert (done.exit_code, done.stderr) == (0, "")
    assert (student / FILE).read_bytes() == before
    assert not (student / TRAINING).exists()


def test_what_a_training_that_nobody_knows_has_left_is_not_taken_up(small: Path, calls: Path) -> None:
    training = calls.parent / "student" / TRAINING
    for name in ("model", "checkpoint-9"):
        (training / name).mkdir(parents=True)
    (training / "trained.json").write_text("{}")
    (training / "notes.txt").write_text("mine")
    done = distilled(calls, small, "--learning-rate", "1e30")
    assert "not a number any more at step" in str(done.exception)
    assert not [name for name in ("checkpoint-9", "trained.json") if (training / name).exists()]
    assert (training / "notes.txt").is_file()


def test_a_student_is_merged_with_the_adapter_it_was_written_with(small: Path, calls: Path) -> None:
    assert distilled(calls, small).exit_code == 0
    adapter = calls.parent / "student" / "adapter_model.safetensors"
    whole = adapter.read_bytes()
    cut_off(adapter)
    assert "is damaged or another student's" in str(distilled(calls, small, "--merge").exception)
    adapter.unlink()
    assert f"{adapter}: is missing; put it back" in str(distilled(calls, small, "--merge").exception)
    adapter.write_bytes(whole)
    assert distilled(calls, small, "--merge").exit_code == 0
    merged = Student.read(calls.parent / "student")
    assert (merged.adapter, set(merged.files)) == (False, {"model.safetensors", "model.gguf"})
    assert merged.frameworks
    assert distilled(calls, small, "--merge").exit_code == 0


def test_a_kill_while_it_is_merged_leaves_the_student(
    small: Path, calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert distilled(calls, small).exit_code == 0
    student = calls.parent / "student"
    before = {path.name: path.read_bytes() for path in student.iterdir() if path.is_file()}

    def killed(path: Path) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("csc_dspy.distillation.assembly.file_sha256", killed)
        assert distilled(calls, small, "--merge").exit_code != 0
    assert {path.name: path.read_bytes() for path in student.iterdir() if path.is_file()} == before
    (student / ".made-left").mkdir()
    assert distilled(calls, small, "--merge").exit_code == 0
    assert not Student.read(student).adapter
    for name in ("adapter.gguf", "adapter_config.json", "adapter_model.safetensors"):  # as a kill could leave them
        (student / name).write_bytes(b"old")
    assert distilled(calls, small, "--merge").exit_code == 0
    assert not [path.name for path in student.iterdir() if path.name.startswith(("adapter", ".made"))]


def test_a_base_that_lacks_weights_is_refused(small: Path, calls: Path) -> None:
    file = small / "model.safetensors"
    weights = load_file(file)
    lost = next(name for name in weights if "layers.1" in name)
    save_file({name: value for name, value in weights.items() if name != lost}, file, {"format": "pt"})
    done = distilled(calls, small)
    assert isinstance(done.exception, InputError)
    assert f"its files lack weights: {lost}; fetch or make them again" in str(done.exception)


def test_who_only_wants_to_go_on_begins_nothing(small: Path, calls: Path) -> None:
    done = distilled(calls, small, "--resume")
    assert "no training was begun there; leave out --resume to begin one" in str(done.exception)
    assert not (calls.parent / "student").exists()
    assert distilled(calls, small).exit_code == distilled(calls, small, "--resume").exit_code == 0
    (calls.parent / "student" / FILE).unlink()
    (calls.parent / "student" / TRAINING).mkdir()
    (calls.parent / "student" / TRAINING / "training.json").write_text('{"config": {"epo')
    assert "leave out --resume" in str(distilled(calls, small, "--resume").exception)
    assert "give one of them" in str(distilled(calls, small, "--resume", "--fresh").exception)
