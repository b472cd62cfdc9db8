"""``annotate``: stage and strategy of what was really said, as one durable, tracked job."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import dspy

from csc_dspy.annotation.agreement import Agreement, agreement
from csc_dspy.annotation.work import AnnotateWork
from csc_dspy.conversation import read_conversations
from csc_dspy.corpora.pictures import draw_confusion
from csc_dspy.framework import LANGS, Lang
from csc_dspy.jobs import JobSummary
from csc_dspy.pipeline import Pipeline, run_pipeline
from csc_dspy.pipeline.compiled import put_compiled
from csc_dspy.pipeline.estimate import Estimate, Share, finished
from csc_dspy.pipeline.masking import MaskingOptions
from csc_dspy.pipeline.roles import role_prices
from csc_dspy.pipeline.run import log_conversations
from csc_dspy.programs.annotator import CONTEXT, Annotator
from csc_dspy.programs.asking import Program
from csc_dspy.settings import Role
from csc_dspy.tracking import TrackedRun
from csc_dspy.usage import rough_tokens


@dataclass(frozen=True, kw_only=True)
class Annotation(MaskingOptions):
    """What to annotate and how; the options of every job besides.

    Attributes:
        conversations: File of conversations, JSONL.
        votes: How often each turn is labelled.
        temperature: Sampling temperature of the first vote.
        program: File of a compiled annotator; ``None`` for the one that comes with the package.
    """

    conversations: Path
    votes: int = 1
    temperature: float = 0.0
    program: str | None = None

    def annotators(self) -> dict[Lang, Annotator]:
        """The annotator of each language, without a model yet.

        Raises:
            InputError: There is no such compiled annotator, or it is for none of the languages of the conversations.
        """
        found = {lang: Annotator(lang, votes=self.votes, temperature=self.temperature) for lang in LANGS}
        calls = read_conversations(self.conversations, self.on_bad)
        put_compiled("annotator", self.program, found, masks=self.masks, calls=calls)
        return found

    @property
    def roles(self) -> tuple[Role, ...]:
        """The role whose model is needed."""
        return ("annotator",)


def annotate(job: Annotation) -> JobSummary:
    """Label every supporter turn; the same call again continues where it ended.

    Raises:
        InputError: Options, conversations or an existing output do not fit.
        ModelError: A model cannot be had.
        RunError: The output cannot be written.
    """
    annotators = job.annotators()

    def work(lms: Mapping[str, dspy.LM], origin: Mapping[str, Any]) -> AnnotateWork:
        for annotator in annotators.values():
            annotator.annotator.lm = lms["annotator"]
        return AnnotateWork(annotators, job.masks, job.seed, origin)

    return run_pipeline(
        job,
        Pipeline(
            verb="annotate",
            roles=job.roles,
            config={"votes": job.votes, "temperature": job.temperature, "masking": job.masks},
            prompts=Program.prompts_by_lang(annotators),
            source=job.conversations,
            units=lambda: read_conversations(job.conversations, job.on_bad),
            key=lambda conversation: conversation.id,
            work=work,
            conclude=partial(_conclude, job),
        ),
    )


def _conclude(job: Annotation, run: TrackedRun, output: Path) -> None:
    log_conversations(run, output)
    if run.tracked and (found := compared(job)):
        low, high = found.interval
        figures = {"accuracy": found.accuracy, "accuracy.low": low, "accuracy.high": high, "macro_f1": found.macro_f1}
        run.log_metrics({**figures, "kappa": found.kappa, "majority": found.majority, "compared_turns": found.turns})
        with tempfile.TemporaryDirectory() as folder:
            run.log_pictures([draw_confusion(found.confusion, found.title, Path(folder) / "confusion.png")])


def compared(job: Annotation) -> Agreement | None:
    """How the labels agree with those of the input; ``None`` where it has none."""
    return agreement(read_conversations(job.conversations, job.on_bad), job.output)


def estimate(job: Annotation) -> Estimate:
    """Calls, tokens and cost of what is left to label, without one call and without writing anything."""
    prices = role_prices(job, job.roles)
    sizes = {lang: rough_tokens(one.prompts()["annotator"]) for lang, one in job.annotators().items()}
    ids, _ = finished(job.output)
    total, units = Share(), 0
    left = (one for one in read_conversations(job.conversations, job.on_bad) if one.id not in ids)
    for one in islice(left, job.limit):
        units += 1
        for at, turn in enumerate(one.turns):
            if turn.speaker == "supporter":
                shown = sum(rough_tokens(t.text) + 3 for t in one.turns[max(0, at - CONTEXT) : at + 1])
                total += Share(job.votes, job.votes * (sizes[one.lang] + shown), job.votes * 40)
    basis = "the conversations and prompts at hand"
    return Estimate.of(units, "conversation", "to label", {"annotator": total}, prices, basis, job.max_cost)
