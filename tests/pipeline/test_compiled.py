"""Compiled programs put to use: what their worked answers tell of people is masked where a verb masks."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dspy
import pytest

from csc_dspy.annotation.annotate import Annotation, annotate
from csc_dspy.conversation import render_transcript, write_records
from csc_dspy.corpora.masking import mask, mask_texts
from csc_dspy.corpora.samples import GOLD
from csc_dspy.errors import InputError
from csc_dspy.evaluation.chat import Chat
from csc_dspy.evaluation.evaluate import Evaluation, evaluate
from csc_dspy.framework import LANGS, Lang
from csc_dspy.optimizers.labelling import AnnotatorTask, SupporterTask
from csc_dspy.pipeline.compiled import put_saved
from csc_dspy.programs.annotator import Annotator
from csc_dspy.programs.asking import Program
from csc_dspy.programs.judge import ConversationJudge
from csc_dspy.programs.nearest import Nearest
from csc_dspy.programs.rewriter import Rewriter
from csc_dspy.programs.saved import SavedProgram, states
from csc_dspy.programs.supporter import Supporter
from csc_dspy.programs.turn_rewriter import TurnRewriter
from csc_dspy.rewriting.csconv import Rewriting, rewrite
from csc_dspy.signatures.judging import POINTS
from csc_dspy.synthesis.rolecs import Synthesis, synthesize
from tests.support.actor import RolePlayActor, schema_of
from tests.support.calls import OF_REWRITING, raw_call, rewriting_actor
from tests.support.learner import learner
from tests.support.openai_server import OpenAIServer

PERSONAL = ("Tobias", "Falk", "0171", "tobias.f@example.org")
HEARD = "Supporter [Greeting]: Hello!\nCustomer: This is Tobias Falk, my number is 0171 2345678."
REPLY = "Thank you, Mr. Falk. I wrote to tobias.f@example.org."
STAGE = {"stage": "identifying"}
LABELS = {**STAGE, "strategy": "identity_verification"}
WORKED: dict[str, tuple[Program, str, dict[str, Any]]] = {
    "supporter": (Supporter("en"), "write_response", {"transcript": HEARD, "strategy": "Greeting", "response": REPLY}),
    "annotator": (Annotator("en"), "annotator", {"context": HEARD, "turn": REPLY, **LABELS}),
    "rewriter": (TurnRewriter("en"), "rewriter", {"call": HEARD, "agent": REPLY, **LABELS, "agent_says": REPLY}),
    "judge": (
        ConversationJudge("en"),
        "judge",
        {"scenario": "Tobias Falk has moved.", "transcript": HEARD, **dict.fromkeys(POINTS, 1)},
    ),
}
"""Program, predictor, and what a real call would have left in it."""


def saved(name: str, *, nearest: bool = False) -> SavedProgram:
    program, predictor, demo = WORKED[name]
    found = program.deepcopy()
    if nearest:
        found.memories[predictor] = Nearest([demo], ["transcript" if "transcript" in demo else next(iter(demo))])
    else:
        getattr(found, predictor).demos.append(dspy.Example(**demo))
    return SavedProgram.of(name, {"en": found})


def answers(body: Mapping[str, Any]) -> Any:
    asked = schema_of(body)
    if OF_REWRITING & asked.keys():
        return rewriting_actor(body)
    return learner(body)


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer(answers) as running:
        yield running


@pytest.fixture
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: OpenAIServer) -> dict[str, Any]:
    monkeypatch.chdir(tmp_path)
    write_records("calls.jsonl", [raw_call()])
    return {"output": Path("out.jsonl"), "lm": "openai/x", "api_base": server.api_base, "tracking": False}


def use(name: str, given: dict[str, Any]) -> None:
    calls = Path("calls.jsonl")
    if name == "supporter":
        evaluate(Evaluation(conversations=calls, program="p.json", **given))
    elif name == "annotator":
        annotate(Annotation(conversations=calls, program="p.json", **given))
    elif name == "rewriter":
        rewrite(Rewriting(calls=calls, program="p.json", by_turn=True, judging=False, **given))
    else:
        synthesize(Synthesis(judge_program="p.json", count=1, **given))


@pytest.mark.parametrize("nearest", [False, True])
@pytest.mark.parametrize("name", WORKED)
def test_hosted_models_see_worked_answers_without_personal_data(
    given: dict[str, Any], server: OpenAIServer, name: str, nearest: bool
) -> None:
    saved(name, nearest=nearest).write(Path("p.json"))
    server.reply = RolePlayActor() if name == "judge" else answers
    use(name, given)
    shown = json.dumps(server.bodies)
    assert not [word for word in PERSONAL if word in shown]
    assert "This is [NAME], my number is [PHONE]." in shown
    if name != "judge":
        assert "Thank you, Mr. [NAME]. I wrote to [EMAIL]." in shown
        use(name, {**given, "masking": False, "fresh": True})
        assert not [word for word in PERSONAL if word not in json.dumps(server.bodies)]


def test_a_supporter_to_talk_to_tells_nothing_of_others(given: dict[str, Any], server: OpenAIServer) -> None:
    saved("supporter").write(Path("p.json"))
    with Chat(lm="openai/x", api_base=server.api_base, program="p.json") as call:
        call.answer("Hello, this is Ida Brandt.")
    shown = json.dumps(server.bodies)
    assert "Ida Brandt" in shown
    assert not [word for word in PERSONAL if word in shown]


@pytest.mark.parametrize("lang", LANGS)
def test_worked_answers_that_come_with_the_package_stay(lang: Lang) -> None:
    for make in (TurnRewriter, Rewriter):
        program = make(lang)
        before = states(program)
        put_saved(SavedProgram.of("rewriter", {lang: program}), {lang: program}, "p.json", masks=True)
        assert states(program) == before


@pytest.mark.parametrize("lang", LANGS)
def test_what_was_masked_at_compiling_is_shown_as_it_was_measured(lang: Lang) -> None:
    tasks = (SupporterTask(), AnnotatorTask())
    for task in tasks:
        program = task.build(lang)
        examples = [one for item in task.items(GOLD[lang], True, None) for one in item.examples]
        for name, _ in program.named_predictors():
            worked = [task.worked(one)[name] for one in examples]
            program.memories[name] = Nearest(worked, task.compared(name))
        before = states(program)
        put_saved(SavedProgram.of(task.name, {lang: program}), {lang: program}, "p.json", masks=True)
        assert states(program) == before


def test_instructions_that_quote_a_call_are_masked_and_their_own_words_stay() -> None:
    program = Supporter("en")
    own = program.select_strategy.signature.instructions
    told = f"{own}\n\nOf a call like:\n{HEARD}\nverify who calls."
    program.select_strategy.signature = program.select_strategy.signature.with_instructions(told)
    for masks in (False, True):
        used = Supporter("en")
        put_saved(SavedProgram.of("supporter", {"en": program}), {"en": used}, "p.json", masks=masks)
        shown = used.select_strategy.signature.instructions
        assert shown.startswith(own)
        assert "verify who calls." in shown
        assert ("Tobias" in shown, "2345678" in shown) == (not masks, not masks)


def test_a_large_memory_is_masked_in_seconds() -> None:
    """Once: other predictors that remember the same calls, and the next time, take nothing."""
    program = Supporter("en")
    seen = [f"{HEARD}\nSupporter: Is it about order {number}?\nCustomer: Yes, please." for number in range(2000)]
    program.memories["classify_stage"] = Nearest([{"transcript": one, **STAGE} for one in seen], ["transcript"])
    program.memories["select_strategy"] = Nearest([{"transcript": one, **LABELS} for one in seen], ["transcript"])
    compiled, took = SavedProgram.of("supporter", {"en": program}), []
    for _ in range(2):
        began = time.monotonic()
        put_saved(compiled, {"en": Supporter("en")}, "p.json", masks=True)
        took.append(time.monotonic() - began)
    assert took[0] < 60
    assert took[1] < took[0] / 4


@pytest.mark.parametrize("lang", LANGS)
def test_texts_are_masked_as_the_conversation_they_are_of(lang: Lang) -> None:
    call = raw_call(lang=lang)
    told = {"en": "My name is Tobias Falk.", "zh": "我叫田海波，电话13912345678。"}[lang]
    turns = (*call.turns, call.turns[1].model_copy(update={"text": told}))
    call = call.model_copy(update={"turns": turns})
    text = render_transcript(call.turns, lang)
    (masked,) = mask_texts([(text, None)], lang)
    assert masked == render_transcript(mask(call).conversation.turns, lang) != text
    assert mask_texts([(masked, None)], lang) == (masked,)


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        (["goal", "transcript"], "en.classify_stage: nearest worked answers by goal, which is no input"),
        ([], "langs.en.classify_stage.nearest.inputs"),
    ],
)
def test_a_memory_that_is_searched_by_no_input_is_refused(tmp_path: Path, inputs: list[str], says: str) -> None:
    program = Supporter("en")
    program.memories["classify_stage"] = Nearest([{"transcript": HEARD, "stage": "connecting"}], ["transcript"])
    raw = SavedProgram.of("supporter", {"en": program}).model_dump(mode="json", exclude_none=True)
    raw["langs"]["en"]["classify_stage"]["nearest"]["inputs"] = inputs
    (tmp_path / "p.json").write_text(json.dumps(raw), "utf-8")
    with pytest.raises(InputError) as error:
        SavedProgram.read(tmp_path / "p.json").put_into({"en": Supporter("en")}, "p.json")
    assert says in str(error.value)
