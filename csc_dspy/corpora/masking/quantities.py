"""Amounts, measures and counts: numbers that say how much, and name nothing."""

from __future__ import annotations

import re

MONEY_BEFORE = re.compile(r"(?:[$€£¥₹]|\b(?:USD|RMB|EUR|CNY|GBP|HKD|Rs\.?)|人民币|[￥]) ?[-+]?$", re.IGNORECASE)
_UNIT_AFTER = re.compile(
    r"""
      \s?[%‰°℃]
    | [ -]?(?:percent|dollars?|bucks|euros?|pounds?|quid|yuan|rmb|usd|eur|gbp|cny|cents?|pence|rupees?|yen
      |points?|miles?|kilomet\w+|km|kph|mph|met(?:er|re)s?
        |cm|mm|kilograms?|kg|grams?|lbs?|ounces?|oz|tons?|tonnes?|mb|gb|tb|kb|mbps|gbps|kwh|kw|mah|watts?
          |volts?|hz|mhz|ghz|rpm|inch(?:es)?|in\b\.|feet|foot|ft|yards?|acres?
        |sq(?:uare)?|cubic|lit(?:er|re)s?|ml|gallons?|seconds?|secs?|minutes?|mins?|hours?|hrs?|days?
          |nights?|weeks?|months?|years?|times|people|persons?|guests?|passengers?
        |customers?|users?|items?|pieces?|units?|pcs|copies|boxes|packs?|pairs?|bottles?|pages?|words?
          |characters?|messages?|e?mails?|calls?|orders?|employees?|students?
        |a\.?m\.?|p\.?m\.?|steps?|calories|kcal|degrees?|credits?|coins?|stars?|votes?|views?|subscribers?
          |followers?|percent|per\b|each\b|bce?\b|ad\b|x\d)(?![A-Za-z0-9])
    | \s?(?:元|块|圆|美[元金]|欧元|英镑|日元|港币|角|分(?!机)|万|亿|千|百|积分|个?积分|里程|公里|千米|米
      |厘米|毫米|公斤|千克|克|斤|两|吨|度|兆|毫安|瓦|伏|赫兹|[Gg][Bb]?(?![A-Za-z])|[Mm][Bb]?(?![A-Za-z])
        |个|件|张|台|部|人|位|次|天|日|号(?![码线])|月|年|周|小时|分钟|秒|点|岁|折|期|条|家|瓶|箱|份|页|字
          |名|届|楼|层|倍|平方?|套|双|支|只|辆|盒|袋|包|步|户|票|枚|颗|毫升|升|斗|亩|寸|英寸|英里|左右
          |多[元块个]|余[元个])
    """,
    re.VERBOSE | re.IGNORECASE,
)
_NO_UNIT = ".,;:!?)\"'，。；：！？）、"
"""Signs that no unit starts with; an empty text, the end, is in them, too."""
_UNIT_DIGITS = 10
"""From so many digits on a number is no quantity, whatever follows it."""


def is_quantity(folded: str, start: int, end: int) -> bool:
    """Whether the digits at a place are an amount, a measure, a count or part of a decimal."""
    if end - start >= _UNIT_DIGITS + 4:
        return False
    if MONEY_BEFORE.search(folded, max(0, start - 8), start):
        return True
    if end - start < _UNIT_DIGITS and folded[end : end + 1] not in _NO_UNIT and _UNIT_AFTER.match(folded, end):
        return True
    before, after = folded[max(0, start - 2) : start], folded[end : end + 2]
    return (len(before) == 2 and before[1] in ".," and before[0].isdigit()) or (
        len(after) == 2 and after[0] in ".," and after[1].isdigit()
    )
