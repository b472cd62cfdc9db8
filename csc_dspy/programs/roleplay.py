"""The five-role play that makes RoleCS conversations.

Planner once; then Supporter Assistant → Supporter → Customer Assistant → Customer, until the supporter says goodbye
or the limit is reached. The play is written once, as a generator that yields what to ask; ``forward`` and
``aforward`` only differ in how they ask.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import dspy

from csc_dspy.conversation import Conversation, Turn, render_transcript
from csc_dspy.framework import Lang, Stage, Strategy, Topic
from csc_dspy.lms.adapter import restricted
from csc_dspy.programs import moves
from csc_dspy.programs.asking import Asking, Check, GuardError, Program, asked_twice
from csc_dspy.programs.guards import GOODBYE, capitalized, evades, fault, foreign, trimmed, unsaid
from csc_dspy.settings import Role
from csc_dspy.signatures import roleplay as asked
from csc_dspy.signatures.examples import (
    ANEW,
    COPIED,
    DIRECTIONS,
    ONWARD,
    UNKNOWN,
    WHO,
    demos,
    identity,
    listed,
    standing,
    strategy_rule,
)

Stop = Literal["closed", "customer_left", "limit"]
"""Why a play ended: the supporter said goodbye, the customer left (and got a goodbye), or it grew too long."""

FACTS = 3
"""Facts of a plan that are used: what the supporter can ask for, and the customer knows."""

PLAY_ROLES: tuple[Role, ...] = ("planner", "supporter_assistant", "supporter", "customer_assistant", "customer")


class GivenUpError(GuardError):
    """A role's reply stayed faulty, and the play was given up.

    Attributes:
        turns: What was played up to there.
        scenario: The plan, if there was one.
    """

    def __init__(self, error: GuardError, play: _Play) -> None:
        super().__init__(error.role, error.name)
        self.args = error.args
        self.turns = tuple(play.turns)
        self.scenario = play.scenario


@dataclass
class _Play:
    """What one play has come to so far."""

    turns: list[Turn] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    scenario: str | None = None
    facts: list[asked.Fact] = field(default_factory=list)
    known: str = ""
    goal: str = ""
    solution: str = ""


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
            ``conversation``, ``solution`` (what the plan lets the company do), ``stop`` (:data:`Stop`) and ``faults``
            (``role.fault`` to how often it was asked again).

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
            raise GivenUpError(error, play) from None

    def _played(self, play: _Play, id: str, topic: str, notes: str, profile: str | None) -> Asking:
        person = profile or (yield from self._profile(play, notes))
        inputs = {"topic": _topic(topic, self.lang), "profile": person}
        plan = yield from asked_twice("planner", _planned, play.faults, inputs=inputs)
        scenario = play.scenario = _nameless(_of_the_customer(_line(plan.scenario)), person, self.lang)
        play.facts = _asked_for([_asked(fact, person, self.lang) for fact in plan.facts])
        play.known = listed([identity(_name(person), id, self.lang), *play.facts])
        play.goal, play.solution = _line(plan.goal), _line(plan.solution)
        turns, left = play.turns, False
        while True:
            turn = yield from self._supporter_turn(play, scenario, left)
            turns.append(turn)
            if turn.strategy is Strategy.APPRECIATION_AND_CLOSURE:
                stop: Stop = "customer_left" if left else "closed"
                break
            if len(turns) + 2 > self.most:  # a customer who leaves must still get a goodbye
                stop = "limit"
                break
            said, left = yield from self._customer_turn(play, scenario, person)
            turns.append(said)
        conversation = Conversation(
            id=id,
            lang=self.lang,
            topic=topic,
            source="rolecs",
            scenario=scenario,
            profile=person,
            goal=play.goal,
            turns=tuple(turns),
        )
        return dspy.Prediction(conversation=conversation, solution=play.solution, stop=stop, faults=dict(play.faults))

    def _profile(self, play: _Play, notes: str) -> Asking:
        written = yield from asked_twice("profile_writer", _filled("profile"), play.faults, inputs={"notes": notes})
        return _line(written.profile)

    def _supporter_turn(self, play: _Play, scenario: str, goodbye: bool) -> Asking:
        turns = play.turns
        transcript = render_transcript(turns, self.lang, strategies=True)
        seen = {"scenario": scenario, "transcript": transcript}
        strategy, stage = yield from self._move(play, seen, goodbye)
        try:
            text = yield from self._supporter_line(play, seen, strategy)
        except GuardError as error:
            if error.name not in ("strategy", "echo"):
                raise
            failed = strategy
            strategy, stage = yield from self._move(play, seen, goodbye, instead_of=failed)
            if strategy is failed:  # its place is fixed
                raise
            text = yield from self._supporter_line(play, seen, strategy)
        return Turn(speaker="supporter", text=text, strategy=strategy, stage=stage)

    def _supporter_line(self, play: _Play, seen: dict[str, str], strategy: Strategy) -> Asking:
        offered = any(turn.strategy in moves.OFFERING for turn in play.turns)
        said = yield from asked_twice(
            "supporter",
            _fit_to_say(play, self.lang, strategy),
            play.faults,
            inputs={
                "scenario": self._matter(seen["scenario"], strategy),
                "transcript": seen["transcript"],
                "solution": play.solution if strategy in moves.OFFERING and not offered else "",
                "unknown": _unknown(play, strategy, self.lang),
                "strategy": strategy_rule(strategy, self.lang),
            },
        )
        return _said_by_supporter(said.agent_says, strategy, play.turns)

    def _matter(self, scenario: str, strategy: Strategy) -> str:
        """What the supporter knows of the matter besides the call: nothing while it is only finding out who calls."""
        if strategy is Strategy.GREETING:
            return UNKNOWN.in_(self.lang)
        return "" if strategy is Strategy.IDENTITY_VERIFICATION else scenario

    def _move(self, play: _Play, seen: dict[str, str], goodbye: bool, *, instead_of: Strategy | None = None) -> Asking:
        """Strategy and stage of the supporter's next turn; the assistant is asked only if there is a choice."""
        options = moves.allowed_strategies(
            play.turns, customer_left=goodbye, least=self.least, questions=len(play.facts), without=instead_of
        )
        stages = moves.allowed_stages(play.turns)
        if len(options) == 1:
            return options[0], moves.stage_of(options[0], stages[-1], stages)
        signature = restricted(self.supporter_assistant.signature, "strategy", tuple(s.value for s in options))
        choice = yield from asked_twice(
            "supporter_assistant",
            lambda reply: None if reply.strategy in options and reply.stage in stages else "option",
            play.faults,
            signature=restricted(signature, "stage", tuple(s.value for s in stages)),  # type: ignore[arg-type]
            inputs={**seen, "options": ", ".join(options)},
        )
        strategy = Strategy(choice.strategy)
        return strategy, moves.stage_of(strategy, Stage(choice.stage), stages)

    def _customer_turn(self, play: _Play, scenario: str, profile: str) -> Asking:
        turns = play.turns
        transcript = render_transcript(turns, self.lang)  # without the strategies, which no customer knows
        can_end = moves.may_end(turns, self.least)
        heard = turns[-1].strategy
        if heard in DIRECTIONS:
            direction = DIRECTIONS[heard].in_(self.lang)
        else:
            inputs = {"scenario": scenario, "profile": profile, "facts": play.known, "goal": play.goal}
            inputs["transcript"] = transcript
            inputs["standing"] = standing(heard, self.lang, may_end=can_end)
            directed = yield from asked_twice("customer_assistant", _directed(can_end), play.faults, inputs=inputs)
            direction = _line(directed.direction)
        said = yield from asked_twice(
            "customer",
            _fit_to_answer(play, self.lang, _name(profile), may_end=can_end),
            play.faults,
            signature=None if can_end else restricted(self.customer.signature, "over", ("no",)),
            after={"echo": {"direction": (ANEW if heard in moves.ASKING else ONWARD).in_(self.lang)}},
            inputs={
                "profile": profile,
                "scenario": scenario,
                "facts": play.known,
                "transcript": transcript,
                "direction": direction,
            },
        )
        left = can_end and said.over == "yes"
        text = _said_by_customer(said.customer_says, _name(profile), turns, leaves=left)
        left = left and not text.endswith(("?", "？"))  # who asks waits for the answer
        return Turn(speaker="customer", text=text), left


