"""The book of trials: what is one candidate, what another."""

from __future__ import annotations

from typing import Any

from csc_dspy.optimizers.trials import Trials
from csc_dspy.programs.nearest import Nearest
from csc_dspy.programs.supporter import Supporter

DEMOS = [{"transcript": f"Customer: {number}", "stage": "exploring"} for number in range(3)]


def with_memory(**changes: Any) -> Supporter:
    program = Supporter("en")
    given = {"demos": DEMOS, "inputs": ["transcript"], **changes}
    program.memories["classify_stage"] = Nearest(given.pop("demos"), given.pop("inputs"), **given)
    return program


def test_memories_that_differ_make_other_candidates() -> None:
    trials = Trials(["a"], 9)
    changes: list[dict[str, Any]] = [{}, {"demos": DEMOS[1:]}, {"inputs": ["stage"]}, {"k": 2}, {"tokens": 90}]
    programs = [Supporter("en"), *(with_memory(**one) for one in (*changes, {"choice": "among"}))]
    names = [trials.candidate(one) for one in programs]
    assert len({*names}) == trials.count == len(programs)
    assert trials.candidate(programs[1], "student:x") not in names
    assert trials.candidate(with_memory()) == names[1]


def test_a_memory_is_read_once_however_many_answers_are_counted() -> None:
    trials, program = Trials(["a"], 9), with_memory()
    name = trials.candidate(program)
    program.memories["classify_stage"].demos = None  # type: ignore[assignment]  # nobody looks
    assert [trials.candidate(program.deepcopy()) for _ in range(5)] == [name] * 5
