from __future__ import annotations

import json

import pytest

from csc_dspy.conversation import Profile
from csc_dspy.corpora import samples
from csc_dspy.framework import LANGS, Lang
from csc_dspy.synthesis.names import name_of
from csc_dspy.synthesis.plan import notes


@pytest.mark.parametrize(
    ("text", "lang", "name"),
    [
        ("Maria Oduya, 34, is a night nurse.", "en", "Maria Oduya"),
        ("I am Tom Reed and I drive a bus.", "en", "Tom Reed"),
        ("A retired teacher. Her name is Anna Novak.", "en", "Anna Novak"),
        ("田桂兰，57岁，在山里种苹果。", "zh", "田桂兰"),
        ("我叫王伟，是一名司机。", "zh", "王伟"),
        ("Ben, 40, a carpenter who calls about everything.", "en", "Ben"),
        ("I work nights, and my name is Ada.", "en", "Ada"),
    ],
)
def test_a_name_in_the_text_is_kept(text: str, lang: Lang, name: str) -> None:
    assert name_of(Profile(id="p", text=text), lang) == name


def test_a_name_in_the_fields_wins() -> None:
    assert name_of(Profile(id="p", text="I am Tom Reed.", fields={"Name": "Thomas J. Reed"}), "en") == "Thomas J. Reed"


@pytest.mark.parametrize("lang", LANGS)
def test_who_has_no_name_gets_one_and_always_the_same(lang: Lang) -> None:
    nobody = Profile(id="p-1", text="I am a 39-year-old retired man. 我今年三十九岁。")
    assert name_of(nobody, lang) == name_of(nobody, lang) != name_of(nobody.model_copy(update={"id": "p-2"}), lang)
    assert name_of(nobody, lang) in notes(nobody, lang)


def test_the_samples_keep_their_names() -> None:
    for line in samples.PROFILES.read_text("utf-8").splitlines():
        profile = Profile(**json.loads(line))
        assert profile.lang is not None
        assert name_of(profile, profile.lang) in profile.text
