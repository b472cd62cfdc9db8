from __future__ import annotations

import random
import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csc_dspy.conversation import Conversation, Turn
from csc_dspy.corpora.masking import PLACEHOLDER, Kind, find, mask, placeholder
from csc_dspy.corpora.masking.kinds import LABELS
from csc_dspy.framework import LANGS, Lang, Strategy
from tests.corpora.masking.calls import alone, masked, talk
from tests.corpora.masking.planted import UNTOUCHED, Planted, planted


def survives(plant: Planted, text: str) -> bool:
    """Whether any part of a value is still in a text."""
    parts = [
        part for part in re.findall(r"\w+", plant.value) if len(part) > 1 and part not in ("Mrs", "Ms", "at", "dot")
    ]
    if plant.value.isascii():
        return any(re.search(rf"(?<![A-Za-z0-9]){re.escape(part)}(?![A-Za-z0-9])", text) for part in parts)
    return any(part in text for part in parts or [plant.value])


@pytest.mark.parametrize("lang", LANGS)
def test_planted_values_are_found(lang: Lang) -> None:
    plants = [plant for plant in planted() if plant.lang == lang]
    missed = [plant for plant in plants if survives(plant, alone(plant.text, lang))]
    assert len(plants) == 103
    assert len(missed) <= 5, missed


def test_planted_values_become_placeholders_of_their_kind() -> None:
    plants = planted()
    wrong = [plant for plant in plants if f"[{LABELS[plant.lang][plant.kind]}" not in alone(plant.text, plant.lang)]
    assert len(wrong) <= 0.05 * len(plants), wrong


@pytest.mark.parametrize("lang", LANGS)
def test_facts_stay(lang: Lang) -> None:
    changed = [text for text in UNTOUCHED[lang] if alone(text, lang) != text]
    assert sum(map(len, UNTOUCHED.values())) >= 100
    assert len(changed) <= 0.03 * len(UNTOUCHED[lang]), changed


def test_a_value_is_the_same_placeholder_wherever_and_however_it_stands() -> None:
    assert masked(
        "en", "Call (415) 555-2671 or 212-555-7788.", "So 415.555.2671, not 212 555 7788?", "+1 415 555 2671!"
    ) == [
        "Call [PHONE] or [PHONE_2].",
        "So [PHONE], not [PHONE_2]?",
        "[PHONE]!",
    ]
    assert masked("zh", "我的手机是13912345678", "是１３９ １２３４ ５６７８吗？", "对，幺三九幺二三四五六七八") == [
        "我的手机是[手机号码]",
        "是[手机号码]吗？",
        "对，[手机号码]",
    ]


def test_a_number_is_known_again_without_its_name() -> None:
    assert masked("en", "My order number is 48213.", "48213, thanks. Is 48214 yours, too?") == [
        "My order number is [ORDER].",
        "[ORDER], thanks. Is 48214 yours, too?",
    ]


def test_what_was_asked_for_is_masked_in_the_answer() -> None:
    texts = ("Hi.", "May I have your account number?", "One moment.", "Take your time.", "Here it is: 4471 0293")
    assert masked("en", *texts)[-1] == "Here it is: [ACCOUNT]"
    assert masked("en", "Hi.", "And your name, please?", "Sure, Yusuf Demir.", "Thanks, Yusuf!")[2:] == [
        "Sure, [NAME].",
        "Thanks, [NAME]!",
    ]
    assert masked("zh", "你好", "请问您贵姓？", "免贵姓褚", "褚先生，您的订单号是多少？", "8842013")[2:] == [
        "免贵姓[姓名]",
        "[姓名]先生，您的订单号是多少？",
        "[订单号]",
    ]


def test_a_name_that_follows_an_answer_is_masked() -> None:
    texts = ("Hi.", "The order number, please?", "It's HH-7730-2184. Imogen Tate.", "Thank you, Imogen.")
    assert masked("en", *texts)[2:] == ["It's [ORDER]. [NAME].", "Thank you, [NAME]."]
    assert masked("en", "Hi.", "What name is the booking under?", "Paolo Moretti")[-1] == "[NAME]"
    assert masked("en", "Hi.", "Last name?", "Delacroix. D-E-L-A-C-R-O-I-X.")[-1] == "[NAME]. [NAME]."
    assert masked("en", "Hi.", "booking no pls", "It's AU-55821, under Moretti.")[-1] == "It's [ORDER], under [NAME]."
    assert masked("en", "Hi.", "Who's the account holder?", "My mother, Rosa Diaz. I'm her son.")[-1] == (
        "My mother, [NAME]. I'm her son."
    )
    assert masked("zh", "你好", "入住人是谁？", "欧阳修文和林巧。")[-1] == "[姓名]和[姓名_2]。"


def test_a_first_name_needs_no_word_beside_it() -> None:
    assert alone("Yesterday Priyanka promised a refund.") == "Yesterday [NAME] promised a refund."
    assert alone("The Oliver sofa from San Antonio is grey.") == "The Oliver sofa from San Antonio is grey."
    assert alone("thanks sarah, that helps") == "thanks [NAME], that helps"


