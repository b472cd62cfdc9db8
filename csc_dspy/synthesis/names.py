"""Names for people who have none: without one, a small model calls everybody the same."""

from __future__ import annotations

import random
import re

from csc_dspy.conversation import Profile
from csc_dspy.framework import Lang


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_GIVEN_EN = {
    "female": _words("Grace Lucy Hannah Priya Elena Ingrid Aisha Monica Joan Sofia Leila Chloe Olive Ruth Karen Alice"),
    "male": _words("Omar Victor Samuel Walter Marcus Thomas Peter Felix Derek Henry Martin Rashid Stefan Diego Nathan"),
}
_FAMILY_EN = _words(
    """Okafor Lindqvist Marsh Petrov Alvarez Kimura Sutton Banerjee Fischer Doyle Haddad Novak Whitfield Costa
    Larsen Mbeki Turner Castillo Weber Osborne Rahman Fraser Delgado Kowalski Hughes Nakamura Pierce Moreau Singh"""
)
_FAMILY_ZH = (
    "王李张刘陈杨赵黄周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪"
    "范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
_GIVEN_ZH = {
    "female": _words("秀英 丽娟 雨桐 玉兰 美玲 桂芳 红梅 佳怡 淑华 春燕 慧敏 小凤"),
    "male": _words("建国 志强 浩然 国平 文博 俊杰 立新 永刚 明哲 天宇 振华 晓东"),
}
_GENDERS = {
    "female": re.compile(r"\b(female|woman|girl|lady|mother|wife|she|her)\b|女", re.IGNORECASE),
    "male": re.compile(r"\b(male|man|boy|father|husband|he|his)\b|男", re.IGNORECASE),
}
NAME_KEYS = ("name", "full_name", "fullname", "姓名", "名字")


_SAID_EN = re.compile(r"^(?=[A-Z])|(?:[Nn]ame is|[Nn]amed|[Cc]alled|I am|I'm|You are|[Nn]ame:) (?=[A-Z])")
_FULL_NAME = re.compile(r"[A-Z][a-z'-]+ (?:[A-Z]\.? ?)?[A-Z][a-z'-]+")
_GIVEN_NAME = re.compile(r"^([A-Z][a-z'-]+)(?=, \d)|(?:[Nn]ame is|[Nn]amed|[Cc]alled|[Nn]ame:) ([A-Z][a-z'-]+)\b")
"""A given name alone, where nothing else can be meant: "Ben, 40, a carpenter", "my name is Ben"."""
_SAID_ZH = re.compile(
    rf"(?:^|我是|我叫|你是|你叫|名叫|姓名[:：])([{''.join(_FAMILY_ZH)}][\u4e00-\u9fff]{{1,2}})(?=[，,。、是])"
)


def _said(profile: Profile, lang: Lang) -> str | None:
    """The name that the text gives, where it plainly does."""
    if lang == "zh":
        found = _SAID_ZH.search(profile.text)
        return found[1] if found else None
    for place in _SAID_EN.finditer(profile.text):
        if name := _FULL_NAME.match(profile.text, place.end()):
            return name[0]
    given = _GIVEN_NAME.search(profile.text)
    return (given[1] or given[2]) if given else None


def name_of(profile: Profile, lang: Lang) -> str:
    """The person's name: the one in the fields or the text, or one drawn from the profile's id, always the same."""
    for key, value in (profile.fields or {}).items():
        if key.casefold() in NAME_KEYS and isinstance(value, str) and value.strip():
            return value.strip()
    if name := _said(profile, lang):
        return name
    draw = random.Random(f"{profile.id}/{lang}")
    known = f"{profile.fields or ''} {profile.text}"
    genders = [gender for gender, words in _GENDERS.items() if words.search(known)]
    gender = genders[0] if len(genders) == 1 else draw.choice(("female", "male"))
    if lang == "zh":
        return draw.choice(_FAMILY_ZH) + draw.choice(_GIVEN_ZH[gender])
    return f"{draw.choice(_GIVEN_EN[gender])} {draw.choice(_FAMILY_EN)}"
