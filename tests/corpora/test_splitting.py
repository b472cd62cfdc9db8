"""Splits: exact shares, nobody on both sides, the same split whatever the order of the file."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from csc_dspy.conversation import Conversation, Turn, read_conversations, write_records
from csc_dspy.corpora.splitting import PARTS, parse_parts, split
from csc_dspy.errors import InputError


def conversation(id_: str, text: str, profile: str | None = None) -> Conversation:
    turns = (Turn(speaker="customer", text=text),)
    return Conversation(id=id_, lang="en", topic="other", source="sample", profile=profile, turns=turns)


def read(folder: Path) -> dict[str, list[Conversation]]:
    return {path.stem: list(read_conversations(path)) for path in sorted(folder.glob("*.jsonl"))}


def test_the_shares_hold_exactly_where_everyone_calls_once(tmp_path: Path) -> None:
    write_records(tmp_path / "all.jsonl", [conversation(f"c{n}", f"text {n}") for n in range(1000)])
    assert split(tmp_path / "all.jsonl", tmp_path / "parts") == {"train": 800, "validation": 100, "test": 100}
    found = read(tmp_path / "parts")
    assert {name: len(ones) for name, ones in found.items()} == {"train": 800, "validation": 100, "test": 100}
    assert {one.id for ones in found.values() for one in ones} == {f"c{n}" for n in range(1000)}


@given(
    customers=st.lists(st.integers(0, 12), min_size=30, max_size=80),
    seed=st.integers(0, 5),
    shares=st.sampled_from([PARTS, {"a": 0.5, "b": 0.5}, {"a": 0.9, "b": 0.05, "c": 0.05}]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
def test_no_customer_and_no_wording_is_in_two_parts(
    tmp_path: Path, customers: list[int], seed: int, shares: dict[str, float]
) -> None:
    if len(set(customers)) < 3:
        return
    ones = [
        conversation(f"c{n}", f"text {n}", f"person {who}") if who % 2 else conversation(f"c{n}", f"text of {who}")
        for n, who in enumerate(customers)
    ]
    write_records(tmp_path / "all.jsonl", ones)
    parts = Path(tempfile.mkdtemp(dir=tmp_path))
    counts = split(tmp_path / "all.jsonl", parts, shares, seed=seed)
    assert sum(counts.values()) == len(ones)
    assert all(counts.values())
    who = {
        name: {one.profile or one.turns[0].text for one in read_conversations(parts / f"{name}.jsonl")}
        for name in shares
    }
    assert sum(len(found) for found in who.values()) == len(set().union(*who.values()))


@pytest.mark.parametrize("key", ["customer_id", "Customer No", "contactId", "客户编号", "caller_phone"])
@pytest.mark.parametrize("nested", [True, False])
def test_a_customers_number_in_the_export_keeps_their_calls_together(tmp_path: Path, key: str, nested: bool) -> None:
    def call(number: int) -> Conversation:
        fields: dict[str, JsonValue] = {key: f"CU-{number % 10}", "agent_id": number}
        meta: dict[str, JsonValue] = {"record": fields} if nested else fields
        return conversation(f"c{number}", f"text {number}").model_copy(update={"meta": meta})

    write_records(tmp_path / "all.jsonl", [call(number) for number in range(60)])
    split(tmp_path / "all.jsonl", tmp_path / "parts")
    numbers = [{int(one.id[1:]) % 10 for one in ones} for ones in read(tmp_path / "parts").values()]
    assert sum(map(len, numbers)) == 10


def test_the_order_of_the_file_changes_nothing_and_the_seed_does(tmp_path: Path) -> None:
    ones = [conversation(f"c{n}", f"text {n}", f"person {n % 40}") for n in range(200)]
    write_records(tmp_path / "all.jsonl", ones)
    random.Random(1).shuffle(ones)
    write_records(tmp_path / "mixed.jsonl", ones)
    for source, seed, folder in (("all", 0, "a"), ("mixed", 0, "b"), ("all", 1, "c")):
        split(tmp_path / f"{source}.jsonl", tmp_path / folder, seed=seed)
    ids = {
        folder: {name: {one.id for one in found} for name, found in read(tmp_path / folder).items()} for folder in "abc"
    }
    assert ids["a"] == ids["b"]
    assert ids["a"] != ids["c"]


@pytest.mark.parametrize("text", ["train", "train=0.8", "train=0.5,train=0.5", "train=x", "a=1.5,b=-0.5", "a b=1", ""])
def test_parts_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="--parts"):
        parse_parts(text)


def test_too_few_customers_are_refused_and_nothing_is_written(tmp_path: Path) -> None:
    write_records(tmp_path / "all.jsonl", [conversation(f"c{n}", "x", "one person") for n in range(9)])
    with pytest.raises(InputError, match="1 customer cannot be split into 3 parts"):
        split(tmp_path / "all.jsonl", tmp_path / "parts")
    assert not (tmp_path / "parts").exists()


def test_parts_of_another_split_do_not_stay_beside_it(tmp_path: Path) -> None:
    write_records(tmp_path / "all.jsonl", [conversation(f"c{n}", f"text {n}") for n in range(10)])
    split(tmp_path / "all.jsonl", tmp_path / "parts")
    before = {path.name: path.read_bytes() for path in (tmp_path / "parts").iterdir()}
    with pytest.raises(InputError, match=r"validation\.jsonl would stay beside the parts"):
        split(tmp_path / "all.jsonl", tmp_path / "parts", {"train": 0.5, "test": 0.5})
    assert {path.name: path.read_bytes() for path in (tmp_path / "parts").iterdir()} == before
    split(tmp_path / "all.jsonl", tmp_path / "parts", seed=1)


def test_a_part_is_not_written_over_the_file_that_is_split(tmp_path: Path) -> None:
    write_records(tmp_path / "train.jsonl", [conversation(f"c{n}", f"text {n}") for n in range(10)])
    with pytest.raises(InputError, match="is an input and would be written to"):
        split(tmp_path / "train.jsonl", tmp_path)
    assert len(list(read_conversations(tmp_path / "train.jsonl"))) == 10
