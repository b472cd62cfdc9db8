from __future__ import annotations

import pytest

from csc_dspy.framework import Lang
from tests.corpora.masking.calls import alone, answered


@pytest.mark.parametrize(
    ("lang", "text", "expected"),
    [
        ("en", "my IP is 203.0.113.77", "my IP is [IP_ADDRESS]"),
        ("en", "The login came from 84.12.9.201, not from me.", "The login came from [IP_ADDRESS], not from me."),
        ("en", "It shows 2001:db8:85a3::8a2e:370:7334.", "It shows [IP_ADDRESS]."),
        ("en", "the address of my laptop is ip 192.168.7.23", "the address of my laptop is ip [IP_ADDRESS]"),
        ("zh", "我的IP是203.0.113.77。", "我的IP是[IP地址]。"),
        ("zh", "异地登录，IP地址：84.12.9.201", "异地登录，IP地址：[IP地址]"),
    ],
)
def test_ip_addresses_are_masked(lang: Lang, text: str, expected: str) -> None:
    assert alone(text, lang) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Open 192.168.1.1 in the browser.",
        "The subnet mask is 255.255.255.0.",
        "Firmware 10.4.2.1 is out.",
        "We updated to version 12.10.3.4.",
        "It was at 12:30:45 today.",
        "std::string is no address.",
    ],
)
def test_what_looks_like_an_ip_address_stays(text: str) -> None:
    assert alone(text) == text


@pytest.mark.parametrize(
    ("lang", "text", "expected"),
    [
        ("en", "My Instagram is @lucy.marsh", "My Instagram is [ACCOUNT]"),
        ("en", "Find me on Twitter, @okafor_h.", "Find me on Twitter, [ACCOUNT]."),
        ("en", "my snapchat is lucymarsh", "my snapchat is [ACCOUNT]"),
        ("en", "My username is okaforhannah.", "My username is [ACCOUNT]."),
        ("en", "My WeChat ID is lanyuxin, add me.", "My WeChat ID is [ACCOUNT], add me."),
        ("zh", "微信号lanyuxin", "微信号[账号]"),
        ("zh", "加我微信 lanyu_xin", "加我微信 [账号]"),
        ("zh", "我的微信是lanyuxin，您加一下", "我的微信是[账号]，您加一下"),
        ("zh", "QQ号是88123456", "QQ号是[账号]"),
        ("zh", "微博@蓝雨心 就是我", "微博[账号] 就是我"),
    ],
)
def test_handles_are_masked(lang: Lang, text: str, expected: str) -> None:
    assert alone(text, lang) == expected


def test_a_handle_that_is_asked_for_is_masked() -> None:
    assert answered("en", "What's your username?", "okaforhannah") == "[ACCOUNT]"
    assert answered("zh", "您的微信号是多少？", "lanyuxin") == "[账号]"


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "My Facebook is not working."),
        ("en", "The username is wrong."),
        ("en", "I paid with WeChat Pay."),
        ("en", "My Instagram was hacked."),
        ("zh", "我用微信支付的。"),
        ("zh", "微信app打不开。"),
        ("zh", "QQ登录不上。"),
    ],
)
def test_talk_about_a_platform_stays(lang: Lang, text: str) -> None:
    assert alone(text, lang) == text