def _said_by_supporter(text: str, strategy: Strategy, turns: Sequence[Turn]) -> str:
    """The supporter's reply as it enters the transcript."""
    goodbye = strategy is Strategy.APPRECIATION_AND_CLOSURE  # "Thank you. Have a nice day. Goodbye!"
    text = trimmed(text, sentences=3 if goodbye else 2, questions=strategy not in moves.TELLING)
    return unsaid(text, turns) if strategy in moves.SOLVING else text  # a question may begin like the one before


def _said_by_customer(text: str, name: str | None, turns: Sequence[Turn], *, leaves: bool = False) -> str:
    """The customer's reply as it enters the transcript."""
    text = _named_once(trimmed(text, sentences=3 if leaves else 2), name, turns)
    return unsaid(text, [turn for turn in turns if turn.speaker == "customer"])


def _fit_to_say(play: _Play, lang: Lang, strategy: Strategy) -> Check:
    """A check of the supporter's words: the guards, the strategy's form, nothing copied from the worked answers."""

    def check(reply: dspy.Prediction) -> str | None:
        text = _said_by_supporter(reply.agent_says, strategy, play.turns)
        if not moves.fits(text, strategy):
            return "copied" if _copied(text, play) else "strategy"
        restates = strategy is Strategy.RESTATEMENT_OR_PARAPHRASING
        return _unfit(text, play, lang) or fault(text, "supporter", play.turns, restates=restates)

    return check


