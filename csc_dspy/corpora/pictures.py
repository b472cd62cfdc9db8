"""Pictures of a corpus: strategy shares, strategies over the conversation, transitions, lengths.

A strategy has the hue of its stage, after Okabe and Ito's palette for all kinds of colour vision; two
neighbours differ in lightness too. Labels are English, so no font for Chinese is needed.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from csc_dspy.corpora.statistics import BINS, CorpusStatistics
from csc_dspy.framework import Strategy
from csc_dspy.wording import amount

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS: Mapping[Strategy, str] = {
    Strategy.GREETING: "#0072B2",
    Strategy.IDENTITY_VERIFICATION: "#6BB5DF",
    Strategy.RESTATEMENT_OR_PARAPHRASING: "#B87900",
    Strategy.PROBLEM_REFINEMENT: "#E69F00",
    Strategy.EMOTIONAL_MANAGEMENT: "#F7D98B",
    Strategy.PROVIDING_SUGGESTIONS: "#00664B",
    Strategy.INFORMATION_DELIVERY: "#4FBF9F",
    Strategy.RESOLUTION_IMPLEMENTATION: "#9C3F00",
    Strategy.FEEDBACK_REQUEST: "#EE8A50",
    Strategy.RELATIONSHIP_CONTINUATION: "#8C4A74",
    Strategy.APPRECIATION_AND_CLOSURE: "#DDA0C6",
    Strategy.OTHERS: "#9A9A9A",
}
_SPEAKERS = {"customer": "#E69F00", "supporter": "#0072B2"}
SCREEN = 150
"""Dots per inch of the pictures."""


def draw(statistics: CorpusStatistics, folder: Path | str) -> list[Path]:
    """Draw the statistics as PNG files.

    Args:
        statistics: Of at least one conversation.
        folder: Where the files go; made if it is not there, and files of the same name are replaced.

    Returns:
        The files: ``lengths.png``, and where the corpus has strategies ``strategy_shares.png``,
        ``strategy_progress.png`` and ``transitions.png``.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    figures = {"lengths": _lengths(statistics)}
    if statistics.strategy_shares:
        figures["strategy_shares"] = _shares(statistics)
        figures["strategy_progress"] = _progress(statistics)
        if any(statistics.transitions.values()):
            figures["transitions"] = _transitions(statistics)
    paths = []
    for name, figure in figures.items():
        paths.append(folder / f"{name}.png")
        figure.savefig(paths[-1], dpi=SCREEN)
    return paths


