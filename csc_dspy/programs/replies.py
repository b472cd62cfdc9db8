"""What the sides of a play say: how it enters the transcript, and what makes it unfit to."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import dspy

from csc_dspy.conversation import Turn
from csc_dspy.framework import Lang, Strategy
from csc_dspy.lms.adapter import restricted
from csc_dspy.programs import moves
from csc_dspy.programs.asking import PLAY_ROLLOUTS, Asking, Check, asked_until_fit
from csc_dspy.programs.facts import numbers_in
from csc_dspy.programs.guards import GOODBYE, calls, evades, fault, foreign, is_stub
from csc_dspy.programs.mending import capitalized, confirmed, trimmed, unsaid
from csc_dspy.programs.plans import Plan
from csc_dspy.signatures.examples import COPIED
from csc_dspy.signatures.turns import SHORTLY, again, listed
from csc_dspy.usage import Usage

Worked = Mapping[str, Any]
"""A worked answer that a predictor is shown: inputs and outputs by name."""


def said_by_supporter(text: str, strategy: Strategy, turns: Sequence[Turn]) -> str:
    """The supporter's reply as it enters the transcript."""
    goodbye = strategy is Strategy.APPRECIATION_AND_CLOSURE  # "Thank you. Have a nice day. Goodbye!"
    text = trimmed(text, sentences=3 if goodbye else 2, questions=strategy not in moves.TELLING)
    if strategy is Strategy.RESTATEMENT_OR_PARAPHRASING:
        return moves.to_them(text)
    return unsaid(text, turns) if strategy in moves.SOLVING else text  # a question may begin like the one before


def said_by_customer(text: str, name: str | None, turns: Sequence[Turn], *, leaves: bool = False) -> str:
    """The customer's reply as it enters the transcript."""
    own = [turn for turn in turns if turn.speaker == "customer"]
    text = unsaid(_named_once(trimmed(text, sentences=3 if leaves else 2), name, own), own)
    return confirmed(text, turns) if turns and turns[-1].strategy in SHORTLY else text


def fit_to_say(
    plan: Plan, turns: Sequence[Turn], lang: Lang, strategy: Strategy, worked: Sequence[Worked] = ()
) -> Check:
    """A check of the supporter's words: the guards, the strategy's form, nothing copied from the worked answers."""

    def check(reply: dspy.Prediction) -> str | None:
        text = said_by_supporter(reply.agent_says, strategy, turns)
        if is_stub(text.replace(plan.name, "") if plan.name else text):
            return "empty"
        if not moves.fits(text, strategy):
            return "copied" if _copied(text, plan, turns, worked) else "strategy"
        restates = strategy is Strategy.RESTATEMENT_OR_PARAPHRASING
        return _unfit(text, plan, turns, lang, worked) or fault(text, "supporter", turns, restates=restates)

    return check


def fit_to_answer(
    plan: Plan, turns: Sequence[Turn], lang: Lang, *, may_end: bool, worked: Sequence[Worked] = ()
) -> Check:
    """A check of the customer's words: the guards, no early goodbye, an answer to what was asked."""

    def check(reply: dspy.Prediction) -> str | None:
        text = said_by_customer(reply.customer_says, plan.name, turns)
        if plan.name and calls(text, plan.name):
            return "role"  # nobody addresses themselves
        if problem := _unfit(text, plan, turns, lang, worked):
            return problem
        return answer_fault(text, turns, may_end=may_end)

    return check


def answer_fault(text: str, turns: Sequence[Turn], *, may_end: bool) -> str | None:
    """What is wrong with a customer's words after these turns, whoever the customer is; ``None`` for nothing."""
    if not may_end and GOODBYE.search(text):
        return "early"  # leaves while the call cannot end
    if turns[-1].strategy in moves.FINDING and evades(text):
        return "evasion"
    return fault(text, "customer", turns)


