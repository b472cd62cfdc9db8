"""A raw call of each language, written for the tests, and answers to what rewriting asks about it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from csc_dspy.conversation import Conversation, Turn
from csc_dspy.framework import Lang
from csc_dspy.programs.facts import numbers
from tests.support.actor import schema_of

_EN = (
    "Hello, service desk, Ilse here.",
    "Hi. My heater stopped on Monday and it is cold in here.",
    "Oh no. Which model is it?",
    "The Alto 40. I paid 380 euros for it in May.",
    "I can send someone on Thursday at 9, free of charge.",
    "Thursday is fine, thank you.",
    "Good. Bye.",
    "Bye bye.",
)
_ZH = (
    "您好，服务台，我是小伊。",
    "你好，我家暖气周一就停了，屋里很冷。",
    "这样啊，是哪个型号？",
    "安途 40，五月花了 3800 元买的。",
    "周四上午 9 点可以派人免费上门。",
    "周四可以，谢谢。",
    "好的，再见。",
    "再见，谢谢你。",
)
TEXTS = {"en": _EN, "zh": _ZH}
_PLAN = (
    ("connecting", "greeting"),
    ("connecting", "identity_verification"),
    ("identifying", "emotional_management"),
    ("exploring", "providing_suggestions"),
    ("resolving", "resolution_implementation"),
    ("maintaining", "appreciation_and_closure"),
)
_SAID = {
    "en": (
        ("Good morning, heating service, Ilse speaking.", "Hi, my heater stopped on Monday."),
        ("May I have your name, please?", "It's Tom Reed."),
        ("That must be unpleasant in this cold, I'm sorry.", "It is, the Alto 40 cost me 380 euros in May."),
        ("Somebody could come on Thursday at 9, at no cost. Would that suit you?", "Yes, Thursday is fine."),
        ("I have just booked the visit for you.", "Great, thanks."),
        ("Thank you for your call, goodbye!", ""),
    ),
    "zh": (
        ("您好，这里是暖气服务台，我是小伊。", "你好，我家暖气周一就停了。"),
        ("请问您贵姓？", "我姓田。"),
        ("这么冷的天没有暖气，一定很难受。", "是啊，安途 40 五月花了 3800 元呢。"),
        ("周四上午 9 点免费派人上门，您看可以吗？", "可以，就周四吧。"),
        ("我已经为您登记好了。", "太好了。"),
        ("感谢您的来电，再见！", ""),
    ),
}
OF_REWRITING = {"opening", "exchanges", "abusive", "lost"}
"""Outputs that only the rewriter and its judge have."""


def raw_call(id_: str = "call-1", lang: Lang = "en") -> Conversation:
    """A call as it was, without labels."""
    turns = tuple(Turn(speaker="customer" if at % 2 else "supporter", text=text) for at, text in enumerate(TEXTS[lang]))
    return Conversation(id=id_, lang=lang, topic="technical_support", source="calls", turns=turns)


def _with_numbers_of(call: str, answer: dict[str, Any]) -> dict[str, Any]:
    """The answer with the numbers of a call, and no others, whatever the call is about."""
    text = json.dumps(answer, ensure_ascii=False)
    # What stands in square brackets is a placeholder to those who compare, and the exchanges of an answer to JSON.
    there, own = (numbers([Turn(speaker="customer", text=one)]) for one in (call, re.sub(r"[\[\]]", " ", text)))
    for number in (one for one in own if one not in there):
        text = text.replace(number, "so many")
    changed: dict[str, Any] = json.loads(text)
    rows = [*changed.get("exchanges", []), *([changed["opening"]] if "opening" in changed else [])]
    if missing := [number for number in there if number not in own]:
        rows[0]["customer_says"] += f" {' '.join(missing)}"
    return changed


def _turn(properties: Mapping[str, Any], asked: str, lang: Lang) -> dict[str, Any]:
    """The agent's turn in other words; where the agent said nothing, what the strategy would say."""
    said = re.split("## (?:What the agent said then|客服当时的原话)\n", asked)[-1].splitlines()[0]
    stages, strategies = properties["stage"], properties["strategy"]
    strategy = "information_delivery" if "information_delivery" in strategies else strategies[0]
    words = {row[1]: text[0] for row, text in zip(_PLAN, _SAID[lang], strict=True)}
    says = words[strategy] if said[0] in "(（" else f"{'我明白。' if lang == 'zh' else 'I see. '}{said}"
    return {"stage": stages[len(stages) // 2], "strategy": strategy, "agent_says": says}


def rewriting_actor(body: Mapping[str, Any]) -> dict[str, Any]:
    """A good answer to every question of rewriting, annotating and evaluating."""
    properties = schema_of(body)
    lang = "zh" if "客服" in str(body["messages"][-1]["content"]) else "en"
    if {"opening", "exchanges"} & {*properties}:
        keys = ("stage", "strategy", "agent_says", "customer_says")
        rows = [(*plan, *said) for plan, said in zip(_PLAN, _SAID[lang], strict=True)]
        first, last = "opening" in properties, "closing" in properties
        between = [dict(zip(keys, row, strict=True)) for row in rows[2:-1]]
        part = between if last else between[:1]
        answer: dict[str, Any] = {"exchanges": part if "exchanges" in properties else []}
        if first:
            said = [dict(zip(keys[2:], row[2:], strict=True)) for row in rows[:2]]
            answer |= {"opening": said[0], "verification": said[1]}
        call = re.split("## (?:Original call|原通话)\n", str(body["messages"][-1]["content"]))[-1]
        return _with_numbers_of(call, answer | ({"closing": rows[-1][2]} if last else {}))
    if "agent_says" in properties:
        return _turn(properties, str(body["messages"][-1]["content"]), lang)
    if "abusive" in properties:
        return {"reason": "a friendly call", "quote": "", "abusive": 0, "cold": 0}
    if "lost" in properties:
        return {"lost": [], "invented": [], "complete": 1, "strategies": 1, "clean": 1}
    labels = {"reason": "it greets", "stage": "connecting", "strategy": "greeting", "response": _SAID[lang][0][0]}
    return {name: labels[name] for name in properties}
