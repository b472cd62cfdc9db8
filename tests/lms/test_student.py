"""What a student's folder says, and what is told of it."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from csc_dspy.errors import InputError
from csc_dspy.lms.models import Models
from csc_dspy.lms.student import FILE, BaseIdentity, Student
from csc_dspy.pipeline.roles import identities
from csc_dspy.settings import Role


def student(**changes: Any) -> Student:
    base = BaseIdentity(name="maker/model", digest="0" * 64, gguf=False)
    return Student(**{"package": "0", "base": base, **changes})


@pytest.mark.parametrize(("rank", "most"), [(1, "1"), (4, "8"), (16, "16"), (33, "64")])
def test_vllm_is_told_a_rank_that_it_takes(rank: int, most: str) -> None:
    told = shlex.split(student(config={"rank": rank}).vllm(Path("my student")))
    assert told[told.index("--max-lora-rank") + 1] == most
    assert told[-1] == "student=my student"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"version": 2, "served_by": "x"}, r"a student of form 2 and chat format \d+; .* or take csc-dspy 0$"),
        ({"chat_format": 99, "base": 3}, r"a student of form 1 and chat format 99; .* train it again"),
        ({"version": "1"}, 'not a student: its version is "1", which is not a whole number'),
        ({"chat_format": None}, "not a student: its chat format is null, which is not a whole number"),
        ({"version": 2, "package": None}, r"form 2 .*: train it again$"),
        ({"format": "other"}, "not a student: what `csc-dspy distill` writes says so under `format`"),
        ({"code": 1}, "not a student: code: Extra inputs"),
    ],
)
def test_a_student_of_another_form_is_told_by_its_version(tmp_path: Path, change: dict[str, Any], says: str) -> None:
    student().write(tmp_path)
    raw = json.loads((tmp_path / FILE).read_text("utf-8")) | change
    (tmp_path / FILE).write_text(json.dumps(raw), "utf-8")
    with pytest.raises(InputError, match=says) as found:
        Student.read(tmp_path)
    assert str(found.value).startswith(f"{tmp_path / FILE}: ")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\x80\x04pickle", "not a student: it is not text"),
        (b"{", "not a student: not JSON"),
        (b"[1]", "not a student: what `csc-dspy distill` writes says so under `format`"),
        (None, r"not readable \(Is a directory\)"),
    ],
)
def test_a_file_that_is_no_students_is_told_from_one_that_is_missing(
    tmp_path: Path, content: bytes | None, says: str
) -> None:
    with pytest.raises(InputError, match=r"not a student: there is no student\.json in it; `csc-dspy distill"):
        Student.read(tmp_path)
    (tmp_path / FILE).mkdir() if content is None else (tmp_path / FILE).write_bytes(content)
    with pytest.raises(InputError, match=rf"student\.json: {says}"):
        Student.read(tmp_path)


def test_another_student_in_the_same_folder_is_another_model(tmp_path: Path) -> None:
    names: dict[Role, str] = {"supporter": f"student:{tmp_path}", "judge": "openai/x"}
    student().write(tmp_path)
    before = identities(Models(), names)
    assert before.keys() == {"students"}
    assert before["students"].keys() == {"supporter"}
    student(figures={"loss": 1.0}).write(tmp_path)
    assert identities(Models(), names) != before


def test_what_a_later_version_asks_besides_changes_no_students_digest() -> None:
    """Jobs on record know their students by it."""
    assert student().digest == "2484c560629b"
