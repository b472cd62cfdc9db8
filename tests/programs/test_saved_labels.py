"""Files of programs that somebody edited: labels that are none, and what else is not as it has to be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import dspy
import pytest

from csc_dspy.errors import InputError
from csc_dspy.programs.asking import Program
from csc_dspy.programs.judge import ConversationJudge
from csc_dspy.programs.nearest import Nearest
from csc_dspy.programs.rewriter import Rewriter
from csc_dspy.programs.saved import SavedProgram
from csc_dspy.programs.supporter import Supporter
from csc_dspy.signatures.judging import POINTS

HEARD = {"transcript": "Customer: hello"}
EXCHANGE = {"stage": "exploring", "strategy": "problem_refinement", "agent_says": "Which?", "customer_says": "That."}
POINT = {"scenario": "-", **HEARD, **dict.fromkeys(POINTS, 1)}


def raw(program: Program, predictor: str, *demos: dict[str, Any], nearest: bool = False) -> dict[str, Any]:
    """A file's contents, with worked answers that nothing has looked at."""
    if nearest:
        program.memories[predictor] = Nearest(demos, ["transcript"])
    else:
        getattr(program, predictor).demos = [dspy.Example(**demo) for demo in demos]
    found: dict[str, Any] = SavedProgram.of("any", {"en": program}).model_dump(mode="json", exclude_none=True)
    return found


@pytest.mark.parametrize("nearest", [False, True])
@pytest.mark.parametrize(
    ("predictor", "good", "bad"),
    [
        ("classify_stage", {"stage": "connecting"}, {"stage": "bogus"}),
        ("select_strategy", {"stage": "connecting", "strategy": "others"}, {"stage": "connecting", "strategy": 3}),
        ("select_strategy", {"strategy": "others"}, {"stage": "Connecting", "strategy": "others"}),
    ],
)
def test_a_worked_answer_with_a_label_that_is_none_is_refused_with_its_place(
    nearest: bool, predictor: str, good: dict[str, Any], bad: dict[str, Any]
) -> None:
    program = Supporter("en")
    before = program.prompts()
    edited = raw(Supporter("en"), predictor, {**HEARD, **good}, {**HEARD, **bad}, {**HEARD, **bad}, nearest=nearest)
    with pytest.raises(InputError) as error:
        SavedProgram.model_validate(edited).put_into({"en": program}, "p.json")
    first, *places = str(error.value).splitlines()
    assert first.startswith("p.json: ")
    (place,) = places
    assert place.startswith(f"  en.{predictor}: {'nearest ' if nearest else ''}worked answer 2: st")
    assert "and has to be '" in place
    assert program.prompts() == before
    SavedProgram.model_validate(raw(Supporter("en"), predictor, {**HEARD, **good})).put_into({"en": program}, "p.json")


def test_labels_inside_lists_are_looked_at_too() -> None:
    part = {"call": "Customer: hello", "closing": "Bye."}
    rows = [EXCHANGE, {**EXCHANGE, "strategy": "greeting"}]
    edited = SavedProgram.model_validate(raw(Rewriter("en"), "rewriter", {**part, "exchanges": rows}))
    with pytest.raises(InputError, match=r'worked answer 1: exchanges\.1\.strategy is "greeting", and has to be'):
        edited.put_into({"en": Rewriter("en")})


def test_points_are_labels_of_the_judge() -> None:
    SavedProgram.model_validate(raw(ConversationJudge("en"), "judge", POINT)).put_into({"en": ConversationJudge("en")})
    edited = SavedProgram.model_validate(raw(ConversationJudge("en"), "judge", {**POINT, "natural": 2}))
    with pytest.raises(InputError, match="worked answer 1: natural is 2, and has to be 0 or 1"):
        edited.put_into({"en": ConversationJudge("en")})


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"version": "1"}, 'p.json: not a compiled program: its version is "1", which is not a whole number'),
        ({"version": True}, "p.json: not a compiled program: its version is true, which is not a whole number"),
        ({"version": 2}, "p.json: a compiled program of version 2; this is for version 1"),
        ({"langs": {}}, "p.json: not a compiled program: there is no language in it"),
    ],
)
def test_what_a_file_lacks_is_said_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("p.json").write_text(json.dumps(raw(Supporter("en"), "classify_stage") | change), "utf-8")
    with pytest.raises(InputError) as error:
        SavedProgram.read(Path("p.json"))
    assert str(error.value) == says
