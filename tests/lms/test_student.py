"""What a student's folder says, and what is told of it."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from csc_dspy.lms.student import BaseIdentity, Student
from csc_dspy.pipeline.run import students


def student(**changes: Any) -> Student:
    base = BaseIdentity(name="maker/model", digest="0" * 64, gguf=False)
    return Student(**{"package": "0", "base": base, **changes})


@pytest.mark.parametrize(("rank", "most"), [(1, "1"), (4, "8"), (16, "16"), (33, "64")])
def test_vllm_is_told_a_rank_that_it_takes(rank: int, most: str) -> None:
    told = shlex.split(student(config={"rank": rank}).vllm(Path("my student")))
    assert told[told.index("--max-lora-rank") + 1] == most
    assert told[-1] == "student=my student"


def test_another_student_in_the_same_folder_is_another_model(tmp_path: Path) -> None:
    names = {"supporter": f"student:{tmp_path}", "judge": "openai/x"}
    student().write(tmp_path)
    before = students(names)
    assert before.keys() == {"supporter"}
    student(figures={"loss": 1.0}).write(tmp_path)
    assert students(names) != before
