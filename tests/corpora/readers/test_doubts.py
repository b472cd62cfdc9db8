from __future__ import annotations

import pytest

from csc_dspy.corpora.readers.roles import assign_roles
from csc_dspy.corpora.readers.transcripts import read_transcript

CALL = "Agent: Hello, sir.\nCustomer: My card is gone.\nAgent: It is on the priority list.\n"
ZH_CALL = "客服：您好。\n客户：我的卡丢了。\n主管刘敏：这边马上给您退款。\n"
STAMPED = "[10:00] Agent: Hello, sir.\n[10:01] Customer: My card is gone.\n[10:02] Agent: I see.\n"
CHAT = (
    "18/06/2024, 09:01 - Acme Support: Hello, how can I help?\n"
    "18/06/2024, 09:02 - Omar: My parcel is late\n"
    "18/06/2024, 09:02 - Acme Support: I will look\n"
)


def said(text: str) -> list[tuple[str, str]]:
    transcript = read_transcript(text)
    roles = assign_roles(transcript)
    return [(roles[utterance.label.key], utterance.text) for utterance in transcript.utterances]


@pytest.mark.parametrize(
    ("text", "who"),
    [
        (f"{CALL}Interpreter: She says thank you.\nCustomer: Bye.\n", "Interpreter"),
        (f"{CALL}Customer: Bye.\nInterpreter (Spanish): She says thank you.\n", "Interpreter"),
        (f"{CALL}Interpreter #2045: Thank you.\nCustomer: Bye.\n", "Interpreter 2045"),
        (f"{CALL}Interpreter: May I have your account number?\nCustomer: Bye.\n", "Interpreter"),
        (f"{CALL}Maria Lopez, interpreter: She thanks you.\nCustomer: Bye.\n", "Lopez"),
        (f"{CALL}customer interpreter: she says thank you\nCustomer: Bye.\n", "interpreter"),
        (f"{CALL}daughter: mum wants it on her card\nCustomer: Bye.\n", "daughter"),
        (f"{CALL}Woman in background: Ask him about the fee.\nCustomer: Bye.\n", "Woman in background"),
        (f"{CALL}Unknown speaker: Is it done?\nCustomer: Bye.\n", "Unknown speaker"),
        (f"{CALL}Mrs. Lind: Not again.\nCustomer: Bye.\n", "Lind"),
        (f"{CALL}Maya: I never said that.\nCustomer: Bye.\n", "Maya"),
        (f"{CALL}Maya: Never.\nCustomer: No.\nMaya: So be it.\n", "Maya"),
        (f"{CALL}3. Neighbour: I saw him.\nCustomer: Bye.\n", "Neighbour"),
        (f"{ZH_CALL}女儿：谢谢你们，我退款要到我卡里。\n", "女儿"),
        (f"{ZH_CALL}她丈夫：什么时候到账？\n客户：好的。\n", "她丈夫"),
        (f"{ZH_CALL}翻译：她说谢谢。\n客户：好的。\n", "翻译"),
        (f"{ZH_CALL}客户翻译：她说谢谢。\n客户：好的。\n", "客户翻译"),
        (f"{ZH_CALL}王丽华：我不同意。\n客户：好的。\n", "王丽华"),
        (f"{ZH_CALL}张阿姨：这个不对。\n客户：好的。\n", "张阿姨"),
        (f"{STAMPED}[10:03] Maya: Never.\n[10:04] Customer: Bye.\n", "Maya"),
        (f"{STAMPED}[10:03] maya lind: never\n[10:04] Customer: Bye.\n", "maya lind"),
        (f"{CHAT}18/06/2024, 09:03 - +44 7700 900333: And I want my money back\n", "+44 7700 900333"),
        (f"{CHAT}18/06/2024, 09:03 - ~ xx_jo_xx: And mine\n", "xx_jo_xx"),
    ],
)
def test_a_call_in_which_someone_else_speaks_is_set_aside_with_who(text: str, who: str) -> None:
    with pytest.raises(ValueError, match="no role: nothing in the call says") as caught:
        said(text)
    assert who in str(caught.value)


@pytest.mark.parametrize(
    "line",
    [
        "Note: it may take a day.",
        "Address: 12 High Street",
        "Order number: 55",
        "Courier: two days",
        "Visa: nine dollars, and you pay at once.",
        "10:30: the courier comes.",
        "https://acme.example/orders: see there",
        "Interpreter services: available in 40 languages.",
        "Interpreter: Spanish",
        "Wife: Anna Lind",
        "Driver: 5.3.1",
        "Printer Driver: it needs an update.",
        "My wife: she is ill.",
        "Q: How do I pay?",
        "Daughter plan: five dollars.",
        "Chapter 2: I explain it there.",
        "For the family:\nDaughter: 12 years old.\nSon: he pays nothing.",
        "We have:\nPost: I recommend it.",
        "Amazon: I buy there.\nEtsy: I sell there.",
        "订单号：123",
        "地址：中山路12号",
        "余额：您还有五十元。",
        "周末：我们休息。",
        "女儿：五岁",
        "时间：十点",
        "顺丰：两天到。",
    ],
)
def test_a_line_that_only_looks_like_a_label_stays_in_its_turn(line: str) -> None:
    for call in (CALL, ZH_CALL):
        found = said(f"{call}{line}\nCustomer: Bye.\n")
        assert found[-2] == ("supporter", f"{call.splitlines()[-1].split(':')[-1].split('：')[-1].strip()}\n{line}")


