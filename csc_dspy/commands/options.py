"""Options that every verb that spends has, under the same names."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from csc_dspy.jobs import JobSummary
    from csc_dspy.metrics.neural import NeuralModels

Decorated = Callable[..., Any]


class FiniteRange(click.FloatRange):
    """A number within bounds, and a number: neither ``nan`` nor ``inf``."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number.

        Raises:
            click.BadParameter: It is none, or out of bounds.
        """
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a finite number.", param, ctx)
        return number


FILE = click.Path(path_type=Path, dir_okay=True)
NEURAL = ("bertscore_model", "bertscore_layer", "bleurt_model")
"""The options of the models that compare texts."""


def model_options(*roles: str) -> Callable[[Decorated], Decorated]:
    """``--lm``, ``--api-base``, and ``--<role>-lm`` for each role, passed as ``role_lms``."""

    def decorate(function: Decorated) -> Decorated:
        for role in reversed(roles):
            flag = f"--{role.replace('_', '-')}-lm"
            function = click.option(flag, f"{role}_lm", metavar="MODEL", help=f"Model of the {role}.")(function)
        function = click.option("--api-base", metavar="URL", help="Base URL of --lm's server, with /v1.")(function)
        return click.option("--lm", metavar="MODEL", help="Model of every role not set otherwise.")(function)

    return decorate


def role_models(roles: tuple[str, ...], options: dict[str, Any]) -> dict[str, str]:
    """Take ``<role>_lm`` out of a verb's options: role to model for those given."""
    given = {role: options.pop(f"{role}_lm") for role in roles}
    return {role: name for role, name in given.items() if name}


def job_options(function: Decorated) -> Decorated:
    """How much, how fast, how dear; and what to do about an earlier run."""
    options = [
        click.option("--limit", type=click.IntRange(min=1), help="Work on this many conversations now."),
        click.option(
            "--concurrency",
            type=click.IntRange(min=1),
            help="Conversations at a time (default 16; 1 on local weights).",
        ),
        click.option("--timeout", type=FiniteRange(min=0.1), help="Seconds one request may take."),
        click.option("--max-tokens", type=click.IntRange(min=1), help="Token budget of the job."),
        click.option("--max-cost", type=FiniteRange(min=0.0), help="US dollar budget of the job."),
        click.option("--dry-run", is_flag=True, help="Estimate calls, tokens and cost; call nothing."),
        click.option("--fresh", is_flag=True, help="Start over; old files are kept aside."),
        click.option("--accept-changes", is_flag=True, help="Continue although the configuration changed."),
        click.option("--retry-failed", is_flag=True, help="Try all that failed again."),
        click.option("--skip-bad", is_flag=True, help="Leave out input lines that cannot be read."),
        click.option("--tracking/--no-tracking", default=True, show_default=True, help="Make an MLflow run."),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def neural_options(function: Decorated) -> Decorated:
    """The models of BERTScore and BLEURT, taken out again by :func:`neural_models`."""
    options = [
        click.option(
            "--bertscore-model",
            metavar="[LANG=]MODEL",
            multiple=True,
            help="Folder or hub id of BERTScore's model, for both languages or one: en=roberta-large.",
        ),
        click.option(
            "--bertscore-layer",
            metavar="[LANG=]N",
            multiple=True,
            help="Its layer (default: the one bert-score takes, or the last).",
        ),
        click.option(
            "--bleurt-model",
            metavar="[LANG=]MODEL",
            multiple=True,
            help="Folder or hub id of BLEURT's model; for English unless it says zh=.",
        ),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def neural_models(options: dict[str, Any]) -> NeuralModels:
    """Take the options of :func:`neural_options` out of a verb's.

    Raises:
        InputError: One is given twice, or names a folder that does not exist or holds no model.
    """
    from csc_dspy.metrics.neural import NeuralModels

    return NeuralModels.of(*(options.pop(name) for name in NEURAL))


def refuse_unused(why: str, **options: object) -> None:
    """Refuse options that have no use here, rather than pass them over; ``why`` goes on after "--name is"."""
    for name, value in options.items():
        if value not in (None, ()):
            raise click.UsageError(f"--{name.replace('_', '-')} is {why}")


mask_option = click.option(
    "--mask/--no-mask", "masking", default=None, help="Mask personal data first; default: for hosted models."
)


def said_of_masking(masked: bool) -> None:
    """Say whether personal data is masked, before anything is sent."""
    kept = "not masked: no hosted model sees it, or --no-mask was given"
    click.echo(f"personal data is {'masked before a model sees it' if masked else kept}", err=True)


def said(summary: JobSummary, output: Path, look: str = "corpus view") -> int:
    """Say what a job came to and where to look, with the verb that shows what is kept; its exit code."""
    from csc_dspy.jobs.files import paths_of

    if not summary.written and summary.complete:
        click.echo(f"nothing to do: all {summary.already:,} conversations are finished")
    click.echo(summary.describe())
    dropped = f"corpus view {paths_of(output)['dropped']}" if summary.dropped else None
    shown = f"{look} {output}" if summary.done else dropped
    click.echo(f"{output}" + (f"  (look: csc-dspy {shown}; runs: csc-dspy ui)" if shown else ""))
    return 0 if summary.complete else 1
