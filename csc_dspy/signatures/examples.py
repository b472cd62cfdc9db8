"""What good turns look like: worked answers for the roles of a role-play.

All written for this project. They stand before everything that changes, so a prefix cache keeps them; small
models stay in their role far better with them. An optimizer may replace the worked answers with better ones.
"""

from __future__ import annotations

import re
from typing import Any

import dspy

from csc_dspy.framework import Lang, Strategy, Text
from csc_dspy.signatures.roleplay import Fact
from csc_dspy.signatures.turns import DIRECTIONS, WHO, listed, standing, strategy_rule

S = Strategy

_SCENE = Text(
    "The customer bought a coffee machine from an online shop for 129 euros. It arrived on Tuesday with a cracked "
    "water tank.",
    "客户在网上商城花 899 元买了一台咖啡机，周二收到货时水箱已经裂了。",
)
_PERSON = Text(
    "You are Nora Bell, 44, a nurse with two teenagers. You are friendly but short of time and dislike being put off.",
    "你是周岚，44 岁，护士，有两个上中学的孩子。你待人友善，但时间紧，不喜欢被敷衍。",
)
_FACTS = {
    "en": [
        Fact(question="When did you notice the damage?", answer="on Tuesday evening, right when unpacking it"),
        Fact(question="Was the parcel damaged as well?", answer="no, the box looked fine"),
        Fact(question="Has the machine been used?", answer="no, it was never plugged in"),
    ],
    "zh": [
        Fact(question="您是什么时候发现损坏的？", answer="周二晚上，一拆箱就看到了"),
        Fact(question="外包装有破损吗？", answer="没有，箱子是好的"),
        Fact(question="机器用过吗？", answer="没有，连电都没插过"),
    ],
}
_KNOWN = Text(
    listed([Fact(question="Your name and customer number?", answer="Nora Bell, 70418"), *_FACTS["en"]]),
    listed([Fact(question="您的姓名和客户编号？", answer="周岚，70418"), *_FACTS["zh"]]),
)
_GOAL = Text(
    "Have a working machine on the table at Sunday's birthday breakfast.", "周日生日早餐前能用上一台好的咖啡机。"
)
_SOLUTION = Text(
    "We can put a new machine on tonight's van, which brings it on Friday before noon.",
    "我们可以今晚就把新机器装车，周五中午前送到。",
)
_CALL = Text(
    "Supporter: Good morning, you've reached customer care, this is Dana. What can I do for you?\n"
    "Customer: Hi, my new coffee machine came broken and I'm not happy about it.\n"
    "Supporter: Of course. May I have your name and your customer number, please?",
    "客服：您好，这里是客服中心，我是小陈，请问有什么可以帮您？\n客户：你好，我新买的咖啡机送来就是坏的，挺生气的。\n客服：好的。请告诉我您的姓名和客户编号，好吗？",
)


def _standing(strategy: Strategy, *, may_end: bool) -> Text:
    return Text(standing(strategy, "en", may_end=may_end), standing(strategy, "zh", may_end=may_end))


_DETAIL = Text(
    "Supporter: Good morning, you've reached customer care, this is Dana. What can I do for you?\n"
    "Customer: Hi, my new coffee machine came broken and I'm not happy about it.\n"
    "(...)\n"
    "Supporter: When did you notice the damage?",
    "客服：您好，这里是客服中心，我是小陈，请问有什么可以帮您？\n客户：你好，我新买的咖啡机送来就是坏的，挺生气的。\n（……）\n"
    "客服：您是什么时候发现损坏的？",
)
_WHEN = Text("The customer says when she saw it.", "客户说明是什么时候发现的。")
_COMFORT = Text(
    "Supporter: Good morning, you've reached customer care, this is Dana. What can I do for you?\n"
    "Customer: Hi, my new coffee machine came broken and I'm not happy about it.\n"
    "(...)\n"
    "Supporter: That must have been upsetting, and I'm sorry.",
    "客服：您好，这里是客服中心，我是小陈，请问有什么可以帮您？\n客户：你好，我新买的咖啡机送来就是坏的，挺生气的。\n（……）\n"
    "客服：刚拆开就是坏的，换了谁都会生气，真的很抱歉。",
)
_MATTERS = Text("The customer calms down and says that Sunday matters most.", "客户平静一些，说最在意的是周日能用上。")
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

