"""What each side is told at its turn: a strategy's rule and form, where the call stands, what the customer knows."""

from __future__ import annotations

import random
from collections.abc import Sequence

from csc_dspy.framework import Lang, Strategy, Text
from csc_dspy.signatures.roleplay import Fact

S = Strategy

LINES: dict[Strategy, Text] = {
    S.GREETING: Text(
        "Good morning, customer care, this is Dana speaking. What can I do for you?",
        "您好，这里是客服中心，我是小陈，请问有什么可以帮您？",
    ),
    S.IDENTITY_VERIFICATION: Text(
        "May I have your name and your customer number, please?",
        "请告诉我您的姓名和客户编号，好吗？",
    ),
    S.EMOTIONAL_MANAGEMENT: Text(
        "That must have been really upsetting, and I'm sorry you had to go through it.",
        "遇到这种事换了谁都会着急，真的很抱歉。",
    ),
    S.FEEDBACK_REQUEST: Text("Are you happy with how we solved this today?", "今天这样处理，您还满意吗？"),
    S.RELATIONSHIP_CONTINUATION: Text(
        "If anything new comes up, you can also reach us any time in the app.",
        "以后有任何情况，您也可以随时在应用里找到我们。",
    ),
    S.APPRECIATION_AND_CLOSURE: Text(
        "Thank you for your call and your patience. Have a lovely evening, goodbye!",
        "感谢您的来电和耐心，祝您晚上愉快，再见！",
    ),
}
"""How a strategy sounds, where the same words can serve any call; a small model repeats an example of the others."""

WAYS: dict[Strategy, Text] = {
    S.IDENTITY_VERIFICATION: Text(
        "Whatever the customer said, first ask who they are; the matter itself comes later.",
        "不管客户说了什么，先问对方是谁，问题本身稍后再谈。",
    ),
    S.RESTATEMENT_OR_PARAPHRASING: Text(
        "Begin with 'So' and sum up what the customer told you, then ask whether that is right.",
        "以“您是说”开头，概括客户讲的情况，再问对不对。",
    ),
    S.PROBLEM_REFINEMENT: Text(
        "Ask the customer for what you do not know yet, in one question.", "就你还不知道的那件事，向客户提一个问题。"
    ),
    S.PROVIDING_SUGGESTIONS: Text(
        "Propose what you can offer as one plan, and ask whether the customer agrees.",
        "把你可以提出的办法说成一个方案，问客户是否同意。",
    ),
    S.INFORMATION_DELIVERY: Text(
        "Explain the rule, the step or the time that applies here, as a fact.", "客观地说明这里适用的规定、步骤或时间。"
    ),
    S.RESOLUTION_IMPLEMENTATION: Text(
        "Begin with 'I have just' and say what you did for the customer and when it takes effect.",
        "以“我已经为您”开头，说明刚刚办好了什么、何时生效。",
    ),
}
"""How a turn of a strategy is made, in words no model can take for the turn itself."""


_GOES_ON = Text("The call goes on.", "通话继续。")
_MAY_END = Text(
    "The call may end: if the goal is reached or refused, the customer says thanks and goodbye.",
    "通话可以结束：如果目标已达成或被拒绝，客户道谢并说再见。",
)
_AFTER: dict[Strategy, Text] = {
    S.RESTATEMENT_OR_PARAPHRASING: Text(
        "The agent sums up; the customer confirms, or corrects one point.", "客服在复述，客户确认，或纠正其中一点。"
    ),
    S.PROBLEM_REFINEMENT: Text(
        "The agent asks a question; the customer answers it with what they know.",
        "客服在提问，客户用自己知道的事来回答。",
    ),
    S.EMOTIONAL_MANAGEMENT: Text(
        "The agent shows understanding; the customer calms down and says what matters most.",
        "客服在安慰，客户平静一些，说出自己最在意什么。",
    ),
    S.PROVIDING_SUGGESTIONS: Text(
        "The agent makes a proposal; the customer accepts it, or names one worry about it.",
        "客服提出方案，客户接受，或说出一个顾虑。",
    ),
    S.INFORMATION_DELIVERY: Text(
        "The agent explains something; the customer says it is clear, or asks one short question about it.",
        "客服在说明情况，客户表示清楚了，或追问一点。",
    ),
    S.RESOLUTION_IMPLEMENTATION: Text(
        "The agent has acted; the customer is relieved, or asks what happens next.",
        "客服已经办理，客户松一口气，或问接下来怎样。",
    ),
    S.FEEDBACK_REQUEST: Text(
        "The agent asks how satisfied the customer is; the customer says so honestly.",
        "客服在询问满意度，客户如实回答。",
    ),
    S.RELATIONSHIP_CONTINUATION: Text(
        "The agent offers later service; the customer thanks for it.", "客服提到以后的服务，客户表示感谢。"
    ),
}


