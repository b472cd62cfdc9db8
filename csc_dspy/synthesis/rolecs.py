"""``synthesize``: profiles × topics → five-role play → filtered conversations, as one durable, tracked job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dspy

from csc_dspy.conversation import Profile
from csc_dspy.corpora import samples
from csc_dspy.corpora.profiles import drop_near_duplicates, read_profiles
from csc_dspy.corpora.rules import with_bounds
from csc_dspy.errors import InputError
from csc_dspy.framework import Lang
from csc_dspy.jobs import JobSummary
from csc_dspy.lms.endpoint import is_local
from csc_dspy.pipeline import JobOptions, Pipeline, run_pipeline
from csc_dspy.pipeline.compiled import put_compiled
from csc_dspy.pipeline.estimate import Estimate
from csc_dspy.pipeline.roles import role_prices
from csc_dspy.programs.judge import ConversationJudge
from csc_dspy.programs.roleplay import PLAY_ROLES, RolePlay
from csc_dspy.settings import Role
from csc_dspy.synthesis.estimate import estimate_play
from csc_dspy.synthesis.plan import parse_topics, parts
from csc_dspy.synthesis.work import Player

ABLE: tuple[Role, ...] = ("customer",)
"""Roles a student can have: the supporter of a role-play also says what it thinks of the demand."""


@dataclass(frozen=True, kw_only=True)
class Synthesis(JobOptions):
    """What to synthesize and how; the options of every job besides.

    Attributes:
        profiles: File of profiles; ``None`` takes the samples of the package.
        count: Conversations to play in all.
        topics: ``all``, or topics separated by commas.
        lang: Language of the conversations.
        judging: Whether an LLM judge follows the free rules.
        least: Utterances a conversation must have.
        most: Utterances it may have.
        similarity: Cosine above which profiles are near-duplicates.
        temperature: Sampling temperature of the roles.
        program: File of a compiled role-play; ``None`` for the one that comes with the package.
        judge_program: File of a compiled judge, likewise.
    """

    profiles: Path | None = None
    count: int = 4
    topics: str = "all"
    lang: Lang = "en"
    judging: bool = True
    least: int = 10
    most: int = 50
    similarity: float = 0.85
    temperature: float = 0.8
    program: str | None = None
    judge_program: str | None = None

    def __post_init__(self) -> None:
        if self.least > self.most:
            raise InputError(f"--least {self.least} is more than --most {self.most}: no conversation could pass")


def synthesize(job: Synthesis) -> JobSummary:
    """Play, filter and keep conversations; the same call again continues where it ended.

    Raises:
        InputError: Options, profiles or an existing output do not fit.
        ModelError: A model cannot be had.
        RunError: The output cannot be written.
    """
    people = load_people(job)
    topics = parse_topics(job.topics)
    play, judge = _programs(job)

    def player(lms: Mapping[str, dspy.LM], origin: Mapping[str, Any]) -> Player:
        play.bind(lms)
        if judge is not None:
            judge.judge.lm = lms["judge"]
        return Player(play, judge, with_bounds(job.least, job.most), job.seed, origin)

    return run_pipeline(
        job,
        Pipeline(
            verb="synthesize",
            roles=_roles(job),
            config={
                "lang": job.lang,
                "topics": list(topics),
                "similarity": job.similarity,
                "utterances": [job.least, job.most],
                "temperature": job.temperature,
                "judging": job.judging,
            },
            prompts={**play.prompts(), **(judge.prompts() if judge else {})},
            source=job.profiles or samples.PROFILES,
            units=lambda: parts(people, topics, job.lang, job.count),
            key=lambda part: part.id,
            work=player,
            total=job.count,
            params={"count": job.count},
            students=ABLE,
        ),
    )


def estimate(job: Synthesis) -> Estimate:
    """Calls, tokens and cost of what is left to play, without one call and without writing anything."""
    people = load_people(job)
    prices = role_prices(job, _roles(job), ABLE)
    play, judge = _programs(job)
    prompts = {**play.prompts(), **(judge.prompts() if judge else {})}
    todo = list(parts(people, parse_topics(job.topics), job.lang, job.count))[: job.limit]
    return estimate_play(todo, prompts, job.lang, prices, done=job.output, max_cost=job.max_cost)


def load_people(job: Synthesis) -> list[Profile]:
    """The profiles to play with, near-duplicates left out.

    Raises:
        InputError: None are left, or one cannot be read and ``skip_bad`` is off.
    """
    source = job.profiles or samples.PROFILES
    found = read_profiles(source, on_bad=job.on_bad)
    # The samples are in both languages; a file of one's own is played in whatever language is asked for.
    mine = [profile for profile in found if job.profiles is not None or profile.lang in (None, job.lang)]
    people, _ = drop_near_duplicates(mine, job.similarity)
    if not people:
        raise InputError(f"{source}: no profile in it")
    return people


def _programs(job: Synthesis) -> tuple[RolePlay, ConversationJudge | None]:
    play = RolePlay(job.lang, least=job.least, most=job.most, temperature=job.temperature)
    judge = ConversationJudge(job.lang) if job.judging else None
    put_compiled("roleplay", job.program, {job.lang: play}, masks=False)  # played by invented people
    if judge is not None and job.judge_program is not None:
        hosted = not is_local(job.models().name_for("judge", job.lm, job.role_lms))
        put_compiled("judge", job.judge_program, {job.lang: judge}, masks=hosted)
    return play, judge


def _roles(job: Synthesis) -> tuple[Role, ...]:
    return (*PLAY_ROLES, "judge") if job.judging else PLAY_ROLES
