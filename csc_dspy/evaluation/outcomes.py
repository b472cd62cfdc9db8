"""The report on trials with a simulated customer: how many calls succeed, and how many customers can rely on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from math import comb
from statistics import fmean

import numpy as np
from pydantic import Field

from csc_dspy.conversation import Record
from csc_dspy.errors import InputError
from csc_dspy.evaluation.played import CRITERIA, Played, Trial
from csc_dspy.evaluation.records import models_of, side_of
from csc_dspy.evaluation.report import Requests
from csc_dspy.framework import Lang
from csc_dspy.metrics.metric import Counts, share
from csc_dspy.metrics.scoring import Score, apart

LABELS = {
    "success": "success",
    "met": "goal met or properly refused",
    "declined": "impossible demands declined",
    "in_order": "stages in order",
    "closed": "closed with a goodbye",
}


class PlayReport(Record):
    """What a supporter is worth with simulated customers.

    Attributes:
        program: Who was tried.
        models: The models behind it, the customer's and the judge's included.
        conversations: Conversations whose customers called.
        trials: Calls.
        scores: Shares × 100: success, each criterion, and pass^k.
        by_lang: The same for each language, where there is more than one.
        void: Calls that the simulator failed; they do not count.
        unjudged: Calls the judge could not be read on; they do not count either.
        stops: Why calls ended, to how many.
        causes: What failed, to how many calls.
        utterances: Mean utterances of a call.
        requests: What it took.
    """

    program: str
    models: dict[str, str]
    conversations: int
    trials: int
    scores: tuple[Score, ...]
    by_lang: dict[Lang, tuple[Score, ...]] = Field(default_factory=dict)
    void: int
    unjudged: int
    stops: dict[str, int]
    causes: dict[str, int] = Field(default_factory=dict)
    utterances: float
    requests: Requests

    @property
    def name(self) -> str:
        """The program and the model behind it."""
        return side_of(self.program, self.models)

    def figures(self) -> dict[str, float | None]:
        """All figures by name, flat, for tracking."""
        found: dict[str, float | None] = {}
        for score in self.scores:
            name = score.name.replace("^", "-")
            found |= {name: score.value, f"{name}.low": score.low, f"{name}.high": score.high}
        return {**found, "void": self.void, "unjudged": self.unjudged, "utterances": self.utterances}

    def remarks(self) -> str:
        """What does not count and why calls ended, in a sentence or two."""
        ended = ", ".join(f"{stop.replace('_', ' ')} {count:,}" for stop, count in self.stops.items())
        void = f" {self.void:,} calls are void, the simulator failed them." if self.void else ""
        unjudged = f" {self.unjudged:,} calls could not be judged." if self.unjudged else ""
        causes = f" Failures: {', '.join(f'{what} {count:,}' for what, count in self.causes.items())}."
        return f"Calls ended: {ended}.{void}{unjudged}{causes if self.causes else ''}"


def play_report(rows: Iterable[Played], seed: int = 0) -> PlayReport:
    """Work out the report.

    Args:
        rows: The trials of every conversation.
        seed: Of the bootstrap samples.

    Raises:
        InputError: There is no trial.
    """
    rows = list(rows)
    if not rows:
        raise InputError("there are no trials to score")
    trials = [trial for row in rows for trial in row.trials]
    return PlayReport(
        program=rows[0].program,
        models=models_of(rows[0].meta),
        conversations=len(rows),
        trials=len(trials),
        scores=_scores(rows, seed),
        by_lang={lang: _scores(some, seed) for lang, some in apart(rows, lambda row: row.lang).items()},
        void=sum(trial.stop == "simulator_failed" for trial in trials),
        unjudged=sum(trial.success is None and trial.stop != "simulator_failed" for trial in trials),
        stops=dict(Counter(trial.stop for trial in trials).most_common()),
        causes=dict(Counter(trial.cause for trial in trials if trial.cause).most_common()),
        utterances=round(fmean(len(trial.turns) for trial in trials), 1),
        requests=Requests.of(request for trial in trials for request in trial.requests),
    )


def pass_k(successes: int, trials: int, k: int) -> float | None:
    """The chance that ``k`` calls all succeed, drawn from those made without putting back (arXiv 2406.12045).

    Returns:
        0 to 1; ``None`` with fewer than ``k`` calls.
    """
    return comb(successes, k) / comb(trials, k) if trials >= k else None


def counts_of_calls(rows: Sequence[Played]) -> dict[str, Counts]:
    """What figures, intervals and comparisons need, by the figure's name.

    Returns:
        Arrays of shape (conversations, 2): calls with success or a criterion, and calls that count; of pass^k the
        chance, and 1, or twice 0 where there were too few calls.
    """

    def shares(of: Callable[[Trial], bool | None]) -> list[tuple[float, float]]:
        found = [[value for trial in row.trials if (value := of(trial)) is not None] for row in rows]
        return [(sum(values), len(values)) for values in found]

    succeeded = shares(lambda trial: trial.success)
    counted = {"success": succeeded}
    for name in CRITERIA:
        counted[name] = shares(lambda trial, name=name: trial.held[name] if trial.held else None)  # type: ignore[misc]
    for k in range(1, max(len(row.trials) for row in rows) + 1):
        chances = [pass_k(int(good), int(all_), k) for good, all_ in succeeded]
        counted[f"pass^{k}"] = [(0.0, 0.0) if chance is None else (chance, 1.0) for chance in chances]
    return {name: np.array(counts, dtype=float) for name, counts in counted.items()}


def _scores(rows: Sequence[Played], seed: int) -> tuple[Score, ...]:
    """Shares of calls, then of customers for pass^k; intervals are over conversations."""
    return tuple(_score(name, counts, seed) for name, counts in counts_of_calls(rows).items())


def _score(name: str, table: Counts, seed: int) -> Score:
    how = "conversations with enough calls" if name.startswith("pass^") else "calls"
    return Score.of_table(name, LABELS.get(name, name), table, share, how, "no call could be judged", seed)
