"""New profiles by the model, for when there are too few: each unlike those that are there already."""

from __future__ import annotations

import dataclasses
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import dspy

from csc_dspy.conversation import Profile, read_records, write_records
from csc_dspy.errors import InputError, TransientModelError
from csc_dspy.framework import Lang
from csc_dspy.jobs import JobStore, Outcome, Progress, fingerprint, run_job_blocking
from csc_dspy.programs.asking import Asking, GuardError, Program, asked_until_fit
from csc_dspy.signatures import roleplay as asked
from csc_dspy.usage import Ledger

if TYPE_CHECKING:
    from csc_dspy.synthesis.rolecs import Synthesis

WORK = {
    "en": "nurse, carpenter, student, retired teacher, truck driver, shop owner, software tester, farmer, cook, "
    "single parent between jobs, freelance designer, police officer, warehouse worker, musician, accountant",
    "zh": "护士,木匠,大学生,退休教师,货车司机,个体店主,软件测试员,农民,厨师,律师,"
    "待业的单亲家长,自由设计师,快递员,工厂工人,会计,导游",
}
TEMPER = {
    "en": "impatient, anxious, cheerful, distrustful, shy, talkative, precise, absent-minded, proud, tired",
    "zh": "急躁,焦虑,开朗,多疑,腼腆,健谈,认真,马虎,要面子,疲惫,爱讽刺",
}


class ProfileInventor(Program):
    """Examples and a seed in, a new person out."""

    max_tokens: ClassVar = {"inventor": 320}

    def __init__(self, lang: Lang, *, temperature: float = 1.0) -> None:
        """Build the inventor of one language."""
        super().__init__(lang, temperature)
        self.inventor = dspy.Predict(asked.wording(asked.InventProfile, lang))

    def forward(self, examples: str, seed: str, place: str) -> dspy.Prediction:
        """Invent one person; returns ``profile``."""
        return self.run(self._person(examples, seed), place)

    async def aforward(self, examples: str, seed: str, place: str) -> dspy.Prediction:
        """Invent one person without blocking."""
        return await self.arun(self._person(examples, seed), place)

    def _person(self, examples: str, seed: str) -> Asking:
        def check(reply: dspy.Prediction) -> str | None:
            return None if len(reply.profile.strip()) >= 40 else "short"

        return (yield from asked_until_fit("inventor", check, Counter(), inputs={"examples": examples, "seed": seed}))


@dataclass(frozen=True)
class _Seed:
    id: str
    examples: str
    seed: str


def seeds(known: Sequence[Profile], lang: Lang, count: int, seed: int) -> list[_Seed]:
    """What each new person starts from: two examples to differ from, and age, work and temper drawn by chance."""
    found = []
    for number in range(count):
        draw = random.Random(f"{seed}/{lang}/{number}")
        examples = "\n".join(f"- {p.text[:200]}" for p in draw.sample(list(known), min(2, len(known)))) or "-"
        age, work = draw.randint(19, 78), draw.choice(WORK[lang].split(",")).strip()
        temper = draw.choice(TEMPER[lang].split(",")).strip()
        facts = f"{age} 岁，{work}，{temper}" if lang == "zh" else f"{age} years old, {work}, {temper}"
        found.append(_Seed(f"invented-{lang}-{number + 1:04d}", examples, facts))
    return found


def invent(known: Sequence[Profile], job: Synthesis, count: int, output: Path) -> list[Profile]:
    """Ask the planner's model for new people; a durable job of its own.

    Args:
        known: The people there are.
        job: Language, models, seed and limits.
        count: How many new ones.
        output: Where they are kept, as JSONL of profiles.

    Returns:
        The new people, near-duplicates included.
    """
    inventor = ProfileInventor(job.lang)
    with job.models() as models:
        name = models.name_for("planner", job.lm, job.role_lms)
        models.concurrency = job.concurrency or 4
        config = {"verb": "invent", "lang": job.lang, "seed": job.seed, "model": name, "prompts": inventor.prompts()}
        store = JobStore.open(output, config, fresh=job.fresh, accept_changes=job.accept_changes)
        todo = [s for s in seeds(known, job.lang, count, job.seed) if not store.is_finished(s.id)]
        if todo:
            inventor.inventor.lm = models.open(name)

        async def work(start: _Seed) -> Outcome:
            place = f"{job.seed}/{start.id}/{fingerprint(config)}"
            try:
                reply = await inventor.acall(examples=start.examples, seed=start.seed, place=place)
            except GuardError as error:
                return Outcome("dropped", {}, str(error), f"guard.{error.name}")
            text = " ".join(reply.profile.split())
            return Outcome("done", {"id": start.id, "text": text, "lang": job.lang, "meta": {}})

        run_job_blocking(
            todo,
            work,
            store,
            key=lambda start: start.id,
            total=store.already + len(todo),
            concurrency=models.concurrency,
            ledger=Ledger(max_tokens=job.max_tokens, max_cost=job.max_cost, spent=store.usage),
            progress=Progress("invent") if todo else None,
            is_transient=lambda error: isinstance(error, TransientModelError),
        )
    return [Profile(id=p.id, text=p.text, lang=p.lang) for p in read_records(_Invented, output)]


class _Invented(Profile):
    """A profile with the job's notes on it."""

    meta: dict[str, object] | None = None


def with_invented(job: Synthesis, count: int) -> Synthesis:
    """The same job with profiles that are the given ones and ``count`` new ones.

    Raises:
        InputError: Nothing could be invented.
    """
    from csc_dspy.synthesis.rolecs import load_people

    known = load_people(job)
    stem = job.output.with_suffix("")
    new = invent(known, job, count, stem.with_name(stem.name + ".invented.jsonl"))
    if not new:
        raise InputError("no new profile could be invented: the model's answers were all faulty")
    together = stem.with_name(stem.name + ".profiles.jsonl")
    write_records(together, [*known, *new])
    return dataclasses.replace(job, profiles=together)
