"""Several processes train one student together, as ``torchrun`` starts them; on a network of no size."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from csc_dspy.conversation import write_records
from csc_dspy.distillation.dataset import read_samples
from csc_dspy.lms.student import Student
from tests.distillation.conftest import call
from tests.support.command import environment

pytest.importorskip("trl")
pytestmark = pytest.mark.weights


def test_two_processes_make_one_student(small: Path, tokenizer: Any, tmp_path: Path) -> None:
    from csc_dspy.distillation.batches import packed

    write_records(tmp_path / "calls.jsonl", [call(number) for number in range(24)])
    (tmp_path / "training.toml").write_text("length = 256\nrows = 4\nepochs = 2\ncheckpoints = 1\n")
    torchrun = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    told = ("calls.jsonl", "--base", str(small), "--config", "training.toml", "-o", "student")

    done = subprocess.run(
        [*torchrun, "-m", "csc_dspy", "distill", *told],
        cwd=tmp_path,
        env=environment(OMP_NUM_THREADS="1"),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = packed(read_samples(tmp_path / "calls.jsonl", tokenizer, longest=256).train, 256, {})
    assert Student.read(tmp_path / "student").figures["steps"] == 2 * math.ceil(len(rows) / 4)
    assert done.stdout.count(" steps, loss ") == done.stderr.count(" chats with ") == 1
    assert not (tmp_path / "student" / "training").exists()
    assert "--generation-config vllm" in done.stdout.partition("vllm serve")[2]
