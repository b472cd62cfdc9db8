"""The simulated customer of an interactive evaluation, and the judge of how a call with it came out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import ClassVar

import dspy

from csc_dspy.conversation import Conversation, Turn, render_transcript
from csc_dspy.framework import Lang
from csc_dspy.programs.asking import Asking, Check, Program, asked_until_fit
from csc_dspy.programs.briefs import Brief, CallOutcome
from csc_dspy.programs.guards import foreign
from csc_dspy.programs.plans import line, name_of
from csc_dspy.programs.replies import answer_fault, customer_asked, filled, said_by_customer
from csc_dspy.signatures import roleplay
from csc_dspy.signatures.examples import demos
from csc_dspy.signatures.roleplay import Fact
from csc_dspy.signatures.simulating import BriefCustomer, JudgeOutcome, simulating
from csc_dspy.signatures.turns import DIRECTIONS, listed, standing
from csc_dspy.usage import Usage

LEAST = 6
"""Utterances before the customer may take leave."""


class SimulatedCustomer(Program):
    """Plays the customer of a real call once more, from a brief of that call."""

    max_tokens: ClassVar = {"briefer": 600, "customer": 240}

    def __init__(self, lang: Lang, *, temperature: float = 0.7) -> None:
        """Build the customer of one language.

        Args:
            lang: Language of the calls and of the prompts.
            temperature: Sampling temperature; trials differ by it.
        """
        super().__init__(lang, temperature)
        self.briefer = dspy.Predict(simulating(BriefCustomer, lang))
        self.customer = dspy.Predict(roleplay.wording(roleplay.PlayCustomer, lang))
        self.customer.demos = demos("customer", lang)

    def brief(self, call: Conversation, place: str = "") -> Brief:
        """Brief the customer from a real call.

        Raises:
            GuardError: The brief could not be read, or lacks a part, twice.
        """
        return self.run(self._briefed(call), f"{place}/{call.id}")  # type: ignore[no-any-return]

    async def abrief(self, call: Conversation, place: str = "") -> Brief:
        """The same without blocking; see :meth:`brief`."""
        return await self.arun(self._briefed(call), f"{place}/{call.id}")  # type: ignore[no-any-return]

    def forward(self, brief: Brief, turns: Sequence[Turn], place: str = "") -> dspy.Prediction:
        """The customer's next turn.

        Args:
            brief: Who they are and what they want.
            turns: The call so far; the last turn is the supporter's.
            place: What the sample depends on besides the question.

        Returns:
            ``turn``, ``left`` (whether they take leave with it) and ``requests``.

        Raises:
            GuardError: The reply stayed faulty: this is the simulator's failure, not the supporter's.
        """
        return self.run(self._answered(brief, turns), place)

    async def aforward(self, brief: Brief, turns: Sequence[Turn], place: str = "") -> dspy.Prediction:
        """The same without blocking; see :meth:`forward`."""
        return await self.arun(self._answered(brief, turns), place)

    def _briefed(self, call: Conversation) -> Asking:
        inputs = {"call": render_transcript(call.turns, self.lang)}
        reply = yield from asked_until_fit(
            "briefer", filled("profile", "scenario", "goal", "facts"), Counter(), inputs=inputs
        )
        return Brief(
            profile=line(reply.profile),
            scenario=line(reply.scenario),
            goal=line(reply.goal),
            demand=line(reply.demand),
            facts=tuple((line(fact.question), line(fact.answer)) for fact in reply.facts),
        )

    def _answered(self, brief: Brief, turns: Sequence[Turn]) -> Asking:
        heard = turns[-1].strategy
        may_end = len(turns) >= LEAST
        direction = DIRECTIONS[heard].in_(self.lang) if heard in DIRECTIONS else ""
        requests: list[tuple[str, Usage]] = []
        turn, left = yield from customer_asked(
            self.customer,
            _fit(brief, turns, self.lang, may_end=may_end),
            Counter(),
            name=name_of(brief.profile),
            turns=turns,
            lang=self.lang,
            may_end=may_end,
            inputs={
                "profile": brief.profile,
                "scenario": f"{brief.scenario} {brief.goal} {brief.demand}".strip(),
                "facts": _known(brief),
                "transcript": render_transcript(turns, self.lang),
                "direction": direction or standing(heard, self.lang, may_end=may_end),
            },
            told={"scenario": brief.scenario, "goal": f"{brief.goal} {brief.demand}".strip()},
            requests=requests,
        )
        return dspy.Prediction(turn=turn, left=left, requests=requests)


def _known(brief: Brief) -> str:
    """The facts as the customer reads them."""
    return listed([Fact(question=question, answer=answer) for question, answer in brief.facts])


def _fit(brief: Brief, turns: Sequence[Turn], lang: Lang, *, may_end: bool) -> Check:
    def check(reply: dspy.Prediction) -> str | None:
        text = said_by_customer(reply.customer_says, name_of(brief.profile), turns)
        if foreign(text, lang, known=f"{brief.scenario} {_known(brief)}"):
            return "language"
        return answer_fault(text, turns, may_end=may_end)

    return check


class OutcomeJudge(Program):
    """A played call in, its outcome out."""

    max_tokens: ClassVar = {"judge": 200}

    def __init__(self, lang: Lang) -> None:
        """Build the judge of one language.

        Args:
            lang: Language of the calls and of the prompt.
        """
        super().__init__(lang)
        self.judge = dspy.Predict(simulating(JudgeOutcome, lang))

    def forward(self, brief: Brief, turns: Sequence[Turn], place: str = "") -> dspy.Prediction:
        """Judge a call; returns ``outcome``, a :class:`CallOutcome`, and ``requests``.

        Raises:
            GuardError: The answer could not be read, or was outside the scale, twice.
        """
        return self.run(self._judged(brief, turns), place)

    async def aforward(self, brief: Brief, turns: Sequence[Turn], place: str = "") -> dspy.Prediction:
        """The same without blocking; see :meth:`forward`."""
        return await self.arun(self._judged(brief, turns), place)

    def _judged(self, brief: Brief, turns: Sequence[Turn]) -> Asking:
        requests: list[tuple[str, Usage]] = []
        reply = yield from asked_until_fit(
            "judge",
            lambda answer: None if {answer.met, answer.declined} <= {0, 1} else "scale",
            Counter(),
            inputs={
                "goal": brief.goal,
                "demand": brief.demand or "-",
                "transcript": render_transcript(turns, self.lang),
            },
            requests=requests,
        )
        outcome = CallOutcome(
            met=reply.met == 1,
            declined=reply.declined == 1,
            reasons={"met": str(reply.met_reason), "declined": str(reply.declined_reason)},
        )
        return dspy.Prediction(outcome=outcome, requests=requests)
