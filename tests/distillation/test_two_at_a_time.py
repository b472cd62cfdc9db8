"""Two trainings that need the same base at the same time."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from csc_dspy.distillation import base as bases
from csc_dspy.distillation.base import base_name, find_base
from csc_dspy.errors import ModelError
from csc_dspy.lms.endpoint import local_file
from csc_dspy.settings import load_settings


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file that is called GGUF, and an empty cache."""
    monkeypatch.setenv("CSC_CACHE_DIR", str(tmp_path / "cache"))
    load_settings.cache_clear()
    (tmp_path / "tiny.gguf").write_bytes(b"GGUF")
    yield tmp_path / "tiny.gguf"
    load_settings.cache_clear()


def test_a_base_is_dequantized_once(
    weights: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    begun: list[Path] = []
    first, go = threading.Event(), threading.Event()

    def dequantized(path: Path, folder: Path) -> None:
        begun.append(folder)
        first.set()
        assert go.wait(60)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        (folder / bases._SUMS).write_text("{}")

    monkeypatch.setattr(bases, "_dequantize", dequantized)
    with ThreadPoolExecutor() as pool:
        try:
            one = pool.submit(find_base, str(weights))
            assert first.wait(60)
            two = pool.submit(find_base, str(weights))
            said, until = "", time.monotonic() + 20
            while "waiting" not in said and len(begun) == 1 and time.monotonic() < until:
                time.sleep(0.02)
                said += capsys.readouterr().err
        finally:
            go.set()
        assert one.result() == two.result()
    assert begun == [Path(one.result().source)]
    assert said == "another process dequantizes tiny.gguf; waiting for it\n"
    find_base(str(weights))
    assert len(begun) == 1


def test_a_cache_that_cannot_be_made_is_named(weights: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(ModelError, match=r"tiny\.gguf: cannot be dequantized into .*: (Not a directory|File exists)"):
        find_base(str(weights))


def test_a_file_in_the_home_folder_is_trained_as_it_is_opened(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dequantized(path: Path, folder: Path) -> None:
        folder.mkdir(parents=True)
        (folder / bases._SUMS).write_text("{}")

    monkeypatch.setattr(bases, "_dequantize", dequantized)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("local:~/tiny.gguf", "~/tiny.gguf"):
        found = find_base(name)
        assert (found.name, found.gguf) == (str(weights), local_file("local:~/tiny.gguf"))
        assert base_name(name) == str(weights)
