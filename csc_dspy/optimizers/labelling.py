"""Programs tuned on gold labels: the supporter, the annotator and the judge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dspy

from csc_dspy.conversation import Conversation, Turn, render_transcript
from csc_dspy.framework import Lang, Stage, Strategy
from csc_dspy.metrics.overlap import rouge_l
from csc_dspy.metrics.tokens import words
from csc_dspy.optimizers.feedback import about_response, about_stage, about_strategy
from csc_dspy.optimizers.score import Score
from csc_dspy.optimizers.task import Call, Task
from csc_dspy.programs.annotator import CONTEXT as ANNOTATED_CONTEXT
from csc_dspy.programs.annotator import Annotator
from csc_dspy.programs.asking import GuardError, Program
from csc_dspy.programs.judge import ConversationJudge, Verdict
from csc_dspy.programs.moves import fits, likely_stage
from csc_dspy.programs.nearest import tail
from csc_dspy.programs.supporter import Supporter
from csc_dspy.signatures.judging import POINTS
from csc_dspy.signatures.turns import strategy_rule


def _labelled(conversation: Conversation) -> Iterator[tuple[int, Turn]]:
    for at, turn in enumerate(conversation.turns):
        if turn.speaker == "supporter" and turn.strategy is not None:
            yield at, turn


def _example(conversation: Conversation, at: int, turn: Turn, turns: Sequence[Turn], **more: Any) -> dspy.Example:
    """A labelled turn as an example; its inputs are turns, and its place."""
    place = f"{conversation.id}/{at}"
    return dspy.Example(
        id=place,
        group=conversation.id,
        lang=conversation.lang,
        label=str(turn.strategy),
        turns=Call(turns),
        place=place,
        strategy=turn.strategy,
        stage=turn.stage,
        **more,
    ).with_inputs("turns", "place")


def _stage_fits(example: dspy.Example, stage: Stage | None) -> bool:
    """Whether a stage is right; where it has no label, whether it is one of the right strategy's own."""
    if example.stage is not None:
        return stage is example.stage
    return not example.strategy.stages or stage in example.strategy.stages


_WEIGHTS = {"strategy accuracy": 0.7, "stage accuracy": 0.2, "overlap": 0.05, "form": 0.05}
"""Of a supporter's figures in its score, as far as they are there."""