def _fit_to_answer(play: _Play, lang: Lang, name: str | None, *, may_end: bool) -> Check:
    """A check of the customer's words: the guards, no early goodbye, an answer to what was asked."""

    def check(reply: dspy.Prediction) -> str | None:
        text = _said_by_customer(reply.customer_says, name, play.turns)
        if problem := _unfit(text, play, lang):
            return problem
        if not may_end and GOODBYE.search(text):
            return "early"  # leaves while the call cannot end
        if play.turns[-1].strategy in moves.FINDING and evades(text):
            return "evasion"
        return fault(text, "customer", play.turns)

    return check


def _unfit(text: str, play: _Play, lang: Lang) -> str | None:
    if _copied(text, play):
        return "copied"
    return "language" if foreign(text, lang, known=f"{play.scenario} {listed(play.facts)}") else None


def _copied(text: str, play: _Play) -> bool:
    """Whether words of the worked answers are in it, unless the plan has them too."""
    return bool(COPIED.search(text)) and not COPIED.search(play.scenario or "")


def _directed(may_end: bool) -> Check:
    """A check of a direction: there is one, and it does not end a call that cannot end."""
    filled = _filled("direction")
    return lambda reply: "early" if not may_end and GOODBYE.search(reply.direction) else filled(reply)


def _planned(plan: dspy.Prediction) -> str | None:
    if any(not fact.question.strip() or not fact.answer.strip() for fact in plan.facts) or not plan.facts:
        return "empty"
    if COPIED.search(plan.scenario):
        return "copied"
    if _SECOND_PERSON.match(_of_the_customer(plan.scenario).strip()):
        return "person"  # the profile's manner; the supporter would take it for a description of itself
    return _filled("scenario", "goal", "solution")(plan)


def _of_the_customer(scenario: str) -> str:
    """A Chinese scenario in the third person; in English more than a word would change."""
    return re.sub("[你您]们?", "客户", scenario)


_SECOND_PERSON = re.compile(r"\b(you|your)\b|你|您", re.IGNORECASE)


def _unknown(play: _Play, strategy: Strategy, lang: Lang) -> str:
    """What the supporter's turn has to find out: who calls, or the next question of the plan."""
    if strategy is Strategy.IDENTITY_VERIFICATION:
        return WHO.in_(lang)
    if strategy is not Strategy.PROBLEM_REFINEMENT:
        return ""
    asked_for = sum(turn.strategy is Strategy.PROBLEM_REFINEMENT for turn in play.turns)
    return play.facts[asked_for].question if asked_for < len(play.facts) else ""


def _asked_for(facts: Sequence[asked.Fact]) -> list[asked.Fact]:
    """The facts to use: about the customer where there are any, since what a product does is not theirs to tell."""
    theirs = [fact for fact in facts if _SECOND_PERSON.search(fact.question)]
    return list(theirs or facts)[:FACTS]


def _asked(fact: asked.Fact, profile: str, lang: Lang) -> asked.Fact:
    """A fact whose question speaks to the customer, as the supporter will."""
    question = _nameless(_line(fact.question), profile, lang)
    you = (("客户", "您"),) if lang == "zh" else (("the customer's", "your"), ("the customer", "you"))
    for other, address in you:
        question = re.sub(other, address, question, flags=re.IGNORECASE)
    return asked.Fact(question=capitalized(question), answer=_line(fact.answer))


def _line(text: str) -> str:
    return " ".join(text.split())


def _filled(*names: str) -> Check:
    """A check that the named outputs are not empty."""
    return lambda reply: None if all(str(getattr(reply, name)).strip() for name in names) else "empty"


_NAME = re.compile(r"^(?:You are |你是|你叫)([A-Z][\w'-]+(?: [A-Z][\w'-]+)*|[\u4e00-\u9fff]{2,4})[,，。.]")


def _name(profile: str) -> str | None:
    found = _NAME.match(profile)
    return found[1] if found else None


def _nameless(scenario: str, profile: str, lang: Lang) -> str:
    """A scenario that does not give the customer's name away: the supporter sees it and still has to ask."""
    name = _name(profile)
    for part in [name, *name.split()] if name else []:
        scenario = scenario.replace(part, "客户" if lang == "zh" else "the customer")
    return capitalized(scenario)


def _named_once(text: str, name: str | None, turns: Sequence[Turn]) -> str:
    """A customer's line without the name in front, once it was said: small models begin every line with it."""
    if name is None or not any(name in turn.text for turn in turns if turn.speaker == "customer"):
        return text
    rest = re.sub(rf"^{re.escape(name)}\s*[,，:：]\s*", "", text)
    return capitalized(rest) if rest else text


def _topic(topic: str, lang: Lang) -> str:
    try:
        known = Topic(topic)
    except ValueError:
        return topic
    return f"{known.names.in_(lang)}: {known.definition.in_(lang)}"
