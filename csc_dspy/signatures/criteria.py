"""What the words of a supporter are judged by, for models and for people alike, in both languages.

The paper asks people which answer resolves the problem; strategy, empathy and fluency are asked besides.
"""

from __future__ import annotations

from typing import NamedTuple

from csc_dspy.framework import Text


class Criterion(NamedTuple):
    """One thing to judge.

    Attributes:
        id: Its name in records.
        names: Its name for people.
        good: What a reply that meets it does.
        question: What a pair of replies is asked.
    """

    id: str
    names: Text
    good: Text
    question: Text


CRITERIA = (
    Criterion(
        "resolution",
        Text("problem resolution", "问题解决"),
        Text(
            "it brings the customer's matter closer to being resolved, with what is known by now",
            "根据目前已知的情况，使客户的问题更接近解决",
        ),
        Text(
            "Which reply does more to resolve the customer's problem?",
            "哪个回复更有助于解决客户的问题？",
        ),
    ),
    Criterion(
        "strategy",
        Text("strategy fit", "策略恰当"),
        Text(
            "it does what a well-trained agent should do at this point of the call, and only that",
            "做了训练有素的客服此时应当做的事，而且只做这件事",
        ),
        Text(
            "Which reply is the better step at this point of the call?",
            "就通话此刻而言，哪个回复是更恰当的一步？",
        ),
    ),
    Criterion(
        "empathy",
        Text("empathy", "共情"),
        Text(
            "it takes up how the customer feels, as far as that is called for, without exaggeration",
            "在需要时回应客户的感受，恰如其分",
        ),
        Text("Which reply shows more understanding for the customer?", "哪个回复更体谅客户？"),
    ),
    Criterion(
        "fluency",
        Text("fluency", "流畅"),
        Text(
            "it is natural, correct, spoken language, and not longer than needed",
            "语言自然、正确、口语化，不啰嗦",
        ),
        Text("Which reply sounds more natural on the phone?", "哪个回复在电话里听起来更自然？"),
    ),
)

SCALE = (1, 2, 3, 4, 5)
"""Scores of a reply: 1 not at all, 5 fully."""
