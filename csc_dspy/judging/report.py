"""What scores and votes come to, as one report: figures with intervals over conversations, and agreement of raters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from pydantic import Field

from csc_dspy.conversation import Record
from csc_dspy.framework import Lang
from csc_dspy.metrics.agreement import cohen, krippendorff_alpha, spearman
from csc_dspy.metrics.scoring import Score
from csc_dspy.signatures.criteria import CRITERIA
from csc_dspy.wording import amount


class RaterAgreement(Record):
    """How far two sides, or all raters, agree by one criterion.

    Attributes:
        criterion: The criterion's id.
        between: Who.
        items: Replies or pairs that at least two of them rated.
        kappa: Cohen's kappa of two; ``None`` of more, or where chance alone agrees.
        alpha: Krippendorff's alpha.
        rho: Spearman's rank correlation of two, for scores.
    """

    criterion: str
    between: str
    items: int
    kappa: float | None = None
    alpha: float | None = None
    rho: float | None = None


class Judged(Record):
    """What judges say.

    Attributes:
        kind: ``ratings``: mean scores, 1 to 5; ``votes``: shares of pairs × 100.
        sides: Who is judged: one side, or the first and the second.
        raters: Who judged.
        conversations: Conversations judged.
        items: Replies, or pairs.
        scores: The figures.
        by_lang: The same for each language, where there is more than one.
        unscored: Items without a score or vote of some rater; they count nowhere.
        failures: Why, to how often.
        agreement: Among raters, and with people.
    """

    kind: str
    sides: tuple[str, ...]
    raters: tuple[str, ...]
    conversations: int
    items: int
    scores: tuple[Score, ...]
    by_lang: dict[Lang, tuple[Score, ...]] = Field(default_factory=dict)
    unscored: int = 0
    failures: dict[str, int] = Field(default_factory=dict)
    agreement: tuple[RaterAgreement, ...] = ()

    @property
    def name(self) -> str:
        """Who is judged, by whom."""
        return f"{' against '.join(self.sides)}, judged by {', '.join(self.raters)}"

    def figures(self) -> dict[str, float | None]:
        """All figures by name, flat, for tracking."""
        found: dict[str, float | None] = {}
        for score in self.scores:
            found |= {score.name: score.value, f"{score.name}.low": score.low, f"{score.name}.high": score.high}
        return {**found, "items": self.items, "conversations": self.conversations, "unscored": self.unscored}

    def describe(self) -> str:
        """The figures as Markdown."""
        calls = amount(self.conversations, "conversation")
        ratings = amount(self.items, "reply", "replies") + ", scores 1 to 5"
        votes = amount(self.items, "pair of replies", "pairs of replies") + ", all figures × 100"
        heading = f"{calls}, {ratings if self.kind == 'ratings' else votes}, with 95 % bootstrap intervals"
        lines = [f"# {self.name}", "", f"{heading} over conversations.", ""]
        lines += ["| | value | 95 % interval | of |", "|---|---|---|---|"]
        for score in self.scores:
            value = "–" if score.value is None else f"{score.value:.2f}"
            spread = "–" if score.low is None else f"{score.low:.2f} to {score.high:.2f}"
            lines.append(f"| {score.label} | {value} | {spread} | {score.turns:,} |")
        failed = ", ".join(f"{what} {count:,}" for what, count in self.failures.items())
        if self.unscored:
            lines += ["", f"Unscored: {self.unscored:,}" + (f" ({failed})." if failed else ".")]
        if self.agreement:
            lines += [
                "",
                "| agreement | between | items | Cohen's κ (squared weights) | Krippendorff's α | Spearman's ρ |",
            ]
            lines += ["|---|---|---|---|---|---|"]
            for one in self.agreement:
                figures = " | ".join("–" if v is None else f"{v:.2f}" for v in (one.kappa, one.alpha, one.rho))
                lines.append(f"| {_label(one.criterion)} | {one.between} | {one.items:,} | {figures} |")
        return "\n".join(lines)


def agreed(criterion: str, values: Mapping[str, Mapping[str, float]], *, ranks: bool = False) -> RaterAgreement:
    """How far raters agree by one criterion, on values that have an order.

    Args:
        criterion: The criterion's id.
        values: For each rater, item to value.
        ranks: Whether a rank correlation says something, as it does of scores.
    """
    counts = Counter(item for one in values.values() for item in one)
    both = sorted(item for item, count in counts.items() if count > 1)
    two = list(values.values()) if len(values) == 2 else None
    columns = [[one[item] for item in both] for one in two] if two else None
    return RaterAgreement(
        criterion=criterion,
        between=" and ".join(values) if len(values) == 2 else f"{len(values)} raters",
        items=len(both),
        kappa=cohen(columns[0], columns[1], "ordinal") if columns else None,
        alpha=krippendorff_alpha(list(values.values()), "ordinal"),
        rho=spearman(columns[0], columns[1]) if columns and ranks else None,
    )


def _label(criterion: str) -> str:
    return next((one.names.en for one in CRITERIA if one.id == criterion), criterion)
