"""Short and cut values that the words beside them, or the question, tell."""

from __future__ import annotations

import pytest

from csc_dspy.framework import Lang
from tests.corpora.masking.calls import alone, answered


@pytest.mark.parametrize(
    ("question", "answer", "expected"),
    [
        ("social security last four", "six seven eight nine", "[ID_NUMBER]"),
        ("account number", "4471 0293", "[ACCOUNT]"),
        ("and your date of birth", "July 19, 1991", "[BIRTH_DATE]"),
        ("full name please", "Imogen Tate", "[NAME]"),
    ],
)
def test_the_mere_name_of_what_is_wanted_asks_for_it(question: str, answer: str, expected: str) -> None:
    assert answered("en", question, answer) == expected


def test_a_sentence_about_a_thing_asks_for_nothing() -> None:
    answer = "It came on 12 May, model 4471, 3 pieces."
    assert answered("en", "The order has arrived.", answer) == answer
    assert answered("zh", "好的，您的电话已经登记了", "一共买了4471克") == "一共买了4471克"


@pytest.mark.parametrize(
    ("lang", "text", "expected"),
    [
        ("en", "my email is rkhan@gmail", "my email is [EMAIL]"),
        ("en", "rkhan@yahoo, no dot com", "[EMAIL], no dot com"),
        ("en", "The e-mail is r.khan@workplace.", "The e-mail is [EMAIL]."),
        ("zh", "邮箱是rkhan@qq", "邮箱是[邮箱]"),
        ("en", "It is extension 4412.", "It is extension [PHONE]."),
        ("en", "ext. 4412 please", "ext. [PHONE] please"),
        ("en", "extension four four one two", "extension [PHONE]"),
        ("zh", "请转分机8021。", "请转分机[手机号码]。"),
        ("en", "It is about dispute D-20931.", "It is about dispute [ORDER]."),
        ("en", "my dispute is D20931", "my dispute is [ORDER]"),
        ("zh", "争议D-20931怎么样了？", "争议[订单号]怎么样了？"),
    ],
)
def test_short_values_with_their_name_are_masked(lang: Lang, text: str, expected: str) -> None:
    assert alone(text, lang) == expected


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "We met at 5@noon."),
        ("en", "git clone git@github, then build."),
        ("en", "A payment extension 2026 is possible."),
        ("en", "The deadline extension 2026 is new."),
        ("en", "The extension of 300 days is over."),
        ("en", "Use extension cable 4412."),
        ("en", "I dispute 20931 dollars."),
        ("en", "The dispute is about model D-20931."),
        ("zh", "争议50000元的扣款。"),
    ],
)
def test_what_only_looks_like_a_short_value_stays(lang: Lang, text: str) -> None:
    assert alone(text, lang) == text
