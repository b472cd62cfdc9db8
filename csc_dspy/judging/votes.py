"""What votes on pairs of replies come to, whoever cast them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from csc_dspy.conversation import Record
from csc_dspy.errors import InputError
from csc_dspy.framework import Lang
from csc_dspy.judging.records import Compared, Vote, item_of, judge_of
from csc_dspy.judging.report import Judged, RaterAgreement, agreed
from csc_dspy.metrics.metric import Counts, share
from csc_dspy.metrics.scoring import Score, apart
from csc_dspy.signatures.criteria import CRITERIA

VALUES: dict[Vote, float] = {"first": 1.0, "tie": 0.0, "second": -1.0}
"""Votes as numbers, for agreement."""
_SIDES: dict[Vote, str] = {"first": "first wins", "tie": "tie", "second": "second wins"}


class Ballot(Record):
    """One vote on one pair, whoever gave it.

    Attributes:
        id: The conversation's.
        lang: Its language.
        at: The pair's place in it.
        rater: Who voted.
        criterion: By which criterion.
        vote: The better side; ``None`` where no vote could be had.
        agreed: Whether both orders of showing the pair gave the same vote; ``None`` where it was shown in one only.
    """

    id: str
    lang: Lang
    at: int
    rater: str
    criterion: str
    vote: Vote | None
    agreed: bool | None = None

    @property
    def item(self) -> str:
        """What was voted on."""
        return item_of(self.id, self.at)


def of_votes(
    sides: tuple[str, str],
    votes: Sequence[Ballot],
    seed: int = 0,
    *,
    failures: Mapping[str, int] | None = None,
    others: Sequence[Ballot] = (),
) -> Judged:
    """The report on votes: how often each side wins, by the plurality of the raters of each pair.

    Args:
        sides: The first side's name and the second's.
        votes: All votes.
        seed: Of the bootstrap samples.
        failures: Why votes are missing, to how often.
        others: Votes that do not count, but that these are compared with.

    Raises:
        InputError: There is no vote.
    """
    if not votes:
        raise InputError("there are no votes to report")
    raters = tuple(dict.fromkeys(vote.rater for vote in votes))
    return Judged(
        kind="votes",
        sides=sides,
        raters=raters,
        conversations=len({vote.id for vote in votes}),
        items=len({vote.item for vote in votes}),
        scores=tuple(_shares(votes, seed)),
        by_lang={lang: tuple(_shares(some, seed)) for lang, some in apart(votes, lambda vote: vote.lang).items()},
        unscored=len({vote.item for vote in votes if vote.vote is None}),
        failures=dict(failures or {}),
        agreement=(*_among_raters(votes, raters), *_with_others(votes, others)),
    )


def ballots(rows: Iterable[Compared]) -> Iterator[Ballot]:
    """The votes of a model on pairs, one for both orders."""
    rows = list(rows)
    rater = judge_of(rows)
    for row in rows:
        for turn in row.turns:
            one, other = turn.votes
            for criterion in CRITERIA:
                yield Ballot(
                    id=row.id,
                    lang=row.lang,
                    at=turn.at,
                    rater=rater,
                    criterion=criterion.id,
                    vote=turn.vote(criterion.id),
                    agreed=None if one is None or other is None else one[criterion.id] == other[criterion.id],
                )


def _shares(votes: Sequence[Ballot], seed: int) -> Iterator[Score]:
    for criterion in CRITERIA:
        cast: dict[str, dict[str, Counter[Vote]]] = defaultdict(lambda: defaultdict(Counter))
        orders: dict[str, list[bool]] = defaultdict(list)
        for vote in votes:
            if vote.criterion != criterion.id:
                continue
            if vote.vote is not None:
                cast[vote.id][vote.item][vote.vote] += 1
            if vote.agreed is not None:
                orders[vote.id].append(vote.agreed)
        won = {id: Counter(map(_plurality, items.values())) for id, items in cast.items()}
        for side, label in _SIDES.items():
            table = _table((one[side], one.total()) for one in won.values())
            yield _share(f"{criterion.id}.{side}", f"{criterion.names.en}: {label}", table, seed)
        if orders:
            table = _table((sum(one), len(one)) for one in orders.values())
            yield _share(f"{criterion.id}.both-orders", f"{criterion.names.en}: same vote in both orders", table, seed)


def _table(rows: Iterable[tuple[int, int]]) -> Counts:
    return np.array(list(rows), dtype=np.float64).reshape(-1, 2)


def _share(name: str, label: str, table: Counts, seed: int) -> Score:
    return Score.of_table(name, label, table, share, "% of the pairs", "no pair has a vote", seed)


def _plurality(votes: Counter[Vote]) -> Vote:
    """The side with the most votes for it; a tie where both have as many."""
    if votes["first"] == votes["second"]:
        return "tie"
    better: Vote = "first" if votes["first"] > votes["second"] else "second"
    return better if votes[better] > votes["tie"] or votes.total() == votes[better] else "tie"


def _with_others(votes: Sequence[Ballot], others: Sequence[Ballot]) -> Iterator[RaterAgreement]:
    """Agreement of the other rater with the plurality of these."""
    for criterion in CRITERIA if others else ():
        cast: dict[str, Counter[Vote]] = defaultdict(Counter)
        for item, vote in _cast(votes, criterion.id):
            cast[item][vote] += 1
        people = {item: VALUES[_plurality(counts)] for item, counts in cast.items()}
        model = {item: VALUES[vote] for item, vote in _cast(others, criterion.id)}
        yield agreed(criterion.id, {"people": people, others[0].rater: model})


def _among_raters(votes: Sequence[Ballot], raters: Sequence[str]) -> Iterator[RaterAgreement]:
    if len(raters) < 2:
        return
    own = {rater: [vote for vote in votes if vote.rater == rater] for rater in raters}
    for criterion in CRITERIA:
        values = {
            rater: {item: VALUES[vote] for item, vote in _cast(theirs, criterion.id)} for rater, theirs in own.items()
        }
        yield agreed(criterion.id, values)


def _cast(votes: Iterable[Ballot], criterion: str) -> Iterator[tuple[str, Vote]]:
    """What was voted on by a criterion, and how."""
    return ((one.item, one.vote) for one in votes if one.criterion == criterion and one.vote is not None)
