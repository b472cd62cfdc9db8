"""Run a verb that spends: open its models and files, map the work over its units, track the run."""

from __future__ import annotations

import tempfile
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any, Generic, TypeVar

import dspy

from csc_dspy import __version__
from csc_dspy.conversation import read_conversations
from csc_dspy.corpora.pictures import draw
from csc_dspy.corpora.statistics import describe
from csc_dspy.errors import InputError, TransientModelError
from csc_dspy.jobs import JobStore, JobSummary, Outcome, Progress, fingerprint, run_job_blocking
from csc_dspy.lms.endpoint import is_local
from csc_dspy.lms.models import Models
from csc_dspy.pipeline.options import JobOptions
from csc_dspy.pipeline.roles import SPEAKERS, identities, refuse_unpriced, role_names
from csc_dspy.settings import Role
from csc_dspy.tracking import TrackedRun, digest_of, tracked_run
from csc_dspy.usage import Ledger

U = TypeVar("U")
Work = Callable[[U], Awaitable[Outcome]]
"""The work on one unit: a pure function of the unit and the configuration."""

CONCURRENCY = 16
"""Units at a time on endpoints that answer many at once."""
LOCAL_CONCURRENCY = 1
"""Units at a time on local weights: on a CPU more only share it, and the prefix caches."""


def log_conversations(run: TrackedRun, output: Path) -> None:
    """Log the pictures of an output of conversations."""
    if not run.tracked:
        return
    with tempfile.TemporaryDirectory() as folder:
        run.log_pictures(draw(describe(read_conversations(output)), Path(folder)))


@dataclass(frozen=True)
class Pipeline(Generic[U]):
    """What one verb does, apart from its options.

    Attributes:
        verb: The verb; also the kind of the tracked run.
        roles: Roles whose models are needed.
        config: All that decides a record besides models and prompts. How many units and how fast does not.
        prompts: Predictor to all that stands before its inputs.
        source: The file the units come from.
        units: The units, as lazily as one likes; called once.
        key: A unit's id, stable from run to run.
        work: From a model for each role, and what each record keeps of how it was made, to the work on one unit.
        total: How many units there are; ``None`` when unknown.
        others: More files that the units come from.
        params: More parameters for the tracked run.
        conclude: Logs what there is to say of an output that has records, given the run and the output.
        students: Roles that a student of plain chats can have, which answers as it was trained and nothing else.
    """

    verb: str
    roles: Sequence[Role]
    config: Mapping[str, Any]
    prompts: Mapping[str, str]
    source: Path
    units: Callable[[], Iterable[U]]
    key: Callable[[U], str]
    work: Callable[[Mapping[str, dspy.LM], Mapping[str, Any]], Work[U]]
    total: int | None = None
    others: Sequence[Path] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    conclude: Callable[[TrackedRun, Path], None] = log_conversations
    students: Collection[Role] = SPEAKERS


def run_pipeline(options: JobOptions, pipeline: Pipeline[U]) -> JobSummary:
    """Do what is left of a job; the same call again continues where it ended.

    When nothing is left, no model is started and no run is made.

    Raises:
        InputError: Options, inputs or an existing output do not fit.
        ModelError: A model cannot be had.
        RunError: The output cannot be written.
    """
    with options.models() as models:
        names = role_names(models, options, pipeline.roles, pipeline.students)
        if options.max_cost is not None:
            refuse_unpriced(models, names)
        local = all(map(is_local, names.values()))
        units = iter(pipeline.units())
        if not (head := list(islice(units, 1))):
            raise InputError(f"{pipeline.source}: there is nothing in it to {pipeline.verb}")
        concurrency = models.concurrency = options.concurrency or (LOCAL_CONCURRENCY if local else CONCURRENCY)
        config = job_config(options, pipeline, models, names)
        sources = [pipeline.source, *pipeline.others]
        store = JobStore.open(
            options.output,
            config,
            fresh=options.fresh,
            accept_changes=options.accept_changes,
            retry_failed=options.retry_failed,
            inputs={str(path): digest_of(path).sha256 for path in sources},
        )
        unfinished = (unit for unit in chain(head, units) if not store.is_finished(pipeline.key(unit)))
        left = islice(unfinished, options.limit)
        first = list(islice(left, 1))
        if not first:
            return _nothing_to_do(store)
        lms: dict[str, dspy.LM] = {role: models.open(name) for role, name in names.items()}
        origin = {"models": names, "config": fingerprint(config)[:12], "version": __version__}
        with tracked_run(
            pipeline.verb,
            name=f"{pipeline.verb} {options.output.name}",
            params={**config, **pipeline.params, "concurrency": concurrency, "output": str(options.output)},
            inputs=sources,
            models={str(role): name for role, name in names.items()},
            prompts=pipeline.prompts,
            enabled=options.tracking,
        ) as run:
            summary = run_job_blocking(
                chain(first, left),
                pipeline.work(lms, origin),
                store,
                key=pipeline.key,
                total=_total(options, pipeline, store),
                concurrency=concurrency,
                ledger=Ledger(max_tokens=options.max_tokens, max_cost=options.max_cost, spent=store.usage),
                progress=Progress(pipeline.verb),
                is_transient=lambda error: isinstance(error, TransientModelError),
            )
            _log(run, store, summary)
            if summary.done:
                pipeline.conclude(run, store.output)
        return summary


def job_config(
    options: JobOptions, pipeline: Pipeline[Any], models: Models, names: Mapping[Role, str]
) -> dict[str, Any]:
    """All that decides a job's records."""
    return {
        "verb": pipeline.verb,
        **pipeline.config,
        "seed": options.seed,
        "models": dict(names),
        **identities(models, names),
        "api_base": options.api_base,
        "prompts": {name: fingerprint({"text": text})[:12] for name, text in pipeline.prompts.items()},
    }


def _total(options: JobOptions, pipeline: Pipeline[Any], store: JobStore) -> int | None:
    """Units the job will have finished when this run ends, if that is known."""
    if pipeline.total is None:
        return None
    total = max(pipeline.total, store.already)
    return total if options.limit is None else min(total, store.already + options.limit)


def _nothing_to_do(store: JobStore) -> JobSummary:
    """The summary of a job whose every unit is finished."""
    return run_job_blocking(
        [],
        _never,
        store,
        key=str,
        total=store.already,
        concurrency=1,
        ledger=Ledger(),
        is_transient=lambda error: False,
    )


async def _never(unit: str) -> Any:
    raise AssertionError(unit)


def _log(run: TrackedRun, store: JobStore, summary: JobSummary) -> None:
    """Figures and files of a finished run."""
    run.log_usage(summary.usage)
    figures = {"done": summary.done, "dropped": summary.dropped, "failed": summary.failed, "retries": summary.requeued}
    ended = summary.done + summary.dropped
    groups = {f"funnel.{group}": count for group, count in summary.funnel.items()}
    run.log_metrics({**figures, **groups, "pass_rate": summary.done / ended if ended else None})
    run.log_text(summary.describe() + "\n", "funnel.txt")
    for path in store.paths.values():
        if path.exists():
            run.log_output(path)
