"""What a distillation refuses before it opens its base, and what it finds when it is done already."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from csc_dspy.conversation import write_records
from csc_dspy.distillation import distill as distilling
from csc_dspy.distillation.base import Base
from csc_dspy.distillation.distill import LOCK, TRAINING, Distillation, distill, masks
from csc_dspy.errors import InputError, LineError, ModelError, RunError
from csc_dspy.files import held
from csc_dspy.lms.download import file_sha256
from csc_dspy.lms.student import BaseIdentity, Student
from tests.distillation.conftest import call

BASE = "smollm2-135m-instruct"
Job = Callable[..., Distillation]


class OpenedError(Exception):
    """The base is opened."""


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    def opened(name: str) -> Any:
        raise OpenedError

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(distilling, "open_base", opened)
    write_records("calls.jsonl", [call(number) for number in range(2)])
    given = {"conversations": Path("calls.jsonl"), "base": BASE, "output": Path("student"), "tracking": False}
    return lambda **changes: Distillation(**{**given, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("wanted", ["conversations", "validation"])
def test_a_file_that_is_not_there_is_named(job: Job, wanted: str) -> None:
    for run in (distill, lambda job: masks(job, 1)):
        with pytest.raises(InputError, match=r"^nope\.jsonl: no such file$"):
            run(job(**{wanted: Path("nope.jsonl")}))


@pytest.mark.parametrize("wanted", ["conversations", "validation"])
def test_a_file_without_conversations_is_refused_before_the_base_is_opened(job: Job, wanted: str) -> None:
    Path("none.jsonl").write_text("\n")
    changes = {wanted: Path("none.jsonl")}
    with pytest.raises(InputError, match=r"none\.jsonl: is empty; give conversations"):
        distill(job(**changes))
    with pytest.raises(InputError, match=r"none\.jsonl: is empty; give conversations"):
        masks(job(**changes), 1)
    assert not Path("student").exists()


def test_lines_that_cannot_be_read_are_left_out_when_asked(job: Job, capsys: pytest.CaptureFixture[str]) -> None:
    good = Path("calls.jsonl").read_text("utf-8")
    Path("calls.jsonl").write_text("{}\n" + good)
    with pytest.raises(LineError, match=r"calls\.jsonl:1: "):
        distill(job())
    with pytest.raises(OpenedError):
        distill(job(skip_bad=True))
    assert capsys.readouterr().err.startswith("left out: calls.jsonl:1: ")
    Path("calls.jsonl").write_text("{}\n")
    with pytest.raises(InputError, match=r"calls\.jsonl: is empty but for lines that were left out"):
        distill(job(skip_bad=True))


@pytest.mark.parametrize("where", ["option", "file"])
def test_options_of_an_adapter_are_refused_where_all_weights_are_trained(job: Job, where: str) -> None:
    Path("training.toml").write_text("full = true\nrank = 8\n")
    changes: dict[str, Any] = {"settings": {"full": True}} if where == "option" else {"config": Path("training.toml")}
    with pytest.raises(InputError, match=r"^--merge is for an adapter: .* leave it out$"):
        distill(job(**changes, merge=True))
    changes["settings"] = {**changes.get("settings", {}), "rank": 4}
    with pytest.raises(InputError, match=r"^--rank is for low-rank matrices: .* leave it out$"):
        distill(job(**changes))
    changes["settings"] = {**changes["settings"], "rank": None}
    with pytest.raises(OpenedError):
        distill(job(**changes))


def written(job: Distillation) -> Student:
    """A student that this job has made, with files that only look so."""
    job.output.mkdir()
    names = ("adapter_model.safetensors", "adapter.gguf")
    for name in names:
        (job.output / name).write_bytes(name.encode() * 10)
    student = Student(
        package="0",
        base=BaseIdentity(name=BASE, digest="0" * 64, gguf=True),
        data=job.data(),
        config=job.training().model_dump(),
        files={name: file_sha256(job.output / name) for name in names},
    )
    student.write(job.output)
    return student


@pytest.mark.parametrize("name", ["adapter_model.safetensors", "adapter.gguf"])
def test_a_finished_student_is_whole_or_refused(job: Job, name: str) -> None:
    student = written(job())
    assert distill(job()) == student
    with pytest.raises(InputError, match=r"holds another student \(side\)"):
        distill(job(side="customer"))
    path = Path("student") / name
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(InputError, match=rf"^{re.escape(str(path))}: is damaged or another student's"):
        distill(job())
    path.unlink()
    with pytest.raises(InputError, match=rf"^{re.escape(str(path))}: is missing; put it back, or train again"):
        distill(job())


def test_a_finished_student_is_merged_by_one_process_alone(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    student = written(job())
    lock = Path("student", TRAINING, LOCK)

    def assembled(folder: Path, whole: Student, *given: Any) -> Student:
        with pytest.raises(RunError, match="student: another process is writing it"), held(folder, lock):
            pass
        whole.write(folder)
        return whole

    monkeypatch.setattr(distilling, "open_base", lambda name: (Base(name, name, student.base.digest), None))
    monkeypatch.setattr(distilling, "assemble", assembled)
    with held(Path("student"), lock), pytest.raises(RunError, match="another process is writing it"):
        distill(job(merge=True))
    merged = distill(job(merge=True))
    assert merged == Student.read(Path("student")) == student.model_copy(update={"adapter": False})
    assert not lock.parent.exists()


def test_four_bits_are_refused_where_they_cannot_be(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="four_bit holds the base in 4 bits, which cannot be trained"):
        distill(job(settings={"four_bit": True, "full": True}))
    monkeypatch.setattr(distilling, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match="four_bit needs bitsandbytes"):
        distill(job(settings={"four_bit": True}))
