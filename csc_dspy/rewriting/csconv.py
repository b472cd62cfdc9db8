"""``rewrite``: real calls → strategy-rich, annotated conversations, as one durable, tracked job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import dspy

from csc_dspy.conversation import read_conversations
from csc_dspy.corpora.prefilter import prefilter
from csc_dspy.corpora.rules import Rule
from csc_dspy.errors import InputError
from csc_dspy.framework import LANGS, Lang
from csc_dspy.jobs import JobSummary
from csc_dspy.lms.endpoint import is_local
from csc_dspy.pipeline import Pipeline, run_pipeline
from csc_dspy.pipeline.compiled import put_compiled
from csc_dspy.pipeline.estimate import Estimate
from csc_dspy.pipeline.masking import MaskingOptions
from csc_dspy.pipeline.roles import role_prices
from csc_dspy.programs.asking import Program
from csc_dspy.programs.fidelity import RewritingJudge
from csc_dspy.programs.rewriter import WINDOW, Rewriter
from csc_dspy.programs.turn_rewriter import TurnRewriter
from csc_dspy.rewriting.estimate import estimate_rewriting
from csc_dspy.rewriting.work import RewriteWork, rules_after
from csc_dspy.settings import Role


@dataclass(frozen=True, kw_only=True)
class Rewriting(MaskingOptions):
    """What to rewrite and how; the options of every job besides.

    Attributes:
        calls: File of calls, ``Conversation`` JSONL.
        judging: Whether an LLM judge screens calls and compares them with their rewritings.
        screening: Whether it screens them; ``None``: unless it runs on local weights, which take annoyed customers for
            insulting ones.
        pairs: Pairs of turns a call must have, at least and at most.
        longest: Characters a turn of a call may have.
        customer_least: The customer must have more than this many lines for each of the supporter's.
        substance_least: Share of the customer's lines that must be longer than three characters.
        least: Utterances a rewriting must have.
        most: Utterances it may have.
        by_turn: Whether the customer's words stay and the agent's turns are rewritten one by one, not the call in
            windows; ``None``: on local weights, which retell a call when they are asked for more at once.
        window: Tokens of a call that are rewritten at a time.
        temperature: Sampling temperature of the rewriter; ``None``: 0 turn by turn, 0.3 in windows.
        program: File of a compiled rewriter; ``None`` for the one that comes with the package.
    """

    calls: Path
    judging: bool = True
    screening: bool | None = None
    pairs: tuple[int, int] = (3, 30)
    longest: int = 500
    customer_least: float = 0.5
    substance_least: float = 0.7
    least: int = 10
    most: int = 50
    by_turn: bool | None = None
    window: int = WINDOW
    temperature: float | None = None
    program: str | None = None

    @property
    def roles(self) -> tuple[Role, ...]:
        """The roles whose models are needed."""
        return ("rewriter", "judge") if self.judging else ("rewriter",)

    @property
    def screens(self) -> bool:
        """Whether the judge says of a raw call whether it is fit to learn from."""
        if not self.judging:
            return False
        if self.screening is not None:
            return self.screening
        return not self._local("judge")

    @property
    def goes_by_turn(self) -> bool:
        """Whether the agent's turns are rewritten one by one."""
        return self._local("rewriter") if self.by_turn is None else self.by_turn

    @property
    def warmth(self) -> float:
        """The sampling temperature."""
        if self.temperature is not None:
            return self.temperature
        return 0.0 if self.goes_by_turn else 0.3

    def _local(self, role: Role) -> bool:
        return is_local(self.models().name_for(role, self.lm, self.role_lms))

    def __post_init__(self) -> None:
        for name, (low, high) in {"pairs": self.pairs, "utterances": (self.least, self.most)}.items():
            if low > high:
                raise InputError(f"at least {low} and at most {high} {name}: no call could pass")


def rewrite(job: Rewriting) -> JobSummary:
    """Filter, rewrite, filter again; the same call again continues where it ended.

    Raises:
        InputError: Options, calls or an existing output do not fit.
        ModelError: A model cannot be had.
        RunError: The output cannot be written.
    """
    rewriters, judges = _programs(job)
    masking = job.masks

    def work(lms: Mapping[str, dspy.LM], origin: Mapping[str, Any]) -> RewriteWork:
        for rewriter in rewriters.values():
            rewriter.rewriter.lm = lms["rewriter"]
        for judge in (judges or {}).values():
            judge.bind(lms["judge"])
        rules = _before(job), rules_after(job.least, job.most)
        return RewriteWork(rewriters, judges, job.screens, *rules, masking, job.seed, origin)

    return run_pipeline(
        job,
        Pipeline(
            verb="rewrite",
            roles=job.roles,
            config={
                "judging": job.judging,
                "screening": job.screens,
                "pairs": list(job.pairs),
                "longest": job.longest,
                "customer_least": job.customer_least,
                "substance_least": job.substance_least,
                "utterances": [job.least, job.most],
                "masking": masking,
                "by_turn": job.goes_by_turn,
                "window": None if job.goes_by_turn else job.window,
                "temperature": job.warmth,
            },
            prompts=Program.prompts_by_lang(rewriters, judges or {}),
            source=job.calls,
            units=lambda: read_conversations(job.calls, job.on_bad),
            key=lambda call: call.id,
            work=work,
        ),
    )


def estimate(job: Rewriting) -> Estimate:
    """Calls, tokens and cost of what is left to rewrite, without one call and without writing anything."""
    prices = role_prices(job, job.roles)
    calls = islice(read_conversations(job.calls, job.on_bad), job.limit)
    rewriters, judges = _programs(job)
    shown = Program.prompts_by_lang(rewriters, judges or {})
    if not job.screens:
        shown = {name: text for name, text in shown.items() if not name.startswith("screen.")}
    window = None if job.goes_by_turn else job.window
    return estimate_rewriting(calls, _before(job), shown, prices, job.output, window, job.max_cost)


def _programs(job: Rewriting) -> tuple[dict[Lang, Rewriter | TurnRewriter], dict[Lang, RewritingJudge] | None]:
    rewriters = {lang: _rewriter(job, lang) for lang in LANGS}
    calls = read_conversations(job.calls, job.on_bad)
    put_compiled("rewriter", job.program, rewriters, masks=job.masks, calls=calls)
    return rewriters, {lang: RewritingJudge(lang) for lang in LANGS} if job.judging else None


def _rewriter(job: Rewriting, lang: Lang) -> Rewriter | TurnRewriter:
    if job.goes_by_turn:
        return TurnRewriter(lang, temperature=job.warmth)
    return Rewriter(lang, window=job.window, temperature=job.warmth)


def _before(job: Rewriting) -> Mapping[str, Rule]:
    return prefilter(
        pairs_low=job.pairs[0],
        pairs_high=job.pairs[1],
        longest=job.longest,
        customer_least=job.customer_least,
        substance_least=job.substance_least,
    )
