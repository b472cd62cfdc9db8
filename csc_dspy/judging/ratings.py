"""What scores of replies come to, and how far they agree with people's."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from csc_dspy.errors import InputError
from csc_dspy.judging.people import HumanScore
from csc_dspy.judging.records import Rated, item_of, judge_of
from csc_dspy.judging.report import Judged, RaterAgreement, agreed
from csc_dspy.metrics.metric import Counts
from csc_dspy.metrics.scoring import Score, apart
from csc_dspy.signatures.criteria import CRITERIA


def of_ratings(rows: Sequence[Rated], human: Sequence[HumanScore] = (), seed: int = 0) -> Judged:
    """The report on scores.

    Args:
        rows: The conversations with their scores.
        human: Scores that people gave the same replies.
        seed: Of the bootstrap samples.

    Raises:
        InputError: There is nothing, or the people scored other replies.
    """
    turns = [turn for row in rows for turn in row.turns]
    if not turns:
        raise InputError("there are no scores to report")
    return Judged(
        kind="ratings",
        sides=tuple(dict.fromkeys(row.program for row in rows)),
        raters=(judge_of(rows),),
        conversations=len(rows),
        items=len(turns),
        scores=_means(rows, seed),
        by_lang={lang: _means(some, seed) for lang, some in apart(rows, lambda row: row.lang).items()},
        unscored=sum(not turn.ratings for turn in turns),
        failures=dict(Counter(turn.failure for turn in turns if turn.failure).most_common()),
        agreement=tuple(_with_people(rows, human)) if human else (),
    )


def _means(rows: Sequence[Rated], seed: int) -> tuple[Score, ...]:
    found = []
    for one in CRITERIA:
        given = [[turn.ratings[one.id].score for turn in row.turns if one.id in turn.ratings] for row in rows]
        table = np.array([(sum(scores), len(scores)) for scores in given], dtype=float)
        found.append(Score.of_table(one.id, one.names.en, table, _mean, "mean, 1 to 5", "no reply has a score", seed))
    return tuple(found)


def _mean(counts: Counts) -> float | None:
    return float(counts[0] / counts[1]) if counts[1] else None


def _with_people(rows: Sequence[Rated], human: Sequence[HumanScore]) -> Iterator[RaterAgreement]:
    """Agreement of the judge with the mean of the people, and of the people among themselves."""
    judge = judge_of(rows)
    replies = {item_of(row.id, turn.at) for row in rows for turn in row.turns}
    for score in human:
        if item_of(score.id, score.at) not in replies:
            raise InputError(f"{score.id}, turn {score.at}: people scored it, but no such reply was judged")
    people = sorted({score.rater for score in human})
    for criterion in CRITERIA:
        given: dict[str, dict[str, float]] = {rater: {} for rater in people}
        for score in human:
            if score.criterion == criterion.id:
                if (item := item_of(score.id, score.at)) in given[score.rater]:
                    raise InputError(
                        f"{score.id}, turn {score.at}: {score.rater} gave two scores for {criterion.id}; several "
                        "people need the column rater"
                    )
                given[score.rater][item] = score.score
        by_item: dict[str, list[float]] = defaultdict(list)
        for scores in given.values():
            for item, value in scores.items():
                by_item[item].append(value)
        if not by_item:
            continue
        mean = {item: sum(values) / len(values) for item, values in by_item.items()}
        model = {
            item_of(row.id, turn.at): float(turn.ratings[criterion.id].score)
            for row in rows
            for turn in row.turns
            if criterion.id in turn.ratings
        }
        yield agreed(criterion.id, {judge: model, "people (mean)" if len(people) > 1 else people[0]: mean}, ranks=True)
        if len(people) > 1:
            yield agreed(criterion.id, given, ranks=True)
