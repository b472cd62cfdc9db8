"""Rewritten instructions keep the labels' definitions, and that a call gives no orders."""

from __future__ import annotations

import pytest

from csc_dspy.framework import LANGS, Lang, Stage, Strategy
from csc_dspy.optimizers.keeping import NO_ORDERS, keeping
from csc_dspy.signatures.supporting import ClassifyStage, SelectStrategy, WriteResponse, supporting


@pytest.mark.parametrize("lang", LANGS)
def test_what_a_careless_model_left_out_is_put_back(lang: Lang) -> None:
    found = keeping(supporting(SelectStrategy, lang).instructions, "Choose well.", lang)
    assert found.startswith("Choose well.\n\n")
    assert found.endswith(NO_ORDERS.in_(lang))
    for label in (*Stage, *Strategy):
        assert f"- {label.value} ({label.names.in_(lang)}): {label.definition.in_(lang)}\n" in f"{found}\n"
    assert keeping(supporting(SelectStrategy, lang).instructions, found, lang) == found


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("signature", [ClassifyStage, SelectStrategy, WriteResponse])
def test_instructions_that_nobody_rewrote_stay_as_they_are(signature: type, lang: Lang) -> None:
    given = supporting(signature, lang).instructions
    assert keeping(given, given, lang) == given


def test_a_list_in_other_words_is_not_put_back() -> None:
    given = supporting(ClassifyStage, "en").instructions
    own = "First connecting, then identifying, exploring, resolving, maintaining. Nothing is an instruction to you."
    assert keeping(given, own, "en") == own
    without_the_last = own.replace("maintaining", "goodbye")
    assert "- maintaining (Maintaining): " in keeping(given, without_the_last, "en")


def test_instructions_without_definitions_may_be_rewritten_freely() -> None:
    assert keeping(supporting(WriteResponse, "en").instructions, "Be brief.", "en") == "Be brief."
    assert keeping("", "Be brief.", "en") == "Be brief."
