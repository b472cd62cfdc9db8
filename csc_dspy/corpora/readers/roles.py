"""Who of a call's speakers is the customer and who the supporter, by what the call itself says; never by guessing.

The evidence, in this order: the label (``Agent (Ben)``); the heading (``Participants: Andrea (Customer)``); how a
speaker with a known role introduces itself (``Operator: … this is Ben speaking``); what only a supporter says
(``thank you for calling``, ``工号``); and, when all others are on one side, that a call has two sides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from csc_dspy.corpora.readers.speakers import HAN_ROLES, LATIN_ROLES, Label, Role
from csc_dspy.corpora.readers.transcripts import Transcript, Utterance

_ENOUGH = 2  # points of evidence that decide


def _points(*patterns: tuple[int, str]) -> tuple[tuple[int, re.Pattern[str]], ...]:
    return tuple((points, re.compile(pattern, re.IGNORECASE)) for points, pattern in patterns)


_INTRODUCES = (
    r"(?:this is|my name(?: is|'s|’s)|speaking|i am|i'm|i’m|you(?:'re|’re| are) (?:speaking|talking) (?:with|to))"
)
_SUPPORTER_SAYS = _points(
    (
        2,
        r"\bthank(?:s| you)(?: (?:so|very) much)? for (?:your call\b|(?:calling|contacting|reaching)\b(?! (?:me|back)\b))",
    ),
    (2, r"\byou(?:'ve|’ve| have) (?:reached|come through to|been connected (?:to|with))\b"),
    (2, r"\bwelcome to [^.?!]{0,40}\b(?:support|service|services|care|helpdesk|help desk|helpline|hotline|chat)\b"),
    (
        2,
        r"\b(?:i am|i'm|i’m|as) (?:an?|the|your) (?:[\w-]+ ){0,4}"
        r"(?:representative|agent|advis[eo]r|supervisor|specialist|technician|manager)\b",
    ),
    (2, r"\b(?:i am|i'm|i’m|we(?:'re| are)) calling (?:you )?(?:from|on behalf of)\b"),
    (
        2,
        rf"(?:(?:{_INTRODUCES}|hello|good (?:morning|afternoon|evening|day)|hi there|certainly|of course)[^?]{{0,120}}|^)"
        r"\b(?:how (?:may|can|could) (?:i|we) (?:help|assist|be of)|what can i (?:help|assist) you with)\b",
    ),
    (
        2,
        r"\b(?:support|service|services|care|helpdesk|help desk|hotline)[,.!]? (?:this is|my name is|you(?:'re|’re| are) )",
    ),
    (
        2,
        r"\banything else (?:that )?(?:i|we) (?:can|could|may) (?:help|assist|do)\b|\banything else you need help with\b",
    ),
    (
        2,
        r"\b(?:may|can|could) (?:i|you)(?: please)? (?:have|get|take|provide|confirm|verify|tell me|give me)(?: me)?"
        r"(?: with)? (?:your|the) (?:[\w-]+ ){0,3}(?:number|name|address|details|id|birth|email|postcode|zip)\b",
    ),
    (1, r"\b(?:let me|i'll|i will|i'm going to) (?:just )?(?:pull up|look up|check|bring up|access|review) your\b"),
    (1, r"\bi(?:'d| would) be (?:more than )?happy to (?:help|assist)\b"),
    (2, r"为您服务|有什么.{0,8}(?:可以|能).{0,4}帮|(?:可以|能)为您(?:做|效劳)|感谢您?的?(?:来电|致电|耐心等待)|工号"),
    (2, r"(?:我是|这里是|这边是).{0,14}(?:客服|坐席|座席|客户经理|专员|服务中心|服务热线|热线|售后|售前)"),
    (
        2,
        r"(?:还有|有没有|请问).{0,6}(?:其他|别的|其它).{0,8}(?:帮|需要|咨询)|对.{0,8}服务.{0,6}(?:评价|打分)|祝您生活愉快",
    ),
    (2, r"(?:请|麻烦|需要)您?(?:提供|核实|报|说)一?下?您?的?.{0,8}(?:身份证|号码|手机号|订单号|姓名|卡号|地址|尾号)"),
    (1, r"(?:帮|为|给)您(?:查询|查|核实|处理|登记|反馈|申请|办理|转接)"),
)
_CUSTOMER_SAYS = _points(
    (1, r"\bi(?:'m|’m| am) calling (?:because i|(?:about|regarding|concerning) (?:my|a|an)\b)"),
    (
        1,
        r"\bi(?:'m|’m| am)? (?:need|needing|would like|looking for) (?:some |your )?(?:help|assistance)\b|\bcan you help me\b",
    ),
    (
        1,
        r"\bi(?:'m|’m| am|'ve been|’ve been| have been) (?:having|experiencing) (?:some |a |an )?(?:\w+ )?(?:trouble|issue|problem)",
    ),
    (
        1,
        r"\bmy (?:\w+ ){0,2}number is\b|\bmy (?:order|bill|account|card|phone|internet|booking|package|parcel) (?:is|has|was|won't|doesn't)",
    ),
    (
        1,
        r"\bi(?:'d like| would like| want) to (?:cancel|return|complain|report|upgrade|change|book|activate|dispute|inquire|ask)\b",
    ),
    (1, r"\bi have an? (?:\w+ )?(?:problem|question|issue|complaint|request)\b"),
    (2, r"\bis this (?:the )?[\w .&'’-]{0,40}(?:support|service|helpdesk|help desk|hotline)\b"),
    (1, r"我(?:想|要|来)(?:要|来)?(?:咨询|问|投诉|查|退|办|取消|了解|反映)"),
    (1, r"我的(?:卡|手机|订单|账户|账号|快递|包裹|网络|宽带|钱|款|信用卡|套餐)"),
    (1, r"(?:怎么|为什么|为啥)(?:还没|又|会|办|回事)|你们(?:公司|银行|平台|客服)?(?:的|怎么|是不是|为什么)"),
)
_ROLE_WORDS = "|".join(
    [
        *(rf"(?<![a-z]){' '.join(words)}(?![a-z])" for words in sorted(LATIN_ROLES, key=len, reverse=True)),
        *sorted(HAN_ROLES, key=len, reverse=True),
    ]
)


def assign_roles(transcript: Transcript) -> dict[str, Role]:
    """The role of every speaker of a call.

    Returns:
        Role by ``Label.key``.

    Raises:
        ValueError: A speaker's role cannot be known from the call, or the call says two different things.
    """
    labels: dict[str, Label] = {}
    for utterance in transcript.utterances:
        label = utterance.label
        first = labels.setdefault(label.key, label)
        if first.role != label.role and label.role is not None:  # `Ben (Agent)` and later only `Ben`
            if first.role is not None:
                raise ValueError(
                    f"roles disagree: the call calls {label.name or label.key!r} both customer and supporter"
                )
            labels[label.key] = label
    roles: dict[str, Role] = {key: label.role for key, label in labels.items() if label.role is not None}
    if len(roles) == len(labels):
        return roles
    names = _named((*labels.values(), *transcript.labels))
    for key, label in labels.items():
        if key in roles:
            continue
        name = label.name or key
        known = _of_name(name, names) or _in_heading(name, transcript.heading) or _introduced(name, roles, transcript)
        if len(known) > 1:
            raise ValueError(f"roles disagree: the call calls {name!r} both customer and supporter")
        if known:
            roles[key] = known.pop()
    open_ = [key for key in labels if key not in roles]
    if open_:
        _decide(open_, roles, transcript.utterances)
    unknown = [repr(label.name or key) for key, label in labels.items() if key not in roles]
    if unknown:
        who = ", ".join(unknown[:5]) + (f" and {len(unknown) - 5} more" if len(unknown) > 5 else "")
        raise ValueError(
            f"no role: nothing in the call says on which side {who} speaks, the customer's or the supporter's"
        )
    return roles


def _words(name: str) -> frozenset[str]:
    words = frozenset(word for word in re.split(r"[\s.,]+", name.casefold()) if word)
    return words - {"mr", "mrs", "ms", "miss", "dr"} or words


def _named(labels: Iterable[Label]) -> list[tuple[frozenset[str], Role]]:
    return [(_words(label.name), label.role) for label in labels if label.role is not None and label.name]


def _of_name(name: str, names: Sequence[tuple[frozenset[str], Role]]) -> set[Role]:
    """The roles of the labels that bring this name: ``Ben`` and ``Ben Ortiz`` are one."""
    words = _words(name)
    return {role for other, role in names if words <= other or other <= words}


@lru_cache(maxsize=512)
def _heading_patterns(name: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    plain = re.escape(name)
    title = r"(?:(?:Mr|Ms|Mrs|Miss|Dr)\.?[ ])?"
    before = rf"({_ROLE_WORDS})(?:'s)?(?: name|姓名|名称)?[ \t]*(?:[:：(（\[–—=-]+|\bis\b)?[ \t*_]*{title}(?<!\w){plain}(?!\w)"
    after = (
        rf"(?<!\w){plain}(?!\w)[ \t*_]*(?:[:：–—=/,，-]+|[(（\[][^()（）\[\]\n]{{0,30}}?|\b(?:is|as)(?: the| an?)?\b)[ \t]*"
        rf"(?:(?:the|an?) )?({_ROLE_WORDS})"
    )
    return re.compile(before, re.IGNORECASE), re.compile(after, re.IGNORECASE)


def _in_heading(name: str, heading: str) -> set[Role]:
    """The roles that the heading gives a name; ``Agent Ben`` counts before ``Ben, agent``."""
    if not heading or name.casefold() not in heading.casefold():
        return set()
    for pattern in _heading_patterns(name):
        found: set[Role] = {_role(match[1]) for match in pattern.finditer(heading)} - {"machine"}
        if found:
            return found
    return set()


def _role(phrase: str) -> Role:
    words = tuple(phrase.casefold().split())
    return LATIN_ROLES[words] if words in LATIN_ROLES else HAN_ROLES[phrase]


@lru_cache(maxsize=512)
def _introduction(name: str) -> re.Pattern[str]:
    plain = re.escape(name)
    return re.compile(
        rf"\b(?:this is|my name(?: is|['’]s)|i am|i['’]m|it['’]s|name is|"
        rf"you(?:['’]re| are) (?:speaking|talking) (?:with|to))\s+"
        rf"(?:(?:agent|operator|mr\.?|mrs\.?|ms\.?|dr\.?)\s+)?{plain}\b(?!['’]s)"
        rf"|\b{plain} (?:speaking|here)\b|(?:我是|我叫|我姓|免贵姓)(?:客服|坐席|座席|客户经理|专员)?{plain}",
        re.IGNORECASE,
    )


def _introduced(name: str, roles: Mapping[str, Role], transcript: Transcript) -> set[Role]:
    """The roles under which a name introduces itself: ``Operator: … this is Ben speaking``."""
    pattern = _introduction(name)
    found: set[Role] = set()
    for utterance in transcript.utterances[:12]:
        label = utterance.label
        if label.role in ("customer", "supporter") and label.name is None and pattern.search(utterance.text):
            found.add(label.role)
    return found


def _decide(open_: Sequence[str], roles: dict[str, Role], utterances: Sequence[Utterance]) -> None:
    """Add the roles of unknown speakers where what they say decides, or where one side is left over."""
    said = {key: [utterance.text for utterance in utterances if utterance.label.key == key][:40] for key in open_}
    supporter = {key: _score(said[key], _SUPPORTER_SAYS) for key in open_}
    customer = {key: _score(said[key], _CUSTOMER_SAYS) for key in open_}
    sides = {role for role in roles.values() if role != "machine"}
    serving = [key for key in open_ if supporter[key] >= _ENOUGH and supporter[key] > customer[key]]
    if len(serving) == len(open_) and "customer" not in sides:
        # Both speak like supporters: only a clear difference decides.
        serving = [
            key for key in serving if all(supporter[key] >= 2 * supporter[other] for other in open_ if other != key)
        ]
    for key in serving:
        roles[key] = "supporter"
    sides = {role for role in roles.values() if role != "machine"}
    rest = [key for key in open_ if key not in roles]
    if not sides and len(rest) == 2:
        asking = [key for key in rest if customer[key] >= _ENOUGH and not supporter[key]]
        if len(asking) == 1:
            roles[asking[0]] = "customer"
            sides, rest = {"customer"}, [key for key in rest if key not in asking]
    if len(rest) == 1 and len(sides) == 1:
        key = rest[0]
        if sides == {"supporter"} and (supporter[key] < _ENOUGH or customer[key] >= supporter[key]):
            roles[key] = "customer"
        elif sides == {"customer"} and (customer[key] < _ENOUGH or supporter[key] > customer[key]):
            roles[key] = "supporter"


def _score(texts: Sequence[str], says: Sequence[tuple[int, re.Pattern[str]]]) -> int:
    return sum(points for points, pattern in says if any(pattern.search(text) for text in texts))