def test_both_numbers_of_a_correction_are_masked() -> None:
    texts = ("Hi.", "What's the work order?", "It's 7310, no, wait. 73102240.")
    assert masked("en", *texts)[-1] == "It's [ORDER], no, wait. [ORDER_2]."
    assert masked("zh", "你好", "订单编号是多少？", "3928……不对，39281746550。")[-1] == "[订单号]……不对，[订单号_2]。"


def test_a_number_in_two_turns_is_masked_in_both() -> None:
    texts = ("Hi.", "The account number, please?", "0048", "Go on.", "7713 92")
    assert masked("en", *texts)[2:] == ["[ACCOUNT]", "Go on.", "[ACCOUNT_2]"]


def test_dates_of_birth_are_masked_and_other_dates_stay() -> None:
    texts = ("Hi.", "And your date of birth?", "07/19/1991, and I moved in on 05/01/2020.", "July 19, 1991, thanks.")
    assert masked("en", *texts)[2:] == ["[BIRTH_DATE], and I moved in on 05/01/2020.", "[BIRTH_DATE], thanks."]
    assert alone("I was born on 3 October 1975.") == "I was born on [BIRTH_DATE]."
    assert alone("我1990年3月5日出生。", "zh") == "我[出生日期]出生。"
    assert masked("zh", "你好", "您的生日是？", "七六年八月十五")[-1] == "[出生日期]"
    assert alone("His birthday gift arrived on 12/05/2025.") == "His birthday gift arrived on 12/05/2025."


def test_letters_that_belong_to_a_number_go_with_it() -> None:
    assert alone("FB 2204 7715 is the receipt number.") == "[ORDER] is the receipt number."
    assert masked("en", "Hi.", "The meter number?", "S95 C 12345")[-1] == "[ACCOUNT]"


def test_a_number_to_call_is_a_phone_number() -> None:
    texts = ("Can they ring me?", "Of course. On which number?", "It's 07700 900461.")
    assert masked("en", *texts)[-1] == "It's [PHONE]."
    assert alone("They should ring me first. It's 07700 900461.") == "They should ring me first. It's [PHONE]."
    assert alone("my number is oh double seven double oh nine hundred four six one") == "my number is [PHONE]"


def test_a_name_goes_wherever_it_is_said_again() -> None:
    assert masked("en", "I'm Will Chandra. Will you help me?", "Of course, Will.", "It is spelled C-H-A-N-D-R-A.") == [
        "I'm [NAME]. Will you help me?",
        "Of course, [NAME].",
        "It is spelled [NAME].",
    ]
    assert masked("zh", "我叫欧阳静怡。", "欧阳女士您好，静怡是您的本名吗？") == [
        "我叫[姓名]。",
        "[姓名]女士您好，[姓名]是您的本名吗？",
    ]


def test_speaker_tags_are_masked_and_roles_stay() -> None:
    log = "Agent (Noor): Hello, this is Noor.\nCustomer (Eli Stone): Hi Noor.\nAgent (Noor): Hi Eli."
    assert (
        alone(log)
        == "Agent ([NAME]): Hello, this is [NAME].\nCustomer ([NAME_2]): Hi [NAME].\nAgent ([NAME]): Hi [NAME_2]."
    )
    assert alone("客服小赵：您好。\n客户（林悦）：在吗？", "zh") == "客服[姓名]：您好。\n客户（[姓名_2]）：在吗？"


def test_every_text_of_a_conversation_is_masked_and_labels_stay() -> None:
    conversation = Conversation(
        id="order-13912345678",
        lang="en",
        topic="13912345678",
        source="call 13912345678",
        scenario="Ana Petrova lost the parcel 1Z999AA10123456784.",
        profile="I am Ana Petrova, ana@example.com.",
        goal="Get a call back on 415-555-2671.",
        turns=(Turn(speaker="supporter", text="Hi Ana.", strategy=Strategy.GREETING),),
        meta={
            "customer_name": "Ana Petrova",
            "phone": 4155552671,
            "duration": 4155552671,
            "notes": ["ana@example.com", {"seconds": 12.5, "flag": True, "none": None}],
        },
    )
    result = mask(conversation)
    assert result.conversation.model_dump(exclude_none=True) == {
        "id": "order-13912345678",
        "lang": "en",
        "topic": "13912345678",
        "source": "call 13912345678",
        "scenario": "[NAME] lost the parcel [ORDER].",
        "profile": "I am [NAME], [EMAIL].",
        "goal": "Get a call back on [PHONE].",
        "turns": ({"speaker": "supporter", "text": "Hi [NAME].", "strategy": Strategy.GREETING},),
        "meta": {
            "customer_name": "[NAME]",
            "phone": "[PHONE]",
            "duration": 4155552671,
            "notes": ["[EMAIL]", {"seconds": 12.5, "flag": True, "none": None}],
        },
    }
    assert result.counts == {Kind.PHONE: 2, Kind.EMAIL: 2, Kind.ORDER: 1, Kind.NAME: 4}
    assert Conversation.model_validate_json(result.conversation.to_json()) == result.conversation


