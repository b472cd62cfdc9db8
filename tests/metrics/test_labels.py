"""Strategies and stages against gold ones: cases worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from csc_dspy.framework import Stage, Strategy
from csc_dspy.metrics import labels
from csc_dspy.metrics.answers import Answer
from csc_dspy.metrics.scoring import Counted, Score, scores

GT, ID, PR, AC = (
    Strategy.GREETING,
    Strategy.INFORMATION_DELIVERY,
    Strategy.PROBLEM_REFINEMENT,
    Strategy.APPRECIATION_AND_CLOSURE,
)


def answered(gold: Strategy | None, said: Strategy | None, *, failed: bool = False) -> Answer:
    return Answer("en", "x", gold, strategy=said, failed=frozenset({"strategy"} if failed else ()))


CASES = [
    answered(GT, GT),
    answered(ID, ID),
    answered(ID, PR),
    answered(PR, None, failed=True),
    answered(None, AC),  # no gold label: not scored
    answered(PR, None),  # never asked for: not scored
]


def scored(answers: list[Answer]) -> dict[str, Score]:
    return {score.name: score for score in scores(Counted.of([("one", answers)], labels.metrics()))}


def test_accuracy_and_macro_f1_of_a_worked_case() -> None:
    found = scored(CASES)
    assert found["accuracy"].value == pytest.approx(50)  # 2 of 4
    assert found["accuracy"].turns == 4
    # F1: greeting 1, information 2·1/(2+1) = 2/3, problem refinement 0; what was only said has no F1 of its own
    assert found["macro-f1"].value == pytest.approx(100 * (1 + 2 / 3 + 0) / 3)


def test_confusion_keeps_what_could_not_be_read_apart() -> None:
    counted = Counted.of([("one", CASES)], labels.metrics())
    cells = next(metric for metric in counted.metrics if metric.name == "macro-f1")
    assert labels.confusion(counted.sums(cells)) == {GT: {GT: 1}, PR: {None: 1}, ID: {ID: 1, PR: 1}}
    by_strategy = labels.by_strategy(counted.sums(cells))
    assert by_strategy[PR] == (1, 1, 0.0, 0.0, 0.0)
    assert by_strategy[ID] == pytest.approx((2, 1, 100.0, 50.0, 200 / 3))
    assert AC not in by_strategy


def test_macro_f1_is_scikit_learns() -> None:
    from sklearn.metrics import f1_score

    random = np.random.default_rng(1)
    everything = list(Strategy)
    pairs = [(everything[g], everything[s]) for g, s in random.integers(0, 12, size=(300, 2))]
    found = scored([answered(gold, said) for gold, said in pairs])
    theirs = f1_score([g for g, _ in pairs], [s for _, s in pairs], average="macro")
    assert found["macro-f1"].value == pytest.approx(100 * theirs)


def test_stage_accuracy_scores_only_turns_with_a_gold_stage() -> None:
    answers = [
        Answer("en", "x", gold_stage=Stage.CONNECTING, stage=Stage.CONNECTING),
        Answer("en", "x", gold_stage=Stage.EXPLORING, stage=None, failed=frozenset({"stage"})),
        Answer("en", "x", gold_stage=None, stage=Stage.RESOLVING),
    ]
    found = scored(answers)["stage-accuracy"]
    assert (found.value, found.turns) == (50, 2)
    none = scored([Answer("en", "x", stage=Stage.RESOLVING)])["stage-accuracy"]
    assert (none.value, none.why) == (None, "no turn has both a gold stage and a named one")
