"""The five-role play that makes RoleCS conversations.

Planner once; then Supporter Assistant → Supporter → Customer Assistant → Customer, until the supporter says goodbye
or the limit is reached. The play is written once, as a generator that yields what to ask; ``forward`` and
``aforward`` only differ in how they ask.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import dspy

from csc_dspy.conversation import Conversation, Turn, render_transcript
from csc_dspy.framework import Lang, Stage, Strategy, Topic
from csc_dspy.lms.adapter import restricted
from csc_dspy.programs import moves
from csc_dspy.programs.asking import PLAY_ROLLOUTS, Asking, GivenUpError, GuardError, Program, asked_until_fit
from csc_dspy.programs.plans import Plan, line, plan_fault
from csc_dspy.programs.replies import (
    customer_asked,
    filled,
    fit_to_answer,
    fit_to_direct,
    fit_to_say,
    said_by_supporter,
)
from csc_dspy.settings import Role
from csc_dspy.signatures import roleplay as asked
from csc_dspy.signatures.examples import demos
from csc_dspy.signatures.turns import DIRECTIONS, UNKNOWN, standing, strategy_rule

Stop = Literal["closed", "customer_left", "limit"]
"""Why a play ended: the supporter said goodbye, the customer left (and got a goodbye), or it grew too long."""

OTHER_STRATEGIES = 2
"""How many other strategies the supporter tries where it finds no words for the first one."""

PLAY_ROLES: tuple[Role, ...] = ("planner", "supporter_assistant", "supporter", "customer_assistant", "customer")


@dataclass
class _Play:
    """What one play has come to so far."""

    turns: list[Turn] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    plan: Plan | None = None


class RolePlay(Program):
    """Profile and topic in, one conversation out.

    Attributes:
        lang: Language of the conversation and of the prompts.
        least: Utterances a conversation should have at least.
        most: Utterances it may have at most.
    """

    max_tokens: ClassVar = {
        "profile_writer": 320,
        "planner": 480,
        "supporter_assistant": 160,
        "supporter": 240,
        "customer_assistant": 120,
        "customer": 240,
    }

    def __init__(self, lang: Lang, *, least: int = 10, most: int = 50, temperature: float = 0.8) -> None:
        """Build the roles; bind their models with :meth:`bind`.

        Args:
            lang: Language of the conversation.
            least: Utterances before the customer may have ended the call.
            most: Utterances at most.
            temperature: Sampling temperature of all roles (0.8 in the paper).
        """
        super().__init__(lang, temperature)
        self.least = least
        self.most = most
        self.profile_writer = dspy.Predict(asked.wording(asked.WriteProfile, lang))
        self.planner = dspy.Predict(asked.wording(asked.PlanScenario, lang))
        self.supporter_assistant = dspy.Predict(asked.wording(asked.ChooseStrategy, lang))
        self.supporter = dspy.Predict(asked.wording(asked.Support, lang))
        self.customer_assistant = dspy.Predict(asked.wording(asked.DirectCustomer, lang))
        self.customer = dspy.Predict(asked.wording(asked.PlayCustomer, lang))
        for role, predict in self.named_predictors():
            predict.demos = demos(role, lang)

    def bind(self, lms: Mapping[str, dspy.LM]) -> None:
        """Give each role its model; the planner's also writes the profile."""
        for role in PLAY_ROLES:
            getattr(self, role).lm = lms[role]
        self.profile_writer.lm = lms["planner"]

    def forward(self, id: str, topic: str, notes: str, profile: str | None = None, seed: int = 0) -> dspy.Prediction:
        """Play one conversation.

        Args:
            id: The conversation's id.
            topic: A :class:`~csc_dspy.framework.Topic` id, or any words.
            notes: What is known of the person, in any form.
            profile: The person in the second person, if already written.
            seed: Changes every sample of the play.

        Returns:
            ``conversation``, ``facts`` (what the customer can tell), ``solution`` (what the plan lets the company do),
            ``stop`` (:data:`Stop`) and ``faults`` (``role.fault`` to how often it was asked again).

        Raises:
            GivenUpError: A reply stayed faulty.
        """
        return self.run(self._conversation(id, topic, notes, profile), f"{seed}/{id}")

    async def aforward(
        self, id: str, topic: str, notes: str, profile: str | None = None, seed: int = 0
    ) -> dspy.Prediction:
        """Play one conversation without blocking; see :meth:`forward`."""
        return await self.arun(self._conversation(id, topic, notes, profile), f"{seed}/{id}")

    # The play itself. Everything below yields questions and gets replies.

    def _conversation(self, id: str, topic: str, notes: str, profile: str | None) -> Asking:
        play = _Play()
        try:
            return (yield from self._played(play, id, topic, notes, profile))
        except GuardError as error:
            raise GivenUpError(error, play.turns, play.plan.scenario if play.plan else None) from None

    def _played(self, play: _Play, id: str, topic: str, notes: str, profile: str | None) -> Asking:
        person = profile or (yield from self._profile(play, notes))
        inputs = {"topic": _topic(topic, self.lang), "profile": person}
        answer = yield from asked_until_fit("planner", plan_fault, play.faults, inputs=inputs, rollouts=PLAY_ROLLOUTS)
        plan = play.plan = Plan.of(answer, person, id, self.lang)
        turns, left = play.turns, False
        while True:
            turn = yield from self._supporter_turn(play, plan, left)
            turns.append(turn)
            if turn.strategy is Strategy.APPRECIATION_AND_CLOSURE:
                stop: Stop = "customer_left" if left else "closed"
                break
            if len(turns) + 2 > self.most:  # a customer who leaves must still get a goodbye
                stop = "limit"
                break
            said, left = yield from self._customer_turn(play, plan, person)
            turns.append(said)
        conversation = Conversation(
            id=id,
            lang=self.lang,
            topic=topic,
            source="rolecs",
            scenario=plan.scenario,
            profile=person,
            goal=plan.goal,
            turns=tuple(turns),
        )
        return dspy.Prediction(
            conversation=conversation, facts=plan.known, solution=plan.solution, stop=stop, faults=dict(play.faults)
        )

    def _profile(self, play: _Play, notes: str) -> Asking:
        written = yield from asked_until_fit("profile_writer", filled("profile"), play.faults, inputs={"notes": notes})
        return line(written.profile)

    def _supporter_turn(self, play: _Play, plan: Plan, goodbye: bool) -> Asking:
        turns = play.turns
        transcript = render_transcript(turns, self.lang, strategies=True)
        seen = {"scenario": plan.scenario, "transcript": transcript}
        failed: dict[Strategy, GuardError] = {}
        while True:
            strategy, stage = yield from self._move(play, plan, seen, goodbye, without=failed)
            if strategy in failed:  # its place is fixed
                raise failed[strategy]
            try:
                text = yield from self._supporter_line(play, plan, seen, strategy)
            except GuardError as error:
                if error.name not in ("strategy", "echo") or len(failed) == OTHER_STRATEGIES:
                    raise
                failed[strategy] = error
            else:
                return Turn(speaker="supporter", text=text, strategy=strategy, stage=stage)

    def _supporter_line(self, play: _Play, plan: Plan, seen: dict[str, str], strategy: Strategy) -> Asking:
        offered = any(turn.strategy in moves.OFFERING for turn in play.turns)
        said = yield from asked_until_fit(
            "supporter",
            fit_to_say(plan, play.turns, self.lang, strategy, self.shown("supporter")),
            play.faults,
            inputs={
                "scenario": self._matter(seen["scenario"], strategy),
                "transcript": seen["transcript"],
                "solution": plan.solution if strategy in moves.OFFERING and not offered else "",
                "unknown": plan.unknown(strategy, play.turns, self.lang),
                "strategy": strategy_rule(strategy, self.lang),
            },
            rollouts=PLAY_ROLLOUTS,
        )
        return said_by_supporter(said.agent_says, strategy, play.turns)

    def _matter(self, scenario: str, strategy: Strategy) -> str:
        """What the supporter knows of the matter besides the call: nothing while it is only finding out who calls."""
        if strategy is Strategy.GREETING:
            return UNKNOWN.in_(self.lang)
        return "" if strategy is Strategy.IDENTITY_VERIFICATION else scenario

    def _move(
        self, play: _Play, plan: Plan, seen: dict[str, str], goodbye: bool, *, without: Collection[Strategy] = ()
    ) -> Asking:
        """Strategy and stage of the supporter's next turn; the assistant is asked only if there is a choice."""
        options = moves.allowed_strategies(
            play.turns,
            customer_left=goodbye,
            least=self.least,
            questions=plan.questions(play.turns),
            without=without,
        )
        stages = moves.allowed_stages(play.turns)
        if len(options) == 1:
            return options[0], moves.stage_of(options[0], stages[-1], stages)
        signature = restricted(self.supporter_assistant.signature, "strategy", tuple(s.value for s in options))
        choice = yield from asked_until_fit(
            "supporter_assistant",
            lambda reply: None if reply.strategy in options and reply.stage in stages else "option",
            play.faults,
            signature=restricted(signature, "stage", tuple(s.value for s in stages)),  # type: ignore[arg-type]
            inputs={**seen, "options": ", ".join(options)},
            rollouts=PLAY_ROLLOUTS,
        )
        strategy = Strategy(choice.strategy)
        return strategy, moves.stage_of(strategy, Stage(choice.stage), stages)

    def _customer_turn(self, play: _Play, plan: Plan, profile: str) -> Asking:
        turns = play.turns
        transcript = render_transcript(turns, self.lang)  # without the strategies, which no customer knows
        can_end = moves.may_end(turns, self.least)
        heard = turns[-1].strategy
        if heard in DIRECTIONS:
            direction = DIRECTIONS[heard].in_(self.lang)
        else:
            inputs = {"scenario": plan.scenario, "profile": profile, "facts": plan.known, "goal": plan.goal}
            inputs["transcript"] = transcript
            inputs["standing"] = standing(heard, self.lang, may_end=can_end)
            try:
                directed = yield from asked_until_fit(
                    "customer_assistant", fit_to_direct(can_end), play.faults, inputs=inputs
                )
                direction = line(directed.direction)
            except GuardError:  # where the call stands is direction enough
                direction = inputs["standing"]
        return (
            yield from customer_asked(
                self.customer,
                fit_to_answer(plan, turns, self.lang, may_end=can_end, worked=self.shown("customer")),
                play.faults,
                name=plan.name,
                turns=turns,
                lang=self.lang,
                may_end=can_end,
                inputs={
                    "profile": profile,
                    "scenario": plan.scenario,
                    "facts": plan.known,
                    "transcript": transcript,
                    "direction": direction,
                },
                told={"goal": plan.goal},
                answer=plan.answer(turns),
            )
        )


def _topic(topic: str, lang: Lang) -> str:
    try:
        known = Topic(topic)
    except ValueError:
        return topic
    return f"{known.names.in_(lang)}: {known.definition.in_(lang)}"
