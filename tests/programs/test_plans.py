"""What a plan leaves to ask for, and what its customer would answer."""

from __future__ import annotations

from typing import Any

import dspy
import pytest

from csc_dspy.conversation import Turn
from csc_dspy.framework import Lang, Strategy
from csc_dspy.programs.plans import Plan
from csc_dspy.programs.replies import fit_to_answer
from csc_dspy.signatures.roleplay import Fact

S = Strategy
FACTS = {
    "en": [("When did you buy it?", "Two weeks ago"), ("What did you pay?", "90 euros"), ("Did you call us?", "No")],
    "zh": [("您是什么时候买的？", "上周三晚上"), ("您付了多少钱？", "九十元"), ("您打过电话吗？", "没有打过")],
}


def plan(lang: Lang, facts: Any = None, id: str = "c1") -> Plan:
    said = dspy.Prediction(
        scenario="A kettle broke.",
        facts=[Fact(question=question, answer=answer) for question, answer in facts or FACTS[lang]],
        goal="A new one.",
        solution="We send one.",
    )
    return Plan.of(said, "You are Ann Lee, 40." if lang == "en" else "你是王小明，40 岁。", id, lang)


def customer(text: str) -> Turn:
    return Turn(speaker="customer", text=text)


def supporter(strategy: Strategy) -> Turn:
    return Turn(speaker="supporter", text="Yes?", strategy=strategy)


@pytest.mark.parametrize(
    ("lang", "opening"), [("en", "I bought it two weeks ago and it broke."), ("zh", "上周三晚上买的，已经坏了。")]
)
def test_what_a_customer_told_is_not_asked_for(lang: Lang, opening: str) -> None:
    made = plan(lang)
    begun = [supporter(S.GREETING), customer(opening), supporter(S.IDENTITY_VERIFICATION), customer("Ann.")]
    assert made.unknown(S.PROBLEM_REFINEMENT, begun[:1], lang) == FACTS[lang][0][0]
    assert made.unknown(S.PROBLEM_REFINEMENT, begun, lang) == FACTS[lang][1][0]
    assert made.questions(begun) == 2
    asked = [*begun, supporter(S.PROBLEM_REFINEMENT)]
    assert made.answer(asked) == FACTS[lang][1][1]
    assert made.unknown(S.PROBLEM_REFINEMENT, asked, lang) == FACTS[lang][2][0]
    assert made.questions(asked) == 2
    ended = [*asked, customer("Hm."), supporter(S.PROBLEM_REFINEMENT), customer("Hm.")]
    assert made.unknown(S.PROBLEM_REFINEMENT, ended, lang) == ""
    assert made.questions(ended) == 2


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_an_answer_is_known_where_something_was_asked_for(lang: Lang) -> None:
    made = plan(lang)
    assert made.answer([supporter(S.IDENTITY_VERIFICATION)]) == made.who
    assert made.answer([supporter(S.GREETING)]) == ""
    assert made.answer([supporter(S.PROBLEM_REFINEMENT)]) == FACTS[lang][0][1]


def test_what_only_the_company_knows_is_no_fact_of_the_customer() -> None:
    facts = [("您公司有什么产品？", "我们提供咖啡和茶。"), ("您想喝什么？", "低糖的。")]
    assert [fact.answer for fact in plan("zh", facts).facts] == ["低糖的。"]
    facts = [("What do you sell?", "We sell coffee."), ("What do you like?", "Wet leaves.")]
    assert [fact.answer for fact in plan("en", facts).facts] == ["Wet leaves."]
    assert len(plan("en", facts[:1]).facts) == 1


def test_a_customers_own_number_is_no_copy_of_a_worked_answer() -> None:
    made = next(found for n in range(9999) if "704" in (found := plan("en", id=f"c{n}")).who.partition(", ")[2][:3])
    turns = [supporter(S.GREETING), customer("Hello, my kettle broke."), supporter(S.IDENTITY_VERIFICATION)]
    fits = fit_to_answer(made, turns, "en", may_end=False)
    assert fits(dspy.Prediction(customer_says=f"My name is {made.who}.")) is None
    other = fit_to_answer(plan("en", id="c1"), turns, "en", may_end=False)
    assert other(dspy.Prediction(customer_says="My name is Ann Lee, 70455.")) == "copied"


def test_a_number_of_a_worked_answer_that_an_optimizer_chose_is_no_part_of_another_call() -> None:
    turns = [supporter(S.GREETING), customer("Hello, I paid 129 euros."), supporter(S.IDENTITY_VERIFICATION)]
    worked = [{"facts": "- Your name? Chloe Pierce, 37487", "customer_says": "Chloe Pierce, 37487. I paid 129 euros."}]
    made = plan("en", id="c1")
    fits = fit_to_answer(made, turns, "en", may_end=False, worked=worked)
    assert fits(dspy.Prediction(customer_says="My name is Ann Lee, 37487.")) == "copied"
    assert fits(dspy.Prediction(customer_says=f"My name is {made.who}, about the 129 euros.")) is None
    told = [*turns[:1], customer("My number is 37487."), turns[-1]]
    assert (
        fit_to_answer(made, told, "en", may_end=False, worked=worked)(
            dspy.Prediction(customer_says="As I said it is 37487, and my name is Ann Lee.")
        )
        is None
    )
