"""Sentences with personal data of every kind planted in them, and sentences that look alike and hold none.

The values are made by a seeded generator, with check digits that are right.
"""

from __future__ import annotations

import random
from typing import NamedTuple

from csc_dspy.corpora.masking import Kind
from csc_dspy.framework import Lang


class Planted(NamedTuple):
    lang: Lang
    kind: Kind
    text: str
    value: str


def _digits(rng: random.Random, count: int, first: str = "123456789") -> str:
    return rng.choice(first) + "".join(rng.choices("0123456789", k=count - 1))


def _luhn(digits: str) -> str:
    total = sum(int(c) if i % 2 else sum(divmod(2 * int(c), 10)) for i, c in enumerate(reversed(digits)))
    return digits + str(-total % 10)


def _groups(digits: str, *lengths: int, by: str = " ") -> str:
    parts, place = [], 0
    for length in lengths:
        parts.append(digits[place : place + length])
        place += length
    return by.join(part for part in (*parts, digits[place:]) if part)


def _iban(rng: random.Random) -> str:
    bban = _digits(rng, 18)
    return f"DE{98 - int(bban + '131400') % 97:02d}{bban}"


def _resident_id(rng: random.Random) -> str:
    area = rng.choice(["110105", "310104", "440106", "510107", "330106", "420106", "610113"])
    birth = f"{rng.randint(1950, 2006)}{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}"
    body = f"{area}{birth}{rng.randint(1, 999):03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(c) * w for c, w in zip(body, weights, strict=True)) % 11]


def _letters(rng: random.Random, count: int) -> str:
    return "".join(rng.choices("ABCDEFGHJKLMNPQRSTUVWXYZ", k=count))


def _us_phone(rng: random.Random) -> str:
    return rng.choice(["415", "212", "312", "206", "617", "713"]) + _digits(rng, 7, "23456789")


def _mobile(rng: random.Random) -> str:
    return "1" + rng.choice(["38", "39", "50", "58", "77", "86", "91", "33"]) + _digits(rng, 8, "0123456789")


_SPOKEN = "zero one two three four five six seven eight nine"
_WORDS_EN = dict(zip("0123456789", _SPOKEN.split(), strict=True))
_WORDS_ZH = dict(zip("0123456789", "零幺二三四五六七八九", strict=True))
_SURNAMES, _CHARACTERS = "王李张刘陈杨赵黄周吴徐孙马朱胡郭何林罗郑", "敏芳伟强丽静磊洋艳勇娟涛婷宇晨欣怡浩嘉琪"