def test_a_line_of_a_turn_whose_label_is_stamped_needs_no_stamp_and_no_label() -> None:
    assert said(f"{STAMPED}Courier: two days.\nMaya: late\n[10:04] and the fee: none\n[10:05] Customer: Bye.\n")[
        -2
    ] == (
        "supporter",
        "I see.\nCourier: two days.\nMaya: late\n[10:04] and the fee: none",
    )


@pytest.mark.parametrize(
    ("label", "role"),
    [
        ("Supervisor", "supporter"),
        ("Customer's daughter", "customer"),
        ("Caller’s wife", "customer"),
        ("Interpreter (customer)", "customer"),
        ("客户的女儿", "customer"),
        ("主管", "supporter"),
    ],
)
def test_who_says_its_side_in_the_label_is_read(label: str, role: str) -> None:
    assert said(f"{CALL}{label}: Thank you.\nCustomer: Bye.\n")[-2] == (role, "Thank you.")


def test_a_relative_who_alone_speaks_with_the_agent_is_the_customers_side() -> None:
    assert [role for role, _ in said("Agent: Hello.\nDaughter: My mother's card is gone.\nAgent: I see.\n")] == [
        "supporter",
        "customer",
        "supporter",
    ]


def test_an_interpreter_who_alone_speaks_with_the_agent_has_no_side() -> None:
    with pytest.raises(ValueError, match="'Interpreter'"):
        said("Agent: Hello.\nInterpreter: She has lost her card.\nAgent: I see.\nInterpreter: Thank you.\n")


@pytest.mark.parametrize(
    "text",
    [
        "18/06/2024, 09:00 - Messages are end-to-end encrypted. No one outside can read them.\n"
        "18/06/2024, 09:01 - Acme Support: Hello, how can I help?\n"
        "18/06/2024, 09:03 - +44 7700 900333: And I want\nmy money back\n"
        "18/06/2024, 09:04 - Acme Support: I see\n18/06/2024, 09:05 - +44 7700 900333 left\n",
        "[18/06/2024, 09:01:11] Acme Support: Hello, how can I help?\n"
        "\u200e[18/06/2024, 09:03:12] ~\u202f\u2068+44 7700 900333\u2069: And I want\nmy money back\n"
        "[18/06/2024, 09:04:33] Acme Support: I see\n",
        "6/18/24, 9:01\u202fAM - Acme Support: Hello, how can I help?\n"
        "6/18/24, 9:03\u202fAM - jo_o7: And I want\nmy money back\n6/18/24, 9:04\u202fAM - Acme Support: I see\n",
        "Acme Support: Hello, how can I help?\n+44 7700 900333: And I want\nmy money back\nAcme Support: I see\n",
    ],
)
def test_who_is_only_a_number_or_a_nickname_in_a_chat_speaks_like_the_others(text: str) -> None:
    assert [pair for pair in said(text) if pair[0] != "machine"] == [
        ("supporter", "Hello, how can I help?"),
        ("customer", "And I want\nmy money back"),
        ("supporter", "I see"),
    ]


def test_a_stamped_line_without_a_speaker_that_is_no_notice_is_not_left_out() -> None:
    log = "2024-05-06 10:01 - Agent: Hi\n2024-05-06 10:02 - Customer: Hello\n2024-05-06 10:03 - still there\n"
    assert said(f"{log}2024-05-06 10:04 - Agent: Yes\n")[1][1].endswith("still there")


@pytest.mark.parametrize(
    "notice",
    [
        "Messages and calls are end-to-end encrypted. Only people in this chat can read them",
        'Omar Aziz created group "Parcel"',
        "+44 7700 900333 left",
        "Omar added Jo Lind",
        "Acme Support changed the subject to Parcels",
        "Jo was added",
        "Your security code with Omar changed. Tap to learn more.",
    ],
)
def test_notices_of_a_chat_are_lines_of_a_machine(notice: str) -> None:
    text = f"{CHAT}18/06/2024, 09:03 - {notice}\n18/06/2024, 09:04 - Omar: Thanks\n"
    assert said(text)[-2:] == [("machine", notice), ("customer", "Thanks")]
