"""A worked rewriting in each language: a curt call, and the call a well-trained agent would have led out of it.

Small models need to see once how far a rewriting may go: facts and outcome stay, all else is the agent's craft. The
same work is there in parts, as a long call is rewritten in parts: a model that is shown a whole call while it writes
the middle of another begins and ends that middle, too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import dspy

from csc_dspy.conversation import Turn, render_transcript
from csc_dspy.framework import Lang, Strategy
from csc_dspy.signatures.rewriting import part_shown

DONE = 4
"""Turns that were rewritten before, as far as a part of a call is shown them."""

_CALLS: dict[Lang, str] = {
    "en": """\
Supporter: Heron Lake Canoes.
Customer: Hi, we hired a canoe for the 17th, 36 euros. The voucher says one paddle. We are two, we would go in circles!
Supporter: Number.
Customer: HC-2207.
Supporter: Right, it should say two. The second one will be at the jetty from 9:30.
Customer: 9:30 is all right, thanks.
Supporter: Okay, noted.""",
    "zh": """\
客服：苍鹭湖划船。
客户：你好，我们订了 17 号的皮划艇，36 元，凭证上只写了一支桨。我们是两个人，那不是要原地打转吗！
客服：订单号？
客户：HC-2207。
客服：嗯，应该是两支，另一支 9:30 放在码头。
客户：9:30 可以，谢谢。
客服：行，记下了。""",
}
_SAID: dict[Lang, tuple[tuple[str, str, str, str], ...]] = {
    "en": (
        (
            "identifying",
            "problem_refinement",
            "Thank you. For which day was that, and what did you pay?",
            "For the 17th. 36 euros, and we are two.",
        ),
        (
            "identifying",
            "restatement_or_paraphrasing",
            "So you hired the canoe for 36 euros for the 17th, and one of two paddles is missing, is that right?",
            "Exactly, we would go in circles!",
        ),
        (
            "identifying",
            "emotional_management",
            "I understand, nobody wants to spend a day on the lake like that.",
            "No, we do not.",
        ),
        (
            "exploring",
            "providing_suggestions",
            "It should have been two. I can have a second paddle laid out at the jetty from 9:30. Would that suit you?",
            "9:30 is all right.",
        ),
        (
            "resolving",
            "resolution_implementation",
            "I have noted it: two paddles, ready at the jetty.",
            "Good, thanks.",
        ),
    ),
    "zh": (
        (
            "identifying",
            "problem_refinement",
            "谢谢您。请问您订的是哪天的，付了多少钱？",
            "17 号的，36 元，我们是两个人。",
        ),
        (
            "identifying",
            "restatement_or_paraphrasing",
            "您是说 17 号的皮划艇付了 36 元，两支桨少了一支，对吗？",
            "对，那不是要原地打转吗！",
        ),
        ("identifying", "emotional_management", "我理解，谁也不想这样在湖上待一天。", "是啊。"),
        (
            "exploring",
            "providing_suggestions",
            "应该是两支的。另一支桨我可以请同事 9:30 放在码头，您看可以吗？",
            "9:30 可以。",
        ),
        ("resolving", "resolution_implementation", "我已经记下了，两支桨，都放在码头。", "好的，谢谢。"),
    ),
}
_FRAME: dict[Lang, dict[str, Any]] = {
    "en": {
        "opening": {
            "agent_says": "Good afternoon, Heron Lake Canoes. How can I help you?",
            "customer_says": "Hi, we hired a canoe, and the voucher says one paddle.",
        },
        "verification": {
            "agent_says": "May I have the number of your booking, please?",
            "customer_says": "It is HC-2207.",
        },
        "closing": "Thank you for your call. Goodbye!",
    },
    "zh": {
        "opening": {
            "agent_says": "您好，这里是苍鹭湖划船，请问有什么可以帮您？",
            "customer_says": "你好，我们订了皮划艇，凭证上只写了一支桨。",
        },
        "verification": {"agent_says": "请问您的订单号是多少？", "customer_says": "是 HC-2207。"},
        "closing": "感谢您的来电，再见！",
    },
}
_ONLY_HERE: dict[Lang, re.Pattern[str]] = {
    "en": re.compile(r"\b(heron|canoes?|paddles?|jetty|go in circles)\b", re.IGNORECASE),
    "zh": re.compile("苍鹭|划船|皮划艇|桨|码头|打转"),
}
"""Words of the worked answer that few calls have: who says them without need has copied it."""


def copied(text: str, call: str, lang: Lang) -> bool:
    """Whether a rewriting says what stands in the worked answer and not in its own call."""
    own = {word.lower() for word in _words_of_example(call, lang)}
    return any(word.lower() not in own for word in _words_of_example(text, lang))


def _words_of_example(text: str, lang: Lang) -> list[str]:
    return [match[0] for match in _ONLY_HERE[lang].finditer(text)]


_CUTS = ((0, 7, 0, 5), (0, 4, 0, 1), (4, 6, 3, 4), (4, 7, 3, 5))
"""Lines of the call and exchanges of its rewriting in the whole, its beginning, its middle and its end."""
_KEYS = ("stage", "strategy", "agent_says", "customer_says")


def rewriting_demos(lang: Lang) -> list[dspy.Example]:
    """The worked answer whole and in parts, for the rewriter's ``demos``."""
    lines, said = _CALLS[lang].splitlines(), _SAID[lang]
    demos = []
    for line, line_end, begin, end in _CUTS:
        first, last = begin == 0, end == len(said)
        frame = {name: _FRAME[lang][name] for name in _frame(first=first, last=last)}
        demos.append(
            dspy.Example(
                call=part_shown("\n".join(lines[line:line_end]), lang, first=first, last=last),
                done="" if first else _done(lang, begin),
                exchanges=[dict(zip(_KEYS, row, strict=True)) for row in said[begin:end]],
                **frame,
            )
        )
    return demos