def test_numbering_goes_on_after_placeholders_that_are_there() -> None:
    assert alone("It was [PHONE_3], now it is 415-555-2671.") == "It was [PHONE_3], now it is [PHONE_4]."
    assert placeholder(Kind.CARD, 1, "zh") == "[银行卡号]"


def test_a_conversation_without_personal_data_is_returned_as_it_is() -> None:
    conversation = talk("en", "It costs $12,500.00.", "Since 2024-05-12?", meta={"run": 3, "seed": "17"})
    assert mask(conversation).conversation is conversation
    assert mask(conversation).counts == {}


def test_values_reach_no_representation() -> None:
    spans = find("My card is 4111 1111 1111 1111.", "en")
    assert [span.kind for span in spans] == [Kind.CARD]
    assert "4111" not in repr(spans)


def test_keys_of_meta_lose_no_entry() -> None:
    meta = {"415-555-2671": 1, "(415) 555-2671": 2}
    found = mask(talk("en", "Hi.", meta=meta)).conversation.meta
    assert found is not None
    assert sorted(found.values(), key=str) == [1, 2]


def test_a_key_with_a_name_in_it_says_nothing_of_its_value() -> None:
    once = mask(talk("en", "hi this is ben calling", meta={"speakers": {"agent ben": "supporter"}})).conversation
    assert once.meta == {"speakers": {"agent [NAME]": "supporter"}}
    assert mask(once).conversation == once


PLANTS = planted()


@settings(max_examples=60)
@given(st.lists(st.sampled_from(PLANTS), min_size=1, max_size=8), st.sampled_from(LANGS))
def test_masking_twice_changes_nothing(plants: list[Planted], lang: Lang) -> None:
    once = mask(talk(lang, *(plant.text for plant in plants)))
    again = mask(once.conversation)
    assert again.conversation == once.conversation
    assert again.counts == {}


PIECES = st.sampled_from(
    [
        *("order", "number", "is", "my", "name", "Ann", "Lee", "account", "call me at", "I am", "phone"),
        *("订单号", "我叫", "李敏", "卡号", "身份证", "是", "手机", "女士", "建国路88号"),
        *("4155552671", "13912345678", "4111 1111 1111 1111", "12345678", "ann@example.com", "88 Elm Street"),
        *("[PHONE]", "[ORDER_2]", "[姓名]", "[账号]", "[", "]", "\n", "，", ".", "?", ":", "-"),
        *("one two three four five six seven", "A-N-N", "Mr.", "2024-05-12", "$12"),
    ]
)


@settings(max_examples=150)
@given(
    st.lists(st.lists(PIECES, max_size=12), min_size=1, max_size=4), st.sampled_from(LANGS), st.sampled_from(["", " "])
)
def test_masking_any_heap_of_words_twice_changes_nothing(heaps: list[list[str]], lang: Lang, by: str) -> None:
    once = mask(talk(lang, *(by.join(heap) for heap in heaps))).conversation
    assert mask(once).conversation == once


@settings(max_examples=100)
@given(st.text(max_size=200), st.sampled_from(LANGS))
def test_any_text_can_be_masked_twice(text: str, lang: Lang) -> None:
    once = mask(talk(lang, text)).conversation
    assert mask(once).conversation == once


LAYOUTS = (
    "{}",
    "my phone number is {}",
    "it is {}, got it?",
    "call me at {} tomorrow",
    "号码是{}。",
    "手机{}，谢谢",
    "({})",
    "{}\n",
)


@settings(max_examples=200)
@given(st.integers(0, 2**32), st.sampled_from(LAYOUTS), st.sampled_from(LANGS), st.sampled_from(["", " ", "-"]))
def test_no_planted_digits_survive(seed: int, layout: str, lang: Lang, by: str) -> None:
    rng = random.Random(seed)
    digits = "13" + "".join(rng.choices("0123456789", k=9))
    written = by.join((digits[:3], digits[3:7], digits[7:]))
    assert not re.search(r"\d", PLACEHOLDER.sub("", alone(layout.format(written), lang)))


PLAIN = """refund parcel invoice later maybe please card account phone order tomorrow branch letter waiting why thanks
订单 退款 账户 手机 请问 已经 没有 收到 谢谢 麻烦 帮我 查询 银行卡 扣费 重复 短信 客服 申请 处理 明天 可以 到账"""
WORDS = PLAIN.split()


@settings(max_examples=200)
@given(st.lists(st.sampled_from(WORDS), max_size=20), st.sampled_from(["", " ", ", ", "，"]), st.sampled_from(LANGS))
def test_texts_without_digits_at_signs_and_names_stay(words: list[str], by: str, lang: Lang) -> None:
    text = by.join(words)
    assert alone(text, lang) == text


def test_masking_is_the_same_at_every_run() -> None:
    conversations = [talk(plant.lang, plant.text, PLANTS[0].text) for plant in PLANTS]
    assert [mask(one) for one in conversations] == [mask(one) for one in conversations]
    assert Counter(plant.kind for plant in PLANTS).keys() == set(Kind)
