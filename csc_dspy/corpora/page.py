"""The description of a corpus as one HTML page that needs nothing else: figures, pictures, conversations to read."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from csc_dspy.conversation import Conversation, Speaker, speaker_name
from csc_dspy.corpora.diversity import Diversity
from csc_dspy.corpora.pictures import COLOURS, draw
from csc_dspy.corpora.published import beside_the_paper
from csc_dspy.corpora.statistics import CorpusStatistics
from csc_dspy.corpora.templates import rendered
from csc_dspy.files import written_whole
from csc_dspy.framework import Stage, Strategy

EXAMPLES = 6
"""Conversations on the page."""


def write_page(
    path: Path,
    title: str,
    statistics: CorpusStatistics,
    diversity: dict[Speaker, Diversity],
    examples: Sequence[Conversation],
    before: CorpusStatistics | None = None,
) -> None:
    """Write the page; it opens without a network and holds no script.

    Args:
        path: The HTML file, replaced when it is whole.
        title: What the corpus is called.
        statistics: Of at least one conversation.
        diversity: By speaker.
        examples: Conversations to show, at most ``EXAMPLES``, spread over what is given.
        before: Statistics of the calls as they were before they were rewritten.

    Raises:
        RunError: The page cannot be written.
    """
    with TemporaryDirectory() as folder:
        pictures = {drawn.stem: b64encode(drawn.read_bytes()).decode() for drawn in draw(statistics, folder)}
    step = max(1, len(examples) // EXAMPLES)
    page = rendered(
        "description.html",
        title=title,
        statistics=statistics,
        diversity=diversity,
        beside=beside_the_paper(statistics, before),
        before=before,
        pictures=pictures,
        examples=list(examples)[::step][:EXAMPLES],
        strategies=list(Strategy),
        stages=list(Stage),
        colours=COLOURS,
        speaker_name=speaker_name,
    )
    with written_whole(path) as part:
        part.write_text(page, encoding="utf-8")
