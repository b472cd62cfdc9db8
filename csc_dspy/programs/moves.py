"""Which strategies and stages a supporter's next turn may have: the rules the paper leaves to the prompt, as code."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from csc_dspy.conversation import Turn
from csc_dspy.framework import Stage, Strategy

S = Strategy
LATE = (S.FEEDBACK_REQUEST, S.RELATIONSHIP_CONTINUATION)
"""Make sense only after something was resolved."""
CONFIRMING = (S.IDENTITY_VERIFICATION, S.RESTATEMENT_OR_PARAPHRASING, S.PROBLEM_REFINEMENT, S.PROVIDING_SUGGESTIONS)
"""What the customer says next answers a question or a proposal, so the matter cannot be over with it."""
FINDING = (S.IDENTITY_VERIFICATION, S.PROBLEM_REFINEMENT)
"""Ask the customer for what only they know."""
ASKING = (*FINDING, S.FEEDBACK_REQUEST)
"""Ask the customer for something."""
TELLING = (
    S.EMOTIONAL_MANAGEMENT,
    S.INFORMATION_DELIVERY,
    S.RESOLUTION_IMPLEMENTATION,
    S.RELATIONSHIP_CONTINUATION,
    S.APPRECIATION_AND_CLOSURE,
)
"""Tell the customer something and leave questions out."""
SOLVING = (S.INFORMATION_DELIVERY, S.PROVIDING_SUGGESTIONS, S.RESOLUTION_IMPLEMENTATION)
"""Bring the matter forward, in this order; a call that ends before one of them has reached nothing."""
OFFERING = (S.PROVIDING_SUGGESTIONS, S.RESOLUTION_IMPLEMENTATION)
"""Need to know what the company can do, whichever comes first; a small model says it again each time it is told."""
_IDENTITY = re.compile(
    r"\b(name|number|digits|account|e-?mail|birth|address|postcode|zip|pin|passport|id)\b"
    r"|\bwho (am i|is calling|are you)\b|姓名|名字|贵姓|是谁|哪位|称呼|号|后四位|身份证|生日|地址|邮箱|验证码",
    re.IGNORECASE,
)
_ASKS = re.compile(r"\bplease\b|\bi('ll)? need\b|请|麻烦|告诉我|需要(您|知道|确认|核实|了解)", re.IGNORECASE)
_PROPOSES = re.compile(
    r"\b(I|we) (suggest|recommend|propose)\b|\bwould you like (me|us) to\b|建议|是否同意|同意吗", re.IGNORECASE
)
"""A question that proposes something is no question about the problem."""
_UPSET = re.compile(
    r"\b(upset|ang(ry|er)|furious|mad\b|fed up|frustrat|annoy|irritat|worr(y|ied)|anxi|afraid|scared|fear|nervous"
    r"|stress|panic|disappoint|unhappy|sad\b|terribl|awful|horribl|ridiculous|unacceptable|outrag|hate[ds]?\b|sick of"
    r"|tired of|shock|desperate|overwhelm|embarrass|asham|suffer|cry(ing)?\b|nightmare|unfair|let down"
    r"|hopeless|miserable|at a loss)"
    r"|生气|气[死人愤]|[很太真]气|着急|[很太真]急|急[死疯坏]|焦虑|焦急|慌|(?<!恐)怕|(?<!麻)烦|愁|恼|[火窝发]火|火大|惨|糟|担心|担忧|忧虑"
    r"|难过|难受|失望|不满|委屈|紧张|不安|伤心|崩溃|郁闷|无语|受不了|讨厌|困扰|压力|投诉|过分|离谱|不公平|绝望|沮丧",
    re.IGNORECASE,
)
"""Clearly negative emotion in a customer's words; it rather sees too much than too little."""
_AGREES = re.compile(
    r"\b(yes|yeah|okay|ok|sure|agree|accept|fine|great|thank|thanks|please|perfect|works|good|of course)\b"
    r"|好[的吧啊呀]?|可以|同意|接受|谢谢|感谢|没问题|(?<!银)行|嗯|麻烦",
    re.IGNORECASE,
)
_REFUSES = re.compile(r"\b(no|not|never|n't|rather|instead|but)\b|n't\b|不|别|没法|没有用|但", re.IGNORECASE)
_REQUEST = re.compile(r"(provide|give|tell|send) (me|us)\b|请(您)?(告诉|提供|告知)", re.IGNORECASE)
_TO_THEM = re.compile(r"\byou|\b(right|correct)\b|[您你]|[对是]吗|对吧", re.IGNORECASE)
_AGENTS = "们|这边|明白|理解|了解|知道|听|来|再|想|先|跟|和您|确认|复述|总结"
"""What follows 我 where the agent speaks of the agent's side, not as the customer."""
_OWN = re.compile(rf"\bmy (?!understanding)|我(?!{_AGENTS})", re.IGNORECASE)
"""A summary tells the customer's story to them; in the first person it would be the agent's own."""
_THEIR_OWN = re.compile(rf"(?<![让请自望要叫由使])我(?!{_AGENTS}|[司帮给为会都]|上次|没说)")
"""The customer's own 我 in words that are put to them."""
PATIENCE = {Stage.CONNECTING: 2, Stage.IDENTIFYING: 2, Stage.EXPLORING: 3, Stage.RESOLVING: 2}
"""Supporter turns after a stage was first reached until the call must go further; the last stage has no end."""
LEANING = 1 / 3
"""Share of the supporter's turns one strategy may have, from six turns on."""


