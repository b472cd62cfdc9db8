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
_FAMILY_ZH = tuple("王李张刘陈杨赵黄吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭")
_GIVEN_ZH = {
    "female": _words("秀英 丽娟 雨桐 玉兰 美玲 桂芳 红梅 佳怡 淑华 春燕 慧敏 小凤"),
    "male": _words("建国 志强 浩然 国平 文博 俊杰 立新 永刚 明哲 天宇 振华 晓东"),
}
_GENDERS = {
    "female": re.compile(r"\b(female|woman|girl|lady|mother|wife|she|her)\b|女", re.IGNORECASE),
    "male": re.compile(r"\b(male|man|boy|father|husband|he|his)\b|男", re.IGNORECASE),
}
NAME_KEYS = ("name", "full_name", "fullname", "姓名", "名字")


def name_of(profile: Profile, lang: Lang) -> str:
    """The person's name: the given one, or one drawn from the profile's id, always the same."""
    for key, value in (profile.fields or {}).items():
        if key.casefold() in NAME_KEYS and isinstance(value, str) and value.strip():
            return value.strip()
    draw = random.Random(f"{profile.id}/{lang}")
    known = f"{profile.fields or ''} {profile.text}"
    genders = [gender for gender, words in _GENDERS.items() if words.search(known)]
    gender = genders[0] if len(genders) == 1 else draw.choice(("female", "male"))
    if lang == "zh":
        return draw.choice(_FAMILY_ZH) + draw.choice(_GIVEN_ZH[gender])
    return f"{draw.choice(_GIVEN_EN[gender])} {draw.choice(_FAMILY_EN)}"
