"""What is masked, and what stands in its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from csc_dspy.framework import Lang


class Kind(StrEnum):
    """A kind of personal data."""

    PHONE = "phone"
    EMAIL = "email"
    CARD = "card"
    """Numbers of payment cards, or their last digits."""
    ID_NUMBER = "id_number"
    """Numbers of documents issued to a person: identity cards, passports, social security, number plates."""
    ACCOUNT = "account"
    """What a company knows a customer by: accounts, IBANs, customer, member and policy numbers, names on platforms."""
    ORDER = "order"
    """What a company knows a matter by: orders, bookings, parcels, tickets, cases, invoices."""
    CODE = "code"
    """What only its owner should know: passwords, PINs, verification codes, card security codes, security answers."""
    EXPIRY = "expiry"
    """The last month of a payment card; other dates on which something ends are facts."""
    NAME = "name"
    """Names of people."""
    ADDRESS = "address"
    """Postal addresses with a house number, and postcodes."""
    IP_ADDRESS = "ip_address"
    """Addresses of devices on the internet; those that every router has are facts."""
    BIRTH_DATE = "birth_date"
    """Dates that are asked for or given as somebody's date of birth; other dates are facts."""


LABELS: Mapping[Lang, Mapping[Kind, str]] = MappingProxyType(
    {
        "en": MappingProxyType({kind: kind.name for kind in Kind}),
        "zh": MappingProxyType(
            {
                Kind.PHONE: "手机号码",
                Kind.EMAIL: "邮箱",
                Kind.CARD: "银行卡号",
                Kind.ID_NUMBER: "身份证号",
                Kind.ACCOUNT: "账号",
                Kind.ORDER: "订单号",
                Kind.CODE: "验证码",
                Kind.EXPIRY: "有效期",
                Kind.NAME: "姓名",
                Kind.ADDRESS: "地址",
                Kind.IP_ADDRESS: "IP地址",
                Kind.BIRTH_DATE: "出生日期",
            }
        ),
    }
)
"""What stands between the brackets of a placeholder, by language and kind."""

_KIND_OF = {label: kind for labels in LABELS.values() for kind, label in labels.items()}

PLACEHOLDER = re.compile(rf"\[(?P<label>{'|'.join(_KIND_OF)})(?:_(?P<number>[1-9][0-9]{{0,5}}))?\]")
"""Every placeholder that :func:`placeholder` writes, in both languages."""


class Span(NamedTuple):
    """A place in a text that is to be masked.

    Two spans are of the same value when their ``kind`` and ``value`` are equal, however they are written.
    """

    start: int
    """Index of the first character."""
    end: int
    """Index after the last character."""
    kind: Kind
    value: str
    """The value without layout. Kept out of ``repr``, so that it reaches no log line."""

    def __repr__(self) -> str:
        return f"Span(start={self.start}, end={self.end}, kind={self.kind!r})"


def placeholder(kind: Kind, number: int, lang: Lang) -> str:
    """What stands in the place of a value.

    Args:
        kind: The kind of the value.
        number: Which value of its kind it is, counted from 1; the first has no number in its placeholder.
        lang: Language of the conversation.

    Returns:
        For example ``[PHONE]``, ``[PHONE_2]`` or ``[手机号码]``.
    """
    return f"[{LABELS[lang][kind]}{f'_{number}' if number > 1 else ''}]"


def highest_placeholders(text: str) -> dict[Kind, int]:
    """The highest number of each kind's placeholders in a text; kinds without one are left out."""
    highest: dict[Kind, int] = {}
    for match in PLACEHOLDER.finditer(text) if "[" in text else ():
        kind = _KIND_OF[match["label"]]
        highest[kind] = max(highest.get(kind, 0), int(match["number"] or 1))
    return highest
