"""Exports: what others read is what was written, in every format, whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from csc_dspy.cli import cli
from csc_dspy.conversation import Conversation, Turn, read_conversations, write_records
from csc_dspy.corpora.importing import import_calls
from csc_dspy.corpora.writers.hub import export_dataset, splits_of
from csc_dspy.corpora.writers.registry import export
from csc_dspy.errors import InputError, RunError
from csc_dspy.framework import Stage, Strategy, Topic


def conversation(id_: str = "one", lang: str = "zh", profile: str | None = None) -> Conversation:
    return Conversation(
        id=id_,
        lang=lang,
        topic="complaints_and_disputes",
        source="sample",
        profile=profile,
        turns=(
            Turn(speaker="supporter", text="您好。", strategy=Strategy.GREETING, stage=Stage.CONNECTING),
            Turn(speaker="customer", text="我的包裹 [丢了]\n怎么办？"),
            Turn(speaker="supporter", text="请稍等。"),
        ),
        meta={"origin": {"line": 3}},
    )


def records(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_dianjin_is_the_published_record(tmp_path: Path) -> None:
    assert export([conversation()], tmp_path / "out.jsonl", "dianjin") == 1
    assert records(tmp_path / "out.jsonl") == [
        {
            "dialogue": [
                {"speaker": "客服", "strategy": "策略1 礼貌问候", "text": "您好。"},
                {"speaker": "客户", "strategy": "", "text": "我的包裹 [丢了]\n怎么办？"},
                {"speaker": "客服", "strategy": "", "text": "请稍等。"},
            ],
            "source": "投诉与纠纷解决",
        }
    ]


def test_a_topic_of_ones_own_stays_as_it_is(tmp_path: Path) -> None:
    export([conversation().model_copy(update={"topic": "roaming"})], tmp_path / "out.jsonl", "dianjin")
    assert records(tmp_path / "out.jsonl")[0]["source"] == "roaming"


@given(
    texts=st.lists(st.text(st.characters(exclude_categories=("Cs",)), min_size=1).filter(str.strip), min_size=2),
    strategy=st.sampled_from(Strategy),
    topic=st.sampled_from(Topic),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
def test_dianjin_comes_back_through_import(tmp_path: Path, texts: list[str], strategy: Strategy, topic: Topic) -> None:
    turns = tuple(
        Turn(speaker="customer", text=text.strip())
        if place % 2
        else Turn(speaker="supporter", text=text.strip(), strategy=strategy)
        for place, text in enumerate(texts)
    )
    before = Conversation(id="x", lang="zh", topic=topic.value, source="sample", turns=turns)
    export([before], tmp_path / "out.jsonl", "dianjin")
    import_calls(tmp_path / "out.jsonl", tmp_path / "back.jsonl", lang="zh")
    (after,) = read_conversations(tmp_path / "back.jsonl")
    assert after.turns == before.turns
    assert after.topic == before.topic


@pytest.mark.parametrize(("tags", "said"), [(True, "[礼貌问候] 您好。"), (False, "您好。")])
def test_chats_show_the_strategy_only_with_tags(tmp_path: Path, tags: bool, said: str) -> None:
    export([conversation()], tmp_path / "messages.jsonl", "messages", tags=tags)
    export([conversation()], tmp_path / "sharegpt.jsonl", "sharegpt", tags=tags)
    assert records(tmp_path / "messages.jsonl")[0]["messages"] == [
        {"role": "assistant", "content": said},
        {"role": "user", "content": "我的包裹 [丢了]\n怎么办？"},
        {"role": "assistant", "content": "请稍等。"},
    ]
    assert records(tmp_path / "sharegpt.jsonl")[0]["conversations"] == [
        {"from": "gpt", "value": said},
        {"from": "human", "value": "我的包裹 [丢了]\n怎么办？"},
        {"from": "gpt", "value": "请稍等。"},
    ]


@pytest.mark.parametrize("format_", ["messages", "sharegpt"])
def test_chats_without_tags_come_back_through_import(tmp_path: Path, format_: str) -> None:
    export([conversation()], tmp_path / "out.jsonl", format_, tags=False)
    import_calls(tmp_path / "out.jsonl", tmp_path / "back.jsonl", lang="zh")
    (after,) = read_conversations(tmp_path / "back.jsonl")
    assert [(turn.speaker, turn.text) for turn in after.turns] == [
        (turn.speaker, turn.text) for turn in conversation().turns
    ]


def test_parquet_holds_every_field(tmp_path: Path) -> None:
    many = [conversation(f"c{number}") for number in range(2_500)]  # more than are held at a time
    assert export(many, tmp_path / "out.parquet", "parquet") == 2_500
    rows = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert [row["id"] for row in rows] == [one.id for one in many]
    back = rows[7] | {"meta": json.loads(rows[7]["meta"])}
    assert Conversation.model_validate(back) == many[7]


def test_a_failing_source_leaves_the_earlier_file(tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    export([conversation()], output, "dianjin")
    earlier = output.read_bytes()

    def broken():  # type: ignore[no-untyped-def]
        yield conversation()
        raise InputError("no")

    for format_ in ("dianjin", "parquet"):
        with pytest.raises(InputError):
            export(broken(), output, format_)
    assert output.read_bytes() == earlier
    assert sorted(tmp_path.iterdir()) == [output]


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="cannot be written"):
        export([conversation()], tmp_path / "file" / "out.jsonl", "dianjin")


def test_a_dataset_has_a_card_that_names_its_splits(tmp_path: Path) -> None:
    for name in ("test", "train", "extra"):
        write_records(tmp_path / "splits" / f"{name}.jsonl", [conversation(f"{name}{n}") for n in range(3)])
    counts = export_dataset(splits_of(tmp_path / "splits"), tmp_path / "set", license_="cc-by-4.0")
    assert counts == {"train": 3, "test": 3, "extra": 3}
    assert list(counts) == ["train", "test", "extra"]
    assert pq.read_table(tmp_path / "set" / "data" / "test.parquet")["id"].to_pylist() == ["test0", "test1", "test2"]
    import yaml

    _, front, body = (tmp_path / "set" / "README.md").read_text("utf-8").split("---\n", 2)
    card = yaml.safe_load(front)
    assert card["license"] == "cc-by-4.0"
    assert card["language"] == ["zh"]
    assert card["configs"] == [
        {
            "config_name": "default",
            "data_files": [{"split": name, "path": f"data/{name}.parquet"} for name in ("train", "test", "extra")],
        }
    ]
    assert "| train | 3 | 9 | 3 | 50.0 % |" in body
    tables = [line for line in body.splitlines() if line.startswith("|")]
    assert "| `greeting` Greeting, 礼貌问候 | 100.0 % | 100.0 % | 100.0 % |" in tables


@pytest.mark.parametrize("masking", [True, False])
def test_the_card_says_whether_personal_data_is_masked(tmp_path: Path, masking: bool) -> None:
    turns = (Turn(speaker="customer", text="My name is Jonas Weber, card 4111 1111 1111 1111."),)
    write_records(tmp_path / "all.jsonl", [conversation().model_copy(update={"lang": "en", "turns": turns})])
    export_dataset(splits_of(tmp_path / "all.jsonl"), tmp_path / "set", masking=masking)
    card = (tmp_path / "set" / "README.md").read_text("utf-8")
    assert ("masked by rules" in card) is masking
    assert ("look like personal data" in card) is not masking
    assert "No turn is labelled" in card
    assert "one of twelve" not in card
    (kept,) = pq.read_table(tmp_path / "set" / "data" / "train.parquet")["turns"].to_pylist()
    assert ("Weber" in kept[0]["text"]) is not masking


def test_a_single_file_is_the_split_train(tmp_path: Path) -> None:
    assert splits_of(tmp_path / "some.jsonl") == {"train": tmp_path / "some.jsonl"}


def test_a_folder_that_is_no_dataset_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no \.jsonl file"):
        splits_of(tmp_path)
    (tmp_path / "a-b.jsonl").write_text("")
    with pytest.raises(InputError, match="name of a split"):
        splits_of(tmp_path)
    (tmp_path / "a-b.jsonl").rename(tmp_path / "ab.jsonl")
    with pytest.raises(InputError, match="no conversation"):
        export_dataset(splits_of(tmp_path), tmp_path / "set")


@pytest.mark.parametrize("format_", ["messages", "sharegpt"])
def test_strategies_come_back_from_the_tags_of_chats(tmp_path: Path, format_: str) -> None:
    one = conversation()
    export([one], tmp_path / "chats.jsonl", format_)
    import_calls(tmp_path / "chats.jsonl", tmp_path / "again.jsonl")
    (again,) = read_conversations(tmp_path / "again.jsonl")
    assert [(turn.text, turn.strategy) for turn in again.turns] == [(turn.text, turn.strategy) for turn in one.turns]
    told = {"role": "assistant", "content": "[Warning] Do not open it."}
    chat = {"messages": [told, {"role": "user", "content": "[Greeting] Why?"}]}
    (tmp_path / "other.jsonl").write_text(json.dumps(chat), "utf-8")
    import_calls(tmp_path / "other.jsonl", tmp_path / "again.jsonl")
    (again,) = read_conversations(tmp_path / "again.jsonl")
    assert [turn.text for turn in again.turns] == ["[Warning] Do not open it.", "[Greeting] Why?"]


def test_an_export_over_its_own_input_is_refused(tmp_path: Path) -> None:
    write_records(tmp_path / "a.jsonl", [conversation()])
    before = (tmp_path / "a.jsonl").read_bytes()
    done = CliRunner().invoke(
        cli, ["corpus", "export", str(tmp_path / "a.jsonl"), "--format", "messages", "-o", str(tmp_path / "a.jsonl")]
    )
    assert isinstance(done.exception, InputError)
    assert (tmp_path / "a.jsonl").read_bytes() == before
