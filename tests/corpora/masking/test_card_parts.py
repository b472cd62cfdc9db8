from __future__ import annotations

import pytest

from csc_dspy.framework import Lang
from tests.corpora.masking.calls import alone, answered, masked


@pytest.mark.parametrize(
    ("lang", "text", "expected"),
    [
        ("en", "The last four are 4471.", "The last four are [CARD]."),
        ("en", "It's the Visa ending in 4471.", "It's the Visa ending in [CARD]."),
        ("en", "the last 4 digits of my social are 9920", "the last 4 digits of my social are [ID_NUMBER]"),
        ("en", "The phone number ends in 8812.", "The phone number ends in [PHONE]."),
        ("en", "my account ending 3094 is locked", "my account ending [ACCOUNT] is locked"),
        ("en", "the last four are four four seven one", "the last four are [CARD]"),
        ("zh", "尾号4471", "尾号[银行卡号]"),
        ("zh", "尾号是四四七一的那张卡", "尾号是[银行卡号]的那张卡"),
        ("zh", "手机尾号8812", "手机尾号[手机号码]"),
        ("zh", "身份证后四位是9920", "身份证后四位是[身份证号]"),
        ("zh", "卡号后四位4471，对吧？", "卡号后四位[银行卡号]，对吧？"),
        ("zh", "身份证后四位是302X。", "身份证后四位是[身份证号]。"),
        ("en", "my card expires soon, the three digits are 907", "my card expires soon, the three digits are [CODE]"),
    ],
)
def test_the_last_digits_of_a_number_are_masked(lang: Lang, text: str, expected: str) -> None:
    assert alone(text, lang) == expected


def test_last_digits_that_are_asked_for_are_masked() -> None:
    assert answered("en", "What are the last four digits of your card?", "4417") == "[CARD]"
    assert answered("en", "And the last four of your social?", "It's 9920.") == "It's [ID_NUMBER]."
    assert answered("zh", "您手机的后四位是多少？", "8812") == "[手机号码]"
    assert answered("zh", "请报一下卡片尾号", "四四七一") == "[银行卡号]"


def test_last_digits_are_known_again() -> None:
    texts = ("Hi.", "The last four digits of the card?", "4471", "4471, thanks. That card paid 4471 dollars.")
    assert masked("en", *texts)[2:] == ["[CARD]", "[CARD], thanks. That card paid 4471 dollars."]


@pytest.mark.parametrize(
    ("lang", "text", "expected"),
    [
        ("en", "my card expires 09/27", "my card expires [EXPIRY]"),
        ("en", "4111 1111 1111 1111, expires 09/27, CVV 123.", "[CARD], expires [EXPIRY], CVV [CODE]."),
        ("en", "It's 4111111111111111, 09/27, 123.", "It's [CARD], [EXPIRY], [CODE]."),
        ("en", "The card is valid thru 09/2027.", "The card is valid thru [EXPIRY]."),
        ("en", "The card expires in September 2027.", "The card expires in [EXPIRY]."),
        ("zh", "有效期09/27", "有效期[有效期]"),
        ("zh", "卡的有效期是05/27。", "卡的有效期是[有效期]。"),
        ("zh", "信用卡有效期到2027年9月。", "信用卡有效期到[有效期]。"),
    ],
)
def test_the_expiry_date_of_a_card_is_masked(lang: Lang, text: str, expected: str) -> None:
    assert alone(text, lang) == expected


def test_an_expiry_date_that_is_asked_for_is_masked() -> None:
    assert answered("en", "And the expiry date on the card?", "09/27") == "[EXPIRY]"
    assert answered("en", "What's the expiration?", "September 2027.") == "[EXPIRY]."
    assert answered("en", "When does the card expire?", "oh nine twenty-seven") == "[EXPIRY]"
    assert answered("zh", "卡的有效期呢？", "27年9月") == "[有效期]"


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "The coupon expires 09/27."),
        ("en", "My contract expires in September 2027."),
        ("en", "The warranty is valid until 09/2027."),
        ("en", "the trial ends in 2027"),
        ("en", "The last 4 weeks were bad, the last four days 1200 calls."),
        ("en", "The model ending in 5500 is sold out."),
        ("zh", "优惠券有效期09/27。"),
        ("zh", "有效期到2028年12月31日。"),
        ("zh", "后四位乘客还没到。"),
    ],
)
def test_other_ends_and_dates_stay(lang: Lang, text: str) -> None:
    assert alone(text, lang) == text
