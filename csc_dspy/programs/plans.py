"""What a play is about: the planner's answer, made fit to be told to each side."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import dspy

from csc_dspy.framework import Lang, Strategy
from csc_dspy.programs.guards import THE_CUSTOMER, capitalized
from csc_dspy.signatures.examples import COPIED
from csc_dspy.signatures.roleplay import Fact
from csc_dspy.signatures.turns import WHO, identity, listed

FACTS = 3
"""Facts of a plan that are used: what the supporter can ask for, and the customer knows."""

_SECOND_PERSON = re.compile(r"\b(you|your)\b|你|您", re.IGNORECASE)
_NAME = re.compile(r"^(?:You are |你是|你叫)([A-Z][\w'-]+(?: [A-Z][\w'-]+)*|[\u4e00-\u9fff]{2,4})[,，。.]")


@dataclass(frozen=True)
class Plan:
    """The story of a play.

    Attributes:
        name: The customer's name, where the profile begins with one.
        scenario: What happens, in the third person; it does not give the name away, since the supporter sees it.
        facts: What the supporter can ask for; each question speaks to the customer.
        known: The facts, and who the customer is, as the customer's side is told.
        goal: What the customer wants.
        solution: What the company can do, as the supporter says it to the customer.
    """

    name: str | None
    scenario: str
    facts: tuple[Fact, ...]
    known: str
    goal: str
    solution: str

    @classmethod
    def of(cls, plan: dspy.Prediction, profile: str, id: str, lang: Lang) -> Plan:
        """The plan out of the planner's answer.

        Args:
            plan: The answer, without a fault.
            profile: The customer, in the second person.
            id: The conversation's id; decides the customer number.
            lang: Language of the play.
        """
        name = name_of(profile)

        def told(text: str) -> str:
            return _to_them(_nameless(line(text), name, lang), lang)

        facts = _asked_for([Fact(question=told(fact.question), answer=line(fact.answer)) for fact in plan.facts])
        return cls(
            name=name,
            scenario=_nameless(_of_the_customer(line(plan.scenario)), name, lang),
            facts=facts,
            known=listed([identity(name, id, lang), *facts]),
            goal=line(plan.goal),
            solution=told(plan.solution),
        )

    def unknown(self, strategy: Strategy, past: Sequence[Strategy | None], lang: Lang) -> str:
        """What the supporter's turn has to find out: who calls, or the next question; else nothing."""
        if strategy is Strategy.IDENTITY_VERIFICATION:
            return WHO.in_(lang)
        asked = past.count(Strategy.PROBLEM_REFINEMENT)
        to_ask = strategy is Strategy.PROBLEM_REFINEMENT and asked < len(self.facts)
        return self.facts[asked].question if to_ask else ""


def plan_fault(plan: dspy.Prediction) -> str | None:
    """What is wrong with the planner's answer, as a short name."""
    told = (plan.scenario, plan.goal, plan.solution, *(part for f in plan.facts for part in (f.question, f.answer)))
    if not plan.facts or not all(text.strip() for text in told):
        return "empty"
    if COPIED.search(plan.scenario):
        return "copied"
    if _SECOND_PERSON.match(_of_the_customer(plan.scenario).strip()):
        return "person"  # the profile's manner; the supporter would take it for a description of itself
    return None


def name_of(profile: str) -> str | None:
    """The name a profile in the second person begins with."""
    found = _NAME.match(profile)
    return found[1] if found else None


def line(text: str) -> str:
    """A text on one line."""
    return " ".join(text.split())


def _of_the_customer(scenario: str) -> str:
    """A Chinese scenario in the third person; in English more than a word would change."""
    return re.sub("[你您]们?", "客户", scenario)


def _to_them(text: str, lang: Lang) -> str:
    """What the plan says of the customer, as the supporter says it to them."""
    if lang == "zh":
        return re.sub(f"{THE_CUSTOMER['zh']}|[他她]们", "您", text)
    text = re.sub(r"\bthe customer's\b", "your", text, flags=re.IGNORECASE)
    return capitalized(re.sub(THE_CUSTOMER["en"], "you", text, flags=re.IGNORECASE))


def _asked_for(facts: Sequence[Fact]) -> tuple[Fact, ...]:
    """The facts to use: about the customer where there are any, since what a product does is not theirs to tell."""
    theirs = [fact for fact in facts if _SECOND_PERSON.search(fact.question)]
    return tuple(theirs or facts)[:FACTS]


def _nameless(text: str, name: str | None, lang: Lang) -> str:
    for part in [name, *name.split()] if name else []:
        text = text.replace(part, "客户" if lang == "zh" else "the customer")
    return capitalized(text)
