"""Every candidate an optimizer tries, with its scores: the same book for every optimizer, whatever it keeps itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from csc_dspy.errors import BudgetError, CscError
from csc_dspy.optimizers.score import Score
from csc_dspy.programs.asking import Program
from csc_dspy.programs.saved import SavedPredictor, state_digest, states


@dataclass
class Candidate:
    """A program that was tried.

    Attributes:
        number: When it came, from 0; the first one is the program that was not compiled.
        digest: Stands for what it is.
        predictors: What it is: predictor to instructions and worked answers.
        tuned: The model that was tuned for it; ``None`` if it has the one that was given.
        scores: Example to score.
    """

    number: int
    digest: str
    predictors: dict[str, SavedPredictor]
    tuned: str | None = None
    scores: dict[str, Score] = field(default_factory=dict)

    def mean(self, ids: Collection[str]) -> float | None:
        """Its mean score on some examples; ``None`` as long as it has not answered all of them."""
        if not ids or not all(id in self.scores for id in ids):
            return None
        return fmean(self.scores[id].value for id in ids)


class Trials:
    """The candidates of one compile, and its budget.

    Attributes:
        validation: The examples by which candidates are chosen.
        budget: How many answers to examples may be asked for.
        spent: How many were; the same question to the same candidate counts once, as its answer is on record.
        given: How often an answer was asked for, those on record included.
    """

    def __init__(
        self,
        validation: Collection[str],
        budget: int,
        on_trial: Callable[[Candidate, float], None] = lambda candidate, mean: None,
    ) -> None:
        """Open the book.

        Args:
            validation: Ids of the examples by which candidates are chosen.
            budget: How many answers may be asked for.
            on_trial: Called for each candidate that has answered all of them, with its mean score.
        """
        self.validation = frozenset(validation)
        self.budget = budget
        self.spent = self.given = 0
        self.failure: CscError | None = None
        """Why an answer could not be had, if one could not; optimizers swallow errors, or put others in their place."""
        self.refusal: CscError | None = None
        """Why, of the last one."""
        self._on_trial = on_trial
        self._candidates: dict[str, Candidate] = {}
        self._told: set[str] = set()
        self._asked: set[tuple[object, ...]] = set()
        self._refused: set[tuple[object, ...]] = set()
        self._lock = threading.RLock()
        self._none_running = threading.Condition(self._lock)
        self._running = 0

    def __deepcopy__(self, memo: dict[int, Any]) -> Trials:
        return self  # copies of a program write into one book

    @property
    def left(self) -> int:
        """How many answers may still be asked for."""
        return max(0, self.budget - self.spent)

    def spend(self, *question: object) -> None:
        """Count one answer.

        Args:
            question: Which candidate is asked what, in which rollout.

        Raises:
            BudgetError: There may be no more.
        """
        with self._lock:
            if question not in self._asked:
                if self.spent >= self.budget:
                    raise BudgetError(f"the budget of {self.budget:,} answers is used up")
                self._asked.add(question)
                self.spent += 1
            self.given += 1

    @property
    def refused(self) -> int:
        """How many answers the endpoint refused to give; each is worth nothing."""
        return len(self._refused)

    def refuse(self, error: CscError, *question: object) -> None:
        """Note an answer that was refused.

        Args:
            error: Why.
            question: As for :meth:`spend`.
        """
        with self._lock:
            self._refused.add(question)
            self.refusal = error

    @contextmanager
    def running(self) -> Iterator[None]:
        """Around the work on one answer."""
        with self._lock:
            self._running += 1
        try:
            yield
        finally:
            with self._lock:
                self._running -= 1
                self._none_running.notify_all()

    def settle(self) -> None:
        """Wait for the answers in work: optimizers that give up leave theirs behind."""
        with self._none_running:
            self._none_running.wait_for(lambda: not self._running)

    def candidate(self, program: Program, tuned: str | None = None) -> str:
        """The digest of a program as it stands, and of the model that was tuned for it; what is new is entered."""
        name = state_digest(program, tuned)
        with self._lock:
            if name not in self._candidates:
                self._candidates[name] = Candidate(len(self._candidates), name, states(program), tuned)
        return name

    def add(self, name: str, id: str, score: Score) -> None:
        """Enter what a candidate's answer to an example is worth."""
        with self._lock:
            candidate = self._candidates[name]
            candidate.scores[id] = score
            mean = candidate.mean(self.validation)
            if mean is None or name in self._told:
                return
            self._told.add(name)
        self._on_trial(candidate, mean)

    def whole(self) -> list[Candidate]:
        """The candidates that have answered all of the validation examples, in the order they came."""
        with self._lock:
            return [one for one in self._candidates.values() if one.mean(self.validation) is not None]

    def best(self) -> Candidate | None:
        """The best of them; of equals the first."""
        return max(self.whole(), key=lambda one: one.mean(self.validation) or 0.0, default=None)

    @property
    def count(self) -> int:
        """How many candidates came about."""
        return len(self._candidates)

    def rows(self) -> list[dict[str, Any]]:
        """Every candidate as a row of a table, scores and figures × 100; those not answered by all have none."""
        with self._lock:
            return [self.row(one) for one in self._candidates.values()]

    def row(self, candidate: Candidate) -> dict[str, Any]:
        """A candidate as a row."""
        mean = candidate.mean(self.validation)
        answered = [score for id, score in candidate.scores.items() if id in self.validation]
        figures = _means(answered) if mean is not None else {}
        return {
            "trial": candidate.number,
            "digest": candidate.digest,
            "score": None if mean is None else 100 * mean,
            **{name: 100 * value for name, value in figures.items()},
            "validation examples": len(answered),
            "other examples": len(candidate.scores) - len(answered),
            "tuned": candidate.tuned,
            "instructions": {name: one.instructions for name, one in candidate.predictors.items()},
            "worked answers": {
                name: len(one.demos) + (len(one.nearest.demos) if one.nearest else 0)
                for name, one in candidate.predictors.items()
            },
        }


def _means(scores: Collection[Score]) -> dict[str, float]:
    names: dict[str, None] = dict.fromkeys(name for score in scores for name in score.figures)
    return {name: fmean(score.figures[name] for score in scores if name in score.figures) for name in names}