def standing(strategy: Strategy | None, lang: Lang, *, may_end: bool) -> str:
    """Where the call stands, as the customer's side is told: what the agent just did, and whether the call may end."""
    after = [_AFTER[strategy].in_(lang)] if strategy in _AFTER else []
    return ("" if lang == "zh" else " ").join([*after, (_MAY_END if may_end else _GOES_ON).in_(lang)])


DIRECTIONS: dict[Strategy, Text] = {
    S.GREETING: Text(
        "The customer says in their own words why they call, and how they feel about it.",
        "客户用一句话说明为什么来电，以及自己的心情。",
    ),
    S.IDENTITY_VERIFICATION: Text(
        "The customer gives their name and their customer number.", "客户报出自己的姓名和客户编号。"
    ),
}
"""What the customer does after turns that leave no choice; nobody needs to be asked for it."""


ANEW = Text(
    "The customer answers in new words, and says nothing that was said before.",
    "客户换一种说法来回答，不重复说过的话。",
)
"""What a customer is told who was asked something and repeated an earlier line."""
ONWARD = Text(
    "The customer asks briefly what happens next, or how long it takes.",
    "客户简短地问一句接下来会怎样，或者要等多久。",
)
"""What a customer is told who repeated an earlier line where nothing was asked."""


SHORTLY: dict[Strategy, Text] = {
    S.RESTATEMENT_OR_PARAPHRASING: Text("The customer says yes, in a word or two.", "客户只用几个字说是。"),
    S.PROVIDING_SUGGESTIONS: Text("The customer agrees, in a word or two.", "客户只用几个字表示同意。"),
}
"""What a customer is told who repeated an earlier line where a word is answer enough."""


def again(heard: Strategy | None, answer: str, lang: Lang, *, asking: bool) -> str:
    """What a customer is told whose words were faulty.

    Args:
        heard: The strategy of the agent's turn.
        answer: What it asked for, if the customer knows it.
        lang: Language of the call.
        asking: Whether it asked something.
    """
    if answer:
        return f"客户这样回答：{answer}" if lang == "zh" else f"The customer answers: {answer}"
    if heard in SHORTLY:
        return SHORTLY[heard].in_(lang)
    return (ANEW if asking else ONWARD).in_(lang)


UNKNOWN = Text("You have just picked up the phone; the customer has not spoken yet.", "电话刚接通，客户还没有开口。")
"""What the supporter knows of the matter while greeting."""


WHO = Text("the customer's name and customer number", "客户的姓名和客户编号")
"""What the supporter does not know yet while verifying who calls."""


def strategy_rule(strategy: Strategy, lang: Lang) -> str:
    """One strategy with its strict rule, and an example or a way to do it, as the supporter is told it."""
    rule = f"{strategy.names.in_(lang)}: {strategy.definition.in_(lang)}"
    way = f"\n{WAYS[strategy].in_(lang)}" if strategy in WAYS else ""
    line = f"\n{'例如：' if lang == 'zh' else 'Example: '}{LINES[strategy].in_(lang)}" if strategy in LINES else ""
    return rule + way + line


def identity(name: str | None, id: str, lang: Lang) -> Fact:
    """What a customer says who they are: their name, and a customer number that the conversation's id decides."""
    number = random.Random(id).randrange(10_000, 100_000)
    known = "" if name is None else f"{name}，" if lang == "zh" else f"{name}, "
    return Fact(
        question="您的姓名和客户编号？" if lang == "zh" else "Your name and customer number?", answer=f"{known}{number}"
    )


def listed(facts: Sequence[Fact]) -> str:
    """Facts as the customer's side reads them."""
    return "\n".join(f"- {fact.question} {fact.answer}" for fact in facts)
