"""``synthesize``: profiles × topics → five-role play → filtered conversations, as one durable, tracked job."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dspy

from csc_dspy import __version__
from csc_dspy.conversation import Profile, read_conversations
from csc_dspy.corpora.pictures import draw
from csc_dspy.corpora.profiles import drop_near_duplicates, read_profiles
from csc_dspy.corpora.rules import with_bounds
from csc_dspy.corpora.statistics import describe
from csc_dspy.errors import InputError, TransientModelError
from csc_dspy.framework import Lang
from csc_dspy.jobs import JobStore, JobSummary, Progress, fingerprint, run_job_blocking
from csc_dspy.lms.endpoint import is_local
from csc_dspy.lms.models import Models
from csc_dspy.programs.judge import ConversationJudge
from csc_dspy.programs.roleplay import PLAY_ROLES, RolePlay
from csc_dspy.settings import Role
from csc_dspy.synthesis.estimate import Estimate, estimate_play
from csc_dspy.synthesis.plan import parse_topics, parts
from csc_dspy.synthesis.work import Player
from csc_dspy.tracking import TrackedRun, digest_of, tracked_run
from csc_dspy.usage import Ledger


@dataclass(frozen=True)
class Synthesis:
    """What to synthesize and how.

    Attributes:
        output: Where the conversations go, JSONL; the job's other files lie beside it.
        profiles: File of profiles; ``None`` takes the samples of the package.
        count: Conversations to play in all.
        limit: Conversations of them to play now; ``None`` for all.
        topics: ``all``, or topics separated by commas.
        lang: Language of the conversations.
        lm: Model of every role that is not overridden.
        role_lms: Role to model.
        api_base: Base URL for names of OpenAI-compatible servers.
        judging: Whether an LLM judge follows the free rules.
        least: Utterances a conversation must have.
        most: Utterances it may have.
        similarity: Cosine above which profiles are near-duplicates.
        temperature: Sampling temperature of the roles.
        seed: Changes every sample.
        concurrency: Conversations played at a time, and requests in flight to one endpoint.
        timeout: Seconds a request may take.
        max_tokens: Token budget of the job.
        max_cost: US dollar budget of the job.
        fresh: Start over; old files are kept aside.
        accept_changes: Continue although the configuration changed.
        retry_failed: Play failed conversations again, whatever their cause.
        skip_bad: Leave out profiles that cannot be read.
        tracking: Whether an MLflow run is made.
    """

    output: Path
    profiles: Path | None = None
    count: int = 4
    limit: int | None = None
    topics: str = "all"
    lang: Lang = "en"
    lm: str | None = None
    role_lms: Mapping[str, str] = field(default_factory=dict)
    api_base: str | None = None
    judging: bool = True
    least: int = 10
    most: int = 50
    similarity: float = 0.85
    temperature: float = 0.8
    seed: int = 0
    concurrency: int | None = None
    timeout: float | None = None
    max_tokens: int | None = None
    max_cost: float | None = None
    fresh: bool = False
    accept_changes: bool = False
    retry_failed: bool = False
    skip_bad: bool = False
    tracking: bool = True

    def __post_init__(self) -> None:
        if self.least > self.most:
            raise InputError(f"--least {self.least} is more than --most {self.most}: no conversation could pass")


SAMPLE_PROFILES = Path(__file__).parent.parent / "samples" / "profiles.jsonl"
LOCAL_CONCURRENCY = 1
"""Conversations at a time on local weights: on a CPU more only share it, and the prefix caches."""


def synthesize(job: Synthesis) -> JobSummary:
    """Play, filter and keep conversations; the same call again continues where it ended.

    Raises:
        InputError: Options, profiles or an existing output do not fit.
        ModelError: A model cannot be had.
        RunError: The output cannot be written.
    """
    people = load_people(job)
    with Models(timeout=job.timeout, api_base=job.api_base) as models:
        names: dict[str, str] = {role: models.name_for(role, job.lm, job.role_lms) for role in _roles(job)}
        concurrency = job.concurrency or (LOCAL_CONCURRENCY if all(map(is_local, names.values())) else 16)
        models.concurrency = concurrency
        play = RolePlay(job.lang, least=job.least, most=job.most, temperature=job.temperature)
        judge = ConversationJudge(job.lang) if job.judging else None
        prompts = {**play.prompts(), **(judge.prompts() if judge else {})}
        config = _config(job, names, prompts)
        source = job.profiles or SAMPLE_PROFILES
        store = JobStore.open(
            job.output,
            config,
            fresh=job.fresh,
            accept_changes=job.accept_changes,
            retry_failed=job.retry_failed,
            inputs={str(source): digest_of(source).sha256},
        )
        todo = list(parts(people, parse_topics(job.topics), job.lang, job.count))
        todo = [part for part in todo if not store.is_finished(part.id)][: job.limit]
        if not todo:
            return _nothing_to_do(store)
        lms: dict[str, dspy.LM] = {role: models.open(name) for role, name in names.items()}
        play.bind(lms)
        if judge is not None:
            judge.judge.lm = lms["judge"]
        origin = {"models": names, "config": fingerprint(config)[:12], "version": __version__}
        player = Player(play, judge, with_bounds(job.least, job.most), job.seed, origin)
        params = {**config, "count": job.count, "concurrency": concurrency, "output": str(job.output)}
        with tracked_run(
            "synthesize",
            name=f"synthesize {job.output.name}",
            params=params,
            inputs=[source],
            models=names,
            prompts=prompts,
            enabled=job.tracking,
        ) as run:
            summary = run_job_blocking(
                todo,
                player,
                store,
                key=lambda part: part.id,
                total=store.already + len(todo),
                concurrency=concurrency,
                ledger=Ledger(max_tokens=job.max_tokens, max_cost=job.max_cost, spent=store.usage),
                progress=Progress("synthesize"),
                is_transient=lambda error: isinstance(error, TransientModelError),
            )
            _log(run, store, summary)
        return summary


def estimate(job: Synthesis) -> Estimate:
    """Calls, tokens and cost of what is left to play, without one call and without writing anything."""
    people = load_people(job)
    models = Models(api_base=job.api_base)
    names: dict[str, str] = {role: models.name_for(role, job.lm, job.role_lms) for role in _roles(job)}
    play = RolePlay(job.lang, least=job.least, most=job.most)
    prompts = {**play.prompts(), **(ConversationJudge(job.lang).prompts() if job.judging else {})}
    todo = list(parts(people, parse_topics(job.topics), job.lang, job.count))[: job.limit]
    return estimate_play(todo, prompts, job.lang, models.prices({*names.values()}), done=job.output)


def load_people(job: Synthesis) -> list[Profile]:
    """The profiles to play with, near-duplicates left out.

    Raises:
        InputError: None are left, or one cannot be read and ``skip_bad`` is off.
    """
    source = job.profiles or SAMPLE_PROFILES
    found = read_profiles(source, on_bad=(lambda error: None) if job.skip_bad else None)
    # The samples are in both languages; a file of one's own is played in whatever language is asked for.
    mine = [profile for profile in found if job.profiles is not None or profile.lang in (None, job.lang)]
    people, _ = drop_near_duplicates(mine, job.similarity)
    if not people:
        raise InputError(f"{source}: no profile in it")
    return people


def _roles(job: Synthesis) -> tuple[Role, ...]:
    return (*PLAY_ROLES, "judge") if job.judging else PLAY_ROLES


def _config(job: Synthesis, names: Mapping[str, str], prompts: Mapping[str, str]) -> dict[str, Any]:
    """All that decides a record. How many are played, and how fast, does not."""
    return {
        "verb": "synthesize",
        "lang": job.lang,
        "topics": list(parse_topics(job.topics)),
        "similarity": job.similarity,
        "utterances": [job.least, job.most],
        "temperature": job.temperature,
        "seed": job.seed,
        "judging": job.judging,
        "models": dict(names),
        "api_base": job.api_base,
        "prompts": {name: fingerprint({"text": text})[:12] for name, text in prompts.items()},
    }


def _nothing_to_do(store: JobStore) -> JobSummary:
    """The summary of a job whose every unit is finished; no model is started and no run is made for it."""
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
    """Figures, files and pictures of a finished run."""
    run.log_usage(summary.usage)
    figures = {"done": summary.done, "dropped": summary.dropped, "failed": summary.failed, "retries": summary.requeued}
    played = summary.done + summary.dropped
    rate = summary.done / played if played else None
    groups = {f"funnel.{group}": count for group, count in summary.funnel.items()}
    run.log_metrics({**figures, **groups, "pass_rate": rate})
    run.log_text(summary.describe() + "\n", "funnel.txt")
    for path in store.paths.values():
        if path.exists():
            run.log_output(path)
    if summary.done:
        with tempfile.TemporaryDirectory() as folder:
            run.log_pictures(draw(describe(read_conversations(store.output)), Path(folder)))
