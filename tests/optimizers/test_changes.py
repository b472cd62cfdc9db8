"""What compiling changed, as a diff of prompts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import dspy
import pytest
from click.testing import CliRunner

from csc_dspy.commands.compare import command
from csc_dspy.errors import InputError
from csc_dspy.optimizers.changes import changes
from csc_dspy.optimizers.options import PROGRAMS
from csc_dspy.programs.named import PACKAGED
from csc_dspy.programs.nearest import Nearest
from csc_dspy.programs.saved import SavedProgram
from csc_dspy.programs.supporter import Supporter
from csc_dspy.programs.turn_rewriter import TurnRewriter
from tests.support.command import environment


@pytest.fixture
def tuned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    program = Supporter("en")
    part = program.select_strategy
    part.signature = part.signature.with_instructions(part.signature.instructions + "\nLess is more.")
    part.demos = [dspy.Example(transcript="Customer: hi", stage="connecting", strategy="greeting")]
    program.memories["classify_stage"] = Nearest(
        [{"transcript": "Customer: hi", "stage": "connecting"}] * 50, ["transcript"]
    )
    program.last_lines["classify_stage"] = {"transcript": 3}
    SavedProgram.of("supporter", {"en": program}).write(Path("tuned.json"))
    return "tuned.json"


def test_what_was_changed_is_a_line_each(tuned: str) -> None:
    found = changes("supporter", tuned)
    assert list(found) == ["en.classify_stage", "en.select_strategy", "en.write_response"]
    assert found["en.write_response"] == []
    added = [line[1:] for line in found["en.select_strategy"] if line.startswith("+") and not line.startswith("+++")]
    assert added[0] == "Less is more."
    assert '"strategy": "greeting"' in added[-1]
    assert not [line for line in found["en.select_strategy"] if line.startswith("-") and not line.startswith("---")]
    stage = "\n".join(found["en.classify_stage"])
    assert "+of transcript: the last 3 lines" in stage
    assert "+worked answers, the 5 nearest by transcript of 50" in stage
    assert len(stage.splitlines()) < 12
    assert not any(changes(tuned, tuned).values())
    assert changes(tuned, "supporter")["en.select_strategy"] != found["en.select_strategy"]


def test_the_rewriter_that_goes_turn_by_turn_is_compared_with_its_own_kind(tuned: str) -> None:
    SavedProgram.of("rewriter", {"zh": TurnRewriter("zh")}).write(Path("rewriter.json"))
    assert not any(changes("rewriter", "rewriter.json").values())


def test_two_kinds_are_refused(tuned: str) -> None:
    with pytest.raises(InputError) as error:
        changes(tuned, "annotator")
    assert str(error.value) == "tuned.json is a supporter, annotator an annotator: only programs of one kind compare"


def test_the_names_are_those_of_the_programs() -> None:
    assert tuple(PROGRAMS) == PACKAGED


def test_comparing_runs_needs_none_of_it(tmp_path: Path) -> None:
    code = (
        "import sys; from click.testing import CliRunner; from csc_dspy.commands.compare import command; "
        "CliRunner().invoke(command, ['a.jsonl', 'b.jsonl']); sys.exit('dspy' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment(), check=True)


def test_compare_prints_the_changes(tuned: str) -> None:
    shown = CliRunner().invoke(command, ["supporter", tuned]).output
    assert "== en.select_strategy\n--- supporter\n+++ tuned.json" in shown
    assert "== en.write_response\nthe same" in shown
    assert json.loads(CliRunner().invoke(command, ["supporter", tuned, "--json"]).output)["en.write_response"] == []
    refused = CliRunner().invoke(command, ["answers.jsonl", tuned])
    assert str(refused.exception) == "answers.jsonl: no such file: give two runs, or two programs"
    Path("answers.jsonl").touch()
    refused = CliRunner().invoke(command, [tuned, "answers.jsonl"])
    assert str(refused.exception) == "one is a program and the other is none: give two runs, or two programs"
