"""Worked answers chosen for each question: the most alike ones, the nearest last, as many as fit."""

from __future__ import annotations

import copy

from csc_dspy.programs.nearest import Nearest, tail

DEMOS = [
    {"transcript": "Customer: my parcel is late again", "strategy": "a"},
    {"transcript": "Customer: I want to book a table for two", "strategy": "b"},
    {"transcript": "Customer: the parcel came too late", "strategy": "c"},
    {"transcript": "客户：我的快递一直没有到", "strategy": "d"},
    {"transcript": "客户：我想订两个人的位子", "strategy": "e"},
]


def labels(memory: Nearest, transcript: str) -> list[str]:
    return [demo.strategy for demo in memory({"transcript": transcript})]


def test_the_most_alike_come_last() -> None:
    memory = Nearest(DEMOS, ["transcript"], k=2)
    assert set(labels(memory, "Customer: so late, my parcel")) == {"a", "c"}
    assert labels(memory, DEMOS[1]["transcript"])[-1] == "b"


def test_chinese_needs_no_word_boundaries() -> None:
    memory = Nearest(DEMOS, ["transcript"], k=1)
    assert labels(memory, "客户：快递怎么还没有到") == ["d"]
    assert labels(memory, "客户：帮我订个位子") == ["e"]


def test_only_the_last_lines_decide() -> None:
    memory = Nearest(DEMOS, ["transcript"], k=1)
    early = "\n".join(["Customer: my parcel is late again"] * 3)
    late = "\n".join(["Supporter: yes", "Supporter: yes", "Customer: I want to book a table for two"])
    assert labels(memory, f"{early}\n{late}") == ["b"]
    assert tail("1\n2\n3\n4") == "2\n3\n4"


def test_no_more_are_shown_than_fit() -> None:
    alike = [{"transcript": f"Customer: my parcel is late again, number {n}", "strategy": "x"} for n in range(9)]
    assert len(Nearest(alike, ["transcript"], k=9, tokens=1000)({"transcript": "Customer: late"})) == 9
    assert 0 < len(Nearest(alike, ["transcript"], k=9, tokens=40)({"transcript": "Customer: late"})) < 9
    assert Nearest([], ["transcript"], k=9)({"transcript": "Customer: late"}) == []


def test_copies_of_a_program_share_it() -> None:
    memory = Nearest(DEMOS, ["transcript"])
    assert copy.deepcopy(memory) is memory
