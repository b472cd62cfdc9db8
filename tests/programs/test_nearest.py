"""Worked answers chosen for each question: the most alike ones, the nearest last, as many as fit."""

from __future__ import annotations

import copy

import pytest

from csc_dspy.conversation import Turn
from csc_dspy.framework import Strategy
from csc_dspy.lms.models import Models
from csc_dspy.programs.nearest import Choice, Nearest, tail
from csc_dspy.programs.supporter import Supporter
from tests.support.actor import schema_of
from tests.support.openai_server import OpenAIServer

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


SHOWN = [{"strategy": label} for label in ("a", "b", "a", "c", "b")]


@pytest.mark.parametrize(
    ("choice", "allowed", "left"),
    [
        ("open", "abcd", "abcd"),
        ("among", "abcd", "abc"),
        ("among", "cd", "c"),
        ("commonest", "dcba", "ba"),
        ("commonest", "cd", "cd"),  # what most say may not be answered, so they say nothing
        ("commonest", "", ""),  # no choice among labels
    ],
)
def test_the_nearest_narrow_what_may_be_answered(choice: Choice, allowed: str, left: str) -> None:
    memory = Nearest(DEMOS, ["transcript"], choice=choice)
    assert memory.narrowed("strategy", tuple(allowed), SHOWN) == tuple(left)
    assert memory.narrowed("stage", ("x", "y"), SHOWN) == ("x", "y")


HEARD = (Turn(speaker="customer", text="my parcel is late"),)


def answers(*labels: Strategy) -> list[dict[str, str]]:
    return [{"transcript": "Customer: my parcel is late", "stage": "identifying", "strategy": one} for one in labels]


def test_a_question_that_leaves_nothing_open_is_not_asked(server: OpenAIServer) -> None:
    supporter = Supporter("en")
    refine, restate = Strategy.PROBLEM_REFINEMENT, Strategy.RESTATEMENT_OR_PARAPHRASING
    stages = [{"transcript": demo["transcript"], "stage": demo["stage"]} for demo in answers(refine)]
    supporter.memories["classify_stage"] = Nearest(stages, ["transcript"], choice="commonest")
    for labels in ((refine, restate), (restate,)):
        supporter.select_strategy.signature = supporter.select_strategy.signature.delete("reason")
        supporter.memories["select_strategy"] = Nearest(answers(*labels), ["transcript"], choice="commonest")
        with Models(api_base=server.api_base, based=("openai/x",)) as models:
            supporter.set_lm(models.open("openai/x"))
            said = supporter(turns=HEARD)
        assert (said.stage, said.failure) == ("identifying", None)
        assert said.strategy in labels
    strategy, *words = map(schema_of, server.bodies)
    assert set(strategy["strategy"]) == {refine, restate}
    assert len(words) == 2
    assert all("response" in asked for asked in words)
