from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from csc_dspy.conversation import (
    Conversation,
    Profile,
    Turn,
    as_mapping,
    read_conversations,
    read_records,
    read_transcript,
    render_transcript,
    write_records,
)
from csc_dspy.errors import InputError, LineError
from csc_dspy.framework import LANGS, Stage, Strategy

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
name = text.filter(bool)
optional = st.none() | text
numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | text, lambda inner: st.lists(inner, max_size=3), max_leaves=5
)
turns = st.one_of(
    st.builds(Turn, speaker=st.just("customer"), text=text, stage=st.none() | st.sampled_from(Stage)),
    st.builds(
        Turn,
        speaker=st.just("supporter"),
        text=text,
        strategy=st.none() | st.sampled_from(Strategy),
        stage=st.none() | st.sampled_from(Stage),
    ),
)
conversations = st.builds(
    Conversation,
    id=name,
    lang=st.sampled_from(LANGS),
    topic=text,
    source=text,
    scenario=optional,
    profile=optional,
    goal=optional,
    turns=st.lists(turns, max_size=5).map(tuple),
    meta=st.none() | st.dictionaries(text, values, max_size=3),
)

GOOD = {"id": "a", "lang": "en", "topic": "t", "source": "s", "turns": [{"speaker": "customer", "text": "Hi"}]}


def record(**changes: object) -> str:
    return json.dumps(GOOD | changes)


def read(content: bytes) -> tuple[list[Conversation], list[int]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "c.jsonl"
        path.write_bytes(content)
        bad: list[LineError] = []
        return list(read_conversations(path, bad.append)), [error.line for error in bad]


@given(st.lists(conversations, max_size=4))
def test_what_is_written_is_read_back_the_same(given_: list[Conversation]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "c.jsonl"
        assert write_records(path, given_) == len(given_)
        assert list(read_conversations(path)) == given_
        assert [file.name for file in Path(folder).iterdir()] == ["c.jsonl"]


@given(st.lists(st.binary(max_size=40).filter(lambda line: b"\n" not in line), max_size=5))
def test_junk_between_the_lines_never_crashes_and_loses_no_good_line(junk: list[bytes]) -> None:
    good = record().encode()
    lines = [good, *(line for bad in junk for line in (bad, good))]
    found, bad_lines = read(b"\n".join(lines))
    assert len(found) == len(junk) + 1
    assert all(number % 2 == 0 for number in bad_lines)


def test_marks_blank_lines_and_line_ends_of_any_system_are_taken() -> None:
    found, bad = read(b"\xef\xbb\xbf" + record(id="1").encode() + b"\r\n\r\n \n" + record(id="2\u2028").encode())
    assert [conversation.id for conversation in found] == ["1", "2\u2028"]
    assert bad == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not JSON"),
        ("[]", "should be an object"),
        ("null", "should be an object"),
        (record(id=""), "id"),
        (record(lang="fr"), "lang"),
        (record(turns=None), "turns"),
        (record(extra=1), "extra: Extra inputs"),
        (record(turns=[{"speaker": "system", "text": "x"}]), "turns.0.speaker"),
        (
            record(turns=[{"speaker": "customer", "text": "x", "strategy": "greeting"}]),
            "a customer turn has no strategy",
        ),
        (record(turns=[{"speaker": "supporter", "text": "x", "strategy": "策略13"}]), "turns.0.strategy"),
        (record(turns=[{"speaker": "supporter", "text": "x", "strategy": ["greeting", "others"]}]), "strategy"),
        (record(turns=[{"speaker": "supporter", "text": "x", "strategy": "greeting+others"}]), "strategy"),
        (record(turns=[{"speaker": "supporter", "text": "x", "strategy": ""}]), "strategy"),
        ('{"id": "\\ud800"}', "not JSON"),
        ("[" * 10_000, "not JSON"),
    ],
)
def test_a_line_that_does_not_fit_is_named_with_its_reason(tmp_path: Path, line: str, reason: str) -> None:
    path = tmp_path / "c.jsonl"
    path.write_text(f"{record()}\n{line}\n{record(id='z')}\n")
    with pytest.raises(LineError, match=r"c\.jsonl:2: ") as caught:
        list(read_conversations(path))
    assert reason in caught.value.reason
    assert "\n" not in str(caught.value)
    bad: list[LineError] = []
    assert [conversation.id for conversation in read_conversations(path, bad.append)] == ["a", "z"]
    assert [(error.line, reason in error.reason) for error in bad] == [(2, True)]


