"""What a play is about: the planner's answer, made fit to be told to each side."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import dspy
from rapidfuzz import fuzz

from csc_dspy.conversation import Turn
from csc_dspy.framework import Lang, Strategy
from csc_dspy.programs.guards import ECHO_SIMILARITY, THE_CUSTOMER, plain
from csc_dspy.programs.mending import capitalized
from csc_dspy.signatures.examples import COPIED
from csc_dspy.signatures.roleplay import Fact
from csc_dspy.signatures.turns import WHO, identity, listed

FACTS = 3
"""Facts of a plan that are used: what the supporter can ask for, and the customer knows."""

_SECOND_PERSON = re.compile(r"\b(you|your)\b|你|您", re.IGNORECASE)
_COMPANY = re.compile(r"(we|our)\b|我们|本店|我司", re.IGNORECASE)
"""An answer that begins so is the company's."""
_A_WORD, _A_CLAUSE = 2, 6
"""Normalized characters from which an answer is found in other words, word for word or nearly so."""
_NAME = re.compile(r"^(?:You are |你是|你叫)([A-Z][\w'-]+(?: [A-Z][\w'-]+)*|[\u4e00-\u9fff]{2,4})[,，。.]")


@dataclass(frozen=True)
class Plan:
    """The story of a play.

    Attributes:
        name: The customer's name, where the profile begins with one.
        scenario: What happens, in the third person; it does not give the name away, since the supporter sees it.
        facts: What the supporter can ask for; each question speaks to the customer.
        who: Who the customer is, as they say it.
        known: The facts, and who the customer is, as the customer's side is told.
        goal: What the customer wants.
        solution: What the company can do, as the supporter says it to the customer.
    """

    name: str | None
    scenario: str
    facts: tuple[Fact, ...]
    who: str
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
        who = identity(name, id, lang)
        return cls(
            name=name,
            scenario=_nameless(_of_the_customer(line(plan.scenario)), name, lang),
            facts=facts,
            who=who.answer,
            known=listed([who, *facts]),
            goal=line(plan.goal),
            solution=told(plan.solution),
        )

    def open(self, turns: Sequence[Turn]) -> list[Fact]:
        """The facts that were neither asked for nor told of one's own accord, in their order."""
        left = list(self.facts)
        for turn in turns:
            if turn.speaker == "customer":
                left = [fact for fact in left if not _told(fact.answer, turn.text)]
            elif turn.strategy is Strategy.PROBLEM_REFINEMENT:
                del left[:1]
        return left

    def questions(self, turns: Sequence[Turn]) -> int:
        """How many questions about the problem there are in all: those that were asked, and those still open."""
        return sum(turn.strategy is Strategy.PROBLEM_REFINEMENT for turn in turns) + len(self.open(turns))

    def unknown(self, strategy: Strategy, turns: Sequence[Turn], lang: Lang) -> str:
        """What the supporter's turn has to find out: who calls, or the next open question; else nothing."""
        if strategy is Strategy.IDENTITY_VERIFICATION:
            return WHO.in_(lang)
        left = self.open(turns) if strategy is Strategy.PROBLEM_REFINEMENT else []
        return left[0].question if left else ""

    def answer(self, turns: Sequence[Turn]) -> str:
        """What the customer would say to the supporter's last turn, if it asked for a fact; else nothing."""
        if turns[-1].strategy is Strategy.IDENTITY_VERIFICATION:
            return self.who
        left = self.open(turns[:-1]) if turns[-1].strategy is Strategy.PROBLEM_REFINEMENT else []
        return left[0].answer if left else ""


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
    theirs = [fact for fact in facts if not _COMPANY.match(fact.answer)] or list(facts)
    of_them = [fact for fact in theirs if _SECOND_PERSON.search(fact.question)]
    return tuple(of_them or theirs)[:FACTS]


def _told(answer: str, said: str) -> bool:
    """Whether a customer's words have an answer in them."""
    part, whole = plain(answer), plain(said)
    return len(part) >= _A_WORD and (
        part in whole or (len(part) >= _A_CLAUSE and fuzz.partial_ratio(part, whole, score_cutoff=ECHO_SIMILARITY) > 0)
    )


def _nameless(text: str, name: str | None, lang: Lang) -> str:
    for part in [name, *name.split()] if name else []:
        text = text.replace(part, "客户" if lang == "zh" else "the customer")
    return capitalized(text)