def stage_reached(turns: Sequence[Turn]) -> Stage:
    """The furthest stage of the supporter's turns so far."""
    return max((t.stage for t in turns if t.stage), key=lambda s: s.position, default=Stage.CONNECTING)


def allowed_stages(turns: Sequence[Turn]) -> tuple[Stage, ...]:
    """The stage before, the same, or the next; only forward once :data:`PATIENCE` with the stage is at its end."""
    mine = [t for t in turns if t.speaker == "supporter"]
    if len(mine) <= 1:
        return (Stage.CONNECTING,)
    reached, stages = stage_reached(turns), list(Stage)
    spent = len(mine) - next((i for i, t in enumerate(mine) if t.stage is reached), len(mine))
    if spent >= PATIENCE.get(reached, len(turns)):
        return (stages[reached.position + 1],)
    first = max(1, reached.position - 1)
    return tuple(stages[first : reached.position + 2])


def allowed_strategies(
    turns: Sequence[Turn],
    *,
    customer_left: bool = False,
    least: int = 0,
    questions: int | None = None,
    without: Collection[Strategy] = (),
) -> tuple[Strategy, ...]:
    """What the supporter may do next; at least one strategy.

    Greeting first and only then; identity verification right after it; the goodbye when the customer has left, and from
    the resolving stage on; feedback and outlook from the resolving stage on; an operation only after exploring;
    comfort only where the customer was upset, and then once; what was agreed is carried out before more is asked;
    nothing three times running, and who has told, proposed or done something goes back only if the customer asks;
    nothing for more than a third of the turns; another summary only after two more answers.

    Args:
        turns: The call so far.
        customer_left: Whether only the goodbye is missing.
        least: Utterances the call should have at least.
        questions: How many questions about the problem the plan has, if it says so; no more are asked.
        without: What was tried just now in vain; what has a fixed place comes all the same.
    """
    if customer_left:
        return (S.APPRECIATION_AND_CLOSURE,)
    mine = [t.strategy for t in turns if t.speaker == "supporter"]
    if not mine:
        return (S.GREETING,)
    if len(mine) == 1:
        return (S.IDENTITY_VERIFICATION,)
    reached = stage_reached(turns)
    banned = {S.GREETING, S.OTHERS, *without}
    if questions is not None and mine.count(S.PROBLEM_REFINEMENT) >= questions:
        banned.add(S.PROBLEM_REFINEMENT)
    if S.RESTATEMENT_OR_PARAPHRASING in mine and _found_since(S.RESTATEMENT_OR_PARAPHRASING, mine) < 2:
        banned.add(S.RESTATEMENT_OR_PARAPHRASING)
    if mine.count(S.IDENTITY_VERIFICATION) >= 2 or mine[-1] is S.IDENTITY_VERIFICATION:
        banned.add(S.IDENTITY_VERIFICATION)
    if reached.position < Stage.EXPLORING.position:
        banned |= {S.RESOLUTION_IMPLEMENTATION}
    if reached.position < Stage.RESOLVING.position:
        banned |= {*LATE, S.APPRECIATION_AND_CLOSURE}
    if len(turns) + 1 < least:
        banned.add(S.APPRECIATION_AND_CLOSURE)
    if mine[-1] is S.EMOTIONAL_MANAGEMENT or not any(
        _UPSET.search(turn.text) for turn in turns if turn.speaker == "customer"
    ):
        banned.add(S.EMOTIONAL_MANAGEMENT)
    if mine[-1] is S.PROVIDING_SUGGESTIONS and _agrees(turns[-1].text):
        banned |= {
            S.PROBLEM_REFINEMENT,
            S.RESTATEMENT_OR_PARAPHRASING,
            S.IDENTITY_VERIFICATION,
            S.EMOTIONAL_MANAGEMENT,
        }
    if mine[-1] in SOLVING and not _asks(turns[-1].text):
        banned |= {*SOLVING[: SOLVING.index(mine[-1]) + 1]}  # said, and nothing was asked about it
    if mine[-1] is not None and mine[-1] is mine[-2]:
        banned.add(mine[-1])
    if len(mine) >= 5:
        banned |= {s for s, n in Counter(mine).items() if s is not None and (n + 1) / (len(mine) + 1) > LEANING}
    stages = set(allowed_stages(turns))
    fitting = tuple(s for s in S if s not in banned and stages & set(s.stages))
    return fitting or (S.OTHERS,)


