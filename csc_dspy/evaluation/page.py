"""The report as one HTML page that needs nothing else, and as a Markdown table in the paper's column order."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from csc_dspy.corpora.pictures import draw_confusion
from csc_dspy.corpora.templates import rendered
from csc_dspy.errors import InputError
from csc_dspy.evaluation.outcomes import LABELS, PlayReport
from csc_dspy.evaluation.played import Played
from csc_dspy.evaluation.records import Answered
from csc_dspy.evaluation.report import PAPER, Report
from csc_dspy.files import refuse_input, written_whole
from csc_dspy.metrics.neural import KINDS
from csc_dspy.metrics.scoring import Score
from csc_dspy.wording import amount

if TYPE_CHECKING:
    from csc_dspy.tracking import TrackedRun

EXAMPLES = 4
"""Conversations on the page."""


def refuse_report(html: Path, *others: Path | None) -> None:
    """Refuse a report's name before any work is done.

    Args:
        html: Where the page is to go; the Markdown goes beside it.
        others: What is read, and what else is written.

    Raises:
        InputError: It is no page's name, or it or the Markdown would be written over one of these.
    """
    if html.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"{html}: a report is a page, which ends in .html; its Markdown goes beside it")
    for path in (html, html.with_suffix(".md")):
        refuse_input(path, *(other for other in others if other is not None))


def write_report(
    report: Report | PlayReport, rows: Iterable[Answered | Played], html: Path, markdown: Path
) -> tuple[Path, Path]:
    """Write both forms; each file is replaced when it is whole.

    Args:
        report: The figures.
        rows: The answers or the calls; the first few are shown.
        html: The page; it opens without a network and holds no script.
        markdown: The table.

    Raises:
        RunError: A file cannot be written.
    """
    picture = None
    if isinstance(report, Report) and report.confusion:
        with TemporaryDirectory() as folder:
            drawn = draw_confusion(report.confusion, report.title, Path(folder) / "confusion.png")
            picture = b64encode(drawn.read_bytes()).decode()
    page = rendered(
        "report.html" if isinstance(report, Report) else "played.html",
        room="evaluation",
        report=report,
        groups={"all": report.scores, **report.by_lang},
        picture=picture,
        labels=LABELS,
        examples=list(islice(rows, EXAMPLES)),
    )
    for path, text in ((html, page), (markdown, as_markdown(report))):
        with written_whole(path) as part:
            part.write_text(text, encoding="utf-8")
    return html, markdown


def log_report(run: TrackedRun, report: Report | PlayReport, rows: Iterable[Answered | Played]) -> None:
    """Keep a report with a tracked run: its figures, itself as JSON, and the page, table and picture to look at."""
    if not run.tracked:
        return
    run.log_metrics(report.figures())
    run.log_text(report.to_json() + "\n", "report/report.json")
    with TemporaryDirectory() as folder:
        for path in write_report(report, rows, Path(folder) / "report.html", Path(folder) / "report.md"):
            run.log_output(path, artifact_dir="report")
        if isinstance(report, Report) and report.confusion:
            run.log_pictures([draw_confusion(report.confusion, report.title, Path(folder) / "confusion.png")])


def as_markdown(report: Report | PlayReport) -> str:
    """The paper's row with intervals, the other figures, the baselines and the failures; or the shares of calls."""
    if isinstance(report, PlayReport):
        return _of_calls(report)
    paper = _table([score for name in PAPER if (score := report.score(name))], report.name)
    others = _table([score for score in report.scores if score.name not in PAPER], report.name)
    baselines = "\n".join(
        f"| {name} | {' | '.join(score.text() for score in found)} |" for name, found in report.baselines.items()
    )
    measured = f"{amount(report.conversations, 'conversation')}, {amount(report.turns, 'supporter turn')}"
    parts = [
        f"# {report.name}",
        f"{report.context} context, {measured}. "
        "All figures × 100, with 95 % bootstrap intervals over conversations; macro-F1 over the strategies that occur.",
        paper,
        others,
    ]
    if baselines:
        parts += [
            f"Baselines without a model, fitted on {report.fitted}:",
            f"| | strategy accuracy | strategy macro-F1 |\n|---|---|---|\n{baselines}",
        ]
    parts += [report.remarks(), *_notes(report.scores)]
    return "\n\n".join(parts) + "\n"


def _notes(scores: Sequence[Score]) -> list[str]:
    """Why figures are missing and what neural ones depend on, as one list; a line for each reason."""
    found: dict[str, list[str]] = {}
    for score in scores:
        if note := score.why or (score.how if score.name in KINDS else ""):
            found.setdefault(note, []).append(score.label)
    lines = [f"- {', '.join(labels)}: {note}" for note, labels in found.items()]
    return ["\n".join(lines)] if lines else []


def _of_calls(report: PlayReport) -> str:
    parts = [
        f"# {report.name}",
        f"interactive context, {amount(report.conversations, 'customer')}, {amount(report.trials, 'call')}. "
        "All figures × 100, with 95 % bootstrap intervals over conversations; success counts calls, pass^k customers.",
        _table(report.scores, report.name),
        report.remarks(),
    ]
    return "\n\n".join(parts) + "\n"


def _table(scores: Sequence[Score], name: str) -> str:
    heads = " | ".join(score.label for score in scores)
    values = " | ".join(score.text() for score in scores)
    return f"| | {heads} |\n|---|{'---|' * len(scores)}\n| {name} | {values} |"
