"""The confusion of strategies as a picture."""

from __future__ import annotations

from pathlib import Path

from csc_dspy.annotation.agreement import Agreement
from csc_dspy.corpora.pictures import SCREEN, heat_map, new_figure
from csc_dspy.framework import Strategy


def draw_confusion(agreement: Agreement, path: Path) -> Path:
    """Draw which strategies were taken for which: a row a gold strategy, in per cent of its turns.

    Args:
        agreement: Of labels with gold ones.
        path: The PNG file; replaced if it is there.
    """
    rows = [strategy for strategy in Strategy if strategy in agreement.confusion]
    seen = {other for found in agreement.confusion.values() for other in found}
    columns = [strategy for strategy in Strategy if strategy in seen or strategy in rows]
    sizes = [sum(agreement.confusion[gold].values()) for gold in rows]
    shares = [
        [100 * agreement.confusion[gold].get(said, 0) / size for said in columns]
        for gold, size in zip(rows, sizes, strict=True)
    ]
    figure = new_figure(3.4 + 0.62 * len(columns), 2.6 + 0.5 * len(rows))
    axes = heat_map(
        figure,
        shares,
        [f"{gold.names.en} ({size:,})" for gold, size in zip(rows, sizes, strict=True)],
        [strategy.names.en for strategy in columns],
        "% of the gold turns",
        bold={(y, columns.index(gold)) for y, gold in enumerate(rows)},
        aspect="auto",
    )
    axes.set_xlabel("Labelled as")
    axes.set_ylabel("Gold strategy (turns)")
    low, high = agreement.interval
    title = (
        f"Accuracy {agreement.accuracy:.1%} (95 % interval {low:.1%} to {high:.1%}), macro-F1 {agreement.macro_f1:.2f}"
    )
    axes.set_title(title, loc="left", fontsize=10, fontweight="bold")
    figure.savefig(path, dpi=SCREEN)
    return path
