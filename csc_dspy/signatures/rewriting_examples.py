"""A worked rewriting in each language: a curt call, and the call a well-trained agent would have led out of it.

Small models need to see once how far a rewriting may go: facts and outcome stay, all else is the agent's craft. The
same work is there in parts, as a long call is rewritten in parts: a model that is shown a whole call while it writes
the middle of another begins and ends that middle, too.
"""

from __future__ import annotations

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
Supporter: Brightwater Pool, Dana.
Customer: Hi, you charged me twice for my swimming course. 45 euros, two times, on the 3rd. I need that money.
Supporter: Name.
Customer: Mina Calloway.
Supporter: Right, one was a mistake. You get it back by Friday.
Customer: Friday is all right, thanks.
Supporter: Okay, it is on its way.""",
    "zh": """\
客服：碧水游泳馆，我是小丹。
客户：你好，我的游泳课被扣了两次钱，3 号扣的，每次 45 元，我正等着用钱呢。
客服：叫什么名字？
客户：贺敏娜。
客服：嗯，有一笔是扣错了，周五之前退给您。
客户：周五可以，谢谢。
客服：行，已经退了。""",
}
_SAID: dict[Lang, tuple[tuple[str, str, str, str], ...]] = {
    "en": (
        (
            "identifying",
            "problem_refinement",
            "Thank you. Which two charges do you mean?",
            "45 euros, and then 45 euros again, both on the 3rd.",
        ),
        (
            "identifying",
            "restatement_or_paraphrasing",
            "So 45 euros for one course were taken twice on the 3rd, is that right?",
            "Exactly, and I need that money.",
        ),
        (
            "identifying",
            "emotional_management",
            "I understand, that is unpleasant when you are counting on it.",
            "It is, yes.",
        ),
        (
            "exploring",
            "providing_suggestions",
            "One of the two was a mistake. I can send it back so that you have it by Friday. Would that suit you?",
            "Friday is all right.",
        ),
        (
            "resolving",
            "resolution_implementation",
            "I have just started the refund of 45 euros.",
            "Good, thanks.",
        ),
    ),
    "zh": (
        (
            "identifying",
            "problem_refinement",
            "谢谢您。请问是哪两笔扣款？",
            "都是 3 号扣的，一笔 45 元，又一笔 45 元。",
        ),
        (
            "identifying",
            "restatement_or_paraphrasing",
            "您是说同一门课在 3 号扣了两次，每次 45 元，对吗？",
            "对，我正等着用钱呢。",
        ),
        ("identifying", "emotional_management", "我理解，等着用钱的时候遇到这种事，确实让人着急。", "是啊。"),
        (
            "exploring",
            "providing_suggestions",
            "其中一笔是扣错了，我可以为您办理退款，周五之前到账，您看可以吗？",
            "周五可以。",
        ),
        ("resolving", "resolution_implementation", "我已经为您办理了 45 元的退款。", "好的，谢谢。"),
    ),
}
_FRAME: dict[Lang, dict[str, Any]] = {
    "en": {
        "opening": {
            "agent_says": "Good afternoon, Brightwater Pool, Dana speaking. How can I help you?",
            "customer_says": "Hi, you charged me twice for my swimming course.",
        },
        "verification": {"agent_says": "May I have your name, please?", "customer_says": "Mina Calloway."},
        "closing": "Thank you for your call, Mina. Goodbye!",
    },
    "zh": {
        "opening": {
            "agent_says": "您好，这里是碧水游泳馆，我是小丹，请问有什么可以帮您？",
            "customer_says": "你好，我的游泳课被扣了两次钱。",
        },
        "verification": {"agent_says": "请问您贵姓？怎么称呼？", "customer_says": "我叫贺敏娜。"},
        "closing": "感谢您的来电，贺女士，再见！",
    },
}


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
