"""What a turn asks the other side for, so that an answer like "8842013" or "Paolo Moretti" is understood."""

from __future__ import annotations

import re
from typing import NamedTuple

from csc_dspy.corpora.masking.births import BIRTH_WORDS
from csc_dspy.corpora.masking.card_parts import asked_tail, asks_expiry
from csc_dspy.corpora.masking.cues import cues
from csc_dspy.corpora.masking.gates import Gate
from csc_dspy.corpora.masking.kinds import Kind
from csc_dspy.corpora.masking.online import asks_handle
from csc_dspy.corpora.masking.places import asks_address
from csc_dspy.corpora.masking.reading import Text
from csc_dspy.corpora.masking.secrets import asks_secret
from csc_dspy.corpora.masking.words import word_set


class Asked(NamedTuple):
    """What the other side has just asked for."""

    kinds: frozenset[Kind] = frozenset()
    """Kinds of numbers, and dates of birth."""
    name: bool = False
    tail: Kind | None = None
    """Of what the last digits were asked for."""
    secret: bool = False
    """Whether a password or the answer to a security question was."""
    handle: bool = False
    """Whether a name on a platform was."""


NOTHING_ASKED = Asked()

_ASK_WORDS = word_set(
    "please may can could would need have provide confirm verify give tell share spell read what whats pls plz"
)
_ASKS = re.compile(rf"\b(?:{'|'.join(sorted(_ASK_WORDS))})\b")
_ASKS_ZH = re.compile(
    "请|麻烦|提供|告诉|报[一给下]|念[一给下]|说[一给下]|发[一给下]|核实|核对|确认|多少|称呼|贵姓|呢$|吗$"
)
_PART = re.compile(r"\blast (?:four|4|three|five|few)\b|\bfirst (?:four|4|six)\b|\bending\b|[后末][四三五六几4]位|尾号")
_PART_WORDS = word_set("last first ending 后 末 尾")
_GO_ON = re.compile(
    r"(?:\b(?:go (?:on|ahead)|ok(?:ay)?|and|yes|yeah|yep|right|sure|uh|huh|mm+|hm+|got (?:it|that)|next|continue|the"
    r"|rest|then|after|that)\b|嗯+|好的?|对|是的?|继续|然后|后面|后边|接着|记下了|还有|您?请?[说讲]|呢|[\W_])+"
)
_LONGEST_GO_ON = 30

# A question that ends with the thing asks for its number: "What's the work order?"
_ENDS = re.compile(
    r"(?:\s(?:is|was|for|of|on|please|again|then|exactly|as\swell|too|that)\b[^?？.!]{0,30}|[呢吗是]|\s)*"
    r"(?:[?？.,，。!]|$)"
)
_REACH_WORDS = word_set("number numbers 号 联 打 拨")
_REACH = re.compile(
    r"\b(?:call|ring|reach|phone|contact|text)\w*\b[^.?!]{0,40}\bnumbers?\b"
    r"|\bnumber\b[^.?!]{0,40}\b(?:call|ring|reach|contact|text|message)\w*\b"
    r"|\b(?:which|what|best|other|another|alternative|new|good) number\b(?! of)"
    r"|哪个号|什么号码|怎么联系|[打拨](?:哪|多少)"
)
_BIRTH = re.compile(r"\bbirth|\bd\.?o\.?b\b|\bborn\b|出生|生日|哪[年天]生")

_CODE_WORDS = word_set("code digits 码 数")
_CODE = re.compile(
    r"\b(?:the|your|that|this|which|what) (?:[a-z]+[- ]){0,2}(?:code|digits)\b(?! of)"
    r"|位数字|(?<!优惠)(?<!条形)(?<!邮)(?<!尺)码"
)
_HOLDER = (
    r"(?:account|policy|card|ticket)\s?holder|passengers?|guests?|recipient|caller|contact\sperson|sender|patient"
    r"|beneficiary|addressee"
)
_NAME_WORDS = word_set(
    "name names surname nickname forename who whom spell holder accountholder policyholder cardholder"
    " guest guests passenger passengers recipient caller contact sender patient beneficiary addressee"
    " 姓 称 名 位 叫 署 抬 人 主"
)
_ADDRESS_WORDS = word_set("call address")
_ADDRESS = re.compile(r"(?:call|address)\syou\b")
_NAME = re.compile(
    rf"""
      \b(?:your|the|full|first|last|family|caller'?s?|customer'?s?|whose|what|which|patient'?s?|passenger'?s?|guest'?s?
        |and|under|a|that|with)\s(?:[a-z']+\s){{0,2}}(?:sur|nick|fore|last|first)?names?\b
    | ^(?:(?:and|full|first|last|family|the)\s)*(?:sur)?names?\b
    | \bnames?\s(?:please|on\sthe|for|of\sthe|and|under)\b
    | \bspell\b
    | \b(?:who|whom)\s(?:am|do|did|should|shall|can|could|may)\s(?:i|we|you)\b | \bwho'?m\si\s(?:speaking|talking)
    | \bmay\si\sask\swho | \bwho(?:'s|\sis|\swas|\sare)\s(?:it|this|that|calling|speaking|there|on\sthe\sline)\b
    | \bwho(?:'s|\sis|\swas)\s(?:the\s|your\s)?(?:[a-z]+\s)?
        (?:{_HOLDER}|manager|advis[eo]r|agent|driver|booking|reservation)\b
    | \bwho\s(?:placed|made|booked|signed|opened|helped|served|told|ordered)\b
    | (?:{_HOLDER})\b[^.?!]{{0,12}}\? | \b(?:i|we)\s(?:call|address)\syou\b
    """,
    re.VERBOSE,
)
_NAME_ZH = re.compile(
    "贵姓|称呼|姓名|名字|哪位|尊姓大名|叫什么|姓什么|署名|抬头"
    "|人(?<=[件货系卡保户事请住订乘约付本]人)(?:是|叫|怎么|写|填|呢|和|跟|、|[?？]|$)"
    "|主(?<=[户机车业]主)(?:是|叫|怎么|写|填|呢|和|跟|、|[?？]|$)"
)
_LATIN = re.compile("[a-z]")
_NO_PERSON = re.compile(
    r"\b(?:company|product|file|brand|model|store|user|hotel|plan|domain|network|street|shop) ?names?\b"
    r"|商品名|用户名|公司名|品名"
)