class SupporterTask(Task):
    """The supporter's next turn: stage and strategy right, words close to what was said.

    Attributes:
        words: Whether it writes its words too; without, an example takes two requests instead of three.
        rules: Whether code restricts the strategies.
    """

    name = "supporter"
    roles = ("supporter",)
    figures = ("strategy accuracy",)

    def __init__(self, *, words: bool = True, rules: bool = True) -> None:
        self.words = words
        self.rules = rules
        self.requests = 3 if words else 2
        self.idle = () if words else ("write_response",)

    def build(self, lang: Lang) -> Program:
        """The program, not compiled."""
        return Supporter(lang, rules=self.rules, words=self.words)

    def examples(self, conversation: Conversation) -> Iterator[dspy.Example]:
        """A supporter turn with a strategy is an example; what was said before it is its input."""
        for at, turn in _labelled(conversation):
            yield _example(conversation, at, turn, conversation.turns[:at], response=turn.text)

    def run(self, program: Program, inputs: Mapping[str, Any]) -> dspy.Prediction:
        """Answer the call."""
        assert isinstance(program, Supporter)
        return program.run(program.answered(inputs["turns"]), self.place(inputs))

    def figures_of(self, example: dspy.Example) -> Sequence[str]:
        """Those of what has a label; of form only where what was really said has that of its strategy."""
        has = {
            "strategy accuracy": True,
            "stage accuracy": example.stage is not None,
            "overlap": self.words and bool(example.response.strip()),
            "form": self.words and fits(example.response, example.strategy),
        }
        return [name for name, there in has.items() if there]

    def score(self, example: dspy.Example, prediction: dspy.Prediction) -> Score:
        """0.7 for the strategy, 0.2 for the stage, 0.1 for the words; what has no label does not count.

        Of the words' share half is their overlap with what was really said, half whether they have the form of the
        strategy that was chosen, where what was really said has its own: a question asks, what tells does not.

        An answer that passes has both right, and words where they are asked for.
        """
        lang: Lang = example.lang
        names = self.figures_of(example)
        right = prediction.strategy is example.strategy
        reply = prediction.response or ""
        in_form = "form" not in names or (prediction.strategy is not None and fits(reply, prediction.strategy))
        worth = {
            "strategy accuracy": float(right),
            "stage accuracy": float(prediction.stage is example.stage),
            "overlap": rouge_l(words(reply, lang), words(example.response, lang)) if "overlap" in names else 0.0,
            "form": float(bool(reply) and in_form),
        }
        figures = {name: worth[name] for name in names}
        value = sum(figures[name] * _WEIGHTS[name] for name in names) / sum(_WEIGHTS[name] for name in names)
        failed = f" The answer could not be read: {prediction.failure}." if prediction.failure else ""
        feedback = {
            "classify_stage": about_stage(example.stage, prediction.stage, example.strategy, lang) + failed,
            "select_strategy": about_strategy(example.strategy, prediction.strategy, example.response, lang) + failed,
            "write_response": about_response(example.response, prediction.response, prediction.strategy, in_form, lang)
            + failed,
        }
        said = bool(reply) or not self.words
        return Score(value, right and said and _stage_fits(example, prediction.stage), figures, feedback)

    def worked(self, example: dspy.Example) -> dict[str, dict[str, Any]]:
        """The end of the call, with what was right; the words only where they are measured."""
        lang: Lang = example.lang
        seen = {"transcript": tail(render_transcript(example.turns, lang, strategies=True))}
        strategy = Strategy(example.strategy)
        stage = str(example.stage or likely_stage(example.turns, strategy))
        found = {
            "classify_stage": {**seen, "stage": stage},
            "select_strategy": {**seen, "stage": stage, "strategy": str(strategy)},
        }
        if self.words:
            said = " ".join(example.response.split())
            found["write_response"] = {**seen, "strategy": strategy_rule(strategy, lang), "response": said}
        return found

    def shortened(self, predictor: str) -> tuple[str, ...]:
        """The call where labels are chosen; words have to fit all that was said."""
        return () if predictor == "write_response" else ("transcript",)


class AnnotatorTask(Task):
    """The label of a supporter turn that was said: stage and strategy as the gold ones."""

    name = "annotator"
    roles = ("annotator",)
    figures = ("strategy accuracy",)

    def build(self, lang: Lang) -> Program:
        """The program, not compiled."""
        return Annotator(lang)

    def examples(self, conversation: Conversation) -> Iterator[dspy.Example]:
        """A supporter turn with a strategy is an example; its input is the call up to it and its words."""
        for at, turn in _labelled(conversation):
            said = Turn(speaker="supporter", text=turn.text)
            yield _example(conversation, at, turn, (*conversation.turns[max(0, at - ANNOTATED_CONTEXT) : at], said))

    def run(self, program: Program, inputs: Mapping[str, Any]) -> dspy.Prediction:
        """Label the last turn."""
        assert isinstance(program, Annotator)
        return program.run(program.label(inputs["turns"]), self.place(inputs))

    def figures_of(self, example: dspy.Example) -> Sequence[str]:
        """The stage's, too, where it has a label."""
        return self.figures if example.stage is None else (*self.figures, "stage accuracy")

    def score(self, example: dspy.Example, prediction: dspy.Prediction) -> Score:
        """0.8 for the strategy, 0.2 for the stage, if it has a gold one."""
        right = prediction.strategy is example.strategy
        figures = {"strategy accuracy": float(right)}
        value = float(right)
        if example.stage is not None:
            figures["stage accuracy"] = float(prediction.stage is example.stage)
            value = 0.8 * right + 0.2 * figures["stage accuracy"]
        lang: Lang = example.lang
        said = example.turns[-1].text
        feedback = (
            about_strategy(example.strategy, prediction.strategy, said, lang)
            + " "
            + about_stage(example.stage, prediction.stage, example.strategy, lang)
        )
        return Score(value, right and _stage_fits(example, prediction.stage), figures, {"annotator": feedback})

    def worked(self, example: dspy.Example) -> dict[str, dict[str, Any]]:
        """The last lines before the turn, the turn, and its labels."""
        strategy = Strategy(example.strategy)
        return {
            "annotator": {
                "context": tail(render_transcript(example.turns[:-1], example.lang)),
                "turn": " ".join(example.turns[-1].text.split()),
                "stage": str(example.stage or likely_stage(example.turns[:-1], strategy)),
                "strategy": str(strategy),
            }
        }

    def shortened(self, predictor: str) -> tuple[str, ...]:
        """What was said before."""
        return ("context",)

    def compared(self, predictor: str) -> tuple[str, ...]:
        """The turn itself."""
        return ("turn",)


