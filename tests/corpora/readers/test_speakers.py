from __future__ import annotations

import pytest

from csc_dspy.corpora.readers.speakers import Label, is_name, parse_label


@pytest.mark.parametrize(
    ("text", "role", "name"),
    [
        ("Agent", "supporter", None),
        ("Agent (Tara)", "supporter", "Tara"),
        ("Tara (Agent)", "supporter", "Tara"),
        ("Tara [Agent] 10:02", "supporter", "Tara"),
        ("**Agent", "supporter", None),
        ("AGENT 1", "supporter", None),
        ("AGENT-01", "supporter", None),
        ("Agent/Tara", "supporter", "Tara"),
        ("Tara Lind, Support Specialist", "supporter", "Tara Lind"),
        ("Customer Service", "supporter", None),
        ("Customer Service Agent", "supporter", None),
        ("Acme Support Agent Tara", "supporter", "Tara"),
        ("Supervisor", "supporter", None),
        ("agent tara", "supporter", "tara"),
        ("Customer (angrily)", "customer", None),
        ("Customer (555-0101)", "customer", None),
        ("[00:01:02] Customer", "customer", None),
        ("Client #2", "customer", None),
        ("Customer2", "customer", None),
        ("👤 Customer", "customer", None),
        ("Customer says", "customer", None),
        ("IVR", "machine", None),
        ("Virtual Assistant", "machine", None),
        ("坐席（工号1023）", "supporter", None),
        ("客服小陈", "supporter", "小陈"),
        ("客户经理", "supporter", None),
        ("客服中心", "supporter", None),
        ("陈静（客服）", "supporter", "陈静"),
        ("客户李女士", "customer", "李女士"),
        ("客户（女）", "customer", None),
        ("客户说", "customer", None),
        ("智能客服", "machine", None),
        ("系统", "machine", None),
    ],
)
def test_a_label_says_its_role_and_its_name(text: str, role: str, name: str | None) -> None:
    label = parse_label(text)
    assert label is not None
    assert (label.role, label.name) == (role, name)


@pytest.mark.parametrize(
    "text", ["Tara", "Omar Aziz", "Dr. Lind", "Speaker 1", "SPEAKER_00", "A", "小陈", "张先生", "甲", "说话人1"]
)
def test_a_name_has_no_role_of_its_own(text: str) -> None:
    label = parse_label(text)
    assert label is not None
    assert label.role is None
    assert is_name(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Note",
        "Date",
        "Option 1",
        "Customer ID",
        "User Settings",
        "user interface",
        "Contact support",
        "I have two questions",
        "you are right, customer",
        "https",
        "Customer Agent Interaction",
        "***",
        "客服电话",
        "客户姓名",
        "温馨提示",
        "我的宽带坏了",
        "客户 我的宽带坏了",
        "x" * 65,
    ],
)
def test_what_is_no_speaker_has_no_label(text: str) -> None:
    assert parse_label(text) is None


def test_a_label_that_says_both_roles_says_none() -> None:
    assert parse_label("Customer (Agent)") == Label("customer", None, None)


def test_two_agents_are_told_apart_by_number_and_by_name() -> None:
    keys = {label.key for text in ("Agent 1", "Agent 2", "Agent (Tara)", "Agent (Jo)") if (label := parse_label(text))}
    assert len(keys) == 4
