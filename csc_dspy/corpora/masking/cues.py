"""Words that say what a number or a code near them is, in English and Chinese.

A *strong* cue names the number itself ("order number", "订单号"), a *weak* one only the thing ("order", "订单"). A cue
without a kind names what is no personal data: a model, a flight, a price.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from csc_dspy.corpora.masking.kinds import PLACEHOLDER, Kind
from csc_dspy.corpora.masking.reading import lowered
from csc_dspy.corpora.masking.words import phrases, words

_SUFFIX_EN = r"(?: ?(?:numbers?|nos?\b\.?|num\b|nr\b\.?|#|ids?\b|codes?|identifier|reference|ref\b\.?))"

# Nouns that a word for "number" follows: together they are a strong cue.
_NUMBERED_EN: tuple[tuple[Kind | None, tuple[str, ...]], ...] = (
    (
        None,
        phrases(
            """
            model, part, version, firmware, serial, product, article, item, batch, build, style, flight, train,
            gate, seat, room, suite, apartment, floor, page, error, promo, promotion, coupon, discount,
            voucher, area, country, dialing, color, colour, sku
            """
        ),
    ),
    (Kind.CARD, phrases("credit card, debit card, bank card, payment card, visa card, visa, mastercard, amex, card")),
    (
        Kind.ID_NUMBER,
        phrases(
            """
            social security, social, passport, driver's license, drivers license, driver license,
            driver's licence, driving license, driving licence, license, licence, national id,
            national insurance, national identity, identity card, identity, id card, tax, taxpayer, nhs,
            medicare, aadhaar, plate, license plate, green card, identification, personal, id, my id
            """
        ),
    ),
    (
        Kind.ACCOUNT,
        phrases(
            """
            account, acct, acct., acc, a/c, bank account, member, membership, customer, client, policy,
            subscriber, loyalty, frequent flyer, frequent flier, rewards, reward, user, login, patient,
            student, employee, agent, badge, staff, meter, merchant, contract, wallet, cardholder, insurance,
            mileage, profile, routing, membership card, loyalty card, rewards card, gift card, member card,
            insurance policy, customer account, user account, checking account, savings account, skype, line,
            wechat, qq
            """
        ),
    ),
    (
        Kind.ORDER,
        phrases(
            """
            order, booking, reservation, confirmation, case, ticket, support ticket, service ticket,
            trouble ticket, reference, refund, tracking, shipment, shipping, consignment, parcel, package,
            invoice, claim, complaint, incident, request, return, transaction, receipt, purchase, rma, po,
            purchase order, delivery, waybill, itinerary, record, service, service request, report, dispute,
            bill, repair, work order, payment, quote, file, e-ticket, eticket, trace, authorization,
            authorisation, application, case reference, booking reference, order reference, order confirmation,
            booking confirmation, reservation confirmation, return authorization
            """
        ),
    ),
    (
        Kind.PHONE,
        phrases(
            """
            phone, telephone, cell, cell phone, cellphone, mobile, mobile phone, home phone, work phone,
            office phone, home, contact, contact phone, daytime, daytime phone, callback, call-back, call back,
            landline, fax, whatsapp, office
            """
        ),
    ),
)

# Strong cues as they are.
_STRONG_EN: tuple[tuple[Kind | None, tuple[str, ...]], ...] = (
    (None, phrases("model, firmware, flight, serial, sku")),
    (
        Kind.CODE,
        phrases(
            """
            verification code, security code, access code, authorization code, one-time code, one time code,
            sms code, one-time password, one time password, one-time passcode, passcode, password, pin, pins, pin code,
            pin number, pin is, otp, cvv, cvv2, cvc, security pin, confirmation pin
            """
        ),
    ),
    (
        Kind.ID_NUMBER,
        phrases(
            """
            ssn, social security, passport, itin, imei, vin, nino, driver's license, driver's licence,
            driving licence, driving license, id is, license plate, licence plate, number plate, plate number,
            registration plate, aadhaar, aadhar, social is, social are, my social, tax id, tin, tfn, sin is,
            sin:, sin number, nie, curp, dl, dl number, ni number
            """
        ),
    ),
    (
        Kind.ACCOUNT,
        phrases(
            "iban, username, usernames, user name, screen name, screenname, login name, account name, login "
            "is, login:, sort code, skype id"
        ),
    ),
    (
        Kind.ORDER,
        phrases(
            "pnr, rma, record locator, locator, ref:, ref., reference:, reference is, ref #, tracking is, "
            "confirmation is, awb"
        ),
    ),
    (
        Kind.PHONE,
        phrases(
            """
            call me at, call me on, call me back at, call me back on, call us at, call him at, call her at,
            call back at, call at, phone me at, phone me on, ring me on, ring me at, reach me at, reach me on,
            reach us at, reach him at, reach her at, reached at, reached on, text me at, text me on, text at,
            text to, contact me at, contact me on, contact at, number to reach, number to call, my number,
            his number, her number, tel, tel., cell is, cell:, dial, number i can be reached
            """
        ),
    ),
    (Kind.ADDRESS, phrases("zip, zip code, zipcode, postcode, post code, postal code")),
)

_WEAK_EN: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    (Kind.PHONE, phrases("phone, telephone, cell, cellphone, mobile, landline, fax, whatsapp")),
    (Kind.ACCOUNT, phrases("account, accounts, acct, acct., membership, policy")),
    (
        Kind.ORDER,
        phrases(
            """
            order, orders, booking, bookings, reservation, confirmation, case, ticket, reference, tracking,
            shipment, parcel, invoice, claim, complaint, incident, transaction, receipt, waybill
            """
        ),
    ),
    (Kind.ID_NUMBER, phrases("id card, identity card, id, license, licence")),
    (Kind.CARD, phrases("card, cards, visa, mastercard, amex")),
)


def _heads(text: str) -> str:
    return "|".join(sorted(words(text), key=len, reverse=True))


_DOCUMENTS_ZH = _heads(
    """
    居民身份证件 居民身份证 身份证件 身份证 证件 护照 驾驶证 行驶证 驾照 社保卡 社保
    社会保障卡 社会保障 医保卡 医保 军官证 通行证 回乡证 居住证 学生证 纳税人识别 车牌
    车架 准考证
    """
)
_CLIENTS_ZH = _heads(
    """
    客户 会员 用户 学生 员工 顾客 读者 商户 合同 保单 保险单 积分卡 贵宾卡 储值卡
    礼品卡 会员卡 里程卡 常旅客卡 常旅客 公积金 水表 电表 燃气 表具 宽带 机顶盒
    """
)
_MATTERS_ZH = _heads(
    """
    订 工 运 快递 物流 投诉 保修 维修 退款 退货 交易 预订 预约 服务 报修 出库 售后
    换货 理赔 申请 受理 开户 案件 事件 订座 业务 送货 派送 包裹 缴费 付款 支付 安装
    """
)
# In Chinese, heads and tails make the cue; those with the longest tails come first.
_STRONG_ZH: tuple[tuple[Kind | None, str], ...] = (
    (
        None,
        "型号|版本|航班号?|车次|批次|零件号|货号|款号|色号|房间?号|门牌号|座位号?|错误代码|优惠码|序列号"
        "|邮编|邮政编码|区号|尺码",
    ),
    (
        Kind.ID_NUMBER,
        rf"(?:{_DOCUMENTS_ZH})"
        r"(?:号码|编号|号)?|税号",
    ),
    (
        Kind.CODE,
        rf"(?:{_heads('短信 动态 手机 支付 取款 交易 登录 查询 服务 银行卡')})?(?:验证码|校验码|密码)"
        rf"|动态码|安全码|取件码|提货码|口令",
    ),
    (Kind.CARD, rf"(?:{_heads('银行 信用 借记 储蓄 工资')})?卡(?:片)?的?(?:号码|卡号|号)|银行[账帐][号户]"),
    (
        Kind.ACCOUNT,
        rf"[账帐]户?(?:号码|名称|名|号|ID)|户号"
        rf"|(?:{_CLIENTS_ZH})"
        r"(?:账户|卡)?(?:编号|号码|号|ID|代码)|用户名|微信(?:号码|号)?|QQ(?:号码|号)?"
        r"|支付宝(?:账号|号)?|抖音号|工号|学号|登录名|旺旺号?|微博号?",
    ),
    (
        Kind.ORDER,
        rf"(?:{_MATTERS_ZH})单?(?:记录)?"
        r"(?:流水号|编号|单号|号码|号|编码)|单号|流水号|案号|案件编?号|受理编?号"
        r"|[机客火]?车?票号码?|凭证号|发票(?:号码|号|代码)|参考编?号|确认编?号"
        r"|预[订定约]编?号|追踪号|跟踪号|编号|取票号|回执号|报案号|赔案号",
    ),
    (
        Kind.PHONE,
        rf"(?:{_heads('手机 电话 联系 座机 固定电话 移动电话 传真 来电 预留 绑定 回拨')})(?:联系)?(?:电话"
        rf"|手机|方式)?(?:号码|号)|联系(?:电话|方式)|手机|电话|座机|传真|固话|致电|拨打|打给|打到|回拨到?"
        rf"|拨到",
    ),
)
_WEAK_ZH: tuple[tuple[Kind, str], ...] = (
    (Kind.ACCOUNT, "[账帐]户"),
    (Kind.CARD, r"(?:银行|信用|借记|储蓄|工资|[农工建招交中]行)?卡"),
    (Kind.ORDER, "订单|工单|运单|快递|包裹|投诉单?|案件|保修单"),
)


@dataclass(frozen=True, slots=True)
class Cue:
    """A word or a phrase in a text that says what the next number is."""

    start: int
    end: int
    kind: Kind | None
    strong: bool


def _any(phrases: Iterable[str]) -> str:
    return "|".join(re.escape(phrase) for phrase in sorted(phrases, key=len, reverse=True))


def _english() -> tuple[re.Pattern[str], tuple[tuple[Kind | None, bool], ...]]:
    """One pattern for all English cues, with what its groups mean."""
    parts: list[str] = []
    meanings: list[tuple[Kind | None, bool]] = []
    for kind, nouns in _NUMBERED_EN:
        parts.append(rf"(?:{_any(nouns)})(?:'s)?{_SUFFIX_EN}")
        meanings.append((kind, True))
    for kind, cues_of in _STRONG_EN:
        parts.append(rf"(?:{_any(cues_of)})(?![a-z])")
        meanings.append((kind, True))
    for weak, cues_of in _WEAK_EN:
        parts.append(rf"(?:{_any(cues_of)})(?![a-z])")
        meanings.append((weak, False))
    # Codes first: a "confirmation pin" is no confirmation.
    order = sorted(range(len(parts)), key=lambda i: (not meanings[i][1], meanings[i][0] is not Kind.CODE))
    pattern = "|".join(f"(?P<c{i}>{parts[i]})" for i in order)
    return re.compile(pattern), tuple(meanings)


_EN, _EN_MEANINGS = _english()
_FIRST_EN = frozenset(
    re.split(r"[ :.#]", phrase)[0]
    for table in (_NUMBERED_EN, _STRONG_EN, _WEAK_EN)
    for _, listed in table
    for phrase in listed
)
_WORD_EN = re.compile(r"[a-z][a-z'/-]*")
_TABLE_ZH = (*_STRONG_ZH, *_WEAK_ZH)
# A look ahead for speed: most characters stand in no cue.
_CHARACTERS_ZH = "".join(sorted(set(re.findall("[\u4e00-\u9fffQ]", "".join(pattern for _, pattern in _TABLE_ZH)))))
_ZH = re.compile(
    rf"(?=[{_CHARACTERS_ZH}])(?:" + "|".join(f"(?P<c{i}>{pattern})" for i, (_, pattern) in enumerate(_TABLE_ZH)) + ")"
)
_ZH_MEANINGS = (*((kind, True) for kind, _ in _STRONG_ZH), *((kind, False) for kind, _ in _WEAK_ZH))


def cues(folded: str, start: int = 0, end: int | None = None) -> list[Cue]:
    """All cues in a part of a folded text, in order, none inside another."""
    end = len(folded) if end is None else end
    if "[" in folded:
        folded = without_placeholders(folded)
    found = list(_cues_en(lowered(folded), start, end))
    if not folded.isascii():
        for match in _ZH.finditer(folded, start, end):
            kind, strong = _ZH_MEANINGS[int(str(match.lastgroup)[1:])]
            found.append(Cue(match.start(), match.end(), kind, strong))
        found.sort(key=lambda cue: cue.start)
    return found


def without_placeholders(folded: str) -> str:
    """A text with as many spaces in the place of each placeholder: "[订单号]" is no cue for what follows it."""
    return PLACEHOLDER.sub(lambda match: " " * len(match[0]), folded)


def _cues_en(lower: str, start: int, end: int) -> Iterator[Cue]:
    place = start
    for word in _WORD_EN.finditer(lower, start, end):
        text = word[0]
        if word.start() < place or not (
            text in _FIRST_EN or text.split("-")[0] in _FIRST_EN or text.removesuffix("'s") in _FIRST_EN
        ):
            continue
        if match := _EN.match(lower, word.start()):
            kind, strong = _EN_MEANINGS[int(str(match.lastgroup)[1:])]
            place = match.end()
            yield Cue(match.start(), place, kind, strong)


_ASKS = re.compile(
    r"\?|？|\bplease\b|\b(?:may|can|could|would|need|have|provide|confirm|verify|give|tell|share|spell"
    r"|what)\b|请|麻烦|提供|告诉|报一下|核实|确认|多少|怎么称呼|贵姓",
    re.IGNORECASE,
)
_PART = re.compile(
    r"\blast (?:four|4|three|five|few)\b|\bfirst (?:four|4|six)\b|\bending\b|后[四三五六几4]位|末[四4]位|尾号",
    re.IGNORECASE,
)
_NAME_WORDS = ("name", "who", "call you", "address you", "姓", "称呼", "名字", "哪位", "尊姓大名", "叫什么")
_ASKS_NAME = re.compile(
    r"\b(?:your|the|full|first|last|family|caller'?s?|customer'?s?|whose|patient'?s?|passenger'?s?"
    r"|guest'?s?) (?:[a-z]+ ){0,2}names?\b"
    r"|\bnames? (?:please|on the|for the|of the|and|under)\b|\b(?:who am i|whom am i|who'?m i) "
    r"(?:speaking|talking|chatting)"
    r"|\bmay i ask who|\bwho is (?:calling|this|speaking)|\bwho do i have|\b(?:i|we) (?:call|address) you\b"
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
    return "?" in folded or _ASKS.search(folded) is not None


def asks_name(folded: str, lower: str) -> bool:
    """Whether a turn asks for somebody's name."""
    return any(word in lower for word in _NAME_WORDS) and _asks_name(folded)


@lru_cache(maxsize=4096)
def _asks_name(folded: str) -> bool:
    return _ASKS_NAME.search(folded) is not None and asks(folded) and not _COMPANY_NAME.search(folded)


@lru_cache(maxsize=4096)
def asked_kinds(folded: str) -> frozenset[Kind]:
    """Which numbers a turn asks for; a part of one ("the last four digits") does not count."""
    if not asks(folded) or _PART.search(folded):
        return frozenset()
    return frozenset(cue.kind for cue in cues(folded) if cue.kind is not None and cue.strong)
