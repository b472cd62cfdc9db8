"""Words that say what a number or a code near them is, in English and Chinese.

A *strong* cue names the number itself ("order number", "订单号"), a *weak* one only the thing ("order", "订单"). A cue
without a kind names what is no personal data: a model, a flight, a price.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from csc_dspy.corpora.masking.kinds import PLACEHOLDER, Kind
from csc_dspy.corpora.masking.reading import Text
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
            medicare, medical record, aadhaar, plate, license plate, green card, identification, personal, id, my id
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
    (None, phrases("model, firmware, flight, serial, sku, version, versions, build")),
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
            registration plate, registration, reg, plate, plates, vehicle registration,
            nhi, aadhaar, aadhar, social is, social are, my social, tax id, tin, tfn, sin is,
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
            shipment, parcel, invoice, claim, complaint, incident, transaction, receipt, waybill, dispute,
            enquiry, inquiry
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
        "型号|版本|航班号?|车次|批次|零件号|货号|款号|色号|房间?号|门牌号|座位号?|错误代码|优惠码|序列号|区号|尺码",
    ),
    (Kind.ADDRESS, "邮编|邮政编码"),
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
    (Kind.ORDER, "订单|工单|运单|快递|包裹|投诉单?|案件|保修单|争议|纠纷|申诉"),
)


class Cue(NamedTuple):
    """A word or a phrase in a text that says what the next number is."""

    start: int
    end: int
    kind: Kind | None
    strong: bool


def _any(phrases: Iterable[str]) -> str:
    return "|".join(re.escape(phrase) for phrase in sorted(phrases, key=len, reverse=True))


_TABLE_EN: tuple[tuple[Kind | None, bool, tuple[str, ...], str], ...] = (
    *((kind, True, listed, rf"(?:'s)?{_SUFFIX_EN}") for kind, listed in _NUMBERED_EN),
    *((kind, True, listed, "(?![a-z])") for kind, listed in _STRONG_EN),
    *((kind, False, listed, "(?![a-z])") for kind, listed in _WEAK_EN),
)
_FIRST_EN = frozenset(re.split(r"[^a-z]", phrase)[0] for _, _, listed, _ in _TABLE_EN for phrase in listed)


def _english(letter: str) -> re.Pattern[str]:
    """One pattern for all English cues that start with a letter; its groups are the places in the table."""
    # Codes first: a "confirmation pin" is no confirmation.
    order = sorted(range(len(_TABLE_EN)), key=lambda i: (not _TABLE_EN[i][1], _TABLE_EN[i][0] is not Kind.CODE))
    parts = [(i, [phrase for phrase in _TABLE_EN[i][2] if phrase[0] == letter]) for i in order]
    return re.compile("|".join(f"(?P<c{i}>(?:{_any(listed)}){_TABLE_EN[i][3]})" for i, listed in parts if listed))


_EN = {letter: _english(letter) for letter in sorted({word[0] for word in _FIRST_EN})}
_TABLE_ZH = (*_STRONG_ZH, *_WEAK_ZH)
# A look ahead for speed: most characters stand in no cue.
_CHARACTERS_ZH = "".join(sorted(set(re.findall("[\u4e00-\u9fffQ]", "".join(pattern for _, pattern in _TABLE_ZH)))))
_ZH = re.compile(
    rf"(?=[{_CHARACTERS_ZH}])(?:" + "|".join(f"(?P<c{i}>{pattern})" for i, (_, pattern) in enumerate(_TABLE_ZH)) + ")"
)
_ZH_MEANINGS = (*((kind, True) for kind, _ in _STRONG_ZH), *((kind, False) for kind, _ in _WEAK_ZH))


def cues(text: Text, start: int = 0, end: int | None = None) -> list[Cue]:
    """All cues in a part of a text, in order, none inside another."""
    folded, lower = text.folded, text.lower
    end = len(folded) if end is None else end
    if "[" in folded:
        # "[订单号]" is no cue for what follows it
        folded, lower = (PLACEHOLDER.sub(_spaces, folded), _SMALL_PLACEHOLDER.sub(_spaces, lower))
    found = list(_cues_en(lower, text.words & _FIRST_EN, start, end))
    if not folded.isascii():
        english = len(found)
        for match in _ZH.finditer(folded, start, end):
            kind, strong = _ZH_MEANINGS[int(str(match.lastgroup)[1:])]
            found.append(Cue(match.start(), match.end(), kind, strong))
        if english:
            found.sort(key=lambda cue: cue.start)
    return found


_SMALL_PLACEHOLDER = re.compile(PLACEHOLDER.pattern, re.IGNORECASE)


def _spaces(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _cues_en(lower: str, first: set[str], start: int, end: int) -> Iterator[Cue]:
    """The English cues of a text that begin with some words."""
    places = set()
    for word in first:
        place = lower.find(word, start, end)
        while place >= 0:
            if not place or not lower[place - 1].isalpha():
                places.add(place)
            place = lower.find(word, place + 1, end)
    done = start
    for place in sorted(places):
        if place >= done and (match := _EN[lower[place]].match(lower, place)):
            kind, strong, *_ = _TABLE_EN[int(str(match.lastgroup)[1:])]
            done = match.end()
            yield Cue(place, done, kind, strong)
