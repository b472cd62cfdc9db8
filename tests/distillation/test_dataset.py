"""Which conversations are learned from, and what is said of those that are not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from csc_dspy.chats import CONTEXT, question, supporter_system
from csc_dspy.conversation import Conversation, Turn, write_records
from csc_dspy.distillation.dataset import read_samples, sample_of
from csc_dspy.errors import InputError
from tests.distillation.conftest import call

pytestmark = pytest.mark.weights


def unlabelled(number: int) -> Conversation:
    turns = tuple(Turn(speaker=turn.speaker, text=turn.text) for turn in call(number).turns)
    return call(number).model_copy(update={"turns": turns})


def long(number: int) -> Conversation:
    """One whose last reply alone is longer than any row here."""
    first, second, *_ = call(number).turns
    return call(number).model_copy(update={"turns": (first, second.model_copy(update={"text": "Well, " * 600}))})


def test_calls_that_are_too_long_are_not_said_to_lack_labels(tokenizer: Any, tmp_path: Path) -> None:
    write_records(tmp_path / "calls.jsonl", [call(number) for number in range(4)])
    with pytest.raises(InputError, match="fits 64 tokens with a turn to learn: give a larger --length") as found:
        read_samples(tmp_path / "calls.jsonl", tokenizer, longest=64)
    assert "annotate" not in str(found.value)
    write_records(tmp_path / "plain.jsonl", [unlabelled(number) for number in range(4)])
    with pytest.raises(InputError, match="has a turn to learn; turns of supporters need a strategy"):
        read_samples(tmp_path / "plain.jsonl", tokenizer, longest=64)
    write_records(tmp_path / "none.jsonl", [call(0).model_copy(update={"turns": call(0).turns[:1]})])
    with pytest.raises(InputError, match=r"has a turn to learn: there is no turn of a supporter$"):
        read_samples(tmp_path / "none.jsonl", tokenizer, longest=64)


def test_calls_that_are_too_long_are_counted_apart(tokenizer: Any, tmp_path: Path) -> None:
    write_records(tmp_path / "calls.jsonl", [*map(call, range(3)), unlabelled(3), unlabelled(4), long(5)])
    samples = read_samples(tmp_path / "calls.jsonl", tokenizer, longest=512)
    assert (len(samples.train) + len(samples.validation), samples.empty, samples.too_long) == (3, 2, 1)
    assert (
        "2 conversations with nothing to learn; 1 conversation too long: give a larger --length" in samples.described()
    )


def test_an_empty_file_is_called_empty(tokenizer: Any, tmp_path: Path) -> None:
    write_records(tmp_path / "calls.jsonl", [call(number) for number in range(4)])
    (tmp_path / "empty.jsonl").write_text("")
    with pytest.raises(InputError, match=r"empty\.jsonl: is empty; give conversations"):
        read_samples(tmp_path / "empty.jsonl", tokenizer)
    with pytest.raises(InputError, match=r"empty\.jsonl: is empty; give conversations"):
        read_samples(tmp_path / "calls.jsonl", tokenizer, validation=tmp_path / "empty.jsonl")


def test_a_customer_learns_with_the_facts_that_its_play_told_it(tokenizer: Any) -> None:
    played = call(1).model_copy(update={"scenario": "A parcel is late.", "meta": {"facts": "- Your number? It is 7."}})
    sample = sample_of(played, tokenizer, "customer", 512)
    assert sample is not None
    assert "What happened: A parcel is late. - Your number? It is 7." in tokenizer.decode(sample.tokens.ids)


def test_it_is_said_when_nothing_is_watched(tokenizer: Any, tmp_path: Path) -> None:
    write_records(tmp_path / "calls.jsonl", [call(number) for number in range(4)])
    write_records(tmp_path / "others.jsonl", [unlabelled(number) for number in range(4, 6)])
    samples = read_samples(tmp_path / "calls.jsonl", tokenizer, validation=tmp_path / "others.jsonl")
    assert "none of other customers to watch, so that it does not end early" in samples.described()
    assert "to watch, so" not in read_samples(tmp_path / "calls.jsonl", tokenizer).described()


def test_a_late_reply_is_learned_only_as_it_is_served(tokenizer: Any) -> None:
    turns = [turn for number in range(12) for turn in call(number).turns]
    sample = sample_of(call(0).model_copy(update={"turns": tuple(turns)}), tokenizer, "supporter", 8192)
    assert sample is not None
    replies = [at for at, turn in enumerate(turns) if turn.speaker == "supporter" and at <= CONTEXT]
    assert len(sample.tokens.replies) == len(replies) < len(turns) // 2
    for at, reply in zip(replies, sample.tokens.replies, strict=True):
        asked = question(supporter_system("en"), turns[:at][-CONTEXT:], "en")
        text = tokenizer.apply_chat_template(asked, tokenize=False, add_generation_prompt=True)
        assert tokenizer.encode(text, add_special_tokens=False) == sample.tokens.ids[: reply.start].tolist()


@pytest.mark.parametrize(("sizes", "most"), [((30, 1), 1), ((30, 30), 30), ((1,) * 40, 2), ((5, 1, 1, 1, 30), 2)])
@pytest.mark.parametrize("seed", range(3))
def test_few_conversations_are_watched_and_all_of_their_customers(
    tokenizer: Any, tmp_path: Path, sizes: tuple[int, ...], most: int, seed: int
) -> None:
    some = [
        call(100 * person + number).model_copy(update={"profile": f"person {person}"})
        for person, size in enumerate(sizes)
        for number in range(size)
    ]
    bare = [unlabelled(9000 + number) for number in range(5)]
    write_records(tmp_path / "calls.jsonl", [*bare, *some])
    samples = read_samples(tmp_path / "calls.jsonl", tokenizer, seed=seed)
    train, watched = (
        {int(one.id.partition("-")[2]) // 100 for one in part} for part in (samples.train, samples.validation)
    )
    assert train
    assert not train & watched
    assert 1 <= len(samples.validation) <= most
