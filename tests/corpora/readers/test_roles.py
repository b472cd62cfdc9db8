from __future__ import annotations

import pytest

from csc_dspy.corpora.readers.roles import assign_roles
from csc_dspy.corpora.readers.transcripts import read_transcript


def roles(text: str) -> dict[str, str]:
    return dict(assign_roles(read_transcript(text)))


TALK = "Tara: Right away.\nOmar: It is late.\nTara: I see.\nOmar: Well.\n"


@pytest.mark.parametrize(
    "heading",
    [
        "Call between Acme agent Tara and customer Omar",
        "Participants: Omar (Customer), Tara (Agent)",
        "Agent: Tara\nCustomer: Omar\n",
        "Agent: Tara / Customer: Omar",
        "Agent Name: Tara\nCustomer Name: Omar",
        "Tara - Support Specialist\nOmar - Client",
        "Participants:\nCustomer (Omar)\nAgent (Tara)\n",
        "Agent Tara, Customer Omar",
        "Between Tara (Acme support agent) and Omar (customer)",
    ],
)
def test_a_heading_gives_names_their_roles(heading: str) -> None:
    assert roles(f"{heading}\n\n{TALK}") == {"tara": "supporter", "omar": "customer"}


def test_a_label_with_role_and_name_gives_the_name_its_role_for_the_rest_of_the_call() -> None:
    found = roles(f"Customer (Omar): Hello?\nAgent (Tara): Hi.\n{TALK}")
    assert (found["tara"], found["omar"]) == ("supporter", "customer")


def test_who_introduces_itself_under_a_role_keeps_it_under_its_name() -> None:
    found = roles("Operator: Acme. This is Tara speaking.\nOmar: Hi Tara, it is late.\nTara: Yes.\nOmar: Well.\n")
    assert found == {"operator": "supporter", "tara": "supporter", "omar": "customer"}


@pytest.mark.parametrize(
    "greeting",
    [
        "Thank you for calling Acme, this is Tara.",
        "Hello, my name is Tara, how may I help you?",
        "Good morning, you've reached Acme.",
        "Acme customer service, this is Tara.",
        "您好，我是客服小陈。",
        "很高兴为您服务。",
        "工号1023，您请讲。",
    ],
)
def test_a_greeting_shows_who_supports(greeting: str) -> None:
    assert roles(f"Tara: {greeting}\nOmar: It is late.\nTara: I see.\nOmar: Well.\n") == {
        "tara": "supporter",
        "omar": "customer",
    }


def test_a_called_customer_who_offers_help_is_no_supporter() -> None:
    text = (
        "Omar: Hello?\nTara: Hello, my name is Tara and I am a representative of Acme.\n"
        "Omar: Sure, what can I do for you?\nTara: We have an offer.\nOmar: Go on.\n"
    )
    assert roles(text) == {"omar": "customer", "tara": "supporter"}


def test_a_supervisor_is_a_second_supporter_and_machines_are_neither() -> None:
    text = "IVR: Press one.\nAgent: Hi.\nCustomer: Your manager, please.\nSupervisor: Yes?\nCustomer: At last.\n"
    assert roles(text) == {"ivr": "machine", "agent": "supporter", "customer": "customer", "supervisor": "supporter"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (TALK, "'Tara', 'Omar'"),
        ("Speaker 1: Hello.\nSpeaker 2: Hello.\nSpeaker 1: So.\n", "'Speaker 1', 'Speaker 2'"),
        ("Agent: Hi.\nCustomer: Hi.\nMaya: And I say no.\nAgent: Oh.\nMaya: Never.\n", "'Maya'"),
        ("Agent: Hi.\nMaya: Hm.\nOmar: Hm.\nMaya: Ah.\nOmar: Oh.\n", "'Maya', 'Omar'"),
        (
            "Tara: Thank you for calling Acme.\nJo: Thank you for calling Acme.\nTara: Well.\nJo: Well.\n",
            "'Tara', 'Jo'",
        ),
    ],
)
def test_a_role_that_the_call_does_not_tell_is_not_guessed(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match="no role: nothing in the call says") as caught:
        roles(text)
    assert reason in str(caught.value)


def test_two_people_of_one_name_on_both_sides_are_not_mixed_up() -> None:
    with pytest.raises(ValueError, match="roles disagree"):
        roles("Agent (Alex): Hi.\nCustomer (Alex): Hi.\nAlex: Well.\nAlex: So.\n")
