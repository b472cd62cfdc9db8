"""The module that DSPy's optimizers are given: a program that enters every answer into the book of trials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dspy

from csc_dspy.errors import CscError, RefusedError
from csc_dspy.optimizers.keeping import keeping
from csc_dspy.optimizers.task import Task
from csc_dspy.optimizers.trials import Trials
from csc_dspy.programs.asking import Program, refusals
from csc_dspy.settings import Role

_ASIDE = ("requests", "faults")
"""What an answer says of how it came about: seconds differ from run to run, and simba shows a model all it is told."""


@dataclass(frozen=True)
class _Models:
    """The model of each predictor; copies of a program share them."""

    by_predictor: Mapping[str, dspy.LM]

    def __deepcopy__(self, memo: dict[int, Any]) -> _Models:
        return self


class Student(dspy.Module):  # type: ignore[misc]
    """A program in training.

    Attributes:
        program: The program; its predictors are what optimizers change.
        task: What it is tuned for.
        trials: Where its answers are counted.
    """

    def __init__(self, program: Program, task: Task, trials: Trials, lms: Mapping[Role, dspy.LM]) -> None:
        super().__init__()
        self.program = program
        self.task = task
        self.trials = trials
        task.bind(program, lms)
        self._given = {name: predictor.signature.instructions for name, predictor in program.named_predictors()}
        self._models = _Models({name: predictor.lm for name, predictor in program.named_predictors()})
        program.demo_tokens = task.demo_tokens

    def named_predictors(self) -> list[tuple[str, Any]]:
        """Those that answers take; on others optimizers would spend budget and reflection for nothing."""
        idle = {f"program.{name}" for name in self.task.idle}
        return [(name, one) for name, one in super().named_predictors() if name not in idle]

    def forward(self, **inputs: Any) -> dspy.Prediction:
        """Answer an example; ``place`` among its inputs stands for it.

        Raises:
            BudgetError: No more answers may be asked for.
            ModelError: The model cannot be had.
        """
        for name, predictor in self.program.named_predictors():
            predictor.lm = (
                predictor.lm or self._models.by_predictor[name]
            )  # optimizers reset predictors, their models too
            told = keeping(self._given[name], predictor.signature.instructions, self.program.lang)
            if told != predictor.signature.instructions:
                predictor.signature = predictor.signature.with_instructions(told)
        given = {lm.name for lm in self._models.by_predictor.values()}
        tuned = next((one.lm.name for one in self.program.predictors() if one.lm.name not in given), None)
        rollouts = [predictor.lm.kwargs.get("rollout_id") for predictor in self.program.predictors()]
        name = self.trials.candidate(self.program, tuned)
        question = (name, inputs["place"], *rollouts)
        try:
            with self.trials.running():
                if self.trials.failure is not None:
                    raise self.trials.failure
                self.trials.spend(*question)
                with refusals() as refused:
                    answer = self.task.run(self.program, inputs)
        except RefusedError as error:  # say as too long; others may well be answered
            self.trials.refuse(error, *question)
            return dspy.Prediction(candidate=name, refused=str(error))
        except CscError as error:
            self.trials.failure = self.trials.failure or error
            raise
        if not self.task.gave_up(answer):
            _forget(refused)
        said = {field: value for field, value in answer.items() if field not in _ASIDE}
        return dspy.Prediction(**said, candidate=name)


def _forget(refused: Sequence[Any]) -> None:
    """Take predictions out of DSPy's trace, of which it makes worked answers."""
    trace = dspy.settings.trace
    if refused and trace:
        trace[:] = [step for step in trace if all(step[2] is not one for one in refused)]
