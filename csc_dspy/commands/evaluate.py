"""``csc-dspy evaluate``: what a supporter is worth on real calls."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from csc_dspy.commands.options import (
    FILE,
    NEURAL,
    FiniteRange,
    job_options,
    mask_option,
    model_options,
    neural_models,
    neural_options,
    refuse_unused,
    role_models,
    said,
    said_of_masking,
)
from csc_dspy.evaluation.records import CONTEXTS

ROLES = ("supporter", "customer", "judge")
INTERACTIVE = "interactive"


@click.command()
@click.argument("conversations", type=FILE)
@click.option("-o", "--output", type=FILE, required=True, help="Where the answers go (JSONL).")
@click.option(
    "--context",
    type=click.Choice((*CONTEXTS, INTERACTIVE)),
    default="reference",
    show_default=True,
    help="Whose supporter turns the history holds: the real ones, or the supporter's own; interactive: new calls with "
    "a simulated customer who has the real one's matter.",
)
@click.option("--trials", type=click.IntRange(min=1), help="Interactive: calls a conversation (default 1).")
@click.option("--most", type=click.IntRange(min=4), help="Interactive: utterances of a call at most (default 40).")
@click.option(
    "--program",
    default="supporter",
    show_default=True,
    help="supporter, direct, trivial:majority, :bigram, :trigram, or a compiled supporter's file.",
)
@click.option(
    "--rules/--no-rules",
    default=None,
    help="Hold the paper's rules by code (default: as compiled, else but to a student).",
)
@click.option("--words/--no-words", default=None, help="Write replies (default), or choose stage and strategy alone.")
@mask_option
@click.option("--train", type=FILE, help="Other conversations with strategies, for the trivial baselines.")
@neural_options
@click.option("--report", type=FILE, help="Write the report as one HTML page, and beside it as Markdown (.md).")
@click.option("--temperature", type=FiniteRange(0, 2), default=0.0, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True, help="Another number gives other samples.")
@model_options(*ROLES)
@job_options
def command(dry_run: bool, report: Path | None, **options: Any) -> int:
    """Answer every supporter turn of CONVERSATIONS and compare the answers with what was really said.

    The paper's figures come with 95 % intervals and baselines without a model. The same command again continues where
    it ended; `csc-dspy score` scores the answers again without asking anything.
    """
    from csc_dspy.evaluation import evaluate, interactive
    from csc_dspy.evaluation.page import refuse_report

    if report:
        refuse_report(report, options["conversations"], options["output"], options["train"])
    interacts = options["context"] == INTERACTIVE
    unused = ("train", "words", *NEURAL) if interacts else ("trials", "most", "customer_lm", "judge_lm")
    why = f"{'not for' if interacts else 'for'} --context {INTERACTIVE}"
    refuse_unused(why, **{name: options[name] for name in unused})
    role_lms, neural = role_models(ROLES, options), neural_models(options)
    given = {name: value for name, value in options.items() if value is not None}
    context = given.pop("context")
    if interacts:
        call = interactive.Interaction(role_lms=role_lms, **given)
        return _done(call, interactive.estimate, interactive.interact, interactive.reported, dry_run, report)
    job = evaluate.Evaluation(role_lms=role_lms, context=context, neural=neural, **given)
    return _done(job, evaluate.estimate, evaluate.evaluate, evaluate.reported, dry_run, report)


def _done(job: Any, estimate: Any, run: Any, reported: Any, dry_run: bool, report: Path | None) -> int:
    if dry_run:
        click.echo(estimate(job).describe())
        return 0
    if job.roles:
        said_of_masking(job.masks)
    summary = run(job)
    if found := reported(job):
        show(found, job.output, report)
    return said(summary, job.output, look="score")


def show(found: Any, answers: Path, report: Path | None) -> None:
    """Print a report, and write it where asked."""
    from csc_dspy.evaluation.page import as_markdown, write_report
    from csc_dspy.evaluation.score import read_results

    click.echo(as_markdown(found))
    if report:
        html, markdown = write_report(found, read_results(answers), report, report.with_suffix(".md"))
        click.echo(f"written: {html}, {markdown}", err=True)