def fitting(demos: Sequence[dspy.Example], *, first: bool, last: bool) -> list[dspy.Example]:
    """The worked answers for such a part of a call: those that begin and end as it does, if there are any."""
    frame = {*_frame(first=first, last=last)}
    whole = {*_frame(first=True, last=True)}
    able = [demo for demo in demos if frame <= {*demo.keys()}]
    return [demo for demo in able if not (whole - frame) & {*demo.keys()}] or able


def _frame(*, first: bool, last: bool) -> tuple[str, ...]:
    return (*(("opening", "verification") if first else ()), *(("closing",) if last else ()))


def _done(lang: Lang, exchanges: int) -> str:
    """What of the worked answer has been said before one of its parts."""
    turns = []
    for _, strategy, agent, customer in _SAID[lang][:exchanges]:
        turns += [Turn(speaker="supporter", text=agent, strategy=Strategy(strategy))]
        turns += [Turn(speaker="customer", text=customer)]
    return render_transcript(turns[-DONE:], lang, strategies=True)


_SCREENED: tuple[dict[Lang, dict[str, Any]], ...] = (
    {
        "en": {
            "call": """\
Supporter: What now?
Customer: My swimming course was charged twice.
Supporter: Not my problem. Read the terms.
Customer: You are useless, all of you.""",
            "reason": "The agent brushes the customer off, the customer insults them.",
            "quote": "Not my problem. Read the terms.",
            "abusive": 1,
            "cold": 1,
        },
        "zh": {
            "call": """\
客服：又怎么了？
客户：我的游泳课被扣了两次钱。
客服：不关我的事，自己看条款。
客户：你们全是废物。""",
            "reason": "客服推脱，客户辱骂。",
            "quote": "不关我的事，自己看条款。",
            "abusive": 1,
            "cold": 1,
        },
    },
    {
        "en": {
            "call": """\
Supporter: Brightwater Pool, Dana speaking. How can I help you?
Customer: I am really frustrated. You charged me twice, and I have been waiting for a week!
Supporter: I am sorry about that, let me look. You are right, it was a mistake. You get it back by Friday.
Customer: Well, I wish that had not happened at all. But fine, thanks.""",
            "reason": "The customer is unhappy but insults nobody, and the agent helps.",
            "quote": "",
            "abusive": 0,
            "cold": 0,
        },
        "zh": {
            "call": """\
客服：您好，碧水游泳馆，我是小丹，请问有什么可以帮您？
客户：我真的很生气，你们扣了我两次钱，都等了一个星期了！
客服：非常抱歉，我马上查一下。确实扣错了一笔，周五之前退给您。
客户：唉，要是没这事就好了。行吧，谢谢。""",
            "reason": "客户不满意，但没有侮辱人，客服也在帮忙。",
            "quote": "",
            "abusive": 0,
            "cold": 0,
        },
    },
)


def screening_demos(lang: Lang) -> list[dspy.Example]:
    """A call that is not fit to learn from, and one with an unhappy customer that is, for the screen's ``demos``."""
    return [dspy.Example(**one[lang]) for one in _SCREENED]
