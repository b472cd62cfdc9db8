"""What people are known by on the internet: IP addresses, and names on platforms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Address

from csc_dspy.corpora.masking.kinds import Kind, Span
from csc_dspy.corpora.masking.reading import Text
from csc_dspy.corpora.masking.secrets import is_state
from csc_dspy.corpora.masking.shapes import compact
from csc_dspy.corpora.masking.words import phrases, word_set

_IPV4 = re.compile(r"(?<![A-Za-z0-9_.])\d{1,3}(?:\.\d{1,3}){3}(?![A-Za-z0-9_]|\.\d)")
_IPV6 = re.compile(r"(?<![A-Za-z0-9_:.])(?=[0-9A-Fa-f]{0,4}:)[0-9A-Fa-f:]*:[0-9A-Fa-f:]*[0-9A-Fa-f](?![A-Za-z0-9_:])")
_MAY_IP = re.compile(r"\.(?<=\d\.)\d{1,3}\.\d{1,3}\.\d|:[0-9A-Fa-f]{0,4}:")
_VERSION_BEFORE = re.compile(
    r"(?:\b(?:versions?|firmware|build|release|software|app|ios|android|driver|update[ds]?|upgrade[ds]?)\b|版本|固件"
    r"|系统|升级到?|更新到?)"
    r"(?:\s|\b(?:is|to|the|number|version)\b|[:：是为号])*$",
    re.IGNORECASE,
)
_IP_BEFORE = re.compile(r"(?:(?<![A-Za-z])ip\b|地址|address\b)[^.。!?]{0,24}$", re.IGNORECASE)
_SHARED = frozenset(
    map(
        IPv4Address,
        [
            "192.168.0.1",
            "192.168.1.1",
            "192.168.1.254",
            "192.168.0.254",
            "192.168.2.1",
            "192.168.31.1",
            "192.168.8.1",
            "10.0.0.1",
            "10.0.0.138",
            "10.0.1.1",
            "8.8.8.8",
            "8.8.4.4",
            "1.1.1.1",
            "1.0.0.1",
            "9.9.9.9",
            "114.114.114.114",
            "223.5.5.5",
        ],
    )
)
"""Addresses of routers and name servers: everybody has the same."""
_LOCAL = tuple(map(IPv4Network, ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16"]))

_PLATFORM = (
    r"instagram|insta|twitter|tiktok|facebook|telegram|snapchat|snap|wechat|discord|reddit|youtube|linkedin|threads"
    r"|mastodon|skype|pinterest|twitch|steam|psn|gamertag|whatsapp|paypal|venmo|line|qq|weibo|signal"
)
_HANDLE_WORDS = word_set(
    "instagram insta twitter tiktok facebook telegram snapchat wechat discord reddit youtube linkedin mastodon skype"
    " pinterest twitch psn gamertag whatsapp paypal venmo qq weibo username usernames handle nickname"
)
_HANDLE_PHRASES = phrases("user name, screen name, login name, login is, user id, nick name")
_HANDLE_FIRST = word_set("user screen login nick")
_HANDLE_WORDS_ZH = phrases("微信, 抖音, 微博, 小红书, 快手, 钉钉, 支付宝, 旺旺, 用户名, 登录名, 昵称, b站")
_AT = re.compile(r"(?<![]A-Za-z0-9_.@/+-])@(?:[A-Za-z_][\w.]{1,29}|[\u4e00-\u9fff][\w\u4e00-\u9fff]{1,11})(?<!\.)")
_COMPANY_BEFORE = re.compile(r"\b(?:us|our|we're|we are|official|support team)\b[^.!?]{0,24}$", re.IGNORECASE)
_NAMED = re.compile(
    rf"\b(?:(?:{_PLATFORM})(?:\s(?:id|handle|name|username|user\sname|account|user|profile))?"
    r"|(?:user|screen|login|nick)\s?name|handle|login|user\sid)"
    r"(?:'s\s+|\s(?:is|was|should\sbe|would\sbe)\s+(?:just\s|actually\s|now\s)?|\s?[:=]\s*|\sas\s+)"
    r"[\"']?(?P<name>[A-Za-z][\w.-]{2,29})",
    re.IGNORECASE,
)
_ALONE_AFTER = re.compile(r"[\"']?(?:[.,;!?)]*(?:\s*$|\n|\s)|[.,;!?)])")
_CLAUSE_AFTER = re.compile(r"[\"']?\s*(?:[.,;!?)\n]|$|(?:all|with|and|on|if|please|add)\b)")
_NAMED_ZH = re.compile(
    r"(?:微信|[Qq]{2}|抖音|微博|小红书|快手|钉钉|支付宝|旺旺|用户名|登录名|昵称|[Bb]站)(?:的?(?:号码?|ID|id|名|账号"
    r"|昵称|用户名))?(?:[是为叫:：]|就是)?\s*[\"“]?(?P<name>[A-Za-z][A-Za-z0-9_-]{4,29})(?![A-Za-z0-9_@.])"
)
_NO_HANDLE = word_set("app pay ios android iphone login wifi online cookie account error vip mini windows pc web token")
_ASKS = re.compile(
    rf"\b(?:what|which|tell|give|confirm|provide|have|need|spell|share)\b[^.?!]{{0,32}}\b(?:user\s?name|screen\s?name"
    rf"|handle|login\sname|user\sid|nickname|(?:{_PLATFORM})(?:\s(?:id|name|handle|account))?)\b(?!\s(?:pay|store|app"
    rf"|bill|plan))"
    r"|^(?:and\s)?(?:the|your)\s(?:user\s?name|screen\s?name|handle|login\sname)\b[^.]{0,16}\?|(?:用户名|登录名|昵称"
    r"|微信号?|抖音号?|微博|[Qq]{2}号?|小红书号?)(?:[^。！吗]{0,6})(?:是什么|是多少|多少|什么|呢|是[?？]|是$)|(?:告诉"
    r"|报|说|提供|发)[^。？?吗]{0,8}(?:用户名|登录名|昵称|微信号?|抖音号|微博)"
)
_LEAD = re.compile(
    r"\s*(?:(?:yes|yeah|sure|okay|ok|it's|it is|that's|well|um|uh|my \w+ is|是|好的?|嗯|叫)(?:\b"
    r"|(?<=[\u4e00-\u9fff]))[\s,，:：]*)*",
    re.IGNORECASE,
)
_WORD = re.compile(r"@?[A-Za-z](?:[\w-]|\.(?=\w)){3,29}(?=[\s.,，。!?;]*$|[,，.。;])")


def may_hold_ip(text: Text) -> bool:
    """Whether a text, or several joined ones, can hold an IP address; quick."""
    return _MAY_IP.search(text.folded) is not None


def may_hold_handle(text: Text) -> bool:
    """Whether a text, or several joined ones, can hold or ask for a name on a platform; quick."""
    return (
        not text.lacks(_HANDLE_WORDS)
        or (not text.lacks(_HANDLE_FIRST) and any(phrase in text.lower for phrase in _HANDLE_PHRASES))
        or (not text.lower.isascii() and any(word in text.lower for word in _HANDLE_WORDS_ZH))
    )


def may_hold_at(text: Text) -> bool:
    """Whether a text, or several joined ones, can hold a name after "@"; quick."""
    return "@" in text.folded and _AT.search(text.folded) is not None


def ip_addresses(text: Text) -> Iterator[Span]:
    """IP addresses of people; those every router has, and private ones that nobody calls so, are facts."""
    folded = text.folded
    for match in _IPV4.finditer(folded):
        try:
            address = IPv4Address(match[0])
        except AddressValueError:
            continue
        start = match.start()
        if address in _SHARED or match[0].startswith(("255.", "0.")):
            continue
        if _VERSION_BEFORE.search(folded, max(0, start - 32), start):
            continue
        local = any(address in network for network in _LOCAL)
        if not local or _IP_BEFORE.search(folded, max(0, start - 40), start):
            yield Span(start, match.end(), Kind.IP_ADDRESS, match[0])
    for match in _IPV6.finditer(folded):
        try:
            six = IPv6Address(match[0])
        except AddressValueError:
            continue
        if not six.is_loopback:
            yield Span(match.start(), match.end(), Kind.IP_ADDRESS, str(six))


def handles(text: Text, *, asked: bool = False) -> Iterator[Span]:
    """Names on platforms: ``@lucy.marsh``, "my snapchat is lucymarsh", "微信号lanyuxin".

    Args:
        text: The text.
        asked: Whether the other side has just asked for one.
    """
    folded = text.folded
    if "@" in folded:
        for match in _AT.finditer(folded):
            if not _COMPANY_BEFORE.search(folded, max(0, match.start() - 40), match.start()):
                yield Span(match.start(), match.end(), Kind.ACCOUNT, compact(match[0]))
    lead = _LEAD.match(folded) if asked else None
    answer = _WORD.match(folded, lead.end()) if lead else None
    if answer and not is_state(answer[0]):
        yield Span(answer.start(), answer.end(), Kind.ACCOUNT, compact(answer[0]))
    for match in _NAMED.finditer(folded) if may_hold_handle(text) else ():
        value = match["name"].rstrip(".-")
        end = match.start("name") + len(value)
        if len(value) >= 3 and not _is_other(value) and _CLAUSE_AFTER.match(folded, end):
            yield Span(match.start("name"), end, Kind.ACCOUNT, compact(value))
    if not folded.isascii():
        for match in _NAMED_ZH.finditer(folded):
            if not _is_other(match["name"]):
                yield Span(match.start("name"), match.end("name"), Kind.ACCOUNT, compact(match["name"]))


def asks_handle(text: Text) -> bool:
    """Whether a turn asks for somebody's name on a platform."""
    return may_hold_handle(text) and _ASKS.search(text.lower) is not None


def _is_other(value: str) -> bool:
    return value.lower() in _NO_HANDLE or is_state(value)
