"""The examples of a compile: what is set aside, what is left out and said, what is refused."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from csc_dspy.conversation import Conversation, write_records
from csc_dspy.corpora import samples
from csc_dspy.errors import InputError
from csc_dspy.optimizers.compile import compile_program
from csc_dspy.optimizers.conversing import RolePlayTask
from csc_dspy.optimizers.data import LEAST, Sets, read_sets
from csc_dspy.optimizers.labelling import AnnotatorTask, SupporterTask
from csc_dspy.optimizers.options import RECIPES
from csc_dspy.optimizers.task import Task
from tests.optimizers.conftest import Job
from tests.support.learner import calls


def sets(task: Task, train: Path, seed: int = 0, **changes: Any) -> dict[Any, Sets]:
    given: dict[str, Any] = {"validation": None, "heldout": None, "validation_size": None, "budget": 100}
    given |= {"heldout_size": 300, "masking": False, **changes}
    return read_sets(task, train, given.pop("validation"), given.pop("heldout"), seed=seed, **given)


@pytest.mark.parametrize("seed", range(20))
def test_the_packages_own_samples_are_enough_in_both_languages(tmp_path: Path, seed: int) -> None:
    both = tmp_path / "gold.jsonl"
    both.write_text("".join(path.read_text("utf-8") for path in samples.GOLD.values()), "utf-8")
    for task, path in ((RolePlayTask(), samples.PROFILES), (AnnotatorTask(), both)):
        found = sets(task, path, seed)
        assert {*found} == {"en", "zh"}
        assert all(len(part) >= LEAST for one in found.values() for part in (one.train, one.validation, one.heldout))


def test_a_language_that_is_too_small_is_left_out_and_said(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    write_records(path, [*calls(12), *calls(1, "zh", turns=1)])
    told: list[str] = []
    assert {*sets(SupporterTask(), path, tell=told.append)} == {"en"}
    (line,) = told
    assert "in zh to" in line
    assert "compiled without it" in line


def test_conversations_without_labels_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    bare = [_unlabelled(one) for one in calls(3, start=50)]
    write_records(path, [*calls(12), *bare])
    told: list[str] = []
    sets(SupporterTask(), path, tell=told.append)
    without = "3 of 15 conversations have no labels that a supporter needs (`strategy` of supporter turns): left out"
    assert told == [f"{path}: {without}"]


def _unlabelled(one: Conversation) -> Conversation:
    turns = tuple(turn.model_copy(update={"strategy": None, "stage": None}) for turn in one.turns)
    return one.model_copy(update={"turns": turns})


def parts(found: Sets) -> list[set[str]]:
    """The conversations of each set."""
    return [{example.group for example in part} for part in vars(found).values()]


@pytest.mark.parametrize("seed", range(5))
def test_a_call_and_its_beginnings_are_set_aside_together(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "train.jsonl"
    whole = calls(12)
    begun = [
        one.model_copy(update={"id": f"{one.id}-b{left}", "turns": one.turns[:left]})
        for one in whole[:6]
        for left in (4, 8)
    ]
    write_records(path, [*begun, *whole])
    found = parts(sets(SupporterTask(), path, seed)["en"])
    for one, other in itertools.combinations(found, 2):
        assert not {id.partition("-b")[0] for id in one} & {id.partition("-b")[0] for id in other}
    assert all(found)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("people", "each"), [(10, 7), (4, 7), (3, 2)])
def test_one_customers_conversations_are_set_aside_together(tmp_path: Path, seed: int, people: int, each: int) -> None:
    path = tmp_path / "train.jsonl"
    some = [
        one.model_copy(update={"profile": f"You are customer {number % people}.", "id": f"{number % people}/{number}"})
        for number, one in enumerate(calls(people * each))
    ]
    write_records(path, some)
    found = parts(sets(SupporterTask(), path, seed, validation_size=300)["en"])
    customers = [{id.partition("/")[0] for id in part} for part in found]
    assert sum(map(len, customers)) == people
    assert sum(map(len, found)) == people * each
    assert all(len(part) <= max(people * each / 5, each) for part in found[1:])
    write_records(path, reversed(some))
    assert parts(sets(SupporterTask(), path, seed, validation_size=300)["en"]) == found


def test_a_customer_with_most_of_the_conversations_is_learned_from(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    often = [one.model_copy(update={"meta": {"record": {"customer_id": 1}}}) for one in calls(30)]
    write_records(path, [*often, *calls(6, start=100)])
    for seed in range(5):
        found = sets(SupporterTask(), path, seed)["en"]
        assert {one.id for one in often} <= parts(found)[0]


def test_one_customer_alone_is_too_few(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    write_records(path, [one.model_copy(update={"profile": "You are Ann."}) for one in calls(12)])
    with pytest.raises(
        InputError, match=r"too few examples in en to choose by: 0 of at least 2; add conversations of other"
    ):
        sets(SupporterTask(), path)


@pytest.mark.parametrize(("lacks", "what"), [("validation", "choose by"), ("heldout", "measure on")])
def test_the_file_that_holds_too_little_is_named(tmp_path: Path, lacks: str, what: str) -> None:
    paths = {name: tmp_path / f"{name}.jsonl" for name in ("train", "validation", "heldout")}
    for (name, path), start in zip(paths.items(), (0, 100, 200), strict=True):
        write_records(path, [] if name == lacks else calls(6, start=start))
    with pytest.raises(InputError, match=rf"{lacks}.jsonl: too few examples in en to {what}: 0 of .* customers$"):
        sets(SupporterTask(), paths.pop("train"), **paths)


def test_files_that_share_customers_are_taken_and_it_is_said(tmp_path: Path) -> None:
    paths = {name: tmp_path / f"{name}.jsonl" for name in ("train", "validation", "heldout")}
    for (name, path), start in zip(paths.items(), (0, 100, 200), strict=True):
        ann = {"profile": "You are Ann."} if name != "validation" else {}
        known = [one.model_copy(update=ann) for one in calls(2, start=start)]
        write_records(path, [*known, *calls(4, start=start + 50)])
    told: list[str] = []
    train = paths.pop("train")
    assert {*sets(SupporterTask(), train, tell=told.append, **paths)} == {"en"}
    (line,) = told
    assert line.startswith(f"{paths['heldout']}: 2 of 6 conversations are of customers that {train} has, too")


def test_profiles_that_are_only_numbered_alike_are_other_people(tmp_path: Path) -> None:
    paths = {name: tmp_path / f"{name}.txt" for name in ("train", "validation", "heldout")}
    for name, path in paths.items():
        path.write_text("".join(f"Ann, {name} {number}, has a loan.\n" for number in "abcd"), "utf-8")
    told: list[str] = []
    sets(RolePlayTask(), paths.pop("train"), tell=told.append, **paths)
    assert not told


@pytest.mark.parametrize("longer", ["train", "val"])
def test_a_call_and_its_beginning_do_not_stand_on_both_sides(job: Job, longer: str) -> None:
    whole = calls(16)
    begun = [one.model_copy(update={"id": f"{one.id}-b", "turns": one.turns[:-2]}) for one in whole[:4]]
    write_records("train.jsonl", whole if longer == "train" else [*begun, *whole[4:]])
    write_records("val.jsonl", begun if longer == "train" else whole[:4])
    with pytest.raises(InputError, match="has the words of en-0"):
        compile_program(job())


def test_what_is_no_program_is_not_written_over(job: Job) -> None:
    Path("notes.json").write_text("mine")
    with pytest.raises(InputError, match="not written over: give another -o"):
        compile_program(job(output=Path("notes.json")))
    assert Path("notes.json").read_text() == "mine"


@pytest.mark.parametrize("optimizer", ["labeled", "knn", "bootstrap", "miprov2", "simba", "copro"])
def test_a_budget_without_room_for_one_candidate_is_refused(job: Job, optimizer: str) -> None:
    with pytest.raises(InputError, match=f"{optimizer} needs a budget of [0-9]+ answers for 8 validation examples"):
        compile_program(job(optimizer, budget=12))


@pytest.mark.parametrize("optimizer", ["bootstrap", "miprov2", "simba"])
def test_the_least_budget_has_room_for_a_candidate(job: Job, optimizer: str) -> None:
    compilation = job(optimizer, validation_size=5)
    found = compilation.sets(compilation.task())["en"]
    least = RECIPES[optimizer].least(found.train, len(found.validation))
    done = compile_program(job(optimizer, validation_size=5, budget=least)).langs["en"]
    assert done.trials > 1
    assert done.spent <= least
