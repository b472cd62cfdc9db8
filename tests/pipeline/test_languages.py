"""Compiled programs and calls in other languages than they were compiled for: refused or said, before any question."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from csc_dspy.annotation import annotate
from csc_dspy.cli import cli
from csc_dspy.conversation import write_records
from csc_dspy.errors import InputError
from csc_dspy.evaluation import evaluate, interactive
from csc_dspy.framework import LANGS, Lang
from csc_dspy.programs.annotator import Annotator
from csc_dspy.programs.saved import SavedProgram
from csc_dspy.programs.supporter import Supporter
from csc_dspy.programs.turn_rewriter import TurnRewriter
from csc_dspy.rewriting import csconv
from tests.support.calls import raw_call, rewriting_actor
from tests.support.openai_server import OpenAIServer

PROGRAMS: dict[str, Callable[[Lang], Any]] = {
    "supporter": Supporter,
    "annotator": Annotator,
    "rewriter": TurnRewriter,
}
CALLS = Path("calls.jsonl")


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer(rewriting_actor) as running:
        yield running


@pytest.fixture
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: OpenAIServer) -> dict[str, Any]:
    monkeypatch.chdir(tmp_path)
    return {"output": Path("out.jsonl"), "lm": "openai/x", "api_base": server.api_base, "tracking": False}


def prepare(name: str, compiled: Sequence[Lang], spoken: Sequence[Lang]) -> None:
    SavedProgram.of(name, {lang: PROGRAMS[name](lang) for lang in compiled}).write(Path("p.json"))
    write_records(CALLS, [raw_call(f"{lang}-{number}", lang) for number, lang in enumerate(spoken)])


def use(verb: str, given: dict[str, Any], *, dry: bool = False) -> None:
    given = {**given, "program": "p.json"}
    if verb == "evaluate":
        job = evaluate.Evaluation(conversations=CALLS, **given)
        evaluate.estimate(job) if dry else evaluate.evaluate(job)
    elif verb == "interact":
        call = interactive.Interaction(conversations=CALLS, **given)
        interactive.estimate(call) if dry else interactive.interact(call)
    elif verb == "annotate":
        labels = annotate.Annotation(conversations=CALLS, **given)
        annotate.estimate(labels) if dry else annotate.annotate(labels)
    else:
        rewriting = csconv.Rewriting(calls=CALLS, by_turn=True, judging=False, **given)
        csconv.estimate(rewriting) if dry else csconv.rewrite(rewriting)


VERBS = [
    ("evaluate", "supporter"),
    ("interact", "supporter"),
    ("annotate", "annotator"),
    ("rewrite", "rewriter"),
]


@pytest.mark.parametrize("dry", [False, True])
@pytest.mark.parametrize(("verb", "name"), VERBS)
def test_a_program_of_none_of_the_calls_languages_is_refused(
    given: dict[str, Any], server: OpenAIServer, verb: str, name: str, dry: bool
) -> None:
    prepare(name, ["zh"], ["en", "en"])
    with pytest.raises(InputError) as error:
        use(verb, given, dry=dry)
    assert str(error.value) == "p.json: compiled for zh, and the calls are en"
    assert not server.log
    assert not Path("out.jsonl").exists()


@pytest.mark.parametrize(("verb", "name"), [one for one in VERBS if one[0] != "interact"])
def test_calls_in_other_languages_are_said_once(
    given: dict[str, Any], server: OpenAIServer, verb: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare(name, ["zh"], ["zh", "en", "en"])
    use(verb, given)
    told = [line for line in capsys.readouterr().err.splitlines() if "p.json" in line]
    assert told == ["p.json: compiled for zh; calls in en are answered by the program as it comes with the package"]
    assert server.log


@pytest.mark.parametrize(("compiled", "spoken"), [(["en"], ["en"]), (LANGS, ["zh"]), (LANGS, ["en", "zh"])])
def test_where_all_is_compiled_nothing_is_said(
    given: dict[str, Any], compiled: Sequence[Lang], spoken: Sequence[Lang], capsys: pytest.CaptureFixture[str]
) -> None:
    prepare("supporter", compiled, spoken)
    use("evaluate", given, dry=True)
    assert not capsys.readouterr().err


def test_the_command_line_ends_with_wrong_input(given: dict[str, Any]) -> None:
    prepare("supporter", ["zh"], ["en"])
    done = CliRunner().invoke(
        cli, ["evaluate", str(CALLS), "-o", "out.jsonl", "--program", "p.json", "--lm", "openai/x"]
    )
    assert isinstance(done.exception, InputError)
    assert done.exception.exit_code == 2