def customer_asked(
    customer: dspy.Predict,
    check: Check,
    faults: Counter[str],
    *,
    name: str | None,
    turns: Sequence[Turn],
    lang: Lang,
    may_end: bool,
    inputs: Mapping[str, str],
    told: Mapping[str, str],
    answer: str = "",
    requests: list[tuple[str, Usage]] | None = None,
) -> Asking:
    """Ask the predictor ``customer`` for its next turn.

    Args:
        customer: The predictor, of :class:`~csc_dspy.signatures.roleplay.PlayCustomer`.
        check: Of its words.
        faults: Counts faulty replies.
        name: The customer's, if known.
        turns: The call so far; the last turn is the supporter's.
        lang: Language of the call.
        may_end: Whether the customer may take leave.
        inputs: The predictor's.
        told: Inputs that a student gets besides, or otherwise, as it was trained: its ``goal`` above all.
        answer: What the supporter's turn asked for, if the customer knows it.
        requests: Gets the use of every question asked.

    Returns:
        The turn, and whether the customer leaves with it.

    Raises:
        GuardError: The reply stayed faulty.
    """
    heard = turns[-1].strategy
    otherwise = again(heard, answer, lang, asking=heard in moves.ASKING)
    signature = None if may_end else restricted(customer.signature, "over", ("no",))
    if getattr(getattr(customer, "lm", None), "student", None):
        signature = (signature or customer.signature).append("goal", dspy.InputField(), str)
        inputs = {**inputs, **told}
    said = yield from asked_until_fit(
        "customer",
        check,
        faults,
        signature=signature,
        after=dict.fromkeys(("echo", "role", "evasion") if answer else ("echo",), lambda _: {"direction": otherwise}),
        inputs=inputs,
        requests=requests,
        rollouts=PLAY_ROLLOUTS,
    )
    left = may_end and said.over == "yes"
    text = said_by_customer(said.customer_says, name, turns, leaves=left)
    left = left and not text.endswith(("?", "？"))  # who asks waits for the answer
    return Turn(speaker="customer", text=text), left


def fit_to_direct(may_end: bool) -> Check:
    """A check of a direction: there is one, and it does not end a call that cannot end."""
    filled_in = filled("direction")
    return lambda reply: "early" if not may_end and GOODBYE.search(reply.direction) else filled_in(reply)


def filled(*names: str) -> Check:
    """A check that the named outputs are not empty."""
    return lambda reply: None if all(str(getattr(reply, name)).strip() for name in names) else "empty"


def _unfit(text: str, plan: Plan, turns: Sequence[Turn], lang: Lang, worked: Sequence[Worked]) -> str | None:
    if _copied(text, plan, turns, worked):
        return "copied"
    return "language" if foreign(text, lang, known=f"{plan.scenario} {listed(plan.facts)}") else None


def _copied(text: str, plan: Plan, turns: Sequence[Turn], worked: Sequence[Worked]) -> bool:
    """Whether details of the worked answers are in it that this call has not.

    Those of the package are known by their words; those that an optimizer chose, by numbers that tell one call from
    another: a customer number, an amount.
    """
    if COPIED.search(text) and not COPIED.search(f"{plan.scenario} {plan.known}"):
        return True
    said = {number for number in numbers_in([text]) if _tells(number)}
    if not said:
        return False
    told = [plan.scenario, plan.known, plan.goal, plan.solution, *(turn.text for turn in turns)]
    theirs = numbers_in(str(value) for one in worked for value in one.values())
    return not theirs.keys().isdisjoint(said - numbers_in(told).keys())


def _tells(number: str) -> bool:
    """Whether a number hardly comes up twice by chance: three digits or more."""
    return sum(char.isdigit() for char in number) >= 3


def _named_once(text: str, name: str | None, own: Sequence[Turn]) -> str:
    """A customer's line without the name in front, once it was said: small models begin every line with it."""
    if name is None or not any(name in turn.text for turn in own):
        return text
    rest = re.sub(rf"^{re.escape(name)}\s*[,，:：]\s*", "", text)
    return capitalized(rest) if rest else text