_DEMOS: dict[str, tuple[dict[str, Any], ...]] = {
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
            "topic": Text("Deliveries", "收货问题"),
            "profile": _PERSON,
            "scenario": Text(
                "The customer bought a coffee machine from an online shop for 129 euros as a birthday present. It "
                "arrived on Tuesday with a cracked water tank, and two e-mails to the shop stayed unanswered.",
                "客户在一家网上商城花 899 元买了一台咖啡机作生日礼物。周二收到货时水箱已经裂了，"
                "给商城发了两封邮件都没有回音。",
            ),
            "facts": _FACTS,
            "goal": _GOAL,
            "solution": _SOLUTION,
        },
    ),
    "supporter": (
        {
            "scenario": _SCENE,
            "transcript": Text(
                "Supporter [Greeting]: Good morning, you've reached customer care, this is Dana. What can I do for "
                "you?\nCustomer: Hi, my new coffee machine came broken and I'm not happy about it.\n(...)\n"
                "Supporter [Problem Refinement]: When did you notice the damage?\n"
                "Customer: Right when I unpacked it on Tuesday evening, and I need it for Sunday.",
                "客服 [礼貌问候]：您好，这里是客服中心，我是小陈，请问有什么可以帮您？\n"
                "客户：你好，我新买的咖啡机送来就是坏的，挺生气的。\n（……）\n"
                "客服 [细化问题]：您是什么时候发现损坏的？\n客户：周二晚上我一拆箱就看到了，我周日还要用呢。",
            ),
            "strategy": Text(
                strategy_rule(S.RESTATEMENT_OR_PARAPHRASING, "en"), strategy_rule(S.RESTATEMENT_OR_PARAPHRASING, "zh")
            ),
            "demand": "none",
            "agent_says": Text(
                "So you unpacked it on Tuesday, saw that it is broken, and you need it for Sunday, is that right?",
                "您是说周二一拆箱就发现机器是坏的，而您周日就要用，对吗？",
            ),
        },
        {
            "scenario": _SCENE,
            "transcript": Text(
                "Supporter [Greeting]: Good morning, you've reached customer care, this is Dana. What can I do for "
                "you?\nCustomer: Hi, my new coffee machine came broken and I'm not happy about it.\n"
                "Supporter [Identity Verification]: Of course. May I have your name and your customer "
                "number, please?\nCustomer: It's Nora Bell, and my customer number is 70418.",
                "客服 [礼貌问候]：您好，这里是客服中心，我是小陈，请问有什么可以帮您？\n"
                "客户：你好，我新买的咖啡机送来就是坏的，挺生气的。\n"
                "客服 [确认身份]：好的。请告诉我您的姓名和客户编号，好吗？\n客户：我叫周岚，客户编号是 70418。",
            ),
            "unknown": Text(_FACTS["en"][1].question, _FACTS["zh"][1].question),
            "strategy": Text(strategy_rule(S.PROBLEM_REFINEMENT, "en"), strategy_rule(S.PROBLEM_REFINEMENT, "zh")),
            "demand": "none",
            "agent_says": Text(
                "Thank you. Did the parcel itself look damaged when it came?",
                "谢谢您。请问送到的时候，外包装有没有破损？",
            ),
        },
        {
            "transcript": Text(
                "Supporter [Greeting]: Good morning, you've reached customer care, this is Dana. What can I do for "
                "you?\nCustomer: Hi, my new coffee machine came broken and I'm not happy about it.",
                "客服 [礼貌问候]：您好，这里是客服中心，我是小陈，请问有什么可以帮您？\n"
                "客户：你好，我新买的咖啡机送来就是坏的，挺生气的。",
            ),
            "unknown": WHO,
            "strategy": Text(
                strategy_rule(S.IDENTITY_VERIFICATION, "en"), strategy_rule(S.IDENTITY_VERIFICATION, "zh")
            ),
            "demand": "reasonable",
            "agent_says": Text(
                "Of course. May I have your name and your customer number, please?",
                "好的。请告诉我您的姓名和客户编号，好吗？",
            ),
        },
    ),
    # The last one is what a small model copies from, so it shows the middle of a call.
    "customer_assistant": (
        {
            "scenario": _SCENE,
            "profile": _PERSON,
            "facts": _KNOWN,
            "goal": _GOAL,
            "transcript": _ENDING,
            "standing": _standing(S.FEEDBACK_REQUEST, may_end=True),
            "direction": _THANKS,
        },
        {
            "scenario": _SCENE,
            "profile": _PERSON,
            "facts": _KNOWN,
            "goal": _GOAL,
            "transcript": _COMFORT,
            "standing": _standing(S.EMOTIONAL_MANAGEMENT, may_end=False),
            "direction": _MATTERS,
        },
        {
            "scenario": _SCENE,
            "profile": _PERSON,
            "facts": _KNOWN,
            "goal": _GOAL,
            "transcript": _DETAIL,
            "standing": _standing(S.PROBLEM_REFINEMENT, may_end=False),
            "direction": _WHEN,
        },
    ),
    "customer": (
        {
            "profile": _PERSON,
            "scenario": _SCENE,
            "facts": _KNOWN,
            "transcript": _ENDING,
            "direction": _THANKS,
            "customer_says": Text(
                "Yes, Friday is perfect, thanks for sorting it out. Bye!", "满意，周五可以，谢谢你帮我解决，再见！"
            ),
            "over": "yes",
        },
        {
            "profile": _PERSON,
            "scenario": _SCENE,
            "facts": _KNOWN,
            "transcript": _CALL,
            "direction": DIRECTIONS[S.IDENTITY_VERIFICATION],
            "customer_says": Text(
                "It's Nora Bell, and my customer number is 70418.",
                "我叫周岚，客户编号是 70418。",
            ),
            "over": "no",
        },
        {
            "profile": _PERSON,
            "scenario": _SCENE,
            "facts": _KNOWN,
            "transcript": _COMFORT,
            "direction": _MATTERS,
            "customer_says": Text(
                "All right. I just need it by Sunday, it's my son's birthday.",
                "好吧。我就是怕周日用不上，那天是我儿子生日。",
            ),
            "over": "no",
        },
        {
            "profile": _PERSON,
            "scenario": _SCENE,
            "facts": _KNOWN,
            "transcript": _DETAIL,
            "direction": _WHEN,
            "customer_says": Text(
                "Right when I unpacked it on Tuesday evening.",
                "周二晚上一拆箱就看到了。",
            ),
            "over": "no",
        },
    ),
}


_LEFT_OUT = {"supporter": {"scenario": "", "solution": "", "unknown": ""}}
"""Inputs that a turn may go without; an empty one is not shown."""


def demos(role: str, lang: Lang) -> list[dspy.Example]:
    """Worked answers for a role of a role-play, for a predictor's ``demos``."""

    def said(value: Any) -> Any:
        if isinstance(value, dict):
            return value[lang]
        return value.in_(lang) if isinstance(value, Text) else value

    given = [{**_LEFT_OUT.get(role, {}), **demo} for demo in _DEMOS.get(role, ())]
    return [dspy.Example({name: said(value) for name, value in demo.items()}) for demo in given]
