"""Names without capitals, as speech recognition writes them."""

from __future__ import annotations

import pytest

from tests.corpora.masking.calls import alone, answered, masked


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("my name is mary jane watson", "mary jane watson"),
        ("my name is mary jane watson and i need help", "mary jane watson"),
        ("the name is ana maria lopez garcia", "ana maria lopez garcia"),
        ("yeah my name's peter van der berg", "peter van der berg"),
        ("my name is rajesh kumar patel my order is late", "rajesh kumar patel"),
        ("hi this is mary jane watson speaking", "mary jane watson"),
        ("i'm mary jane watson", "mary jane watson"),
        ("my name is mary cannot log in", "mary"),
        ("my name is carlos checking on an order", "carlos"),
        ("sure i am john room 359 please", "john"),
        ("i need my son oliver seen asap", "oliver"),
        ("my name is tom bought a tv", "tom"),
        ("my name is mary jane waiting since monday", "mary jane"),
        ("my name is mary jane parcel never came", "mary jane"),
    ],
)
def test_all_parts_of_a_small_name_belong_to_it(text: str, name: str) -> None:
    assert alone(text) == text.replace(name, "[NAME]")


def test_a_small_name_that_was_asked_for_is_masked_whole() -> None:
    assert answered("en", "may i have your name", "mary jane watson") == "[NAME]"
    assert answered("en", "what is the name", "west bay venue and i am the host") == "west bay venue and i am the host"
    assert answered("en", "may i have your full name", "it's mary jane watson") == "it's [NAME]"


def test_a_first_name_in_small_letters_is_the_same_person_later() -> None:
    assert masked("en", "my name is mary jane watson", "ok mary one moment", "yes", "thanks mr watson") == [
        "my name is [NAME]",
        "ok [NAME] one moment",
        "yes",
        "thanks mr [NAME]",
    ]


def test_words_that_are_a_part_of_a_small_name_stay_elsewhere() -> None:
    assert masked("en", "my name is rose ann green", "the price rose and the green light is on")[1] == (
        "the price rose and the green light is on"
    )
    assert masked("en", "my name is grace hopper", "there is a grace period")[1] == "there is a grace period"
    assert masked("en", "my name is mary jane field", "the last field is empty")[1] == "the last field is empty"
