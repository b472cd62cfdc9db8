from __future__ import annotations

import pytest

from tests.corpora.masking.calls import alone, masked


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("mark", "may I mark this as done"),
        ("grant", "I will grant you one month free"),
        ("bill", "I can bill you at the end of the month"),
        ("will", "we will see"),
        ("rose", "the price rose again"),
    ],
)
def test_a_verb_that_is_spelled_like_a_known_name_stays(name: str, text: str) -> None:
    assert masked("en", f"my name is {name} Chandra", text)[1] == text
    assert masked("en", f"my name is {name}", text)[1] == text
    assert masked("en", f"I'm {name.title()} Chandra.", text)[1] == text


@pytest.mark.parametrize(
    "text", ["I will grant you access.", "May I mark this?", "I can bill you.", "Mark this as done."]
)
def test_a_verb_that_is_spelled_like_a_name_stays(text: str) -> None:
    assert alone(text) == text


def test_a_small_name_is_still_known_when_it_is_addressed() -> None:
    assert masked("en", "my name is mark", "thanks mark, one moment")[1] == "thanks [NAME], one moment"


@pytest.mark.parametrize(
    "text",
    [
        "Hello, Brightwater Pool speaking.",
        "Hello, Brightwater Pool, how can I help?",
        "Good morning, Harrow Kitchens.",
        "Thank you for calling Ashdown Veterinary. Hello?",
        "This is Ashdown Veterinary, how can I help?",
    ],
)
def test_a_company_after_a_greeting_is_no_person(text: str) -> None:
    assert masked("en", "Hi.", text)[1] == text


def test_a_company_that_was_called_is_no_person_anywhere() -> None:
    texts = ("Hi.", "Thank you for calling Larkspur Vale.", "Is this Larkspur Vale?", "Yes, Larkspur Vale speaking.")
    assert masked("en", *texts) == list(texts)


def test_a_person_after_a_greeting_is_one() -> None:
    assert masked("en", "Hi.", "Hello, Rosalind Hargreaves speaking.")[1] == "Hello, [NAME] speaking."
    assert masked("en", "Hi.", "Hello, Aaliyah speaking.")[1] == "Hello, [NAME] speaking."


def test_a_version_is_no_order_number() -> None:
    assert masked("en", "Hi.", "What's your order number?", "It fails on version 10.4.2.")[2] == (
        "It fails on version 10.4.2."
    )
    assert (
        alone("The order number is missing in version 10.4.2215.")
        == "The order number is missing in version 10.4.2215."
    )
    assert alone("order status needs app version 10.4.2") == "order status needs app version 10.4.2"
    assert masked("zh", "你好", "订单号是多少？", "我的App版本是10.4.2")[2] == "我的App版本是10.4.2"


def test_a_chinese_name_ends_before_a_word_for_a_day() -> None:
    assert alone("我是李明，明天来取。", "zh") == "我是[姓名]，明天来取。"
    assert alone("我叫李明明天来取。", "zh") == "我叫[姓名]明天来取。"
    assert alone("李明天来。", "zh") == "李明天来。"
    assert masked("zh", "我是李明。", "好的", "李明天到货。")[2] == "[姓名]明天到货。"


def test_the_longest_of_the_known_numbers_goes() -> None:
    texts = ("My account is 4111 1111.", "OK.", "And the card 4111 1111 1111 1111.")
    assert masked("en", *texts)[2] == "And the card [CARD]."
    assert masked("en", "My account is 41111111.", "OK.", "And the card 4111111111111111.")[2] == "And the card [CARD]."
    assert masked("zh", "会员号是62171234。", "好的", "卡号6217 1234 5678 9012 349")[2] == "卡号[银行卡号]"
    assert masked("en", "My order is 48213.", "OK.", "Is it 48213-77?")[2] == "Is it [ORDER_2]?"


def test_both_of_two_numbers_side_by_side_go() -> None:
    assert masked("en", "My order is 48213.", "OK.", "48213 415-555-2671")[2] == "[ORDER] [PHONE]"
