"""The metric in the forms that optimizers ask for: a number, a yes or no, a number with feedback."""

from __future__ import annotations

from typing import Any

import dspy

from csc_dspy.optimizers.score import Score
from csc_dspy.optimizers.task import Task
from csc_dspy.optimizers.trials import Trials


class Metric:
    """What answers are worth, in the forms that optimizers ask for; one score behind all of them."""

    def __init__(self, task: Task, trials: Trials) -> None:
        self.task = task
        self.trials = trials

    def score(self, example: dspy.Example, prediction: dspy.Prediction) -> Score:
        """What an answer is worth; entered into the book."""
        why = prediction.get("refused")
        found = self.task.score(example, prediction) if why is None else self.task.refused(example, why)
        if name := prediction.get("candidate"):
            self.trials.add(name, example.id, found)
        return found

    def number(self, example: dspy.Example, prediction: dspy.Prediction, trace: Any = None) -> float:
        """0 to 1, for ``Evaluate``, MIPROv2, SIMBA and COPRO."""
        return self.score(example, prediction).value

    def passes(self, example: dspy.Example, prediction: dspy.Prediction, trace: Any = None) -> float | bool:
        """Whether an answer may be a worked one, for the bootstrapping optimizers; a number where they evaluate."""
        found = self.score(example, prediction)
        return found.value if trace is None else found.passed

    def right(self, example: dspy.Example, prediction: dspy.Prediction, trace: Any = None) -> bool:
        """Whether an answer may be learned, for BootstrapFinetune, which asks as those that evaluate do."""
        return self.score(example, prediction).passed

    def feedback(
        self,
        gold: dspy.Example,
        pred: dspy.Prediction,
        trace: Any = None,
        pred_name: str | None = None,
        pred_trace: Any = None,
    ) -> dspy.Prediction:
        """A number with what a predictor did wrong, for GEPA; the same number for all predictors."""
        found = self.score(gold, pred)
        part = (pred_name or "").rpartition(".")[2]
        text = found.feedback.get(part) or found.feedback.get("") or " ".join(found.feedback.values())
        return dspy.Prediction(score=found.value, feedback=text)
