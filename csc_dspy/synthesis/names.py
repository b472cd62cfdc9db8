"""Names for people who have none: without one, a small model calls everybody the same."""

from __future__ import annotations

import random

from csc_dspy.conversation import Profile
from csc_dspy.framework import Lang


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_GIVEN_EN = _words(
    """Grace Omar Lucy Victor Hannah Samuel Priya Walter Elena Marcus Ingrid Thomas Aisha Peter Monica Felix Joan
    Derek Sofia Henry Leila Martin Chloe Rashid Olive Stefan Ruth Diego Karen Nathan Alice Kofi Emma Louis Tanya"""
)
_FAMILY_EN = _words(
    """Okafor Lindqvist Marsh Petrov Alvarez Kimura Sutton Banerjee Fischer Doyle Haddad Novak Whitfield Costa
    Larsen Mbeki Turner Castillo Weber Osborne Rahman Fraser Delgado Kowalski Hughes Nakamura Pierce Moreau Singh"""
)
_FAMILY_ZH = tuple("王李张刘陈杨赵黄吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭")
_GIVEN_ZH = _words(
    """建国 秀英 志强 丽娟 浩然 雨桐 国平 玉兰 子涵 晓东 美玲 文博 桂芳 俊杰 思远 红梅 立新 佳怡 永刚 淑华
    明哲 春燕 天宇 慧敏 振华 小凤"""
)
NAME_KEYS = ("name", "full_name", "fullname", "姓名", "名字")


def name_of(profile: Profile, lang: Lang) -> str:
    """The person's name: the given one, or one drawn from the profile's id, always the same."""
    for key, value in (profile.fields or {}).items():
        if key.casefold() in NAME_KEYS and isinstance(value, str) and value.strip():
            return value.strip()
    draw = random.Random(f"{profile.id}/{lang}")
    if lang == "zh":
        return draw.choice(_FAMILY_ZH) + draw.choice(_GIVEN_ZH)
    return f"{draw.choice(_GIVEN_EN)} {draw.choice(_FAMILY_EN)}"
