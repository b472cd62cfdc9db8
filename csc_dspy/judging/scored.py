"""The report on what judges said: a model's file of scores or votes, or the forms that people saved."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from csc_dspy.conversation import iter_lines
from csc_dspy.errors import InputError
from csc_dspy.judging.forms import read_forms
from csc_dspy.judging.people import read_human
from csc_dspy.judging.ratings import of_ratings
from csc_dspy.judging.records import read_compared, read_rated
from csc_dspy.judging.report import Judged
from csc_dspy.judging.votes import ballots, of_votes


def is_judged(path: Path) -> bool:
    """Whether a file is what ``judge`` wrote.

    Raises:
        InputError: It cannot be read.
    """
    return _kind(path) is not None


def of_judge(path: Path, human: Path | None = None, seed: int = 0) -> Judged:
    """The report on a file that ``judge`` wrote.

    Args:
        path: The file.
        human: Scores that people gave the same replies; see :func:`~csc_dspy.judging.people.read_human`.
        seed: Of the bootstrap samples.

    Raises:
        InputError: A file cannot be read, or holds something else.
    """
    kind = _kind(path)
    if kind == "ratings":
        return of_ratings(list(read_rated(path)), [] if human is None else read_human(human), seed)
    if kind is None:
        raise InputError(f"{path}: no scores that `csc-dspy judge` wrote")
    if human is not None:
        raise InputError(f"{path}: votes on pairs; people's scores are compared with scores")
    rows = list(read_compared(path))
    failures = Counter(turn.failure for row in rows for turn in row.turns if turn.failure)
    return of_votes((rows[0].first, rows[0].second), list(ballots(rows)), seed, failures=failures)


def of_forms(files: Sequence[Path], key: Path, votes: Path | None = None, seed: int = 0) -> Judged:
    """The report on saved forms of blind pairs.

    Args:
        files: What people saved, one file a person.
        key: The form's key.
        votes: A judge's votes on the same two sides, which the people's are compared with.
        seed: Of the bootstrap samples.

    Raises:
        InputError: A file cannot be read, or belongs to another form or to other sides.
    """
    sides, cast = read_forms(files, key)
    others = []
    if votes is not None:
        rows = list(read_compared(votes))
        if rows and (rows[0].first, rows[0].second) != (sides.first, sides.second):
            ours, theirs = f"{sides.first}, {sides.second}", f"{rows[0].first}, {rows[0].second}"
            raise InputError(f"{votes}: its sides are {theirs}; those of the form are, in this order, {ours}")
        shown = {(one.id, one.at) for one in sides.pairs.values()}
        others = [vote for vote in ballots(rows) if (vote.id, vote.at) in shown]
    return of_votes((sides.first, sides.second), cast, seed, others=others)


def _kind(path: Path) -> str | None:
    first: Any = next(iter_lines(path, json.loads), None)
    if not isinstance(first, dict) or "turns" not in first:
        return None
    if {"first", "second"} <= first.keys():
        return "votes"
    turns = first["turns"]
    return "ratings" if turns and isinstance(turns[0], dict) and "reply" in turns[0] else None