_THINGS = word_set(
    "address name surname phone telephone mobile email zip postcode postal birth dob account order social ssn card"
    " passport license licence member membership policy booking reservation confirmation tracking ticket case claim"
    " reference expiry expiration cvv cvc password passcode pin id"
)
_BARE_WORDS = _THINGS | word_set(
    "and ok okay so then now also next the your his her a of on for full first last middle maiden home current billing"
    " shipping delivery mailing street new old four digits three number numbers code date security credit debit driver"
    " drivers s holder user cell contact best no thanks great"
)
_LONGEST_BARE = 48
_LONGEST_BARE_ZH = 14
_BARE_ZH = re.compile(
    r"(?:您|你|的|好|还有|家庭|收货|手机|联系|身份证|银行|订单|会员|持卡人|收件人)*"
    r"(?:住址|地址|姓名|名字|电话|号码?|生日|出生日期|邮编|邮箱|密码|卡号|单号|尾号)[。，,. ]*"
)


def _is_bare(text: Text) -> bool:
    """Whether a turn is the name of what is wanted, no more: "address", "social security last four"."""
    lower = text.lower
    if len(lower) > _LONGEST_BARE:
        return False
    if lower.isascii():
        return not text.lacks(_THINGS) and text.words <= _BARE_WORDS and not any(map(str.isdigit, lower))
    return len(lower) <= _LONGEST_BARE_ZH and _BARE_ZH.fullmatch(lower) is not None


def asks(text: Text) -> bool:
    """Whether a turn asks for anything."""
    if text.asks is None:
        text.asks = (
            "?" in text.lower
            or (not text.lacks(_ASK_WORDS) and _ASKS.search(text.lower) is not None)
            or (not text.lower.isascii() and ("？" in text.lower or _ASKS_ZH.search(text.lower) is not None))
            or _is_bare(text)
        )
    return text.asks


def says_go_on(text: Text) -> bool:
    """Whether a turn only tells the other side to go on: "Okay, and then?"."""
    return len(text.lower) <= _LONGEST_GO_ON and _GO_ON.fullmatch(text.lower) is not None


def asks_name(text: Text) -> bool:
    """Whether a turn asks for somebody's name."""
    if text.asks_name is None:
        lower = text.lower
        text.asks_name = (
            (not text.lacks(_NAME_WORDS) or (not text.lacks(_ADDRESS_WORDS) and _ADDRESS.search(lower) is not None))
            and asks(text)
            and (
                _NAME_ZH.search(lower) is not None
                or (_LATIN.search(lower) is not None and _NAME.search(lower) is not None)
            )
            and _NO_PERSON.search(lower) is None
        )
    return text.asks_name


class Wanted(NamedTuple):
    """What a turn asks the other side for, beside numbers and names."""

    dates: frozenset[Kind] = frozenset()
    """Of birth dates, expiry dates and addresses."""
    tail: Kind | None = None
    secret: bool = False
    handle: bool = False


NOTHING_WANTED = Wanted()


def wanted(text: Text, possible: Gate) -> Wanted:
    """What a turn asks for, beside numbers and names.

    Args:
        text: The turn.
        possible: What its conversation can hold at all.
    """
    if text.wanted is None:
        text.wanted = _wanted(text, possible) if asks(text) else NOTHING_WANTED
    return text.wanted


def _wanted(text: Text, possible: Gate) -> Wanted:
    kinds = set()
    if possible.births and not text.lacks(BIRTH_WORDS) and _BIRTH.search(text.lower):
        kinds.add(Kind.BIRTH_DATE)
    if possible.expiries and asks_expiry(text):
        kinds.add(Kind.EXPIRY)
    if possible.addresses and asks_address(text):
        kinds.add(Kind.ADDRESS)
    return Wanted(
        frozenset(kinds),
        asked_tail(text) if possible.tails else None,
        possible.secrets and asks_secret(text),
        possible.handles and asks_handle(text),
    )


def asked_kinds(text: Text) -> frozenset[Kind]:
    """Which numbers a turn asks for; a part of one ("the last four digits") does not count."""
    if text.wanted_numbers is None:
        text.wanted_numbers = _asked_kinds(text) if asks(text) else frozenset()
    return text.wanted_numbers


def _asked_kinds(text: Text) -> frozenset[Kind]:
    if not text.lacks(_PART_WORDS) and _PART.search(text.lower):
        return frozenset()
    kinds = {
        cue.kind for cue in cues(text) if cue.kind is not None and (cue.strong or _ENDS.match(text.lower, cue.end))
    }
    if not kinds and not text.lacks(_REACH_WORDS) and _REACH.search(text.lower):
        kinds.add(Kind.PHONE)
    if not kinds and not text.lacks(_CODE_WORDS) and _CODE.search(text.lower):
        kinds.add(Kind.CODE)
    return frozenset(kinds)