class JudgeTask(Task):
    """Played conversations with points by people: the judge gives the same ones.

    The points are looked for where ``synthesize`` writes the judge's: ``meta.judge.points``.
    """

    name = "judge"
    roles = ("judge",)
    gold = "`meta.judge.points`, an object with 0 or 1 for " + ", ".join(POINTS)
    figures = ("points", "verdict")
    choices = ("open",)  # the points of a like conversation are not this one's
    shown_tokens = 1500  # whole conversations

    def build(self, lang: Lang) -> Program:
        """The program, not compiled."""
        return ConversationJudge(lang)

    def examples(self, conversation: Conversation) -> Iterator[dspy.Example]:
        """A conversation with points is an example; its label says which ones it has."""
        judge = (conversation.meta or {}).get("judge")
        gold = judge.get("points") if isinstance(judge, dict) else None
        if not isinstance(gold, dict) or any(gold.get(point) not in (0, 1) for point in POINTS):
            return
        points = {point: int(gold[point]) for point in POINTS}  # type: ignore[arg-type]
        shown = conversation.model_copy(update={"meta": None})
        yield dspy.Example(
            id=conversation.id,
            group=conversation.id,
            lang=conversation.lang,
            label="".join(str(point) for point in points.values()),
            conversation=shown,
            place=conversation.id,
            points=points,
        ).with_inputs("conversation", "place")

    def run(self, program: Program, inputs: Mapping[str, Any]) -> dspy.Prediction:
        """Judge a conversation; ``verdict`` is ``None`` where the judge could not be read."""
        try:
            found: dspy.Prediction = program(conversation=inputs["conversation"], seed=self.seed)
        except GuardError as error:
            return dspy.Prediction(verdict=None, failure=error.group)
        return dspy.Prediction(verdict=found.verdict, failure=None)

    def score(self, example: dspy.Example, prediction: dspy.Prediction) -> Score:
        """The share of the points that agree."""
        verdict: Verdict | None = prediction.verdict
        if verdict is None:
            return Score(0.0, False, {"points": 0.0, "verdict": 0.0}, {"judge": f"No verdict: {prediction.failure}."})
        wrong = [point for point in POINTS if verdict.points[point] != example.points[point]]
        same = verdict.passed == all(example.points.values())
        value = 1 - len(wrong) / len(POINTS)
        told = "; ".join(
            f"{point} is {verdict.points[point]} ({verdict.reasons[point]}), people gave {example.points[point]}"
            for point in wrong
        )
        feedback = {"judge": f"Wrong points: {told}." if wrong else "All points are those of people."}
        return Score(value, not wrong, {"points": value, "verdict": float(same)}, feedback)

    def worked(self, example: dspy.Example) -> dict[str, dict[str, Any]]:
        """The conversation with its points."""
        shown: Conversation = example.conversation
        return {
            "judge": {
                "scenario": shown.scenario or "-",
                "transcript": render_transcript(shown.turns, shown.lang, strategies=True),
                **example.points,
            }
        }