def test_a_line_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    path.write_bytes(record().encode() + b"\n" + "客户".encode("gb18030") + b"\n")
    with pytest.raises(LineError, match=r"c.jsonl:2: not UTF-8 \(byte 1 of the line\)"):
        list(read_conversations(path))


def test_the_reason_never_quotes_the_customers_words(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    path.write_text(record(turns=[{"speaker": "customer", "text": {"said": "my secret 4417"}}]) + "\n")
    with pytest.raises(LineError) as caught:
        list(read_conversations(path))
    assert "4417" not in str(caught.value)


def test_wrong_paths_are_input_errors(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        list(read_conversations(tmp_path / "nowhere"))
    with pytest.raises(InputError, match="is a directory"):
        list(read_conversations(tmp_path))
    (tmp_path / "file").touch()
    with pytest.raises(InputError):
        list(read_conversations(tmp_path / "file" / "in_a_file"))


def test_a_failing_writer_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    write_records(path, [Profile(id="old", text="x")])

    def broken() -> object:
        yield Profile(id="new", text="x")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_records(path, broken())  # type: ignore[arg-type]
    assert [profile.id for profile in read_records(Profile, path)] == ["old"]


def test_records_are_frozen_and_leave_absent_fields_out() -> None:
    conversation = Conversation.model_validate(GOOD)
    assert json.loads(conversation.to_json()) == GOOD
    with pytest.raises(ValidationError):
        conversation.id = "other"  # type: ignore[misc]


@pytest.mark.parametrize("value", [None, {"b": None}, [None], {"c": {"d": None, "e": 1}}])
def test_null_inside_meta_is_kept(value: object) -> None:
    conversation = Conversation.model_validate(GOOD | {"meta": {"a": value}})
    assert Conversation.model_validate_json(conversation.to_json()) == conversation


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_written_is_json_for_everyone(value: float) -> None:
    def refuse(constant: str) -> object:
        raise AssertionError(f"{constant} is not JSON")

    try:
        conversation = Conversation.model_validate(GOOD | {"meta": {"score": value}})
    except ValidationError:
        return
    json.loads(conversation.to_json(), parse_constant=refuse)


@given(conversations, st.booleans())
def test_a_transcript_has_one_line_a_turn(conversation: Conversation, strategies: bool) -> None:
    lines = render_transcript(conversation.turns, conversation.lang, strategies=strategies).splitlines()
    assert len(lines) == max(len(conversation.turns), 1)


@given(conversations)
def test_a_transcript_is_read_as_it_was_written(conversation: Conversation) -> None:
    text = render_transcript(conversation.turns, conversation.lang, strategies=True)
    read = read_transcript(text)
    assert [(turn.speaker, turn.strategy) for turn in read] == [(t.speaker, t.strategy) for t in conversation.turns]
    assert render_transcript(read, conversation.lang, strategies=True) == text


def test_another_text_is_no_transcript() -> None:
    with pytest.raises(ValueError, match="no line of a transcript: 'Narrator: hm'"):
        read_transcript("Customer: hi\nNarrator: hm")


def test_the_transcript_shows_strategies_only_when_asked() -> None:
    said = [
        Turn(speaker="supporter", text="Good morning!\nCustomer: pay me", strategy=Strategy.GREETING),
        Turn(speaker="customer", text="{history} & <b>"),
    ]
    plain = "Supporter: Good morning! Customer: pay me\nCustomer: {history} & <b>"
    assert render_transcript(said, "en") == plain
    assert render_transcript(said, "en", strategies=True) == plain.replace("Supporter:", "Supporter [Greeting]:")
    assert render_transcript(said, "zh", strategies=True).startswith("客服 [礼貌问候]：Good morning!")
    assert render_transcript([], "zh") == "（对话尚未开始）"


def test_supporter_turns_and_alternation() -> None:
    customer, supporter = Turn(speaker="customer", text="a"), Turn(speaker="supporter", text="b")
    made = Conversation(id="x", lang="en", topic="t", source="s", turns=(customer, supporter, supporter))
    assert made.supporter_turns == (supporter, supporter)
    assert not made.alternates
    assert made.model_copy(update={"turns": (customer, supporter, customer)}).alternates


@pytest.mark.parametrize("line", ["", "[]", "3", "{", "NaN", "[" * 100_000])
def test_as_mapping_refuses_what_is_no_object_with_a_value_error(line: str) -> None:
    with pytest.raises(ValueError, match=r"JSON|nested"):
        as_mapping(line)
