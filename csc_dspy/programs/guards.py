"""What a reply must not do, held by code: echo an earlier line, or speak for the other side.

Small models do both. Each guard returns the name of the fault, or ``None``. Phrases are chosen for precision: a
guard that fires wrongly costs a good conversation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from rapidfuzz import fuzz

from csc_dspy.conversation import Speaker, Turn
from csc_dspy.framework import Lang

ECHO_SIMILARITY = 85.0
"""Character similarity (0 to 100, normalized Indel) from which two lines count as the same."""
CONTAINED = 95.0
"""Partial similarity from which a longer line counts as having an earlier one in it."""
SHORT = 12
"""Normalized characters below which a line ("Yes, please.") may come again."""

SIDES = "customer|supporter|agent|客户|客服"
_OTHER_LINE = re.compile(rf"(^|[\n\"”。.!?！？]\s*)({SIDES})\s*[:：]", re.IGNORECASE)


def any_of(*phrases: str) -> re.Pattern[str]:
    """A pattern that any of the phrases fits, in capitals or not."""
    return re.compile("|".join(phrases), re.IGNORECASE)


_SPEAKS_AS_SUPPORTER = any_of(
    r"how (can|may) (i|we) (help|assist)",
    r"thank(s| you) for (calling|contacting|reaching out)",
    r"\b(i|we)('ll| will| can) (gladly |be happy to )?(help|assist) you",
    r"(i'm|i am|we're|we are) here to (help|assist)",
    r"(happy|glad) to (help|assist)",
    r"\bto (help|assist) you\b",
    r"is there anything else (i|we) can",
    r"your recommendations? based on .* you can afford",
    r"(we|i) (sincerely )?apologi[sz]e for",
    r"sorry for (the|any) inconvenience",
    r"i('m| am) (so |very )?sorry to hear",
    r"better understand (your|the) (situation|problem|issue)",
    r"let me (check|look into|pull up|verify|transfer|walk you|assist)",
    r"our (customer service|support) team",
    r"i (completely |fully )?understand your (concern|frustration|situation)",
    r"as (your|a) (customer service|support) (agent|representative)",
    r"may i (have|know) your",
    r"could you (please )?(provide|confirm|verify) your",
    r"有什么(可以|能)(帮|为)您",
    r"感谢您的(来电|耐心|理解|支持|信任|反馈|配合)",
    r"(为|帮)您(查询|处理|办理|核实|查看|安排|解决|登记)",
    r"给您带来(的)?不便",
    r"(我|我们)(非常|很|完全|十分)?理解您的",
    r"请您?(提供|告知|核对)(一下)?您",
    r"祝您|很高兴为您",
    r"您的(姓名|名字|联系方式|电话|手机|订单|账号|账户)号?码?是",
    r"我们会(尽快|立即|马上)",
)
_SPEAKS_AS_CUSTOMER = any_of(
    r"\bi (want|need|would like|demand) (a|my|the) (full )?(refund|money)",
    r"\bmy (account|card|order|package|bill) (was|is|has|got)",
    r"\bi('ve| have| was| am) (been )?(charged|billed|locked out)",
    r"\bi('m| am) calling (about|because)",
    r"\bi('m| am) (so |very |really |a bit )?(disappointed|frustrated|confused|worried|upset|angry)\b",
    r"我(要|想)(退款|投诉|咨询|取消|办理)",
    r"我的(账户|卡|银行卡|订单|包裹|账单)(被|没|怎么)",
    r"你们(公司|怎么|这)",
)
THE_CUSTOMER: dict[Lang, str] = {
    "en": r"\bthe customer\b(?! (service|care|support|number|id|reference|portal|reward|loyalty|hotline|line|account))",
    "zh": "客户(?!编号|经理|服务|端|号|中心|支持|代表|群|电话|热线|账户|权益|信息)",
}
"""The customer as a third person, as no one on the phone speaks; names of departments and numbers do not count."""
_OF_ONESELF = any_of(*THE_CUSTOMER.values())
"""A customer who speaks of the customer tells the scenario instead of being in it."""
_REFUSAL = any_of(
    r"\bi('m not able| am not able| can't| cannot|'m unable| am unable) (to )?(assist|help)\b",
    r"(抱歉|对不起)，?我(无法|不能)(提供|协助|帮助|回答|满足)",
)
_NO_ANSWER = re.compile(
    r"(thank you|thanks|so much|very much|a lot|for (your|the) (help|time|support)|okay|ok|sure|great|alright|of course"
    r"|i (see|understand)|got it|please|(非常|很)?感谢|谢谢|的?(帮助|帮忙|支持|提醒|关心|耐心)|好的?|你|您|收到"
    r"|我?(明白|了解|知道)了?|嗯|可以|当然|没问题|麻烦|请?尽快|处理|\W)+",
    re.IGNORECASE,
)
"""Words that answer no question ("yes" and "no" do)."""
_META = any_of(
    r"as an ai\b|language model",
    r"the agent'?s (explanation|answer|question|proposal|suggestion|solution|offer|apology)",
    r"\bi('m| am) following the (rules|procedures|company|strategy)",
    r"客服的(解释|回答|问题|方案|建议|道歉)",
    r"作为(一个|一名)?(ai|人工智能)",
    r"direction:|^\s*the customer (should|will|asks|says)",
    r"\[(your|customer|agent|name|insert|date|amount)[^\]]*\]",
    r"\[(公司|客户|姓名|您的|日期|金额|订单)[^\]]*\]|［",
    r"\{\w+\}|<(name|number|date)>",
    r"x{3,}|(?<![a-z])[x×]{2,}(?![a-z])|\*{2,}|某某",
)


def refuses(text: str) -> bool:
    """Whether a line is a model that declines: "I cannot assist with that."."""
    return _REFUSAL.search(text) is not None


def is_stub(text: str) -> bool:
    """Whether a line says nothing of its own: "Sure!"."""
    return not plain(text) or _STUB.match(text) is not None


def calls(text: str, name: str) -> bool:
    """Whether a line addresses somebody by this name: "Thank you, Ann Lee."."""
    return re.search(rf"[,，]\s*{re.escape(name)}\b|(?:谢谢|感谢|[你您]好)[，,]?\s*{re.escape(name)}", text) is not None


_STUB = re.compile(
    r"(\W*(certainly|sure|so|well|now|of course|absolutely|okay|ok|great|thank you|thanks|i see|i understand|当然"
    r"|当然可以|好的|可以|没问题|是的|嗯|明白了|我明白了|谢谢[你您]?))+\W*$",
    re.IGNORECASE,
)
"""A turn that says nothing by itself."""


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """Letters and digits only, lower case: what two lines are compared by. Every line is compared with many."""
    return "".join(c for c in text.casefold() if c.isalnum())


def alike(text: str, other: str) -> bool:
    """Whether two lines say nearly the same, letter by letter; short ones never do."""
    line = plain(text)
    return len(line) >= SHORT and fuzz.ratio(line, plain(other), score_cutoff=ECHO_SIMILARITY) > 0


def echoes(text: str, earlier: Iterable[Turn], speaker: Speaker | None = None) -> bool:
    """Whether a line nearly repeats an earlier one, alone or among other words.

    Args:
        text: The line.
        earlier: The turns before.
        speaker: Who says it; their own longer lines must not have it in them either. The other side's may: an answer
            takes up the words of the question.
    """
    line = plain(text)
    if len(line) < SHORT:
        return False
    return any(
        alike(text, turn.text)
        or (
            (len(other) < len(line) or turn.speaker == speaker)
            and fuzz.partial_ratio(line, other, score_cutoff=CONTAINED) > 0
        )
        for turn in earlier
        if len(other := plain(turn.text)) >= SHORT
    )


GOODBYE = any_of(r"\b(good)?bye\b", r"\bends? the call\b|\bhangs? up\b", r"再见|拜拜|可以结束了|结束通话|挂断|就到这里")
"""A customer who ends the call, or is told to."""
THANKS = any_of(r"\bthank", "谢")
HAN = re.compile(r"[\u4e00-\u9fff]")
_ENGLISH = re.compile(r"(?<![A-Za-z0-9@./_-])[a-z]{4,}(?![A-Za-z0-9@/_-])")
_LOANS = {"email", "wifi"}


def foreign(text: str, lang: Lang, known: str = "") -> bool:
    """Whether a line falls into the other language; names, addresses and words that are ``known`` do not count."""
    if lang == "en":
        return bool(HAN.search(text))
    return any(word not in _LOANS and word not in known for word in _ENGLISH.findall(text))


CLAUSE_END = re.compile(r"(?<=[，。！？!?])|(?<=[,.;])\s+")


def evades(text: str) -> bool:
    """Whether a line would leave a question unanswered: mere thanks."""
    return bool(_NO_ANSWER.fullmatch(text))


def fault(text: str, speaker: Speaker, earlier: Sequence[Turn], *, restates: bool = False) -> str | None:
    """What is wrong with a reply, as a short name.

    Args:
        text: What was said.
        speaker: Who said it.
        earlier: The turns before.
        restates: Whether it is there to say the other side's words again, so that only its own lines can echo.

    Returns:
        ``empty`` (from the supporter also a mere "Sure!"), ``too_long`` (over 500 characters), ``meta`` (speaks
        as a model, or leaves a placeholder), ``refusal``, ``role`` (speaks for the other side), ``echo`` (repeats
        an earlier line, or itself), or ``None``.
    """
    if not plain(text) or (speaker == "supporter" and is_stub(text)):
        return "empty"
    if len(text) > 500:
        return "too_long"
    if _META.search(text):
        return "meta"
    if refuses(text):
        return "refusal"
    if speaker == "customer" and _OF_ONESELF.search(text):
        return "role"
    swapped = _SPEAKS_AS_SUPPORTER if speaker == "customer" else _SPEAKS_AS_CUSTOMER
    if _OTHER_LINE.search(text) or swapped.search(text):
        return "role"
    clauses = [clause for part in CLAUSE_END.split(text) if len(clause := plain(part)) >= 4]
    if len(set(clauses)) < len(clauses) or echoes(
        text, [turn for turn in earlier if turn.speaker == speaker or not restates], speaker
    ):
        return "echo"
    return None
