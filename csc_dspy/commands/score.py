"""``csc-dspy score``: figures again from saved answers, scores and votes, without one request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from csc_dspy.commands.options import FILE, neural_models, neural_options, refuse_unused


@click.command()
@click.argument("answers", type=FILE, nargs=-1, required=True)
@click.option("--gold", type=FILE, help="The conversations they answer; refused if they are others.")
@click.option("--train", type=FILE, help="Other conversations with strategies, for the trivial baselines.")
@click.option(
    "--human", type=FILE, help="People's scores (CSV: id,at,criterion,score,rater), to compare a judge's with."
)
@click.option("--key", type=FILE, help="For saved forms: the key beside the form.")
@click.option("--votes", type=FILE, help="For saved forms: a judge's votes on the same pairs, to compare theirs with.")
@neural_options
@click.option("--report", type=FILE, help="Write the report as one HTML page, and beside it as Markdown (.md).")
@click.option("--json", "as_json", is_flag=True, help="Print all figures as JSON.")
def command(
    answers: tuple[Path, ...],
    gold: Path | None,
    train: Path | None,
    human: Path | None,
    key: Path | None,
    votes: Path | None,
    report: Path | None,
    as_json: bool,
    **models: Any,
) -> None:
    """Score what `csc-dspy evaluate` or `csc-dspy judge` wrote to ANSWERS again, without one request.

    ANSWERS may also be what people saved of a form of blind pairs, one file a person; give its --key then. BERTScore
    and BLEURT of answers need a model that runs here, and the extra csc-dspy[neural].
    """
    from csc_dspy.commands.evaluate import show
    from csc_dspy.evaluation.page import refuse_report
    from csc_dspy.evaluation.score import score
    from csc_dspy.judging.forms import is_saved_form
    from csc_dspy.judging.scored import is_judged, of_forms, of_judge

    if is_saved_form(answers[0]):
        refuse_unused("not for saved forms", gold=gold, train=train, human=human, report=report, **models)
        if key is None:
            raise click.UsageError("saved forms need --key, the file beside the form that says which side is which")
        found = of_forms(answers, key, votes)
    elif len(answers) > 1:
        raise click.UsageError("several files are for saved forms only; `csc-dspy compare` compares two of answers")
    elif is_judged(answers[0]):
        refuse_unused(
            "not for what a judge wrote", gold=gold, train=train, key=key, votes=votes, report=report, **models
        )
        found = of_judge(answers[0], human)
    else:
        refuse_unused("not for answers", human=human, key=key, votes=votes)
        if report:
            refuse_report(report, answers[0], gold, train)
        rated = score(answers[0], gold=gold, train=train, neural=neural_models(models))
        if not as_json:
            return show(rated, answers[0], report)
        return click.echo(rated.to_json())
    click.echo(found.to_json() if as_json else found.describe())
