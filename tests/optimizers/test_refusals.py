"""Replies that a program refused are no worked answers, and answers that an endpoint refused count in every figure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import dspy
import pytest

from csc_dspy.conversation import read_conversations, render_transcript
from csc_dspy.corpora.samples import GOLD
from csc_dspy.framework import LANGS, Lang
from csc_dspy.optimizers.conversing import RewriterTask
from csc_dspy.optimizers.labelling import AnnotatorTask, SupporterTask
from csc_dspy.optimizers.score import Score
from csc_dspy.optimizers.student import Student
from csc_dspy.optimizers.task import Task
from csc_dspy.optimizers.trials import Trials
from csc_dspy.programs.asking import GuardError, Program, asked_until_fit
from csc_dspy.signatures.rewriting import part_shown


class Saying(dspy.Signature):  # type: ignore[misc]
    """Say it."""

    text: str = dspy.InputField()
    said: str = dspy.OutputField()


class Model(dspy.BaseLM):  # type: ignore[misc]
    """Its first reply to a question is refused, its second one is not; unless it never learns."""

    name = "model"
    supports_response_schema = False

    def __init__(self) -> None:
        super().__init__("model")
        self.kwargs: dict[str, Any] = {}
        self.learns = True

    def __call__(self, prompt: str | None = None, messages: Any = None, **kwargs: Any) -> list[str]:
        good = self.learns and kwargs["temperature"] >= Sayer.temperature_again
        return ['{"said": "good"}' if good else '{"said": "lost"}']


class Sayer(Program):
    max_tokens: Mapping[str, int] = {"say": 50}

    def __init__(self, lang: Lang = "en") -> None:
        super().__init__(lang)
        self.say = dspy.Predict(Saying)

    def forward(self, text: str) -> dspy.Prediction:
        def asking() -> Any:
            refuse = lambda reply: "lost" if reply.said == "lost" else None  # noqa: E731
            found = yield from asked_until_fit("say", refuse, Counter(), inputs={"text": text})
            return dspy.Prediction(said=found.said, failure=None)

        return self.run(asking(), text)  # type: ignore[no-any-return]


class Sayings(Task):
    name = "sayer"
    roles = ("supporter",)
    figures = ("right",)

    def build(self, lang: Lang) -> Program:
        return Sayer(lang)

    def run(self, program: Program, inputs: Mapping[str, Any]) -> dspy.Prediction:
        try:
            return program(text=inputs["place"])  # type: ignore[no-any-return]
        except GuardError as error:
            return dspy.Prediction(said="", failure=error.group)

    def score(self, example: dspy.Example, prediction: dspy.Prediction) -> Score:
        return Score(1.0, True, {"right": 1.0})


@pytest.mark.parametrize(("learns", "kept"), [(True, ["good"]), (False, ["lost"] * 2)])
def test_replies_that_were_refused_are_no_part_of_an_answer(learns: bool, kept: list[str]) -> None:
    """Where there is no answer they stay: only in them can an optimizer that reflects see what is wrong."""
    model = Model()
    model.learns = learns
    student = Student(Sayer(), Sayings(), Trials(["a"], 5), {"supporter": model})
    with dspy.context(trace=[]):
        student(place="a")
        assert [step[2].said for step in dspy.settings.trace] == kept


@pytest.mark.parametrize("task", [SupporterTask(), SupporterTask(words=False), AnnotatorTask()])
def test_an_answer_that_was_refused_is_none_of_all_figures(task: Any) -> None:
    """Else the hard examples that a longer prompt is refused for would vanish from all figures but the first."""
    for call in read_conversations(GOLD["en"]):
        for example in task.examples(call):
            given = dspy.Prediction(strategy=example.strategy, stage=example.stage, response="Yes.", failure=None)
            figures = task.score(example, given).figures
            assert task.refused(example, "too long").figures == dict.fromkeys(figures, 0.0)


def test_labels_without_the_words_that_are_asked_for_are_no_worked_answer() -> None:
    (example, *_) = SupporterTask().examples(next(read_conversations(GOLD["en"])))
    given = {"strategy": example.strategy, "stage": example.stage, "failure": None}
    for task, response, passes in ((SupporterTask(), "", False), (SupporterTask(words=False), None, True)):
        assert task.score(example, dspy.Prediction(**given, response=response)).passed is passes


@pytest.mark.parametrize("lang", LANGS)
def test_rewritings_fit_among_the_worked_answers(lang: Lang) -> None:
    """A whole call and the same in other words."""
    task = RewriterTask(by_turn=False)
    student = Student(task.build(lang), task, Trials(["a"], 1), {"rewriter": Model()})
    calls = list(read_conversations(GOLD[lang]))
    fits = 0
    for call in calls:
        text = render_transcript(call.turns, lang)
        written = {"call": part_shown(text, lang, first=True, last=True), "done": "", "exchanges": text}
        student.program.rewriter.demos = [dspy.Example(**written, opening=text[:200], closing=text[-100:])]
        fits += len(student.program.shown("rewriter"))
    assert fits == len(calls) == 12
