"""Structured fields whose name says what they hold: ``customer_name``, ``phone``, ``订单号``."""

from __future__ import annotations

import re
from functools import lru_cache

from csc_dspy.corpora.masking.kinds import PLACEHOLDER, Kind

_FIELDS: tuple[tuple[Kind, str], ...] = (
    (Kind.EMAIL, r"e_?mail(?:_?addr(?:ess)?)?|mail_?addr(?:ess)?|(?:电子)?邮箱(?:地址)?|电子邮件"),
    (Kind.IP_ADDRESS, r"(?:client_|user_|remote_)?ip(?:_?addr(?:ess)?)?|IP地址"),
    (Kind.PHONE,
        r"(?:tele)?phone|mobile|cell(?:_?phone)?|tel|msisdn|fax|whatsapp|caller_id|手机|电话|(?:手机|电话"
        r"|联系)(?:号码?|电话|方式)|座机"),
    (Kind.CARD, r"(?:credit_|debit_|bank_)?card(?:_?(?:number|no|num))|pan|(?:银行)?卡号"),
    (Kind.ID_NUMBER,
        r"ssn|social_security|passport|id_?card|national_id|identity|driver_?s?_licen[cs]e|身份证号?码?"
        r"|护照号?码?|证件号?码?|车牌号?码?"),
    (Kind.ACCOUNT,
        r"(?:account|acct|customer|client|user|member(?:ship)?|policy|subscriber|login|caller)(?:_?(?:id"
        r"|no|num|number|name_id))|account|iban|user_?name|[账帐][号户]|客户编?号|会员编?号|用户名|保单号"
        r"|户号"),
    (Kind.ORDER,
        r"(?:order|booking|reservation|ticket|case|tracking|invoice|claim|reference|confirmation"
        r"|shipment)(?:_?(?:id|no|num|number|code|ref))|pnr|(?:订|工|运|快递)单(?:编?号)?|案件号"),
    (Kind.NAME,
        r"(?:(?:full|first|last|given|family|middle|customer|client|caller|agent|supporter|user_full"
        r"|contact|account_holder|card_?holder|recipient|passenger|patient|guest|representative|rep"
        r"|operator|advisor)_?)+name|surname|name|(?:客户|顾客|坐席|座席|客服|联系人|收件人|收货人)?姓名"
        r"|(?:agent|customer|caller|client|representative|operator|联系人|收件人|收货人)"),
    (Kind.ADDRESS,
        r"(?:(?:street|home|postal|mailing|shipping|billing|delivery)_?)?address|地址|(?:收货|家庭"
        r"|联系)地址"),
)  # fmt: skip
_FIELD = re.compile("|".join(f"(?P<k{i}>{pattern})" for i, (_, pattern) in enumerate(_FIELDS)), re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NOT_WORD = re.compile(r"[^0-9A-Za-z\u4e00-\u9fff]+")
_PERSON = re.compile(r"(?:[^\W\d_]+[.'’-]?[ .·]?){1,5}")
_NO_PERSON = re.compile(
    r"(?:none|null|unknown|n/?a|anonymous|agent|customer|user|test|default|bot|ai|system|yes|no|true"
    r"|false|未知|无|匿名|客户|客服)",
    re.IGNORECASE,
)
_ROLE_KEYS = re.compile(r"(?:agent|customer|caller|client|representative|operator|name)", re.IGNORECASE)


@lru_cache(maxsize=1024)
def field_kind(key: str) -> Kind | None:
    """What a field holds by its name, or ``None`` when the name does not say."""
    if "[" in key and PLACEHOLDER.search(key):
        return None  # "agent [NAME]" says who, not what stands under it
    snake = _NOT_WORD.sub("_", _CAMEL.sub("_", key)).strip("_")
    match = _FIELD.fullmatch(snake)
    return _FIELDS[int(str(match.lastgroup)[1:])][0] if match else None


def is_value_of(kind: Kind, key: str, value: str) -> bool:
    """Whether a field's text is a value of its kind; an empty one is not, nor "unknown", nor a sentence."""
    text = value.strip()
    if not text or _NO_PERSON.fullmatch(text):
        return False
    if kind is Kind.NAME:
        if _ROLE_KEYS.fullmatch(key) and not (text[0].isupper() or not text.isascii()):
            return False
        return _PERSON.fullmatch(text) is not None and len(text) <= 40
    if kind is Kind.EMAIL:
        return "@" in text
    if kind is Kind.ADDRESS:
        return True
    return len(text) <= 40 and any(character.isdigit() for character in text)