def permitted(turns: Sequence[Turn], stage: Stage) -> tuple[Strategy, ...]:
    """What any supporter may do next: nothing a third time running, no goodbye before the resolving stage.

    Args:
        turns: The call so far; turns without a strategy break a run.
        stage: The stage of the next turn.
    """
    mine = [turn.strategy for turn in turns if turn.speaker == "supporter"][-2:]
    thrice = mine[0] if len(mine) == 2 and mine[0] is mine[1] else None
    early = stage.position < Stage.RESOLVING.position
    return tuple(s for s in S if s is not thrice and not (early and s is S.APPRECIATION_AND_CLOSURE))


def _found_since(strategy: Strategy, mine: Sequence[Strategy | None]) -> int:
    """How much the supporter has asked for since a strategy came last."""
    since = mine[len(mine) - list(reversed(mine)).index(strategy) :]
    return sum(other in FINDING for other in since)


def stage_of(strategy: Strategy, chosen: Stage, allowed: Sequence[Stage]) -> Stage:
    """The stage of a turn: as chosen if the strategy is typical of it, else the nearest allowed one that is."""
    if chosen in strategy.stages:
        return chosen
    fitting = [s for s in strategy.stages if s in allowed] or list(strategy.stages)
    return min(fitting, key=lambda s: abs(s.position - chosen.position))


def likely_stage(before: Iterable[Turn], strategy: Strategy) -> Stage:
    """The stage of a turn that has none: the strategy's first typical one that does not step back.

    Args:
        before: The turns before it, with their strategies.
        strategy: Its strategy.
    """
    reached = Stage.CONNECTING
    for one in (*(turn.strategy for turn in before), strategy):
        if one is not None and one.stages:
            ahead = [stage for stage in one.stages if stage.position >= reached.position]
            reached = ahead[0] if ahead else one.stages[-1]
    return reached


def fits(text: str, strategy: Strategy) -> bool:
    """Whether a turn has its strategy's form, as far as form shows it: what asks must ask, what tells must not."""
    asks = "?" in text or "？" in text
    if strategy is S.IDENTITY_VERIFICATION and not _IDENTITY.search(text):
        return False
    if strategy is S.PROBLEM_REFINEMENT and _PROPOSES.search(text):
        return False
    if strategy in ASKING:
        return asks or bool(_ASKS.search(text))
    if strategy is S.RESTATEMENT_OR_PARAPHRASING:
        return bool(_TO_THEM.search(text)) and not _OWN.search(text) and not _REQUEST.search(text)
    return not (asks and strategy in TELLING)


def to_them(text: str) -> str:
    """A summary that goes on in the customer's person, put to them: "您是说我的快递没到" as "您是说您的快递没到"."""
    if not text.startswith(("您是说", "好的，您是说", "好的。您是说")):
        return text
    put = _THEIR_OWN.sub("您", text)
    return text if _OWN.search(put) else put


def _agrees(text: str) -> bool:
    return bool(_AGREES.search(text)) and not _REFUSES.search(text) and not _asks(text)


def _asks(text: str) -> bool:
    return text.rstrip("\"”' ").endswith(("?", "？"))


def may_end(turns: Sequence[Turn], least: int) -> bool:
    """Whether the customer may end the call with their next turn.

    Not on the turn that answers a confirmation, nor before the call can have ``least`` utterances with its
    goodbye, nor before a solution, a rule or an operation was named.
    """
    last = turns[-1]
    if len(turns) + 2 < least or not any(turn.strategy in SOLVING for turn in turns):
        return False
    return last.strategy not in CONFIRMING and not (_asks(last.text) and last.strategy not in LATE)
