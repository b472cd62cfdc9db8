"""What only one side of a support call says: the supporter's greeting and questions, the customer's complaint."""

from __future__ import annotations

import re
from collections.abc import Sequence

ENOUGH = 2
"""Points of evidence that decide a role. A saying that the other side hardly uses has two, another one."""

_ME = r"(?:i am|i['’]m)"
_INTRODUCES = rf"(?:this is|my name(?: is|['’]s)|speaking|{_ME}|you(?:['’]re| are) (?:speaking|talking) (?:with|to))"
_DAY = r"good (?:morning|afternoon|evening|day)"
_GREETS = rf"(?:(?:{_INTRODUCES}|hello|hi there|{_DAY}|certainly|of course)[^?]{{0,120}}|^)"
_DESK = r"(?:support|services?|care|help ?desk|hotline|helpline)"
_SERVES = r"(?:representative|agent|advis[eo]r|supervisor|specialist|technician|manager|operator)"
_ASKS = r"(?:cancel|return|complain|report|upgrade|change|book|activate|dispute|ask)"
_HAS = r"(?: have|(?:['’]ve| have) been|['’]m| am)"

_SUPPORTER_SAYS: tuple[tuple[int, str], ...] = (
    (2, r"\bthank(?:s| you)(?: (?:so|very) much)? for (?:calling|contacting|reaching|your call)\b(?! (?:me|back)\b)"),
    (2, r"\byou(?:['’]ve| have) (?:reached|come through to|been connected (?:to|with))\b"),
    (2, rf"\bwelcome to [^.?!]{{0,40}}\b(?:{_DESK}|chat)\b"),
    (2, rf"\b(?:{_ME}|as) (?:an?|the|your) (?:[\w-]+ ){{0,4}}{_SERVES}\b"),
    (2, rf"\b(?:{_ME}|we(?:['’]re| are)) calling (?:you )?(?:from|on behalf of)\b"),
    (2, rf"{_GREETS}\b(?:how (?:may|can|could) (?:i|we) (?:help|assist|be of)|what can i (?:help|assist) you with)\b"),
    (2, rf"\b{_DESK}[,.!]? (?:this is|my name is|you(?:['’]re| are) )"),
    (2, r"\banything else (?:that )?(?:(?:i|we) (?:can|could|may) (?:help|assist|do)|you need help with)\b"),
    (
        2,
        r"\b(?:may|can|could) (?:i|you)(?: please)? (?:have|get|take|provide|confirm|verify|tell me|give me)(?: me)?"
        r"(?: with)? (?:your|the) (?:[\w-]+ ){0,3}(?:number|name|address|details|id|birth|email|postcode|zip)\b",
    ),
    (
        1,
        r"\b(?:let me|i['’]ll|i will|i['’]m going to) (?:just )?(?:pull up|look up|check|access|review) your\b",
    ),
    (1, r"\bi(?:['’]d| would) be (?:more than )?happy to (?:help|assist)\b"),
    (2, r"为您服务|有什么.{0,8}(?:可以|能).{0,4}帮|能为您(?:做|效劳)|感谢您?的?(?:来电|致电|耐心等待)|工号"),
    (2, r"(?:我是|这里是|这边是).{0,14}(?:客服|坐席|座席|客户经理|专员|服务中心|服务热线|热线|售后|售前)"),
    (2, r"(?:还有|有没有|请问).{0,6}(?:其他|别的|其它).{0,8}(?:帮|需要|咨询)|祝您生活愉快"),
    (2, r"对.{0,8}服务.{0,6}(?:评价|打分)"),
    (2, r"(?:请|麻烦|需要)您?(?:提供|核实|报|说)一?下?您?的?.{0,8}(?:身份证|号码|手机号|订单号|姓名|卡号|地址|尾号)"),
    (1, r"(?:帮|为|给)您(?:查询|查|核实|处理|登记|反馈|申请|办理|转接)"),
)
_CUSTOMER_SAYS: tuple[tuple[int, str], ...] = (
    (1, rf"\b{_ME} calling (?:because i|(?:about|regarding|concerning) (?:my|an?)\b)"),
    (1, r"\bi(?:['’]m| am)? (?:need|needing|would like|looking for) (?:some |your )?(?:help|assistance)\b"),
    (1, r"\bcan you help me\b"),
    (1, rf"\bi{_HAS} (?:having|experiencing) (?:some |an? )?(?:\w+ )?(?:trouble|issue|problem)"),
    (1, r"\bmy (?:\w+ ){0,2}number is\b"),
    (1, r"\bmy (?:order|bill|account|card|phone|internet|booking|package|parcel) (?:is|has|was|won['’]t|doesn['’]t)\b"),
    (1, rf"\bi(?:['’]d like| would like| want) to {_ASKS}\b"),
    (1, r"\bi have an? (?:\w+ )?(?:problem|question|issue|complaint|request)\b"),
    (2, rf"\bis this (?:the )?[\w .&'’-]{{0,40}}{_DESK}\b"),
    (1, r"我(?:想|要|来)(?:要|来)?(?:咨询|问|投诉|查|退|办|取消|了解|反映)"),
    (1, r"我的(?:卡|手机|订单|账户|账号|快递|包裹|网络|宽带|钱|款|信用卡|套餐)"),
    (1, r"(?:怎么|为什么|为啥)(?:还没|又|会|办|回事)|你们(?:公司|银行|平台|客服)?(?:的|怎么|是不是|为什么)"),
)
_SUPPORTER = tuple((points, re.compile(pattern, re.IGNORECASE)) for points, pattern in _SUPPORTER_SAYS)
_CUSTOMER = tuple((points, re.compile(pattern, re.IGNORECASE)) for points, pattern in _CUSTOMER_SAYS)


def supporter_points(texts: Sequence[str]) -> int:
    """How much of what a speaker says only a supporter says."""
    return _score(texts, _SUPPORTER)


def customer_points(texts: Sequence[str]) -> int:
    """How much of what a speaker says only a customer says."""
    return _score(texts, _CUSTOMER)


def _score(texts: Sequence[str], says: Sequence[tuple[int, re.Pattern[str]]]) -> int:
    return sum(points for points, pattern in says if any(pattern.search(text) for text in texts))
