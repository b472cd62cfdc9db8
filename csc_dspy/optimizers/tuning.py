"""Prompts and weights together: a program's worked answers, then the model that it asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dspy

from csc_dspy.errors import CscError
from csc_dspy.lms.adapter import LeanJSONAdapter
from csc_dspy.optimizers.recipes import OWN, Setting, drawn, own_answers, search
from csc_dspy.optimizers.student import Student


def bettertogether(student: Student, given: Setting) -> Student:
    """Worked answers as by ``bootstrap``, then weights: the model is tuned on what it got right with them.

    Raises:
        NothingLearnedError: It got nothing right.
        CscError: Training failed.
    """
    watched = len(given.validation)
    # Weights learn from what was right, so the budget goes into examples to get right, not into many sets to choose by.
    attempts = drawn(given, (given.budget - 2 * watched) // 2)
    candidates = (given.budget - 2 * len(attempts)) // watched - 1
    found: Student = dspy.BetterTogether(
        metric=given.metric.number,
        prompts=search(given, candidates),
        weights=_Finetune(metric=given.metric.right, adapter=LeanJSONAdapter(), num_threads=given.threads),
    ).compile(
        student,
        trainset=attempts,
        valset=list(given.validation),
        num_threads=given.threads,
        max_errors=1,
        shuffle_trainset_between_steps=False,
        strategy="prompts -> weights",
        optimizer_compile_args={"prompts": {"restrict": own_answers(candidates)}},
    )
    if found.flag_compilation_error_occurred:  # it only logs what went wrong
        failure = given.metric.trials.failure or student.program.predictors()[0].lm.provider.failure
        raise failure if isinstance(failure, CscError) else CscError(str(failure or "a step failed; its log says why"))
    return found


def least_for_bettertogether(train: Sequence[dspy.Example], validation: int) -> int:
    """Answers that it needs at least.

    The baseline, a set of worked answers and the tuned model are validated, the examples answered once for each step.
    """
    return 3 * validation + 2 * OWN


class _Finetune(dspy.BootstrapFinetune):  # type: ignore[misc]
    """Trains on the questions as they were asked, and on final answers."""

    def compile(self, student: Student, trainset: list[dspy.Example], teacher: Any = None) -> Student:
        """Tune the model; worked answers that questions never show, as they are too long, are no part of them."""
        for name, predictor in student.program.named_predictors():
            predictor.demos = student.program.shown(name)
        tuned: Student = super().compile(student, trainset, teacher)
        return tuned

    def _prepare_finetune_data(self, trace_data: list[dict[str, Any]], lm: Any, pred_ind: int | None = None) -> Any:
        """A question that was asked again is learned with its last answer: the others were refused."""
        for item in trace_data:
            last = {(id(step[0]), repr(step[1])): step for step in item["trace"]}
            item["trace"] = list(last.values())
        return super()._prepare_finetune_data(trace_data=trace_data, lm=lm, pred_ind=pred_ind)
