"""Words that say what a number or a code near them is, in English and Chinese.

A *strong* cue names the number itself ("order number", "订单号"), a *weak* one only the thing ("order", "订单"). A cue
without a kind names what is no personal data: a model, a flight, a price.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from csc_dspy.corpora.masking.kinds import Kind

_NUMBER_EN = r"(?:[ ]?(?:numbers?|nos?\b\.?|num\b|nr\b\.?|\#|ids?\b|codes?|identifier|reference|ref\b\.?))"

_PATTERNS: tuple[tuple[Kind | None, bool, str], ...] = (
    # What the words name is decided by the first pattern that fits at a place, so the longer names come first.
    (None, True, r"(?:model|part|version|firmware|serial|product|article|item|batch|build|style|flight|train|gate|seat|room"
                 r"|suite|apartment|floor|page|error|promo(?:tion)?|coupon|discount|voucher|area|country|dialing|colou?r)"
                 rf"{_NUMBER_EN}?s?\b"),
    (Kind.CARD, True, rf"(?:credit|debit|bank|payment|visa|mastercard|amex)?[ ]?cards?{_NUMBER_EN}|\bPAN\b"),
    (Kind.CODE, True, r"(?:verification|security|access|authori[sz]ation|one[- ]time|sms)[ ](?:code|pass(?:code|word))"
                      r"|\bpins?(?:[ ](?:code|number))?\b|passcode|\botp\b|\bcvv2?\b|\bcvc2?\b|security[ ]pin"),
    (Kind.ID_NUMBER, True, rf"social[ ]security(?:{_NUMBER_EN})?|\bssn\b|\bsocial\b(?=[ ](?:is|number|are))|passport{_NUMBER_EN}?"
                           rf"|(?:driver'?s?|driving)[ ]li[cs]en[cs]e{_NUMBER_EN}?|li[cs]en[cs]e{_NUMBER_EN}|li[cs]en[cs]e[ ]plate"
                           rf"|national[ ](?:id|insurance|identity)(?:[ ]card)?{_NUMBER_EN}?|\bid(?:entity)?[ ]card{_NUMBER_EN}?"
                           rf"|\bid{_NUMBER_EN}|\btax{_NUMBER_EN}|taxpayer{_NUMBER_EN}|\bitin\b|\bnhs{_NUMBER_EN}?|medicare{_NUMBER_EN}?"
                           r"|aadhaa?r|\bimei\b|\bvin\b(?=[ :])|number[ ]plate|plate[ ]number|registration[ ]plate|green[ ]card number"),
    (Kind.ACCOUNT, True, rf"(?:account|acct\.?|a/c|member(?:ship)?|customer|client|policy|subscriber|loyalty|frequent[ ]fly[ei]r|rewards?"
                         rf"|user|login|patient|student|employee|agent|badge|staff|meter|merchant|contract|wallet|card[ ]?holder|insurance"
                         rf"|mileage|plus|profile)(?:[ ](?:account|card|programme?|program))?{_NUMBER_EN}"
                         r"|\biban\b|routing[ ]number|user ?names?|screen ?name|\blogin\b(?=[ ](?:is|name)|:)|account[ ]name"),
    (Kind.ORDER, True, rf"(?:order|booking|reservation|confirmation|case|(?:support|service|trouble|help)?[ ]?ticket|reference|refund|tracking"
                       rf"|shipment|shipping|consignment|parcel|package|invoice|claim|complaint|incident|request|return|transaction|receipt"
                       rf"|purchase|\brma|\bpo|delivery|waybill|itinerary|record|service|report|dispute|bill|repair|work[ ]order|payment"
                       rf"|quote|file|e-?ticket|locator|trace|authori[sz]ation|application){_NUMBER_EN}|\bpnr\b|record locator|\brma\b"
                       r"|\bref(?:erence)?\b(?=[ ]?(?:is\b|[:#.]))"),
    (Kind.PHONE, True, rf"(?:(?:tele|cell|mobile|home|work|office|contact|day-?time|call-?back|fax|landline|whats ?app)[ ]?)?"
                       rf"(?:phone|cell|mobile|contact|telephone|landline|fax|whats ?app|callback|call[ -]back){_NUMBER_EN}"
                       r"|\b(?:call|phone|ring|reach|text|contact|dial)(?:ing|ed)?[ ](?:(?:me|us|him|her|them|back)[ ]){0,2}(?:back[ ])?(?:at|on)\b"
                       r"|\bnumber[ ]to[ ](?:reach|call)|\b(?:my|his|her)[ ]number\b|\btel\b\.?|\bcell\b(?=[ ](?:is|at)|:)"),
    (Kind.ADDRESS, True, r"zip(?:[ ]?code)?\b|post(?:al)?[ ]?code"),
    (Kind.PHONE, False, r"\b(?:tele)?phone\b|\bcell\b|\bmobile\b|landline|\bfax\b|whats ?app"),
    (Kind.ACCOUNT, False, r"\baccounts?\b|\bacct\b\.?|membership|policy"),
    (Kind.ORDER, False, r"\border\b|booking|reservation|confirmation|\bcase\b|\bticket\b|reference|tracking|shipment|parcel|invoice"
                        r"|\bclaim\b|\bcomplaint\b|\bincident\b|transaction|waybill"),
    (Kind.CARD, False, r"\bcards?\b"),
    # Chinese
    (None, True, r"型号|版本|航班号?|车次|批次|零件号|货号|款号|色号|房间?号|门牌号|座位号?|错误代码|优惠码|序列号|邮编|邮政编码|区号|尺码"),
    (Kind.ID_NUMBER, True, r"(?:居民)?身份证(?:件)?(?:号码|编号|号)?|证件(?:号码|编号|号)|护照(?:号码|编号|号)?|驾驶?证(?:号码|编号|号)?|驾照(?:号码|号)?"
                           r"|社会?保(?:障)?(?:卡)?(?:号码|编号|号|号)|医保(?:卡)?(?:号码|编号|号)?|军官证(?:号码|号)?|通行证(?:号码|号)?|回乡证(?:号码|号)?"
                           r"|居住证(?:号码|号)?|学生证(?:号码|号)?|税号|纳税人识别号|车牌(?:号码|号)?|车架号|纳税号"),
    (Kind.CODE, True, r"(?:短信|动态|手机)?验证码|校验码|动态密码|(?:支付|取款|交易|登录|查询|服务)?密码|安全码|取件码|提货码|口令"),
    (Kind.CARD, True, r"(?:银行|信用|借记|储蓄|工资)?卡(?:号码|号|的号码|的卡号)|银行账[号户]"),
    (Kind.ACCOUNT, True, r"[账帐](?:户)?号码?|[账帐]户(?:号码|号|名|ID)|户号|(?:客户|会员|用户|学生|员工|顾客|读者|商户|合同|保单|保险单|积分卡|贵宾卡|储值卡|礼品卡"
                         r"|会员卡|里程卡|常旅客卡?|公积金|水表|电表|燃气|表具|缴费|宽带|机顶盒)(?:账户|卡)?(?:编号|号码|号|ID|代码)|用户名|微信号?|(?<![A-Za-z])QQ号?码?"
                         r"|支付宝(?:账号|号)?|抖音号|工号|昵称|学号|会员ID|登录名|旺旺号?|微博号?"),
    (Kind.ORDER, True, r"(?:订|工|运|快递|物流|投诉|保修|维修|退款|退货|交易|预订|预约|服务|报修|出库|取件|售后|换货|理赔|申请|受理|开户|案件|事件|订座|业务|送货|派送|包裹|缴费|付款|支付|安装)"
                       r"(?:单)?(?:记录)?(?:编号|单号|号码|号|流水号|编码)|单号|流水号|案号|案件编?号|受理(?:编)?号|(?:机|客|火?车)票号码?|票号|凭证号|发票(?:号码|号|代码)"
                       r"|参考(?:编)?号|确认(?:编)?号|预[订定约](?:编)?号|查询(?:编)?号|追踪号|跟踪号|编号|取票号|回执号|订座记录编?号?码?|报案号|赔案号"),
    (Kind.PHONE, True, r"(?:手机|电话|联系|座机|固定电话|移动电话|传真|来电|预留|绑定|回拨|热线)(?:联系)?(?:电话|手机|方式)?(?:号码|号)|联系(?:电话|方式)|手机|电话|座机|传真|固话|致电|拨打|打给|打到|回拨到?|拨到?"),
    (Kind.ACCOUNT, False, r"[账帐]户"),
    (Kind.CARD, False, r"(?:银行|信用|借记|储蓄|工资)卡|[农工建招交中]行卡|卡"),
    (Kind.ORDER, False, r"订单|工单|运单|快递|包裹|投诉单?|预订|案件|保修单"),
)  # fmt: skip

_CUE = re.compile("|".join(f"(?P<c{i}>{pattern})" for i, (_, _, pattern) in enumerate(_PATTERNS)), re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Cue:
    """A word or a phrase in a text that says what the next number is."""

    start: int
    end: int
    kind: Kind | None
    strong: bool


def cues(folded: str) -> list[Cue]:
    """All cues in a folded text, in order, none inside another."""
    found = []
    for match in _CUE.finditer(folded):
        kind, strong, _ = _PATTERNS[int(str(match.lastgroup)[1:])]
        found.append(Cue(match.start(), match.end(), kind, strong))
    return found


_ASKS = re.compile(
    r"\?|？|\bplease\b|\b(?:may|can|could|would|need|have|provide|confirm|verify|give|tell|share|spell|what)\b|请|麻烦|提供|告诉|报一下|核实|确认|多少|怎么称呼|贵姓",
    re.IGNORECASE,
)
_PART = re.compile(r"\blast (?:four|4|three|five|few)\b|\bfirst (?:four|4|six)\b|\bending\b|后[四三五六几4]位|末[四4]位|尾号", re.IGNORECASE)
_ASKS_NAME = re.compile(
    r"\b(?:your|the|full|first|last|family|caller'?s?|customer'?s?|whose|patient'?s?|passenger'?s?|guest'?s?) (?:[a-z]+ ){0,2}names?\b"
    r"|\bnames? (?:please|on the|for the|of the|and|under)\b|\b(?:who am i|whom am i|who'?m i) (?:speaking|talking|chatting)"
    r"|\bmay i ask who|\bwho is (?:calling|this|speaking)|\bwho do i have|\bcall you\b|\baddress you\b"
    r"|贵姓|怎么称呼|如何称呼|称呼您|姓名|名字|您是哪位|尊姓大名|叫什么",
    re.IGNORECASE,
)
_COMPANY_NAME = re.compile(r"\b(?:company|product|file|brand|model|store|user|hotel|plan) ?names?\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the other side has just asked for."""

    kinds: frozenset[Kind] = frozenset()
    """Kinds of numbers."""
    name: bool = False


NOTHING_ASKED = Asked()


def asks(folded: str) -> bool:
    """Whether a turn asks for anything."""
    return _ASKS.search(folded) is not None


def asks_name(folded: str) -> bool:
    """Whether a turn asks for somebody's name."""
    return _ASKS_NAME.search(folded) is not None and asks(folded) and not _COMPANY_NAME.search(folded)


def asked_kinds(folded: str) -> frozenset[Kind]:
    """Which numbers a turn asks for; a part of one ("the last four digits") does not count."""
    if not asks(folded) or _PART.search(folded):
        return frozenset()
    return frozenset(cue.kind for cue in cues(folded) if cue.kind is not None and cue.strong)
