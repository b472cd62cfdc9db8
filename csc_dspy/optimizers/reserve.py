"""What of the limits on tokens and money a search leaves: enough to measure with, and for the languages after it."""

from __future__ import annotations

from csc_dspy.lms.replies import Replies
from csc_dspy.optimizers.trials import Trials
from csc_dspy.usage import Kept, Usage

SPARE = 1.25
"""Of what measuring should take, what is kept: other examples may be longer, and answers in work still end."""


class Reserve:
    """What is kept while one language is compiled, by what its answers took so far.

    Attributes:
        examples: How many examples are held out, which two programs will answer; 0 once they are measured.
    """

    def __init__(self, replies: Replies, trials: Trials, examples: int, later: float) -> None:
        """Begin to count.

        Args:
            replies: The record with the limits.
            trials: The book in which answers are counted.
            examples: How many examples are held out.
            later: The share of the limits that languages after this one have.
        """
        self.examples = examples
        self._replies, self._trials, self._later = replies, trials, later
        self._usage, self._spent = replies.answered, trials.spent
        self._first: Kept | None = None
        self._dearest = Kept()

    def note(self) -> None:
        """A candidate has answered all: what an answer took since the last one, which may show more worked answers."""
        rate = self._rate()
        self._first = self._first or rate
        self._dearest = _most(self._dearest, rate)
        self._usage, self._spent = self._replies.answered, self._trials.spent

    def __call__(self) -> Kept:
        """What may not be used yet: answers of the first candidate, and of one that is as dear as any so far."""
        limits = self._replies.ledger
        rate = self._rate()
        first, dearest = self._first or rate, _most(self._dearest, rate)
        answers = SPARE * self.examples
        return Kept(
            tokens=self._later * (limits.max_tokens or 0) + answers * (first.tokens + dearest.tokens),
            cost=self._later * (limits.max_cost or 0) + answers * (first.cost + dearest.cost),
        )

    def _rate(self) -> Kept:
        took: Usage = self._replies.answered - self._usage
        answers = max(1, self._trials.spent - self._spent)
        return Kept(took.tokens / answers, (took.cost or 0.0) / answers)


def _most(one: Kept, other: Kept) -> Kept:
    return Kept(max(one.tokens, other.tokens), max(one.cost, other.cost))
