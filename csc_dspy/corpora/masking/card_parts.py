"""Parts of numbers that stand for the whole: the last digits; and what is printed beside a card's number."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence

from csc_dspy.corpora.masking.kinds import Kind, Span
from csc_dspy.corpora.masking.quantities import is_quantity
from csc_dspy.corpora.masking.reading import Run, Text
from csc_dspy.corpora.masking.words import phrases, word_set

_TAIL_WORDS = word_set("last final ending ends end ended three digits x xx xxx xxxx")
_TAIL_PHRASES = phrases(
    "last four, last 4, last three, last 3, last five, last 5, last six, last 6, last few, final four, final 4,"
    " ending, ends in, ends with, ended in, three digits, 3 digits, xxx, **"
)
_TAIL_PHRASES_ZH = phrases("三位, 四位, 五位, 六位, 几位, 3位, 4位, 6位, 尾号, 尾数, 末尾, 背面, 结尾, **")
_EXPIRY_WORDS = word_set("expiry expires expire expired expiring expiration exp valid thru")
_EXPIRY_WORDS_ZH = phrases("有效期, 到期")

_TAIL_DIGITS = range(3, 7)
_FILLER = (
    r"(?:[\s:,，：#*=\"'-]|\b(?:digits?|numbers?|numerals|is|are|in|with|was|were|being|would|should|be|it's|it|they"
    r"|they're|that's|the|my|of|on|for|your|his|her|our|this|that|card|account|phone|mobile|cell|social|security|ssn"
    r"|visa|mastercard|amex|debit|credit|bank|license|passport|id|order|as|please|yes|um|uh)\b|数字?|号码?|是|为|的"
    r"|卡号?|分别|应该|就是)*"
)
_TAIL_BEFORE = re.compile(
    rf"(?:\b(?:last|final)\s(?:four|4|three|3|five|5|six|6|few)\b|\bend(?:s|ing|ed)?\b(?=\s(?:in|with|on|number"
    rf"|digits)|\s$)"
    rf"|尾号|尾数|末尾|[后末][三四五六3456]位){_FILLER}$",
    re.IGNORECASE,
)
_STARS_BEFORE = re.compile(r"(?:[*•·.]{2,}|(?<![A-Za-z])[Xx]{3,})[ -]?$")
_BACK_BEFORE = re.compile(
    rf"(?:\b(?:the|those|these|my)\s(?:three|3)\s(?:digits?|numbers?)(?:\son\sthe\s(?:back|reverse))?"
    rf"|[背后反]面的?(?:那)?[三3](?:位|个)数?字?){_FILLER}$",
    re.IGNORECASE,
)
_TAIL_AFTER = re.compile(
    r"\s*(?:结尾|收尾|为?尾号|are the last (?:four|4|three|3)|is the last (?:four|4))", re.IGNORECASE
)
_BACK = re.compile(r"\b(?:on|at) the back\b|背面|签名", re.IGNORECASE)
_YEAR = re.compile(r"20[0-4]\d|19[5-9]\d")
_NOUNS = re.compile(
    r"(?P<none>\b(?:model|flight|version|year|years|serial|contract|term|season|week|month|lease|part|product|article"
    r"|warranty|period|subscription)\b|型号|航班|版本|年份|货号)"
    r"|(?P<phone>\b(?:phone|mobile|cell(?:phone)?|telephone|landline|number (?:on file|i called)|whatsapp)\b|手机|电话)"
    r"|(?P<id>\b(?:social|ssn|passport|licen[cs]e|id|identity|sin|insurance)\b|身份证|证件|护照|驾照)"
    r"|(?P<order>\b(?:order|booking|ticket|case|tracking|reservation|invoice|parcel)\b|订单|运单|单号|快递|工单)"
    r"|(?P<card>\b(?:card|visa|mastercard|amex|debit|credit|discover|maestro)\b|卡)"
    r"|(?P<account>\b(?:account|acct|iban|policy|membership|member|customer)\b|[账帐][户号]|会员|客户号)",
    re.IGNORECASE,
)
_KINDS = {
    "phone": Kind.PHONE,
    "id": Kind.ID_NUMBER,
    "order": Kind.ORDER,
    "card": Kind.CARD,
    "account": Kind.ACCOUNT,
}
_ASKS_TAIL = re.compile(
    r"\b(?:last|final) (?:four|4|three|3|five|5|six|6|few)\b|\bending\b|\bends? (?:in|with)\b"
    r"|[后末][三四五六几3456]位|尾号|尾数"
)
_ASKS_EXPIRY = re.compile(r"\bexpir|\bexp\b|\bvalid (?:thru|through|until)|\bcard\b[^.?!]{0,30}\bvalid\b|有效期|到期")

_MONTHS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?"
)
_DATE = re.compile(
    rf"(?<![\d/.-])(?P<month>0?[1-9]|1[0-2]) ?[/-] ?(?P<year>(?:20)?\d\d)(?![\d/-]|\.\d)"
    rf"|\b(?P<named>{_MONTHS})\b\.?,? (?:of )?(?P<named_year>20\d\d|'?\d\d)\b"
    r"|(?<!\d)(?P<year_zh>(?:20)?\d\d) ?年 ?(?P<month_zh>0?[1-9]|1[0-2]) ?月(?!份? ?[\d一二三四五六七八九十])",
    re.IGNORECASE,
)
_CUE_BEFORE = re.compile(
    r"(?:\bexpir\w*|\bexp\b\.?|\bvalid (?:thru|through|until|till|to)|\bgood (?:thru|through)|有效期|到期日?期?)"
    r"(?:[\s:,，：=-]|\b(?:date|is|are|in|on|at|the|of|end|it's|was|says|will)\b|到|至|是|为|截止|限|的|日期|时间)*$",
    re.IGNORECASE,
)
_OTHER_THINGS = re.compile(
    r"\b(?:coupon|voucher|offer|warranty|contract|promo\w*|points?|miles|licen[cs]e|passport|subscription|membership"
    r"|plan|milk|product|medicine|batch|tickets?|trial|domain|certificate|policy|permit|visa (?:stamp|application)"
    r"|lease|food"
    r"|guarantee|discount|gift)\b|券|积分|保修|合同|护照|套餐|活动|食品|产品|驾照|证|会员|保单|里程|药|牛奶|优惠",
    re.IGNORECASE,
)
_CARD_WORDS = re.compile(r"\b(?:card|visa|mastercard|amex|debit|credit)\b|卡", re.IGNORECASE)
_BESIDE_CARD = re.compile(
    r"(?:[\s,，;；.。]|\b(?:exp\w*|date|is|and|with|valid|thru|it)\b\.?|有效期|到|至|是)*", re.IGNORECASE
)
_CVV = re.compile(
    r"[\s,，;；.。]*(?:(?:and|cvv2?|cvc|security|code|is|the|安全码|后三位|是)[\s:：]*)*(?P<code>\d{3,4})(?![\d/%]"
    r"|[.,]\d)",
    re.IGNORECASE,
)
_REACH = 70


def may_hold_tail(text: Text) -> bool:
    """Whether a text, or several joined ones, can name the last digits of a number; quick."""
    lower = text.lower
    return (not text.lacks(_TAIL_WORDS) and any(phrase in lower for phrase in _TAIL_PHRASES)) or (
        not lower.isascii() and any(phrase in lower for phrase in _TAIL_PHRASES_ZH)
    )


def may_hold_expiry(text: Text) -> bool:
    """Whether a text, or several joined ones, can say when a card expires; quick."""
    return not text.lacks(_EXPIRY_WORDS) or (
        not text.lower.isascii() and any(word in text.lower for word in _EXPIRY_WORDS_ZH)
    )


def asked_tail(text: Text) -> Kind | None:
    """Of what a turn asks for the last digits, or ``None``; those on the back of a card are a code."""
    lower = text.lower
    if not _ASKS_TAIL.search(lower):
        return None
    return Kind.CODE if _BACK.search(lower) else _kind_of(lower)


def asks_expiry(text: Text) -> bool:
    """Whether a turn speaks of when something expires that can be a card."""
    return (
        may_hold_expiry(text)
        and _ASKS_EXPIRY.search(text.lower) is not None
        and _OTHER_THINGS.search(text.lower) is None
    )


def tails(text: Text, runs: Sequence[Run], asked: Kind | None = None) -> Iterator[Span]:
    """The last digits of cards, phones and other numbers that stand for the whole.

    Args:
        text: The text.
        runs: Its numbers.
        asked: Of what the other side has just asked for the last digits.
    """
    folded = text.folded
    named = not text.lacks(_TAIL_WORDS) or not folded.isascii()
    for run in runs:
        end, digits = run.end, run.digits
        if len(run.groups) > 1 and run.groups[0][1] - run.groups[0][0] in _TAIL_DIGITS:
            end, digits = run.groups[0][1], folded[slice(*run.groups[0])]
        if len(digits) not in _TAIL_DIGITS or (not run.spoken and is_quantity(folded, run.groups[0][0], end)):
            continue
        start = run.start + (folded[run.start] in "+(")
        left = max(0, start - _REACH)
        before = _TAIL_BEFORE.search(folded, left, start) if named else None
        if named and before is None and len(digits) in (3, 4) and _BACK_BEFORE.search(folded, left, start):
            yield Span(start, end, Kind.CODE, digits)
            continue
        if before is None and not _STARS_BEFORE.search(folded, max(0, start - 20), start):
            if named and _TAIL_AFTER.match(folded, end):
                yield Span(start, end, _kind_of(folded[left:start]) or Kind.CARD, digits)
            elif asked is not None and not (run.spoken is False and len(run.groups) > 1 and len(run.digits) > 6):
                yield _with_check_letter(folded, Span(start, end, asked, digits))
            continue
        context = folded[left:start]
        if _BACK.search(context) or _BACK.match(folded, end + 1):
            yield Span(start, end, Kind.CODE, digits)
            continue
        kind = _kind_of(context if _NOUNS.search(context) else folded[end : end + 30])
        if kind is None or (_YEAR.fullmatch(digits) and not _NOUNS.search(context)):
            continue
        yield _with_check_letter(folded, Span(start, end, kind, digits))


def _with_check_letter(folded: str, span: Span) -> Span:
    """The last digits of an identity number with the X that can be its check digit: "302X"."""
    if span.kind is Kind.ID_NUMBER and folded[span.end : span.end + 1] in ("x", "X"):
        return Span(span.start, span.end + 1, span.kind, span.value + "x")
    return span


def expiries(
    text: Text, runs: Sequence[Run], cards: Sequence[Span] = (), known: Container[str] = (), *, asked: bool = False
) -> Iterator[Span]:
    """When cards expire, and the security code that is said right after it.

    Args:
        text: The text.
        runs: Its numbers.
        cards: The cards in it.
        known: Values that stand elsewhere in the conversation as a card's last month.
        asked: Whether the other side has just asked for it; the first date answers.
    """
    folded = text.folded
    for match in _DATE.finditer(folded):
        start, end = match.span()
        value = _value(match)
        beside = any(_BESIDE_CARD.fullmatch(folded, card.end, start) for card in cards if card.end <= start)
        if not (asked or beside or value in known or _is_named(folded, match)):
            continue
        asked = False
        yield Span(start, end, Kind.EXPIRY, value)
        if beside and (code := _CVV.match(folded, end)):
            yield Span(code.start("code"), code.end("code"), Kind.CODE, code["code"])
    for run in runs if asked else ():
        if len(run.digits) == 4 and "01" <= run.digits[:2] <= "12" and not is_quantity(folded, run.start, run.end):
            yield Span(run.start, run.end, Kind.EXPIRY, f"{int(run.digits[:2])}-{run.digits[2:]}")
            return


def _is_named(folded: str, match: re.Match[str]) -> bool:
    cue = _CUE_BEFORE.search(folded, max(0, match.start() - 48), match.start())
    if cue is None:
        return False
    context = folded[max(0, cue.start() - 40) : cue.start()]
    if _OTHER_THINGS.search(context):
        return False
    # 09/27 is how cards say it; other months need the word.
    return match["month"] is not None or _CARD_WORDS.search(context) is not None


def _value(match: re.Match[str]) -> str:
    year = match["year"] or match["named_year"] or match["year_zh"]
    if match["named"]:
        month = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"].index(
            match["named"][:3].lower()
        ) + 1
    else:
        month = int(match["month"] or match["month_zh"])
    return f"{month}-{year[-2:]}"


def _kind_of(context: str) -> Kind | None:
    """What the last telling noun of some words numbers; ``None`` when it numbers nothing of a person."""
    found = list(_NOUNS.finditer(context))
    return _KINDS.get(str(found[-1].lastgroup)) if found else Kind.CARD
