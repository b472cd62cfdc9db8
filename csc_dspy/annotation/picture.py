"""The confusion of strategies as a picture."""

from __future__ import annotations

from pathlib import Path

from csc_dspy.annotation.agreement import Agreement
from csc_dspy.corpora.pictures import SCREEN, new_figure
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
    axes = figure.add_subplot()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=100, aspect="auto")
    for y, row in enumerate(shares):
        for x, share in enumerate(row):
            if share >= 0.5:
                colour = "white" if share > 55 else "#222222"
                weight = "bold" if rows[y] is columns[x] else "normal"
                axes.text(x, y, f"{share:.0f}", ha="center", va="center", fontsize=8, color=colour, fontweight=weight)
    names = [strategy.names.en for strategy in columns]
    axes.set_xticks(range(len(names)), names, rotation=40, ha="right", rotation_mode="anchor", fontsize=9)
    sized = [f"{gold.names.en} ({size:,})" for gold, size in zip(rows, sizes, strict=True)]
    axes.set_yticks(range(len(rows)), sized, fontsize=9)
    axes.tick_params(length=0)
    axes.set_xlabel("Labelled as")
    axes.set_ylabel("Gold strategy (turns)")
    low, high = agreement.interval
    title = (
        f"Accuracy {agreement.accuracy:.1%} (95 % interval {low:.1%} to {high:.1%}), macro-F1 {agreement.macro_f1:.2f}"
    )
    axes.set_title(title, loc="left", fontsize=10, fontweight="bold")
    axes.spines[:].set_visible(False)
    bar = figure.colorbar(image, ax=axes, shrink=0.7, label="% of the gold turns")
    bar.outline.set_visible(False)
    figure.savefig(path, dpi=SCREEN)
    return path
