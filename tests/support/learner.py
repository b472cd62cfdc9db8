"""A model that learns: it labels by worked answers like the question, or by a rule in its instructions; else badly.

What it should learn: a customer's word decides the strategy of the agent's next turn.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Mapping
from typing import Any

from csc_dspy.conversation import Conversation, Turn
from csc_dspy.framework import Lang, Strategy
from tests.support.actor import digest, schema_of

SIGNS: dict[Lang, dict[str, Strategy]] = {
    "en": {
        "customer number": Strategy.IDENTITY_VERIFICATION,
        "furious": Strategy.EMOTIONAL_MANAGEMENT,
        "opening hours": Strategy.INFORMATION_DELIVERY,
        "broken": Strategy.PROBLEM_REFINEMENT,
        "go ahead": Strategy.RESOLUTION_IMPLEMENTATION,
    },
    "zh": {
        "客户号": Strategy.IDENTITY_VERIFICATION,
        "气死": Strategy.EMOTIONAL_MANAGEMENT,
        "几点开门": Strategy.INFORMATION_DELIVERY,
        "坏了": Strategy.PROBLEM_REFINEMENT,
        "就这么办": Strategy.RESOLUTION_IMPLEMENTATION,
    },
}
"""A word in the customer's last line, and the strategy that is right then."""
RULE = "Let the customer's word decide."
WRONG = Strategy.PROVIDING_SUGGESTIONS
_FILLING = {
    "en": ["The lamp", "My kettle", "That bicycle", "The red chair", "Our boiler", "A parcel", "This phone"],
    "zh": ["那盏灯", "我的水壶", "自行车", "红椅子", "我家锅炉", "一个包裹", "那扇窗", "这个手机"],
}


def calls(count: int, lang: Lang = "en", *, start: int = 0, turns: int = 5) -> list[Conversation]:
    """Conversations whose supporter turns are labelled by what the customer said right before."""
    found = []
    for number in range(start, start + count):
        rng = random.Random(f"{lang}{number}")
        said: list[Turn] = []
        for word in rng.sample(sorted(SIGNS[lang]), turns):
            strategy = SIGNS[lang][word]
            text = f"{rng.choice(_FILLING[lang])} {number}, {word}."
            said += [
                Turn(speaker="customer", text=text),
                Turn(speaker="supporter", text=f"{strategy.definition.in_(lang)} {number}", strategy=strategy),
            ]
        found.append(Conversation(id=f"{lang}-{number}", lang=lang, topic="other", source="tests", turns=tuple(said)))
    return found


def learner(body: Mapping[str, Any]) -> Mapping[str, Any] | str:
    """Its answer to a request."""
    messages = [(message["role"], str(message["content"])) for message in body["messages"]]
    properties = schema_of(body) if body.get("response_format") else {}
    if not {"stage", "strategy", "response"} & {*properties}:
        return dict.fromkeys(properties, RULE) if properties else f"```\n{RULE}\n```"
    sign = _sign(messages[-1][1])
    answer = dict.fromkeys(properties, "I see.") | {"stage": str(_right(sign).stages[0]), "strategy": str(WRONG)}
    if RULE in messages[0][1] or _lucky(messages[-1][1]):
        answer |= {"strategy": str(_right(sign))}
    for (role, question), (_, given) in itertools.pairwise(messages[1:]):
        if role == "user" and _sign(question) == sign:
            answer |= json.loads(given)
    allowed = properties.get("strategy")
    if isinstance(allowed, (list, tuple)) and answer["strategy"] not in allowed:
        answer["strategy"] = str(allowed[0])
    return {name: answer[name] for name in properties}


def _lucky(question: str) -> bool:
    """One question in three is answered right by chance."""
    lines = [line for line in question.splitlines() if line.startswith(("Customer", "客户"))]
    return bool(lines) and digest({"line": lines[-1]}) % 3 == 0


def _sign(question: str) -> str | None:
    """The word of the customer's last line."""
    lines = [line for line in question.splitlines() if line.startswith(("Customer", "客户"))]
    words = [*SIGNS["en"], *SIGNS["zh"]]
    return next((word for word in words if lines and word in lines[-1]), None)


def _right(sign: str | None) -> Strategy:
    return {**SIGNS["en"], **SIGNS["zh"]}.get(sign or "", WRONG)
