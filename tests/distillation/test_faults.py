"""What is said when memory, disk or weights fail."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from safetensors import safe_open

from csc_dspy.distillation.config import TrainingConfig
from csc_dspy.distillation.faults import explained
from csc_dspy.errors import ModelError, RunError

CPU = RuntimeError("[enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate memory")


NO_MEMORY = (
    MemoryError(),
    CPU,
    RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    RuntimeError("unable to mmap 988097824 bytes: Cannot allocate memory (12)"),
    OSError(errno.ENOMEM, "Cannot allocate memory"),
)


@pytest.mark.parametrize("error", NO_MEMORY)
def test_a_lack_of_memory_tells_what_to_lower(error: Exception, tmp_path: Path) -> None:
    config = TrainingConfig(length=512, rows_at_once=3, rank=8)
    said = r"lower length \(now 512\), rows_at_once \(now 3\) or rank \(now 8\)"
    with pytest.raises(RunError, match=said), explained("base", tmp_path, config):
        raise error
    with pytest.raises(RunError, match="take a smaller base"), explained("base", tmp_path):
        raise error


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        RuntimeError("[enforce fail at inline_container.cc:626] . unexpected pos 1024 vs 918"),
        RuntimeError("PytorchStreamWriter failed writing file data/5: file write failed"),
    ],
)
def test_a_full_disk_is_named(error: Exception, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no space left on the disk; free some, and the same command goes on"):
        with explained("base", tmp_path):
            raise error


def test_weights_that_were_cut_off_are_named(tmp_path: Path) -> None:
    cut = tmp_path / "model.safetensors"
    cut.write_bytes((10**6).to_bytes(8, "little") + b"{}")
    with pytest.raises(ModelError, match="the-base: its weights cannot be read"), explained("the-base", tmp_path):
        safe_open(cut, framework="pt")


@pytest.mark.parametrize("error", [RuntimeError("shapes differ"), FileNotFoundError("x"), ValueError("y")])
def test_other_faults_stay_what_they_are(error: Exception, tmp_path: Path) -> None:
    with pytest.raises(type(error)) as found, explained("base", tmp_path):
        raise error
    assert found.value is error


def test_a_disk_that_is_full_for_a_tokenizer_is_named(tmp_path: Path) -> None:
    from tokenizers import Tokenizer
    from tokenizers.models import BPE

    with pytest.raises(RunError, match="no space left on the disk; free some"), explained("base", tmp_path):
        Tokenizer(BPE()).save("/dev/full")
