"""Bases that are damaged, lack a part, or cannot be had: one line each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from csc_dspy.cli import cli
from csc_dspy.distillation.base import find_base, open_base
from csc_dspy.distillation.conversion import servable
from csc_dspy.errors import InputError, ModelError
from csc_dspy.lms.download import file_sha256
from csc_dspy.lms.student import BaseIdentity, Student, converted
from csc_dspy.lms.weights import ensure_weights
from csc_dspy.settings import load_settings

pytest.importorskip("trl")
pytestmark = pytest.mark.weights


@pytest.mark.parametrize("size", [4, 40, 4_000, 1_000_000, 90_000_000])
def test_a_gguf_file_that_was_cut_off_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    whole = ensure_weights("smollm2-135m-instruct")
    monkeypatch.setenv("CSC_CACHE_DIR", str(tmp_path / "cache"))
    load_settings.cache_clear()
    path = tmp_path / "cut.gguf"
    with whole.open("rb") as file:
        path.write_bytes(file.read(size))
    with pytest.raises((InputError, ModelError), match=r"cut\.gguf: ") as found:
        find_base(str(path))
    load_settings.cache_clear()
    assert "\n" not in str(found.value)
    assert [path.suffix for path in (tmp_path / "cache" / "bases").glob("*")] == [".lock"]


def test_a_gguf_file_is_dequantized_without_bars(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from csc_dspy.distillation.model_gguf import write_base

    monkeypatch.setenv("CSC_CACHE_DIR", str(tmp_path / "cache"))
    load_settings.cache_clear()
    write_base(small, tmp_path / "small.gguf")
    capfd.readouterr()
    base, _ = open_base(str(tmp_path / "small.gguf"))
    load_settings.cache_clear()
    assert (Path(base.source) / "model.safetensors").is_file()
    assert capfd.readouterr() == ("", "small.gguf: dequantizing for training (done once)\n")


def test_a_base_without_a_tokenizer_is_refused_in_one_line(small: Path) -> None:
    for path in small.glob("*token*"):
        path.unlink()
    with pytest.raises(InputError, match="its tokenizer cannot be read") as found:
        open_base(str(small))
    assert "\n" not in str(found.value)


def test_a_base_that_wants_to_run_code_is_refused_in_one_line(small: Path) -> None:
    config = json.loads((small / "config.json").read_text())
    config |= {"model_type": "own", "auto_map": {"AutoConfig": "own.Config", "AutoModelForCausalLM": "own.Model"}}
    (small / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match=r"its model cannot be read \(it asks to run code of its own\); take") as found:
        open_base(str(small))
    assert "trust_remote_code" not in str(found.value)


def test_the_hub_is_not_asked_where_the_settings_say_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CSC_OFFLINE", "true")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    load_settings.cache_clear()
    with pytest.raises(ModelError, match="maker/none: is not in the hub's cache, and the settings say offline"):
        find_base("maker/none")
    load_settings.cache_clear()


def test_a_gguf_file_is_cut_into_tokens_as_llama_cpp_cuts_it(base: Any, tokenizer: Any) -> None:
    alike = Path(base.source, "llama.cpp-reads-alike-2")
    alike.unlink(missing_ok=True)
    assert servable(base, tokenizer) == base.gguf
    assert alike.exists()


def test_what_lies_beside_a_gguf_file_is_not_read(
    small: Path, tokenizer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from csc_dspy.distillation.model_gguf import write_base

    monkeypatch.setenv("CSC_CACHE_DIR", str(tmp_path / "cache"))
    load_settings.cache_clear()
    write_base(small, tmp_path / "small.gguf")
    (tmp_path / "tokenizer.json").write_text("{}")
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    _, found = open_base(str(tmp_path / "small.gguf"))
    load_settings.cache_clear()
    assert found.chat_template == tokenizer.chat_template


def test_another_chat_template_is_another_reading_of_the_same_weights(small: Path) -> None:
    before = find_base(str(small))
    (small / "chat_template.jinja").write_text("{{ messages }}")
    after = find_base(str(small))
    assert after.digest == before.digest
    assert after.reading != before.reading
    assert converted(after.digest, after.reading) != converted(before.digest, before.reading)


def test_a_gguf_file_is_found_where_its_students_are_moved_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CSC_CACHE_DIR", str(tmp_path / "cache"))
    load_settings.cache_clear()
    (tmp_path / "here.gguf").write_bytes(b"GGUF")
    identity = BaseIdentity(name="/elsewhere/x.gguf", digest=file_sha256(tmp_path / "here.gguf"), gguf=True)
    student = Student(package="0", base=identity)
    with pytest.raises(InputError, match="`csc-dspy models convert FILE` puts it into the cache"):
        student.weights(tmp_path)
    for file in (tmp_path / "here.gguf", tmp_path / "here.gguf", tmp_path / "again.gguf"):
        if not file.exists():
            file.write_bytes(b"GGUF")
        done = CliRunner().invoke(cli, ["models", "convert", str(file)])
        assert student.weights(tmp_path) == Path(done.output.strip())
        assert Path(done.output.strip()).read_bytes() == file.read_bytes() == b"GGUF"
    load_settings.cache_clear()


def test_a_student_that_does_not_know_how_its_base_reads_takes_what_is_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CSC_CACHE_DIR", str(tmp_path / "cache"))
    load_settings.cache_clear()
    (tmp_path / "cache" / "bases").mkdir(parents=True)
    made = converted("0" * 64, "1" * 64)
    made.write_bytes(b"GGUF")
    given = {"name": "maker/model", "digest": "0" * 64, "gguf": False}
    earlier, other = (Student(package="0", base=BaseIdentity(**given, reading=one)) for one in (None, "2" * 64))
    assert earlier.weights(tmp_path) == made
    with pytest.raises(InputError, match="what is here has another tokenizer or chat template"):
        other.weights(tmp_path)
    load_settings.cache_clear()
