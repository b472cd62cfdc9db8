from __future__ import annotations

import pytest

from csc_dspy.framework import Lang
from tests.corpora.masking.calls import alone, answered, masked


@pytest.mark.parametrize(
    ("question", "answer", "expected"),
    [
        ("What's your password?", "bluefish22", "[CODE]"),
        ("What's your password?", "bluefish", "[CODE]"),
        ("And your telephone password, please?", "It's Marigold.", "It's [CODE]."),
        ("Could you tell me your PIN?", "4471", "[CODE]"),
        ("Please read me the verification code.", "It's 882 114.", "It's [CODE]."),
        ("And the memorable word on the account?", "Sure, it's Kingfisher.", "Sure, it's [CODE]."),
        ("What is the name of your first pet?", "Biscuit.", "[CODE]."),
        ("What was your first school?", "Greenfield Primary", "[CODE]"),
        ("And the answer to your security question?", "It's Rover.", "It's [CODE]."),
        ("What is your mother's maiden name?", "Thornton", "[NAME]"),
        ("And the three digits on the back?", "442", "[CODE]"),
        ("What's the security code?", "Erm, 4 1 8.", "Erm, [CODE]."),
        ("What was the make of your first car?", "A Corsa.", "A [CODE]."),
        ("Could you tell me the password?", "Sure thing, it's TigerLily_3.", "Sure thing, it's [CODE]."),
    ],
)
def test_a_secret_that_is_asked_for_is_masked_in_the_answer(question: str, answer: str, expected: str) -> None:
    assert answered("en", question, answer) == expected


@pytest.mark.parametrize(
    ("question", "answer", "expected"),
    [
        ("请问您的密码是多少？", "lanyu88", "[验证码]"),
        ("您的登录密码是什么？", "是lanyuxin", "是[验证码]"),
        ("麻烦报一下您收到的验证码。", "好的，882114", "好的，[验证码]"),
        ("验证码是多少？", "八八二一一四", "[验证码]"),
        ("您的密保答案是什么？", "小黑", "[验证码]"),
        ("安全问题，您的第一所小学叫什么？", "实验小学", "[验证码]"),
        ("卡背面的后三位是多少？", "442", "[验证码]"),
        ("您设置的口令是？", "芝麻开门", "[验证码]"),
    ],
)
def test_a_chinese_secret_that_is_asked_for_is_masked_in_the_answer(question: str, answer: str, expected: str) -> None:
    assert answered("zh", question, answer) == expected


@pytest.mark.parametrize(
    ("lang", "text", "expected"),
    [
        ("en", "My password is sunshine.", "My password is [CODE]."),
        ("en", "Password: hunter2", "Password: [CODE]"),
        ("en", "The answer to my security question is Rover.", "The answer to my security question is [CODE]."),
        ("en", "The CVV is 442.", "The CVV is [CODE]."),
        ("en", "the security code on the back is 9041", "the security code on the back is [CODE]"),
        ("zh", "密码是lanyuxin。", "密码是[验证码]。"),
        ("zh", "我的安全码是123。", "我的安全码是[验证码]。"),
        ("zh", "密保答案是小黑。", "密保答案是[验证码]。"),
    ],
)
def test_a_secret_that_is_told_unasked_is_masked(lang: Lang, text: str, expected: str) -> None:
    assert alone(text, lang) == expected


def test_a_secret_is_known_again() -> None:
    texts = ("Hi.", "And the memorable word?", "Kingfisher.", "Kingfisher, thank you. That is right.")
    assert masked("en", *texts)[2:] == ["[CODE].", "[CODE], thank you. That is right."]


@pytest.mark.parametrize(
    ("lang", "question", "answer"),
    [
        ("en", "Did you try to reset your password?", "Yes, twice."),
        ("en", "What happens when you enter your password?", "It says incorrect."),
        ("en", "Could you tell me your password?", "I forgot it."),
        ("en", "What's your password?", "Sorry?"),
        ("en", "May I have the verification code?", "It never arrived."),
        ("en", "What is the promo code?", "Hm, let me look."),
        ("en", "What was your first pet called?", "Oh dear... I do not remember."),
        (
            "en",
            "What is your mother's maiden name?",
            "I'm not really sure. You know what I do like, though? sandwiches.",
        ),
        ("zh", "您重置过密码吗？", "试过两次了"),
        ("zh", "验证码是多少？", "没收到"),
        ("zh", "您的密码是多少？", "我忘了"),
        ("zh", "您记得密码吗？", "不记得"),
    ],
)
def test_what_is_no_secret_stays(lang: Lang, question: str, answer: str) -> None:
    assert answered(lang, question, answer) == answer


@pytest.mark.parametrize(
    "text",
    ["My password is wrong.", "The password is locked again.", "the pin is not accepted", "Is the password required?"],
)
def test_the_state_of_a_password_stays(text: str) -> None:
    assert alone(text) == text


@pytest.mark.parametrize(
    ("lang", "text", "secret"),
    [
        ("zh", "密码我设的是abc@123", "abc@123"),
        ("zh", "密码我当时设的就是Lanyu88，登不上", "Lanyu88"),
        ("zh", "密码我一直用的lanyu_88", "lanyu_88"),
        ("zh", "登录密码我改成了xiaohua，还是不行", "xiaohua"),
        ("zh", "密码我设的是7715。", "7715"),
        ("zh", "密码应该是lanyuxin吧？", "lanyuxin"),
        ("en", "The password I set is abc@123.", "abc@123"),
        ("en", "My password, which I always use, is Marigold.", "Marigold"),
        ("en", "the passcode I chose when I signed up is bluefish22", "bluefish22"),
        ("en", "The pin I use is 8842.", "8842"),
    ],
)
def test_a_secret_with_words_before_it_is_masked(lang: Lang, text: str, secret: str) -> None:
    assert alone(text, lang) == text.replace(secret, "[CODE]" if lang == "en" else "[验证码]")


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("zh", "密码我改了3次还是不行"),
        ("zh", "密码我设的是一样的"),
        ("zh", "密码我用的是APP里的那个"),
        ("zh", "密码页面提示的是Locked"),
        ("zh", "密码我忘了"),
        ("zh", "密码是6位数字吗"),
        ("en", "The password I set is not accepted."),
        ("en", "The password I use is wrong."),
        ("en", "The password I entered was rejected 3 times."),
    ],
)
def test_what_is_said_of_a_password_stays(lang: Lang, text: str) -> None:
    assert alone(text, lang) == text
