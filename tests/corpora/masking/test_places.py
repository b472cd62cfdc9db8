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


@pytest.mark.parametrize("question", ["address", "your address", "And the delivery address?"])
def test_an_address_in_words_is_masked_in_the_answer(question: str) -> None:
    answer = "twelve forty two maple street springfield illinois six two seven oh four"
    assert answered("en", question, answer) == "[ADDRESS]"
    assert answered("en", question, "it's nine elm road, flat two.") == "it's [ADDRESS]."
    assert answered("en", question, "1242 maple street springfield illinois 62704") == "[ADDRESS]"


@pytest.mark.parametrize("question", ["您的住址？", "您的住址", "麻烦说一下您的家庭住址。"])
def test_a_chinese_address_without_a_street_number_is_masked_in_the_answer(question: str) -> None:
    assert answered("zh", question, "文一路和古翠路交叉口那个翡翠城小区，12幢2单元1103") == "[地址]"
    assert answered("zh", question, "我住在翡翠城小区。") == "我住在[地址]。"
    assert answered("zh", question, "没变，还是原来的") == "没变，还是原来的"
    assert answered("zh", question, "在城里，具体的我忘了") == "在城里，具体的我忘了"
    assert answered("zh", question, "还是那个小区") == "还是那个小区"
    assert answered("zh", question, "5月1号到的，买了3个，3号再说") == "5月1号到的，买了3个，3号再说"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The post code is S T 4, 1 A B.", "The post code is [ADDRESS]."),
        ("my postcode is s t four one a b", "my postcode is [ADDRESS]"),
        ("i live at twelve forty two maple street", "i live at [ADDRESS]"),
        ("My address is 5 rue de la Paix, Flat 3, SW1A 2AA.", "My address is [ADDRESS]."),
        ("It is 12 Rosewood Rise, M4 1HQ.", "It is [ADDRESS]."),
        ("It goes to Hauptweg 12, SW1A 2AA.", "It goes to [ADDRESS]."),
    ],
)
def test_places_that_are_told_in_parts_go_whole(text: str, expected: str) -> None:
    assert alone(text) == expected


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Is the address still right?", "yes, two of us live on the same street"),
        ("address", "i don't remember"),
        ("Where should we send it?", "one moment please, i will look it up"),
        ("Where should we send it?", "three weeks ago i told you the address"),
        ("Could you describe it?", "it is twenty minutes by car, then one way street"),
    ],
)
def test_numbers_in_words_that_are_no_house_stay(question: str, answer: str) -> None:
    assert answered("en", question, answer) == answer


def test_what_is_ordered_before_a_postcode_stays() -> None:
    assert alone("I ordered 12 chairs, to SE1 7PB.") == "I ordered 12 chairs, to [ADDRESS]."
