"""``score``: the report again, from saved answers."""

from __future__ import annotations

from pathlib import Path

from csc_dspy.conversation import read_conversations
from csc_dspy.errors import InputError
from csc_dspy.evaluation.baselines import train_strategies
from csc_dspy.evaluation.records import digest_of_turns, read_answered
from csc_dspy.evaluation.report import Report, report


def score(answers: Path, *, gold: Path | None = None, train: Path | None = None, seed: int = 0) -> Report:
    """Score saved answers; no model is asked.

    Args:
        answers: What ``evaluate`` wrote.
        gold: The conversations they answer, to make sure of it.
        train: Other conversations with strategies, which the trivial baselines are fitted on.
        seed: Of the bootstrap samples.

    Raises:
        InputError: A file cannot be read, or the answers are to other conversations.
    """
    rows = list(read_answered(answers))
    if gold is not None:
        digests = {one.id: digest_of_turns(one) for one in read_conversations(gold)}
        for row in rows:
            if row.id not in digests:
                raise InputError(f"{answers}: {row.id} is not in {gold}: these are answers to other conversations")
            if row.digest != digests[row.id]:
                raise InputError(f"{answers}: {row.id} has other words or labels in {gold} than when it was answered")
    return report(rows, None if train is None else list(train_strategies(train)), seed)