def planted() -> list[Planted]:
    """Two hundred and six sentences, half of them of each language."""
    rng = random.Random(20_260)
    found: list[Planted] = []

    def plant(kind: Kind, template: str, value: str, lang: Lang = "en") -> None:
        found.append(Planted(lang, kind, template.format(value), value))

    def us(by: str = "-") -> str:
        return _groups(_us_phone(rng), 3, 3, by=by)

    # English: phones
    plant(Kind.PHONE, "You can call me back on {} until six.", us())
    plant(Kind.PHONE, "Sure, it's {}, that's my cell.", us("."))
    plant(Kind.PHONE, "Text {} when the technician is on the way, please.", us(" "))
    number = _us_phone(rng)
    plant(Kind.PHONE, "my number is {} and I'm home all day", f"({number[:3]}) {number[3:6]}-{number[6:]}")
    plant(Kind.PHONE, "The contact on the ticket should be {}.", "+1 " + us(" "))
    plant(Kind.PHONE, "I got a missed call from you on {}", _us_phone(rng))
    plant(Kind.PHONE, "My UK mobile is {}, best in the evening.", "07" + _groups(_digits(rng, 9, "4578"), 3, 6))
    plant(Kind.PHONE, "Ring our office, +44 {}, and ask for accounts.", f"20 7{_digits(rng, 3)} {_digits(rng, 4)}")
    plant(Kind.PHONE, "I moved to Berlin, so now it's {}.", f"+49 30 {_digits(rng, 8, '2345')}")
    plant(Kind.PHONE, "Phone: {}", us())
    number = _us_phone(rng)
    plant(Kind.PHONE, "It is {}, did you get that?", " ".join(_WORDS_EN[c] for c in number))
    number = _us_phone(rng)
    plant(
        Kind.PHONE,
        "Okay my phone number, {}.",
        ", ".join(" ".join(_WORDS_EN[c] for c in part) for part in (number[:3], number[3:6], number[6:])),
    )
    plant(Kind.PHONE, "Please update my landline to {} from next month.", "1-" + us())
    plant(Kind.PHONE, "Reach my husband at {} ext. 204 if I don't pick up.", us())
    # English: e-mail
    plant(Kind.EMAIL, "Send the label to {} please.", f"r.voss{_digits(rng, 2)}@mailbox.org")
    plant(Kind.EMAIL, "It's {}, all lower case.", f"yasmin_o{_digits(rng, 3)}@example.co.uk")
    plant(Kind.EMAIL, "You have {} on file, but I lost access to it.", "theo+support@sub.domain-name.io")
    plant(Kind.EMAIL, "my email address is {}", "gareth dot macintyre at example dot com")
    plant(Kind.EMAIL, "Write to <{}>.", f"N.Oyelaran{_digits(rng, 2)}@Example.COM")
    plant(Kind.EMAIL, "The confirmation never arrived at {}?", f"{_digits(rng, 9)}@qq.com")
    plant(Kind.EMAIL, "Contact is {} for everything.", "ingrid [at] lindqvist [dot] se")
    plant(Kind.EMAIL, "Use {}; the old one bounced.", f"orders-{_digits(rng, 4)}@hargreaves-and-sons.net")
    # English: cards
    plant(Kind.CARD, "The card is {}, it expires in 08/28.", _groups(_luhn("4" + _digits(rng, 14)), 4, 4, 4))
    plant(Kind.CARD, "You charged {} twice!", _luhn("5" + _digits(rng, 14, "12345")))
    plant(Kind.CARD, "Amex number {}", _groups(_luhn("37" + _digits(rng, 12)), 4, 6))
    plant(Kind.CARD, "I'd like to pay with {} this time.", _groups(_luhn("4" + _digits(rng, 14)), 4, 4, 4, by="-"))
    card = _luhn("4" + _digits(rng, 14))
    plant(Kind.CARD, "Okay, reading it out: {}.", " ".join(_WORDS_EN[c] for c in card))
    plant(Kind.CARD, "new credit card number {} please replace the old one", _luhn("6011" + _digits(rng, 11)))
    plant(Kind.CARD, "Visa, {}", _luhn("4" + _digits(rng, 14)))
    plant(Kind.CARD, "It says {} on the front.", _groups(_luhn("51" + _digits(rng, 13)), 4, 4, 4))
    plant(Kind.CARD, "My debit card, {}, was declined at the till.", _groups(_luhn("4" + _digits(rng, 14)), 4, 4, 4))
    plant(Kind.CARD, "Refund it to the same one ({}).", _luhn("2223" + _digits(rng, 11)))
    # English: documents
    plant(Kind.ID_NUMBER, "My social is {}.", f"{_digits(rng, 3, '2345')}-{_digits(rng, 2)}-{_digits(rng, 4)}")
    plant(
        Kind.ID_NUMBER, "SSN {} for the credit check.", f"{_digits(rng, 3, '345')} {_digits(rng, 2)} {_digits(rng, 4)}"
    )
    plant(Kind.ID_NUMBER, "social security number is {} and I was born in Ohio", _digits(rng, 9, "2345"))
    plant(Kind.ID_NUMBER, "The passport number is {}.", _letters(rng, 1) + _digits(rng, 8))
    plant(Kind.ID_NUMBER, "Passport no. {}, issued in Leeds.", _digits(rng, 9))
    plant(Kind.ID_NUMBER, "My driver's license is {}, out of California.", _letters(rng, 1) + _digits(rng, 7))
    plant(
        Kind.ID_NUMBER, "National insurance number: {}", f"AB {_digits(rng, 2)} {_digits(rng, 2)} {_digits(rng, 2)} C"
    )
    plant(Kind.ID_NUMBER, "It's the one with plate number {}.", f"{_digits(rng, 1)}{_letters(rng, 3)}{_digits(rng, 3)}")
    plant(Kind.ID_NUMBER, "my tax id is {}", f"9{_digits(rng, 2)}-7{_digits(rng, 1)}-{_digits(rng, 4)}")
    plant(Kind.ID_NUMBER, "I have a Chinese ID card, {}, does that work?", _resident_id(rng))
    plant(Kind.ID_NUMBER, "The last thing you need is my ID number, right? {}", _digits(rng, 8))
    plant(Kind.ID_NUMBER, "Medicare number {} please.", _groups(_digits(rng, 10), 4, 5))
    # English: accounts
    plant(Kind.ACCOUNT, "My account number is {}.", _digits(rng, 8))
    plant(Kind.ACCOUNT, "acct # {} under my husband", _digits(rng, 10))
    plant(Kind.ACCOUNT, "It is account {}, the joint one.", _groups(_digits(rng, 12), 4, 4))
    iban = _iban(rng)
    plant(Kind.ACCOUNT, "Transfer it to {}.", _groups(iban, 4, 4, 4, 4, 4))
    plant(Kind.ACCOUNT, "IBAN: {}", _iban(rng))
    plant(
        Kind.ACCOUNT, "My membership number should be {}, platinum since March.", f"{_letters(rng, 2)}{_digits(rng, 6)}"
    )
    plant(Kind.ACCOUNT, "Customer ID {}, can you see it?", _digits(rng, 7))
    plant(
        Kind.ACCOUNT,
        "the policy number on my letter reads {}",
        f"{_letters(rng, 3)}-{_digits(rng, 4)}-{_digits(rng, 4)}",
    )
    plant(Kind.ACCOUNT, "Frequent flyer number {}, thanks.", _digits(rng, 9))
    plant(Kind.ACCOUNT, "{} is my customer number.", _digits(rng, 8))
    plant(Kind.ACCOUNT, "Username is {}", f"bruno_{_digits(rng, 3)}")
    plant(
        Kind.ACCOUNT,
        "The account number, hold on, it's {}.",
        " ".join(_WORDS_EN[c] for c in _digits(rng, 8)),
    )
    plant(Kind.ACCOUNT, "I have two contracts but the contract number in question is {}.", _digits(rng, 9))
    # English: orders and cases
    plant(Kind.ORDER, "My order number is {}.", _digits(rng, 8))
    plant(Kind.ORDER, "Order #{} still says processing.", _digits(rng, 6))
    plant(Kind.ORDER, "Regarding case {}: any news?", f"CS{_digits(rng, 7)}")
    plant(Kind.ORDER, "the tracking number {} shows nothing", f"1Z{_letters(rng, 3)}{_digits(rng, 13)}")
    plant(Kind.ORDER, "Booking reference {}.", _letters(rng, 3) + _digits(rng, 1) + _letters(rng, 2))
    plant(Kind.ORDER, "My confirmation code is {}, for two nights.", _letters(rng, 6))
    plant(Kind.ORDER, "I wrote about ticket {} last week.", _digits(rng, 7))
    plant(Kind.ORDER, "Invoice no {} has the wrong address.", f"INV-2026-{_digits(rng, 5)}")
    plant(Kind.ORDER, f"order {_digits(rng, 3)}-{{}} has not come", f"{_digits(rng, 7)}-{_digits(rng, 7)}")
    plant(Kind.ORDER, "It's about my reservation, number {}.", _groups(_digits(rng, 10), 4, 3, by="."))
    plant(Kind.ORDER, "The claim was filed under {}.", f"CLM/{_digits(rng, 6)}")
    plant(Kind.ORDER, "Reference: {}", f"{_letters(rng, 2)}{_digits(rng, 4)}{_letters(rng, 2)}")
    # English: names
    plant(Kind.NAME, "Hello, my name is {}.", "Rosalind Hargreaves")
    plant(Kind.NAME, "my name is {} and i need help", "theodore voss")
    plant(Kind.NAME, "Good morning, this is {} from the billing team.", "Nkechi")
    plant(Kind.NAME, "I'm {}, I called yesterday.", "Yasmin Oyelaran")
    plant(Kind.NAME, "The booking is under the name of {}.", "Matteo Castellano")
    plant(Kind.NAME, "Thank you, {}. One moment please.", "Gareth")
    plant(Kind.NAME, "Mr. {}, your parcel is at the depot.", "Takahashi")
    plant(Kind.NAME, "Dear {}, we have looked into your complaint.", "Ms. O'Brien")
    plant(Kind.NAME, "You're speaking with {}, how can I help?", "Svetlana")
    plant(Kind.NAME, "Name: {}", "Connor MacIntyre")
    plant(Kind.NAME, "{} speaking, what can I do for you?", "Aaliyah")
    plant(Kind.NAME, "Account holder: {}", "Bruno J. Rossi")
    plant(Kind.NAME, "I need this sorted.\nKind regards,\n{}", "Ingrid Lindqvist")
    plant(Kind.NAME, "Agent ({}): Let me check that.", "Walter")
    plant(Kind.NAME, "My wife's name is {}, she ordered it.", "Celeste Abernathy")
    plant(Kind.NAME, "Please call me {}.", "Teddy")
    # English: addresses
    plant(Kind.ADDRESS, "I live at {}.", f"{_digits(rng, 3)} Willow Creek Road, Apt 4B")
    plant(Kind.ADDRESS, "Ship it to {}, please.", f"{_digits(rng, 4)} NW Harrison St, Portland, OR 97209")
    plant(Kind.ADDRESS, "The old address was {}.", f"{_digits(rng, 2)} Kingsway Gardens, London SE1 7PB")
    plant(Kind.ADDRESS, "send it to {}", f"P.O. Box {_digits(rng, 4)}")
    plant(Kind.ADDRESS, "my address is {} in dayton", f"{_digits(rng, 3)} maple avenue")
    plant(Kind.ADDRESS, "Our zip code is {}.", _digits(rng, 5))
    # English: links and codes
    plant(Kind.ORDER, "See https://shop.example.com/orders/{}/status for it.", _digits(rng, 8))
    plant(Kind.ACCOUNT, "The link was https://example.com/reset?user={}&lang=en", f"gmac{_digits(rng, 4)}")
    plant(Kind.CODE, "The verification code I got is {}.", _digits(rng, 6))
    plant(Kind.BIRTH_DATE, "My date of birth is {}.", f"{rng.randint(1, 12):02d}/{rng.randint(13, 28)}/1984")
    plant(Kind.CODE, "my PIN is {} and it stopped working", _digits(rng, 4, "3456789"))
    plant(Kind.PHONE, "Whatsapp me: {}", "+91 " + _groups(_digits(rng, 10, "789"), 5))
    plant(Kind.CARD, "Maestro {} from my bank.", _luhn("6759" + _digits(rng, 14)))
    plant(Kind.NAME, "Is this {} I am talking to? Yes, speaking with Mrs. Abernathy here.", "Mrs. Abernathy")

    plant(Kind.NAME, "Regards, {}", "Nkechi Hargreaves")
    plant(Kind.EXPIRY, "The card expires in {}.", f"{rng.randint(1, 12):02d}/27")
    plant(Kind.IP_ADDRESS, "Somebody logged in from {}, that is not me.", f"84.{_digits(rng, 2)}.9.{_digits(rng, 2)}")
    plant(Kind.PHONE, "The number on the account is {}, I think.", us())

    # Chinese: phones

    def zh(kind: Kind, template: str, value: str) -> None:
        plant(kind, template, value, "zh")

    zh(Kind.PHONE, "我的手机号是{}，随时可以打。", _mobile(rng))
    zh(Kind.PHONE, "您打{}找我爱人就行。", _mobile(rng))
    zh(Kind.PHONE, "号码是{}，麻烦记一下", _groups(_mobile(rng), 3, 4))
    zh(Kind.PHONE, "联系电话：{}", _groups(_mobile(rng), 3, 4, by="-"))
    zh(Kind.PHONE, "好的，{}，对吗？", _mobile(rng).translate({48 + i: 0xFF10 + i for i in range(10)}))
    zh(Kind.PHONE, "我手机是{}。", "".join(_WORDS_ZH[c] for c in _mobile(rng)))
    number = _mobile(rng)
    zh(
        Kind.PHONE,
        "您记一下，{}。",
        "，".join("".join(_WORDS_ZH[c] for c in p) for p in (number[:3], number[3:7], number[7:])),
    )
    zh(Kind.PHONE, "座机是{}，白天有人接", f"010-{_digits(rng, 8, '5678')}")
    zh(Kind.PHONE, "可以打家里电话{}。", f"(0571) {_digits(rng, 8, '8')}")
    zh(Kind.PHONE, "国外号码{}能收到短信吗？", f"+86 {_mobile(rng)}")
    zh(Kind.PHONE, "预留的手机{}已经不用了。", _mobile(rng))
    zh(Kind.PHONE, "快递员让我加他{}", _groups(_mobile(rng), 3, 3))
    zh(Kind.PHONE, "公司电话是{}转分机", f"021 {_digits(rng, 8, '56')}")
    zh(Kind.PHONE, "老号码：{}；", "86" + _mobile(rng))
    # Chinese: e-mail
    zh(Kind.EMAIL, "我的邮箱是{}，发到这里。", f"wang{_digits(rng, 4)}@163.com")
    zh(Kind.EMAIL, "请发至{}", f"{_digits(rng, 9)}@qq.com")
    zh(Kind.EMAIL, "电子发票发{}就可以了", f"li.min_{_digits(rng, 2)}@example.com.cn")
    zh(Kind.EMAIL, "注册用的是{}这个账号", f"Chen-{_digits(rng, 3)}@foxmail.com")
    zh(Kind.EMAIL, "邮箱{}一直收不到验证码。", f"zhao{_digits(rng, 2)}＠example.net")
    zh(Kind.EMAIL, "我念一下：{}。", "liuyang艾特example点com")
    # Chinese: cards
    zh(Kind.CARD, "卡号是{}。", _luhn("6222" + _digits(rng, 14)))
    zh(Kind.CARD, "我的银行卡{}被扣了两次。", _groups(_luhn("6217" + _digits(rng, 14)), 4, 4, 4, 4))
    zh(Kind.CARD, "退到{}这张信用卡上。", _luhn("4" + _digits(rng, 14)))
    zh(Kind.CARD, "建行卡，{}", _groups(_luhn("6227" + _digits(rng, 14)), 4, 4, 4, 4))
    zh(Kind.CARD, "尾号不记得了，完整的是{}", _luhn("6225" + _digits(rng, 11)))
    zh(Kind.CARD, "新卡的卡号为{}，请更新", _groups(_luhn("62" + _digits(rng, 13)), 4, 4, 4, by="-"))
    zh(Kind.CARD, "念给您听：{}。", "".join(_WORDS_ZH[c] for c in _luhn("6228" + _digits(rng, 14))))
    zh(Kind.CARD, "储蓄卡{}里的钱不见了！", _luhn("6213" + _digits(rng, 14)))
    zh(
        Kind.CARD,
        "付款卡：{}",
        _luhn("5" + _digits(rng, 14, "12345")).translate({48 + i: 0xFF10 + i for i in range(10)}),
    )
    # Chinese: documents
    zh(Kind.ID_NUMBER, "身份证号是{}。", _resident_id(rng))
    zh(Kind.ID_NUMBER, "我报一下，{}。", _resident_id(rng))
    ident = _resident_id(rng)
    zh(Kind.ID_NUMBER, "身份证{}，对的。", _groups(ident, 6, 8))
    ident = _resident_id(rng)
    zh(Kind.ID_NUMBER, "是{}没错", "".join(_WORDS_ZH.get(c, c) for c in ident))
    zh(Kind.ID_NUMBER, "证件号码：{}", _resident_id(rng).lower())
    zh(Kind.ID_NUMBER, "护照号是{}，下个月到期。", "E" + _digits(rng, 8))
    zh(Kind.ID_NUMBER, "护照{}", "EJ" + _digits(rng, 7))
    zh(Kind.ID_NUMBER, "我车牌是{}，停在楼下。", f"京A{_digits(rng, 5)}")
    zh(Kind.ID_NUMBER, "绑定的车辆是{}", f"粤B·{_letters(rng, 1)}{_digits(rng, 4)}")
    zh(Kind.ID_NUMBER, "驾驶证号{}", _resident_id(rng))
    zh(Kind.ID_NUMBER, "社保号码是{}，帮我查一下", _digits(rng, 10))
    zh(Kind.ID_NUMBER, "孩子的身份证是{}。", _resident_id(rng))
    # Chinese: accounts
    zh(Kind.ACCOUNT, "我的账号是{}。", _digits(rng, 8))
    zh(Kind.ACCOUNT, "会员号{}，金卡的。", _digits(rng, 9))
    zh(Kind.ACCOUNT, "客户编号：{}", f"KH{_digits(rng, 7)}")
    zh(Kind.ACCOUNT, "户号{}，电费交了没？", _digits(rng, 10))
    zh(Kind.ACCOUNT, "保单号是{}，去年买的", f"P{_digits(rng, 12)}")
    zh(Kind.ACCOUNT, "微信号{}，加我吧", f"chen_{_digits(rng, 4)}")
    zh(Kind.ACCOUNT, "QQ是{}", _digits(rng, 9))
    zh(Kind.ACCOUNT, "用户名叫{}", f"lucky{_digits(rng, 4)}")
    zh(Kind.ACCOUNT, "{}是我的会员卡号。", _digits(rng, 8))
    zh(Kind.ACCOUNT, "您的工号是{}吧？我要表扬您", _digits(rng, 4, "3456789"))
    zh(Kind.ACCOUNT, "公积金账号{}查不到", _digits(rng, 12))
    zh(Kind.ACCOUNT, "宽带账号，{}", "".join(_WORDS_ZH[c] for c in _digits(rng, 8)))
    # Chinese: orders
    zh(Kind.ORDER, "订单号是{}。", "2026" + _digits(rng, 12))
    zh(Kind.ORDER, "订单{}什么时候发货？", _digits(rng, 10))
    zh(Kind.ORDER, "快递单号{}一直没更新", f"SF{_digits(rng, 13)}")
    zh(Kind.ORDER, "运单号：{}", f"YT{_digits(rng, 13)}")
    zh(Kind.ORDER, "工单编号{}，处理到哪了", f"GD-{_digits(rng, 6)}")
    zh(Kind.ORDER, "我的投诉单号是{}", _digits(rng, 7))
    zh(Kind.ORDER, "票号{}，要退票。", f"781-{_digits(rng, 10)}")
    zh(Kind.ORDER, "预约编号为{}的那个", _digits(rng, 6))
    zh(Kind.ORDER, "流水号{}，扣了两次款。", _digits(rng, 16, "789"))
    zh(Kind.ORDER, "单号我念一下，{}", "".join(_WORDS_ZH[c] for c in _digits(rng, 10)))
    zh(Kind.ORDER, "退款编号 {} 麻烦催一下", f"RF{_digits(rng, 8)}")
    zh(Kind.ORDER, "订单编号：{}", _groups(_digits(rng, 12), 4, 4, by="-"))
    # Chinese: names

    def name(length: int) -> str:
        return rng.choice(_SURNAMES) + "".join(rng.sample(_CHARACTERS, length - 1))

    zh(Kind.NAME, "您好，我叫{}。", name(3))
    zh(Kind.NAME, "我叫{}，想咨询一下", name(2))
    zh(Kind.NAME, "我是{}，昨天打过电话。", name(3))
    zh(Kind.NAME, "我的名字是{}", name(3))
    zh(Kind.NAME, "姓名：{}", name(2))
    zh(Kind.NAME, "{}先生您好，很高兴为您服务。", name(3))
    zh(Kind.NAME, "请问是{}女士吗？", name(2))
    zh(Kind.NAME, "收件人是{}。", name(3))
    zh(Kind.NAME, "您好，我是客服{}，请讲。", name(2))
    zh(Kind.NAME, "叫我{}就行。", "小" + rng.choice(_SURNAMES))
    zh(Kind.NAME, "我叫{}，新疆的。", "阿依古丽·买买提")
    zh(Kind.NAME, "您好我是{}。", "欧阳" + rng.choice(_CHARACTERS))
    zh(Kind.NAME, "联系人写{}吧", "Jason")
    zh(Kind.NAME, "本人{}，要求退款。", name(3))
    zh(Kind.NAME, "乘机人：{}", name(3))
    zh(Kind.NAME, "客服({})：请稍等。", name(3))
    # Chinese: addresses, links, codes
    zh(
        Kind.ADDRESS,
        "我住在{}。",
        f"北京市海淀区中关村南大街{_digits(rng, 2)}号院{_digits(rng, 1)}号楼{_digits(rng, 3)}室",
    )
    zh(Kind.ADDRESS, "寄到{}吧", f"上海市浦东新区张杨路{_digits(rng, 3)}弄{_digits(rng, 2)}号")
    zh(Kind.ADDRESS, "收货地址：{}", f"广东省深圳市南山区科苑路{_digits(rng, 2)}号创新大厦{_digits(rng, 2)}层")
    zh(Kind.ADDRESS, "地址是{}，别送错了", f"成都市锦江区春熙路{_digits(rng, 2)}号{_digits(rng, 1)}栋{_digits(rng, 4)}")
    zh(Kind.ADDRESS, "搬到{}了。", f"幸福小区{_digits(rng, 1)}栋{_digits(rng, 1)}单元{_digits(rng, 3)}")
    zh(Kind.CODE, "验证码是{}。", _digits(rng, 6))
    zh(Kind.BIRTH_DATE, "我{}出生的。", f"1990年{rng.randint(1, 12)}月{rng.randint(1, 28)}日")
    zh(Kind.CODE, "取款密码{}不对", _digits(rng, 6))
    zh(Kind.ORDER, "链接是https://shop.example.cn/track?order_id={}&from=sms", _digits(rng, 10))
    zh(Kind.ACCOUNT, "对公账户，账号{}", _groups(_digits(rng, 16, "1"), 4, 4, 4))
    zh(Kind.PHONE, "机主电话{}（微信同号）", _mobile(rng))
    zh(Kind.PHONE, "我用{}这个号注册的", _mobile(rng))
    zh(Kind.ID_NUMBER, "港澳通行证号码{}", f"C{_digits(rng, 8)}")
    zh(Kind.NAME, "户主{}，一直是他在用。", name(3))
    zh(Kind.NAME, "免贵姓{}。", rng.choice(_SURNAMES))
    zh(Kind.NAME, "这是我老公，{}先生，让他说。", name(2))
    zh(Kind.NAME, "投保人姓名是{}。", name(3))
    zh(Kind.ORDER, "之前那个案件编号{}有结果了吗？", _digits(rng, 8))
    zh(Kind.PHONE, "传真号码：{}", f"0755-{_digits(rng, 8, '28')}")
    zh(Kind.CARD, "把{}和另一张卡解绑。", _luhn("6214" + _digits(rng, 14)))
    zh(Kind.EXPIRY, "卡的有效期是{}。", f"{rng.randint(1, 12):02d}/27")
    zh(Kind.IP_ADDRESS, "登录IP是{}，不是我。", f"84.{_digits(rng, 2)}.9.{_digits(rng, 2)}")
    return found


