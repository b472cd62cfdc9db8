from __future__ import annotations

import pytest

from csc_dspy.framework import Lang
from tests.corpora.masking.calls import alone, answered


@pytest.mark.parametrize(
    ("lang", "text", "expected"),
    [
        ("en", "My postcode is SE1 7PB.", "My postcode is [ADDRESS]."),
        ("en", "I'm in SW1A 2AA, near the bridge.", "I'm in [ADDRESS], near the bridge."),
        ("en", "I live in Portland, OR 97209.", "I live in Portland, OR [ADDRESS]."),
        ("en", "We moved to Dayton, Ohio 45402-1234 in May.", "We moved to Dayton, Ohio [ADDRESS] in May."),
        ("en", "it's K1A 0B1, Ottawa", "it's [ADDRESS], Ottawa"),
        ("en", "my post code is se17pb", "my post code is [ADDRESS]"),
        ("en", "It's 456 Main Street, New City, NY, 12345.", "It's [ADDRESS]."),
        ("zh", "邮编是100081。", "邮编是[地址]。"),
        ("zh", "邮政编码：518057", "邮政编码：[地址]"),
    ],
)
def test_postcodes_are_masked(lang: Lang, text: str, expected: str) -> None:
    assert alone(text, lang) == expected


@pytest.mark.parametrize(
    ("lang", "question", "answer", "expected"),
    [
        ("en", "What's your zip code?", "97209", "[ADDRESS]"),
        ("en", "And your postcode?", "m4 1hq", "[ADDRESS]"),
        ("en", "And the postcode, please?", "It's SE1 7PB.", "It's [ADDRESS]."),
        ("en", "And the address?", "14 Rosewood, Kettering", "[ADDRESS]"),
        ("en", "Where should we deliver it?", "To 221 Harrow View, please.", "To [ADDRESS], please."),
        ("zh", "邮编是多少？", "100081", "[地址]"),
        ("zh", "您的收货地址是？", "朝阳区建国路88号3单元", "[地址]"),
    ],
)
def test_places_that_are_asked_for_are_masked(lang: Lang, question: str, answer: str, expected: str) -> None:
    assert answered(lang, question, answer) == expected


@pytest.mark.parametrize(
    "text",
    [
        "I ordered 12 Chairs and 3 Tables.",
        "The error OR 40400 came up.",
        "Gate B12 3 hours before.",
        "It is in New York, 45000 people live there.",
    ],
)
def test_other_numbers_beside_capitals_stay(text: str) -> None:
    assert alone(text) == text


def test_a_number_in_an_answer_about_an_address_stays() -> None:
    assert answered("en", "Is the address still right?", "Yes, 3 days ago it was.") == "Yes, 3 days ago it was."
