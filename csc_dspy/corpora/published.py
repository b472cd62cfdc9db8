"""What the paper reports of CSConv, to stand beside one's own figures.

Source: arXiv 2508.04423; the figures are taken from summaries of it and are rounded. The paper counts characters of
Chinese text: lengths of English text do not compare.
"""

from __future__ import annotations

from typing import NamedTuple

from csc_dspy.corpora.statistics import CorpusStatistics, percent
from csc_dspy.framework import Strategy

SHARES = {
    Strategy.INFORMATION_DELIVERY: 0.149,
    Strategy.EMOTIONAL_MANAGEMENT: 0.119,
    Strategy.PROVIDING_SUGGESTIONS: 0.100,
}
"""Shares of the three commonest strategies of CSConv."""


class Figure(NamedTuple):
    """One figure of a corpus, beside the same of CSConv; ``None`` where it is unknown."""

    name: str
    before: float | None
    here: float | None
    paper_before: float | None
    paper: float | None
    is_share: bool

    def texts(self) -> tuple[str, str, str, str]:
        """The four values as text: before, here, the paper's originals, CSConv."""
        before, here, paper_before, paper = (
            self._text(value) for value in (self.before, self.here, self.paper_before, self.paper)
        )
        return before, here, paper_before, paper

    def _text(self, value: float | None) -> str:
        if self.is_share:
            return percent(value)
        return "–" if value is None else f"{value:.1f}"


def beside_the_paper(here: CorpusStatistics, before: CorpusStatistics | None = None) -> list[Figure]:
    """A corpus's figures beside those that the paper has of CSConv.

    Args:
        here: The corpus, say rewritten calls.
        before: The calls as they were, if they are at hand.
    """
    ours, theirs = _figures(here), _figures(before) if before else {}
    return [
        Figure(name, theirs.get(name), value, *_PAPER[name], is_share=name not in _MEANS)
        for name, value in ours.items()
    ]


_UTTERANCES = "utterances of a conversation"
_LENGTH = "characters of a supporter turn"
_MEANS = (_UTTERANCES, _LENGTH)
_NOT_OTHERS = "supporter turns with a strategy other than Others"
_PAPER: dict[str, tuple[float | None, float]] = {
    _UTTERANCES: (19.0, 27.0),
    _LENGTH: (41.0, 49.0),
    _NOT_OTHERS: (0.5528, 0.9782),
    **{strategy.names.en: (None, share) for strategy, share in SHARES.items()},
}
"""The paper's calls before, and CSConv."""


def _figures(statistics: CorpusStatistics) -> dict[str, float | None]:
    shares = statistics.strategy_shares
    return {
        _UTTERANCES: statistics.utterances.mean,
        _LENGTH: statistics.characters["supporter"].mean,
        _NOT_OTHERS: statistics.labelled_not_others,
        **{strategy.names.en: shares.get(strategy) for strategy in SHARES},
    }
