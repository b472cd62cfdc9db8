"""What the answers of labelling programs are worth, and what is said about them."""

from __future__ import annotations

import dspy
import pytest
from pydantic import JsonValue

from csc_dspy.conversation import Conversation, Turn
from csc_dspy.framework import Stage, Strategy
from csc_dspy.optimizers.labelling import AnnotatorTask, JudgeTask, SupporterTask
from csc_dspy.optimizers.score import Score
from csc_dspy.optimizers.task import Task


def scored(task: Task, gold: Stage | None, stage: Stage | None, strategy: Strategy | None) -> Score:
    """The score of an answer to a turn that greets."""
    turns = (
        Turn(speaker="customer", text="Hello."),
        Turn(speaker="supporter", text="Good morning!", stage=gold, strategy=Strategy.GREETING),
    )
    (example,) = task.examples(Conversation(id="a", lang="en", topic="other", source="tests", turns=turns))
    answer = dspy.Prediction(stage=stage, strategy=strategy, response=None, failure=None)
    return task.score(example, answer)


TASKS = [SupporterTask(words=False), AnnotatorTask()]


@pytest.mark.parametrize("task", TASKS, ids=["supporter", "annotator"])
def test_an_answer_with_a_wrong_stage_is_no_worked_one(task: Task) -> None:
    right, wrong = Stage.CONNECTING, Stage.EXPLORING
    for gold in (right, None):
        assert scored(task, gold, right, Strategy.GREETING).passed
        assert not scored(task, gold, wrong, Strategy.GREETING).passed
        assert not scored(task, gold, right, Strategy.OTHERS).passed
    assert scored(task, wrong, wrong, Strategy.GREETING).passed


@pytest.mark.parametrize("task", TASKS, ids=["supporter", "annotator"])
def test_a_stage_without_a_label_counts_for_nothing_and_is_spoken_of_all_the_same(task: Task) -> None:
    wrong = scored(task, None, Stage.EXPLORING, Strategy.GREETING)
    assert wrong.value == 1
    assert "stage accuracy" not in wrong.figures
    text = wrong.feedback.get("classify_stage") or wrong.feedback["annotator"]
    assert "The stage is wrong: exploring, but greeting, which was right, belongs to connecting." in text
    right = scored(task, None, Stage.CONNECTING, Strategy.GREETING)
    text = right.feedback.get("classify_stage") or right.feedback["annotator"]
    assert "The stage fits: greeting, which was right, belongs to connecting." in text


def test_feedback_names_the_stage_that_was_right() -> None:
    said = scored(SupporterTask(words=False), Stage.CONNECTING, None, None)
    assert said.value == 0
    assert "The stage is wrong: none instead of connecting (" in said.feedback["classify_stage"]
    assert "No strategy was chosen." in said.feedback["select_strategy"]


@pytest.mark.parametrize("meta", [{"judge": "Anna"}, {"judge": None}, {"judge": {"points": "all"}}, None])
def test_a_conversation_whose_judge_gave_no_points_is_no_example(meta: dict[str, JsonValue] | None) -> None:
    turns = (Turn(speaker="customer", text="Hello."),)
    one = Conversation(id="a", lang="en", topic="other", source="tests", turns=turns, meta=meta)
    assert not list(JudgeTask().examples(one))


@pytest.mark.parametrize(("said", "form"), [("May I have your name, please?", 1.0), ("Your parcel is in Leeds.", 0.0)])
def test_words_have_to_be_in_their_strategy(said: str, form: float) -> None:
    asked, task = Strategy.IDENTITY_VERIFICATION, SupporterTask()
    turns = (
        Turn(speaker="customer", text="Hello."),
        Turn(speaker="supporter", text="Your name, please?", strategy=asked),
    )
    (example,) = task.examples(Conversation(id="a", lang="en", topic="other", source="tests", turns=turns))
    found = task.score(example, dspy.Prediction(stage=None, strategy=asked, response=said, failure=None))
    assert found.figures["form"] == form
    assert ("The words are none of it" in found.feedback["write_response"]) is (form == 0)
    silent = task.score(example, dspy.Prediction(stage=None, strategy=asked, response=None, failure=None))
    assert silent.figures["form"] == 0
    bare = (turns[0], turns[1].model_copy(update={"text": "Go on."}))
    (example,) = task.examples(Conversation(id="a", lang="en", topic="other", source="tests", turns=bare))
    answer = dspy.Prediction(stage=None, strategy=asked, response=said, failure=None)
    assert "form" not in task.score(example, answer).figures
