"""What of the limits on tokens and money a search leaves: enough to measure with, and for the languages after it."""

from __future__ import annotations

from csc_dspy.lms.replies import Replies
from csc_dspy.optimizers.trials import Trials
from csc_dspy.usage import NOTHING_KEPT, Kept

SPARE = 1.25
"""Of what measuring should take, what is kept: other examples may be longer, and answers in work still end."""


class Reserve:
    """What is kept while one language is compiled, by what its answers took so far.

    Attributes:
        examples: How many examples two programs will still have to answer.
    """

    def __init__(self, replies: Replies, trials: Trials, examples: int, *, later: float, threads: int) -> None:
        """Begin to count.

        Args:
            replies: The record with the limits.
            trials: The book in which answers are counted.
            examples: How many examples are held out.
            later: The share of what is left of the limits that languages after this one have.
            threads: Answers at a time.
        """
        self.examples = examples
        self._replies, self._trials = replies, trials
        # Answers in work are counted before their tokens are: of a few answers nothing can be said.
        self._enough = 1 if threads == 1 else 2 * threads
        self._usage, self._given = replies.answered, trials.given
        self._first: Kept | None = None
        self._dearest = NOTHING_KEPT
        limits = replies.ledger
        self._for_others = Kept(
            tokens=later * max(0, (limits.max_tokens or 0) - limits.total.tokens),
            cost=later * max(0.0, (limits.max_cost or 0.0) - (limits.total.cost or 0.0)),
        )

    def note(self) -> None:
        """A candidate has answered all: what an answer took since the last one, which may show more worked answers."""
        if (rate := self._rate()) is not None:
            self._first = self._first or rate
            self._dearest = _most(self._dearest, rate)
            self._usage, self._given = self._replies.answered, self._trials.given

    def __call__(self) -> Kept:
        """What may not be used yet: answers of the first candidate, and of one that is as dear as any so far."""
        rate = self._rate() or NOTHING_KEPT
        first, dearest = self._first or rate, _most(self._dearest, rate)
        answers = SPARE * self.examples
        return Kept(
            tokens=self._for_others.tokens + answers * (first.tokens + dearest.tokens),
            cost=self._for_others.cost + answers * (first.cost + dearest.cost),
        )

    def _rate(self) -> Kept | None:
        """What an answer took since a candidate was last noted, those from the record included."""
        answers = self._trials.given - self._given
        if answers < self._enough:
            return None
        took = self._replies.answered - self._usage
        return Kept(took.tokens / answers, (took.cost or 0.0) / answers)


def _most(one: Kept, other: Kept) -> Kept:
    return Kept(max(one.tokens, other.tokens), max(one.cost, other.cost))
