"""What good turns look like: a line for each strategy, and a worked answer for each role of a role-play.

All written for this project. They stand before everything that changes, so a prefix cache keeps them; small
models stay in their role far better with them. An optimizer may replace the worked answers with better ones.
"""

from __future__ import annotations

import re
from typing import Any, Literal

import dspy

from csc_dspy.framework import Lang, Strategy, Text

S = Strategy

LINES: dict[Strategy, Text] = {
    S.GREETING: Text(
        "Good morning, customer care, this is Dana speaking. What can I do for you?",
        "您好，这里是客服中心，我是小陈，请问有什么可以帮您？",
    ),
    S.IDENTITY_VERIFICATION: Text(
        "May I have your full name and the last four digits of your phone number, please?",
        "为了核实身份，请告诉我您的姓名和手机号后四位，好吗？",
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


Standing = Literal["open", "may_end"]
"""Where a call stands, as the customer's side is told."""

STANDING: dict[Standing, Text] = {
    "open": Text(
        "not settled: the customer reacts to the agent's last turn and does not end the call",
        "尚未解决：客户回应客服刚才的话，不结束通话",
    ),
    "may_end": Text(
        "may end: if the goal is reached or refused, the customer thanks the agent and says goodbye",
        "可以结束：如果目标已达成或被拒绝，客户道谢并说再见",
    ),
}


OPENING_DIRECTION = Text(
    "The customer says in their own words why they call, and how they feel about it.",
    "客户用自己的话说明为什么来电，以及自己的心情。",
)
"""How the customer begins; nobody needs to be asked for it."""


UNKNOWN = Text("You do not know yet why the customer calls.", "你还不知道客户为什么来电。")
"""What the supporter knows of the matter while greeting."""


def strategy_rule(strategy: Strategy, lang: Lang) -> str:
    """One strategy with its strict rule, and an example if it has one, as the supporter is told it."""
    rule = f"{strategy.names.in_(lang)}: {strategy.definition.in_(lang)}"
    if strategy not in LINES:
        return rule
    return f"{rule}\n例如：{LINES[strategy].zh}" if lang == "zh" else f"{rule}\nExample: {LINES[strategy].en}"


_SCENE = Text(
    "The customer bought a coffee machine from an online shop for 129 euros. It arrived on Tuesday with a cracked "
    "water tank.",
    "客户在网上商城花 899 元买了一台咖啡机，周二收到货时水箱已经裂了。",
)
_PERSON = Text(
    "You are Nora Bell, 44, a nurse with two teenagers. You are friendly but short of time and dislike being put off.",
    "你是周岚，44 岁，护士，有两个上中学的孩子。你待人友善，但时间紧，不喜欢被敷衍。",
)
_GOAL = Text(
    "Get an undamaged machine before Sunday, without paying again.", "周日前换到一台完好的咖啡机，不再另外付钱。"
)
_SOLUTION = Text(
    "The shop can send a new machine by express so that it arrives on Friday, and take the broken one back for free.",
    "商城可以加急寄出一台新机器，周五送到，并免费取回坏的那台。",
)
_CALL = Text(
    "Supporter: Good morning, you've reached customer care, this is Dana. What can I do for you?\n"
    "Customer: Hi, my new coffee machine came broken and I'm not happy about it.\n"
    "Supporter: I'm sorry to hear that. May I have your name and the order number, please?",
    "客服：您好，这里是客服中心，我是小陈，请问有什么可以帮您？\n客户：你好，我新买的咖啡机送来就是坏的，挺生气的。\n客服：真抱歉。请告诉我您的姓名和订单号，好吗？",
)

_ANSWER = Text(
    "The customer gives her name and order number and says what is broken.", "客户报出姓名和订单号，并说明坏在哪里。"
)
_DETAIL = Text(
    "Supporter: Good morning, you've reached customer care, this is Dana. What can I do for you?\n"
    "Customer: Hi, my new coffee machine came broken and I'm not happy about it.\n"
    "(...)\n"
    "Supporter: When did you first see the crack?",
    "客服：您好，这里是客服中心，我是小陈，请问有什么可以帮您？\n客户：你好，我新买的咖啡机送来就是坏的，挺生气的。\n（……）\n"
    "客服：您是什么时候发现裂口的？",
)
_WHEN = Text("The customer says when she saw it and that it was never used.", "客户说明什么时候发现的，并说还没用过。")
_ENDING = Text(
    "Supporter: Good morning, you've reached customer care, this is Dana. What can I do for you?\n"
    "Customer: Hi, my new coffee machine came broken and I'm not happy about it.\n"
    "(...)\n"
    "Supporter: The new machine leaves our warehouse today and reaches you on Friday. Are you happy with that?",
    "客服：您好，这里是客服中心，我是小陈，请问有什么可以帮您？\n客户：你好，我新买的咖啡机送来就是坏的，挺生气的。\n（……）\n"
    "客服：新机器今天就发货，周五送到。这样处理您满意吗？",
)
_THANKS = Text("The customer accepts, says thanks and ends the call.", "客户接受方案，道谢并结束通话。")

COPIED = re.compile(r"Nora|Bell\b|704[0-9]{2}|coffee machine|water tank|周岚|咖啡机|水箱", re.IGNORECASE)
"""Details of the worked answers that turn up in a play only when a model copies instead of answering."""

_DEMOS: dict[str, tuple[dict[str, Text | str], ...]] = {
    "profile_writer": (
        {
            "notes": Text(
                "I work nights as a nurse and my two teenagers keep me busy. I'm friendly, but I hate being put off.\n"
                "age: 44; income: middle\nName: Nora Bell",
                "我是上夜班的护士，两个上中学的孩子让我忙不过来。我待人友善，但讨厌被敷衍。\n"
                "年龄: 44; 收入: 中等\n姓名：周岚",
            ),
            "profile": Text(
                "You are Nora Bell, 44, a nurse on night shifts with two teenagers and a middle income. You are "
                "friendly, always busy, and you hate being put off.",
                "你是周岚，44 岁，上夜班的护士，有两个上中学的孩子，收入中等。你待人友善，总是很忙，讨厌被敷衍。",
            ),
        },
    ),
    "planner": (
        {
            "topic": Text("Complaints and disputes", "投诉与纠纷解决"),
            "profile": _PERSON,
            "scenario": Text(
                "The customer bought a coffee machine from an online shop for 129 euros as a birthday present. It "
                "arrived on Tuesday with a cracked water tank, and two e-mails to the shop stayed unanswered.",
                "客户在一家网上商城花 899 元买了一台咖啡机作生日礼物。周二收到货时水箱已经裂了，"
                "给商城发了两封邮件都没有回音。",
            ),
            "goal": _GOAL,
            "solution": _SOLUTION,
        },
    ),
    "supporter": (
        {
            "scenario": _SCENE,
            "transcript": Text(
                "Supporter [Greeting]: Good morning, you've reached customer care, this is Dana. What can I do for "
                "you?\nCustomer: Hi, my new coffee machine came broken and I'm not happy about it.",
                "客服 [礼貌问候]：您好，这里是客服中心，我是小陈，请问有什么可以帮您？\n"
                "客户：你好，我新买的咖啡机送来就是坏的，挺生气的。",
            ),
            "strategy": Text(
                strategy_rule(S.IDENTITY_VERIFICATION, "en"), strategy_rule(S.IDENTITY_VERIFICATION, "zh")
            ),
            "demand": "reasonable",
            "text": Text(
                "I'm sorry to hear that. May I have your name and the order number, please?",
                "真抱歉。请告诉我您的姓名和订单号，好吗？",
            ),
        },
    ),
    # The last one is what a small model copies from, so it shows the middle of a call.
    "customer_assistant": (
        {
            "scenario": _SCENE,
            "profile": _PERSON,
            "goal": _GOAL,
            "transcript": _ENDING,
            "standing": STANDING["may_end"],
            "direction": _THANKS,
        },
        {
            "scenario": _SCENE,
            "profile": _PERSON,
            "goal": _GOAL,
            "transcript": _DETAIL,
            "standing": STANDING["open"],
            "direction": _WHEN,
        },
    ),
    "customer": (
        {
            "profile": _PERSON,
            "scenario": _SCENE,
            "transcript": _ENDING,
            "direction": _THANKS,
            "why": Text("goal reached", "目标已达成"),
            "over": "yes",
            "text": Text(
                "Yes, Friday is perfect, thanks for sorting it out. Bye!", "满意，周五可以，谢谢你帮我解决，再见！"
            ),
        },
        {
            "profile": _PERSON,
            "scenario": _SCENE,
            "transcript": _CALL,
            "direction": _ANSWER,
            "why": Text("nothing solved yet", "问题还没解决"),
            "over": "no",
            "text": Text(
                "It's under Nora Bell, order 70418, and the water tank has a crack right down the side.",
                "名字是周岚，订单号 70418，是水箱，侧面裂了一道口子。",
            ),
        },
        {
            "profile": _PERSON,
            "scenario": _SCENE,
            "transcript": _DETAIL,
            "direction": _WHEN,
            "why": Text("no solution yet", "还没有方案"),
            "over": "no",
            "text": Text(
                "Right when I unpacked it on Tuesday evening, I haven't even plugged it in.",
                "周二晚上一拆箱就看到了，我连电都还没插呢。",
            ),
        },
    ),
}


def demos(role: str, lang: Lang) -> list[dspy.Example]:
    """Worked answers for a role of a role-play, for a predictor's ``demos``."""

    def said(value: Any) -> Any:
        return value.in_(lang) if isinstance(value, Text) else value

    return [dspy.Example({name: said(value) for name, value in demo.items()}) for demo in _DEMOS.get(role, ())]
