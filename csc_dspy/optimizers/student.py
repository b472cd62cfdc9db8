"""The module that DSPy's optimizers are given: a program that enters every answer into the book of trials."""

from __future__ import annotations

from typing import Any

import dspy

from csc_dspy.errors import CscError
from csc_dspy.optimizers.tasks import Task
from csc_dspy.optimizers.trials import Trials
from csc_dspy.programs.asking import Program


DEMO_TOKENS = 1500
"""Rough tokens that the worked answers of a predictor may take, so that prompts fit small contexts and stay cached."""


class Student(dspy.Module):  # type: ignore[misc]
    """A program in training.

    Attributes:
        program: The program; its predictors are what optimizers change.
        task: What it is tuned for.
        trials: Where its answers are counted.
        lm: The model of predictors that have none of their own.
    """

    def __init__(self, program: Program, task: Task, trials: Trials, lm: dspy.LM) -> None:
        super().__init__()
        self.program = program
        self.task = task
        self.trials = trials
        self._lm = [lm]  # in a list, so that a copy of the program keeps the very model
        self.set_lm(lm)
        program.demo_tokens = DEMO_TOKENS

    def forward(self, **inputs: Any) -> dspy.Prediction:
        """Answer an example; ``place`` among its inputs stands for it.

        Raises:
            BudgetError: No more answers may be asked for.
            ModelError: The model cannot be had.
        """
        for predictor in self.program.predictors():
            predictor.lm = predictor.lm or self._lm[0]  # optimizers reset predictors, their models too
        rollouts = [predictor.lm.kwargs.get("rollout_id") for predictor in self.program.predictors()]
        name = self.trials.candidate(self.program)
        try:
            with self.trials.running():
                if self.trials.failure is not None:
                    raise self.trials.failure
                self.trials.spend(name, inputs["place"], *rollouts)
                answer = self.task.run(self.program, inputs)
        except CscError as error:
            self.trials.failure = self.trials.failure or error
            raise
        return dspy.Prediction(**{**dict(answer), "candidate": name})
