"""Who is who: one placeholder for one person, never for two."""

from __future__ import annotations

from tests.corpora.masking.calls import masked


def test_a_surname_with_a_title_is_the_one_person_who_has_it() -> None:
    assert masked("en", "I'm Jonas Weber.", "Thank you, Mr Weber. I'm Sophie.", "Weber, yes.") == [
        "I'm [NAME].",
        "Thank you, Mr [NAME]. I'm [NAME_2].",
        "[NAME], yes.",
    ]
    assert masked("zh", "我叫王小明。", "王先生您好，我是客服周敏。", "好的") == [
        "我叫[姓名]。",
        "[姓名]先生您好，我是客服[姓名_2]。",
        "好的",
    ]


def test_a_man_and_his_wife_are_two_people() -> None:
    assert masked("en", "I'm Jonas Weber.", "Yes, Mr Weber?", "My wife Annika Weber has it. Ask Annika.") == [
        "I'm [NAME].",
        "Yes, Mr [NAME]?",
        "My wife [NAME_2] has it. Ask [NAME_2].",
    ]
    assert masked("en", "Hi.", "Mr Weber?", "No, Mrs Weber.", "Sorry, Mrs Weber.", "Mr Weber is out.") == [
        "Hi.",
        "Mr [NAME]?",
        "No, Mrs [NAME_2].",
        "Sorry, Mrs [NAME_2].",
        "Mr [NAME] is out.",
    ]
    assert masked("zh", "我太太叫王丽。", "王先生您好。", "王女士不在。", "好的，王丽") == [
        "我太太叫[姓名]。",
        "[姓名_2]先生您好。",
        "[姓名]女士不在。",
        "好的，[姓名]",
    ]


def test_a_title_is_that_of_who_was_known_when_it_was_said() -> None:
    texts = ("Annelise Brodie here.", "Yes, Mrs Brodie?", "It is for Callum Brodie.", "Thank you, Mrs Brodie.")
    assert masked("en", *texts)[1:] == ["Yes, Mrs [NAME]?", "It is for [NAME_2].", "Thank you, Mrs [NAME]."]


def test_a_name_that_two_people_have_is_neithers() -> None:
    assert masked("en", "I'm Jonas Weber.", "I'm Petra Weber.", "I asked for Weber.")[2] == "I asked for [NAME_3]."
    assert masked("en", "I'm Ann Lee.", "I'm Ann Marsh.", "Is that Ann?")[2] == "Is that [NAME_3]?"


def test_a_pet_name_is_only_that_of_who_says_so() -> None:
    assert masked("zh", "我叫李敏。", "我是客服小李，很高兴为您服务。") == [
        "我叫[姓名]。",
        "我是客服[姓名_2]，很高兴为您服务。",
    ]
    assert masked("zh", "我叫李敏。", "李女士您好。", "就叫我小李，谢谢。")[2] == "就叫我[姓名]，谢谢。"


def test_two_who_introduce_themselves_with_one_name_are_two_people() -> None:
    assert masked("en", "Hi.", "Hello, this is Mary.", "I'm Mary Watson.", "Thank you, Mary.", "Bye Mary.") == [
        "Hi.",
        "Hello, this is [NAME].",
        "I'm [NAME_2].",
        "Thank you, [NAME_2].",
        "Bye [NAME].",
    ]
    assert masked("zh", "我叫王小明。", "王先生您好，我姓王，很高兴为您服务。", "王经理您好。") == [
        "我叫[姓名]。",
        "[姓名]先生您好，我姓[姓名_2]，很高兴为您服务。",
        "[姓名_2]经理您好。",
    ]


def test_who_repeats_the_own_name_is_one_person() -> None:
    assert masked("en", "I'm Mary Watson.", "Hello Mary, this is Ben.", "Yes, this is Mary.", "Thanks, Mary.") == [
        "I'm [NAME].",
        "Hello [NAME], this is [NAME_2].",
        "Yes, this is [NAME].",
        "Thanks, [NAME].",
    ]