def new_figure(width: float, height: float) -> Figure:
    """A figure of its own, drawn by Agg whatever the user's backend, without pyplot's global state."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    figure = Figure(figsize=(width, height), layout=ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.12))
    FigureCanvasAgg(figure)
    return figure


def _plain(axes: Axes, *, grid: str | None = None) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_axisbelow(True)
    if grid == "x":
        axes.grid(axis="x", color="#dddddd", linewidth=0.8)
    elif grid == "y":
        axes.grid(axis="y", color="#dddddd", linewidth=0.8)


def _shares(statistics: CorpusStatistics) -> Figure:
    figure = new_figure(8, 4.8)
    axes = figure.add_subplot()
    shares = statistics.strategy_shares
    order = list(reversed(Strategy))
    values = [100 * shares[strategy] for strategy in order]
    bars = axes.barh([strategy.names.en for strategy in order], values, color=[COLOURS[strategy] for strategy in order])
    axes.bar_label(bars, [f"{value:.1f}" for value in values], padding=3, fontsize=9)
    axes.set_xlim(0, 1.1 * max(values))
    axes.set_xlabel(f"% of the {sum(statistics.strategies.values()):,} supporter turns with a strategy")
    axes.set_title("Strategies", loc="left", fontweight="bold")
    axes.tick_params(axis="y", length=0)
    _plain(axes, grid="x")
    return figure


def _progress(statistics: CorpusStatistics) -> Figure:
    figure = new_figure(9, 4.8)
    axes = figure.add_subplot()
    used = [strategy for strategy in Strategy if statistics.strategies[strategy]]
    rows = [statistics.strategies_over_progress[strategy] for strategy in used]
    totals = [max(sum(column), 1) for column in zip(*rows, strict=True)]
    middles = [100 * (place + 0.5) / BINS for place in range(BINS)]
    bottoms = [0.0] * BINS
    for strategy, row in zip(used, rows, strict=True):  # bars, so that a bin without turns is a gap
        shares = [100 * count / total for count, total in zip(row, totals, strict=True)]
        bars = axes.bar(middles, shares, 100 / BINS, bottoms, label=strategy.names.en, color=COLOURS[strategy])
        for bar in bars:
            bar.set(edgecolor="white", linewidth=0.6)
        bottoms = [bottom + share for bottom, share in zip(bottoms, shares, strict=True)]
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 100)
    axes.set_xlabel("Progress of the conversation (%)")
    axes.set_ylabel("% of labelled supporter turns")
    axes.set_title("Strategies over the conversation", loc="left", fontweight="bold")
    handles, names = axes.get_legend_handles_labels()
    axes.legend(  # in the order of the stack, so that it can be read across
        handles[::-1], names[::-1], loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False, fontsize=9
    )
    _plain(axes)
    return figure


def _transitions(statistics: CorpusStatistics) -> Figure:
    names = [strategy.names.en for strategy in Strategy]
    sizes = [sum(statistics.transitions[first].values()) for first in Strategy]
    shares = [
        [100 * statistics.transitions[first].get(second, 0) / size if size else 0.0 for second in Strategy]
        for first, size in zip(Strategy, sizes, strict=True)
    ]
    figure = new_figure(9, 7.4)
    rows = [f"{name} ({size:,})" for name, size in zip(names, sizes, strict=True)]
    axes = heat_map(figure, shares, rows, names, "% of what follows")
    axes.set_xlabel("Strategy of the supporter's next turn")
    axes.set_ylabel("Strategy (times followed)")
    axes.set_title("What follows what", loc="left", fontweight="bold")
    return figure


def heat_map(
    figure: Figure,
    shares: Sequence[Sequence[float]],
    rows: Sequence[str],
    columns: Sequence[str],
    label: str,
    *,
    bold: Container[tuple[int, int]] = (),
    aspect: Literal["equal", "auto"] = "equal",
) -> Axes:
    """Fill a figure with a table of shares, each cell with its number and the darker the larger.

    Args:
        figure: An empty figure.
        shares: Per cent, 0 to 100; a list a row.
        rows: Their names, from the top.
        columns: Their names, from the left.
        label: What the colours mean.
        bold: Row and column of the cells that stand out.
        aspect: Whether cells are squares or fill the figure.
    """
    axes = figure.add_subplot()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=100, aspect=aspect)
    for y, row in enumerate(shares):
        for x, share in enumerate(row):
            if share >= 0.5:
                colour = "white" if share > 55 else "#222222"
                weight = "bold" if (y, x) in bold else "normal"
                axes.text(x, y, f"{share:.0f}", ha="center", va="center", fontsize=8, color=colour, fontweight=weight)
    axes.set_xticks(range(len(columns)), columns, rotation=40, ha="right", rotation_mode="anchor", fontsize=9)
    axes.set_yticks(range(len(rows)), rows, fontsize=9)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    bar = figure.colorbar(image, ax=axes, shrink=0.7, label=label)
    bar.outline.set_visible(False)
    return axes


def draw_confusion(confusion: Mapping[Strategy, Mapping[Any, int]], title: str, path: Path) -> Path:
    """Draw which strategies were taken for which: a row a gold strategy, in per cent of its turns.

    Args:
        confusion: Gold strategy to what was said to how often, none empty; what was said is a strategy's id, or a word
            for what could not be read.
        title: What the picture says above.
        path: The PNG file; replaced if it is there.
    """
    rows = [strategy for strategy in Strategy if strategy in confusion]
    seen = {str(said) for found in confusion.values() for said in found}
    columns = [str(s) for s in Strategy if s in seen or s in rows] + sorted(seen - {str(s) for s in Strategy})
    sizes = [sum(confusion[gold].values()) for gold in rows]
    said = [{str(name): n for name, n in confusion[gold].items()} for gold in rows]
    shares = [[100 * row.get(name, 0) / size for name in columns] for row, size in zip(said, sizes, strict=True)]
    figure = new_figure(3.4 + 0.62 * len(columns), 2.6 + 0.5 * len(rows))
    axes = heat_map(
        figure,
        shares,
        [f"{gold.names.en} ({size:,})" for gold, size in zip(rows, sizes, strict=True)],
        [Strategy(name).names.en if name in set(Strategy) else name for name in columns],
        "% of the gold turns",
        bold={(y, columns.index(str(gold))) for y, gold in enumerate(rows)},
        aspect="auto",
    )
    axes.set_xlabel("Labelled as")
    axes.set_ylabel("Gold strategy (turns)")
    axes.set_title(title, loc="left", fontsize=10, fontweight="bold")
    figure.savefig(path, dpi=SCREEN)
    return path


def _lengths(statistics: CorpusStatistics) -> Figure:
    figure = new_figure(10, 4)
    left, right = figure.subplots(1, 2)
    turns = statistics.utterances
    top = max(turns.max or 0, 1)
    left.hist(
        list(turns.histogram),
        bins=range(0, top + max(1, top // 40) + 1, max(1, top // 40)),
        weights=list(turns.histogram.values()),
        color="#0072B2",
        edgecolor="white",
        linewidth=0.4,
        align="left",
    )
    left.set_xlabel("Utterances of a conversation")
    left.set_ylabel("Conversations")
    mean = "" if turns.mean is None else f" (mean {turns.mean:.1f})"
    left.set_title(f"{amount(turns.count, 'conversation')}{mean}", loc="left", fontweight="bold")
    _plain(left, grid="y")
    longest = max((_most(lengths.histogram) for lengths in statistics.characters.values()), default=1)
    for speaker, lengths in statistics.characters.items():
        mean = "" if lengths.mean is None else f", mean {lengths.mean:.0f}"
        right.hist(
            [min(length, longest) for length in lengths.histogram],
            bins=40,
            range=(0, longest),
            weights=list(lengths.histogram.values()),
            histtype="stepfilled",
            alpha=0.55,
            color=_SPEAKERS[speaker],
            edgecolor=_SPEAKERS[speaker],
            label=f"{speaker.capitalize()}{mean}",
        )
    right.set_xlabel("Characters of a turn (the longest 1 % in the last bar)")
    right.set_ylabel("Turns")
    right.set_title(f"{statistics.turns:,} turns", loc="left", fontweight="bold")
    right.legend(frameon=False)
    _plain(right, grid="y")
    return figure


def _most(histogram: Mapping[int, int]) -> int:
    """The length that 99 % of the lengths do not pass; a few very long turns must not flatten the picture."""
    left = 0.99 * sum(histogram.values())
    for length, times in histogram.items():
        left -= times
        if left <= 0:
            return max(length, 1)
    return 1