UNTOUCHED: dict[Lang, tuple[str, ...]] = {
    "en": (
        "The total comes to $1,249.99 including tax.",
        "I was charged 1500 dollars instead of 150.",
        "Your balance is 12500 points.",
        "The delivery is scheduled for 2026-03-14 between 14:00 and 16:30.",
        "I bought it on 12/05/2025, so the two-year warranty holds.",
        "My flight BA2490 was delayed by 3 hours.",
        "We took train G1024 to Shanghai.",
        "The model is QX-5500T from 2023.",
        "It's an iPhone 15 Pro Max with 256GB.",
        "Firmware 10.0.22631 fixed it for others.",
        "Please update to version 4.12.7 first.",
        "The discount is 25%, up to 300 euros.",
        "It has 100000 miles on the clock.",
        "The drive is about 1250 km.",
        "We ordered 12000 bricks for the site.",
        "There were 4500 people at the event.",
        "The battery has 5000 mAh, the charger 65W.",
        "Between 2019 and 2023 I paid on time.",
        "The contract runs from 2024-2026.",
        "The plan has 500 GB and costs 29.90 a month.",
        "Room 1204 on the 12th floor smells of smoke.",
        "Gate B42 closes at 18:45.",
        "Our office hours are 9-17, Monday to Friday.",
        "Error code 404 comes up every time.",
        "Error 0x80070057 appears during setup.",
        "The TV is 55 inches and weighs 18.5 kg.",
        "I waited 45 minutes on hold yesterday.",
        "The screen resolution is 1920x1080 at 144 Hz.",
        "Your refund of £89.50 takes 3-5 business days.",
        "It dropped from 20000 to 15000 within a week.",
        "Call 911 in an emergency.",
        "Our free line is 1-800-555-0199.",
        "My account was overdrawn by 350 dollars.",
        "The order arrived on May 12th, two days late.",
        "My order of 3 lamps came with 2 broken ones.",
        "The case weighs 1200 grams.",
        "I have two tickets for 8 pm.",
        "The account has been open since 2015.",
        "We need 15 more licenses by Q3 2026.",
        "Part of the order, about 40%, is missing.",
        "The interest rate is 3.875 percent.",
        "A premium of 1.2 million was paid.",
        "It is 20 degrees below zero.",
        "Thank you, that will be all.",
        "I'm very unhappy with the service.",
        "This is the third time I am calling.",
        "I am American and live in Canada.",
        "Thank you for calling Riverside Bank, how can I help?",
        "The product name is Galaxy Fold.",
        "I'm a Gold member since 2018.",
        "It costs 3 times as much at other shops.",
        "One or two of the three parts were missing, four screws too.",
        "The password must be 8 characters long.",
        "Please restart the router and wait 30 seconds.",
        "Windows 11 and Office 2021 are installed.",
        "The 2.4 GHz network works, the 5 GHz one doesn't.",
        "The meeting is in 2027, on the 3rd of June.",
        "I spoke with your support team for 20 minutes.",
    ),
    "zh": (
        "一共是1299元，已经优惠了200元。",
        "本月话费128.50元，套餐外流量5GB。",
        "您的积分有12500分，可以兑换。",
        "我是2026年3月14日下午2点30分下的单。",
        "航班CA1234延误了3个小时。",
        "我坐的是G1024次列车，12车06A座。",
        "型号是QX-5500T，2023年买的。",
        "手机是华为Mate 60 Pro，512G的。",
        "系统升级到4.12.7版本就好了。",
        "年化利率是3.85%，期限36个月。",
        "这辆车跑了10万公里。",
        "房间是1204，在12楼。",
        "行李限重23公斤，超重每公斤50元。",
        "屏幕是55英寸，分辨率3840x2160。",
        "电池容量5000毫安时。",
        "我等了45分钟都没人接。",
        "营业时间是9:00-18:00。",
        "一般3-5个工作日到账。",
        "错误代码是404，重启也没用。",
        "从2019年到2023年一直用你们的。",
        "宽带是1000兆的，每月199元。",
        "我家在三楼，没有电梯。",
        "我们一共订了1200件货。",
        "客服热线是400-800-1234。",
        "可以拨打95588或者10086咨询。",
        "有效期到2028年12月31日。",
        "面积大概是120平方米。",
        "温度设在26度就行。",
        "您的额度是50000元，可用38000元。",
        "还款日是每月25号。",
        "我是金卡会员，可以免年费吗？",
        "我是周一买的，还没收到。",
        "我是老用户了，怎么没有优惠？",
        "这位先生，请您稍等。",
        "对于女士们的建议我们很重视。",
        "小时候就用你们的产品。",
        "成功率只有百分之八十五。",
        "第三次打电话了，还是没解决。",
        "一二三楼都没有信号。",
        "账户余额是12345.67元。",
        "订单金额3999元，分12期。",
        "订单已经付款2天了。",
        "我买了3台，有1台是坏的。",
        "2025年度的账单什么时候出？",
        "高铁G7次晚上8点到。",
        "坐地铁10号线到国贸站。",
        "尺码要175的，颜色要黑色。",
        "密码必须是8位以上。",
        "我姓名写错了，怎么改？",
        "那个人名字我忘了。",
        "上午11点20分到12点之间送货。",
        "海拔3500米的地方也能用吗？",
        "充电30分钟可以到80%。",
        "路由器要重启30秒再试。",
        "优惠码SAVE20可以用吗？",
        "感谢您的来电，祝您生活愉快。",
        "我叫了三次都没人理。",
    ),
}
"""Sentences without personal data that look as if."""
