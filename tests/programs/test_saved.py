"""Compiled programs as files: what was decided, nothing that runs; what does not fit is refused with what differs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dspy
import pytest

from csc_dspy.errors import InputError
from csc_dspy.framework import LANGS
from csc_dspy.programs.annotator import Annotator
from csc_dspy.programs.nearest import Nearest
from csc_dspy.programs.saved import SavedProgram
from csc_dspy.programs.supporter import Supporter

DEMO = {"transcript": "Customer: hello", "stage": "connecting", "strategy": "greeting"}


def compiled() -> Supporter:
    program = Supporter("en")
    part = program.select_strategy
    part.signature = part.signature.delete("reason").with_instructions("Choose well.")
    part.demos = [dspy.Example(**DEMO)]
    program.memories["classify_stage"] = Nearest(
        [{"transcript": "Customer: bye", "stage": "maintaining"}], ["transcript"], k=2, tokens=300
    )
    program.last_lines["classify_stage"] = {"transcript": 3}
    return program


def test_a_program_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    SavedProgram.of("supporter", {"en": compiled()}, {"optimizer": "knn"}).write(tmp_path / "p.json")
    programs = {lang: Supporter(lang) for lang in LANGS}
    plain = Supporter("zh").prompts()
    saved = SavedProgram.read(tmp_path / "p.json", "supporter")
    saved.put_into(programs)
    part = programs["en"].select_strategy
    assert part.signature.instructions == "Choose well."
    assert list(part.signature.output_fields) == ["strategy"]
    assert [dict(demo) for demo in part.demos] == [DEMO]
    memory = programs["en"].memories["classify_stage"]
    assert (memory.k, memory.tokens, memory.inputs) == (2, 300, ("transcript",))
    assert programs["en"].last_lines["classify_stage"] == {"transcript": 3}
    assert not programs["en"].last_lines["select_strategy"]
    assert programs["zh"].prompts() == plain
    assert SavedProgram.of("supporter", {"en": programs["en"]}).digest() == saved.digest()


def test_the_file_is_readable_and_holds_no_model(tmp_path: Path) -> None:
    program = compiled()
    program.set_lm(dspy.LM("openai/secret-model", api_key="sk-secret", api_base="http://127.0.0.1:1/v1"))
    SavedProgram.of("supporter", {"en": program}).write(tmp_path / "p.json")
    text = (tmp_path / "p.json").read_text("utf-8")
    assert "\n  " in text
    assert not any(word in text for word in ("sk-secret", "secret-model", "127.0.0.1", str(tmp_path)))


def test_the_prompts_tell_one_memory_from_another() -> None:
    programs = [compiled(), compiled()]
    programs[1].memories["classify_stage"] = Nearest(
        [{"transcript": "Customer: bye!", "stage": "maintaining"}], ["transcript"], k=2, tokens=300
    )
    first, second = (program.prompts()["classify_stage"] for program in programs)
    assert first != second


def _renamed(raw: dict[str, Any]) -> None:
    raw["langs"]["en"]["choose"] = raw["langs"]["en"].pop("select_strategy")


def _without_response(raw: dict[str, Any]) -> None:
    raw["langs"]["en"]["write_response"]["outputs"] = ["words"]


def _strange_lines(raw: dict[str, Any]) -> None:
    raw["langs"]["en"]["select_strategy"]["last_lines"] = {"goal": 3}


def _strange_demo(raw: dict[str, Any]) -> None:
    raw["langs"]["en"]["select_strategy"]["demos"] = [{"transcript": "a", "goal": "b"}]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda raw: raw.update(format="other"), "not a compiled program"),
        (lambda raw: raw.update(version=2), "of version 2"),
        (lambda raw: raw.update(program="rewriter"), "a compiled rewriter, but a supporter is needed"),
        (lambda raw: raw.update(code="import os"), "code: Extra inputs"),
        (_renamed, "en.choose: only in the file\n  en.select_strategy: only in this version"),
        (_without_response, "en.write_response: outputs are words in the file, response here"),
        (_strange_lines, "en.select_strategy: last lines of goal, which is no input"),
        (_strange_demo, "en.select_strategy: a worked answer has goal, which is no field"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_differs(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], says: str
) -> None:
    path = tmp_path / "p.json"
    SavedProgram.of("supporter", {"en": compiled()}).write(path)
    raw = json.loads(path.read_text("utf-8"))
    change(raw)
    path.write_text(json.dumps(raw), "utf-8")
    with pytest.raises(InputError) as error:
        SavedProgram.read(path, "supporter").put_into({lang: Supporter(lang) for lang in LANGS}, path)
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("content", "says"), [(b"\x80\x04pickle", "not text"), (b"{", "not JSON"), (b"[1]", "says so under `format`")]
)
def test_a_file_that_is_no_program_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "p.json").write_bytes(content)
    with pytest.raises(InputError, match=says):
        SavedProgram.read(tmp_path / "p.json")
    with pytest.raises(InputError, match="not readable"):
        SavedProgram.read(tmp_path / "none.json")


def test_another_programs_predictors_are_not_put_in(tmp_path: Path) -> None:
    saved = SavedProgram.of("supporter", {"en": compiled()})
    with pytest.raises(InputError, match=r"en\.annotator: only in this version"):
        saved.put_into({"en": Annotator("en")})
