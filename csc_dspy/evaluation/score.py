"""``score``: the report again, from saved answers or calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from csc_dspy.conversation import read_conversations
from csc_dspy.errors import InputError
from csc_dspy.evaluation.baselines import train_strategies
from csc_dspy.evaluation.outcomes import PlayReport, play_report
from csc_dspy.evaluation.played import Played, read_played
from csc_dspy.evaluation.records import Answered, digest_of_turns, first_result, read_answered
from csc_dspy.evaluation.report import Report, report
from csc_dspy.metrics.neural import NeuralModels

R = TypeVar("R", bound=Answered | Played)


def score(
    answers: Path,
    *,
    gold: Path | None = None,
    train: Path | None = None,
    seed: int = 0,
    neural: NeuralModels | None = None,
) -> Report | PlayReport:
    """Score saved answers, or calls with simulated customers; no supporter is asked.

    Args:
        answers: What ``evaluate`` wrote.
        gold: The conversations they answer, to make sure of it.
        train: Other conversations with strategies, which the trivial baselines are fitted on.
        seed: Of the bootstrap samples.
        neural: The models of BERTScore and BLEURT, which are absent without.

    Raises:
        InputError: A file cannot be read, the answers are to other conversations, or a model has nothing to score.
    """
    rows = list(once(read_results(answers), answers))
    if gold is not None:
        digests = {one.id: digest_of_turns(one) for one in read_conversations(gold)}
        for row in rows:
            if row.id not in digests:
                raise InputError(f"{answers}: {row.id} is not in {gold}: these are answers to other conversations")
            if row.digest != digests[row.id]:
                raise InputError(f"{answers}: {row.id} has other words or labels in {gold} than when it was answered")
    if played := [row for row in rows if isinstance(row, Played)]:
        refuse_models(neural, answers)
        return play_report(played, seed)
    answered = [row for row in rows if isinstance(row, Answered)]
    others = None if train is None else train_strategies(train, {row.digest for row in answered})
    return report(answered, others, seed, neural)


def refuse_models(neural: NeuralModels | None, calls: object) -> None:
    """Refuse models that would have nothing to compare.

    Raises:
        InputError: There are some.
    """
    if neural:
        raise InputError(f"{calls}: calls with simulated customers have no references for BERTScore or BLEURT")


def once(rows: Iterable[R], path: Path) -> Iterator[R]:
    """The rows, of which no two may be the same conversation's.

    Raises:
        InputError: Two are.
    """
    seen: set[str] = set()
    for row in rows:
        if row.id in seen:
            raise InputError(f"{path}: {row.id} is in it twice; every conversation counts once")
        seen.add(row.id)
        yield row


def read_results(path: Path) -> Iterator[Answered | Played]:
    """Read what ``evaluate`` wrote, answers or calls.

    Raises:
        InputError: It wrote something else, or a line cannot be read.
    """
    return read_played(path) if "trials" in first_result(path) else read_answered(path)
