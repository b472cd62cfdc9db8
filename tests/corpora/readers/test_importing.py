from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from csc_dspy import cli
from csc_dspy.conversation import Conversation, read_conversations
from csc_dspy.corpora.importing import Import, import_calls
from csc_dspy.corpora.readers.fields import Fields, parse_map
from csc_dspy.errors import InputError, LineError, RunError

CALL = "Agent: Good morning, how may I help?\nCustomer: My parcel is late.\nAgent: I will look.\n"
ZH_CALL = "客服：您好，请问有什么可以帮您？\n客户：我的快递还没有到，已经三天了。\n客服：好的，我帮您查询一下。\n"
TURNS = [
    ("supporter", "Good morning, how may I help?"),
    ("customer", "My parcel is late."),
    ("supporter", "I will look."),
]
SYSTEM = {"role": "system", "content": "Be kind."}


class Result:
    def __init__(self, done: Import, calls: list[Conversation], bad: list[LineError]) -> None:
        self.done, self.calls, self.bad = done, calls, bad

    @property
    def said(self) -> list[tuple[str, str]]:
        assert len(self.calls) == 1, (len(self.calls), [str(error) for error in self.bad])
        return [(turn.speaker, turn.text) for turn in self.calls[0].turns]

    @property
    def reasons(self) -> list[tuple[int, str]]:
        return [(error.line, error.reason) for error in self.bad]


def load(path: Path, content: object = None, **options: Any) -> Result:
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif isinstance(content, str):
        path.write_text(content, encoding="utf-8")
    elif content is not None:
        path.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    bad: list[LineError] = []
    output = path.parent / "out.jsonl"
    options.setdefault("skip_bad", True)
    done = import_calls(path, output, on_bad=bad.append, **options)
    return Result(done, list(read_conversations(output)) if done.written else [], bad)


# Formats: the same call in each.


def turns(speaker: str, text: str, names: tuple[str, str]) -> list[dict[str, str]]:
    return [{speaker: names[side == "customer"], text: said} for side, said in TURNS]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("text", CALL),
        ("text", "\ufeff" + CALL.replace("\n", "\r\n")),
        (
            "openai",
            {"messages": [SYSTEM, *turns("role", "content", ("assistant", "user"))]},
        ),
        ("sharegpt", [{"id": "s1", "conversations": turns("from", "value", ("gpt", "human"))}]),
        ("crsa", {"1": {"system_1": TURNS[0][1], "user_2": TURNS[1][1], "system_3": TURNS[2][1]}}),
        ("json", {"callId": 7, "messages": turns("sender", "body", ("agent", "customer"))}),
        ("json", [turns("speaker", "text", ("Tara", "Omar"))]),
        ("json", {"data": [{"id": 1, "call": {"turns": turns("role", "message", ("AGENT", "CLIENT"))}}]}),
        ("json", {"id": "a", "Content": CALL.replace("\n", "\r\n\r\n"), "queue": "post"}),
        ("json", {"id": "a", "lines": CALL.splitlines()}),
        ("json", {"a": turns("speaker", "text", ("agent", "caller")), "b": []}),
        (
            "csv",
            "ticket_id,author,message\n"
            + "".join(f'9,{"agent" if s != "customer" else "customer"},"{t}"\n' for s, t in TURNS),
        ),
        ("csv", f'id;transcript\n9;"{CALL}"\n'),
        ("tsv", "call\trole\ttext\n" + "".join(f"9\t{s}\t{t}\n" for s, t in TURNS)),
    ],
)
def test_the_format_is_recognised_and_every_role_is_right(tmp_path: Path, name: str, content: object) -> None:
    result = load(tmp_path / "calls", content)
    assert result.done.formats == {name: 1}
    assert result.said == TURNS
    assert result.calls[0].lang == "en"
    assert f"1 as {name} (" in result.done.note


def test_json_lines_are_read_line_by_line_and_a_bad_one_costs_only_itself(tmp_path: Path) -> None:
    good = [json.dumps({"id": id_, "messages": turns("role", "content", ("agent", "user"))}) for id_ in "abc"]
    lines = [good[0], '{"id": "x", ', good[1], "", '{"id": "y", "messages": []}', '["no"]', good[2]]
    result = load(tmp_path / "c.jsonl", "\n".join(lines))
    assert [call.id for call in result.calls] == ["a", "b", "c"]
    assert [line for line, _ in result.reasons] == [2, 5, 6]
    assert [reason.partition(":")[0] for _, reason in result.reasons] == ["not JSON", "empty", "no field 'messages'"]


def test_own_records_pass_as_they_are(tmp_path: Path) -> None:
    record = {
        "id": "r1",
        "lang": "en",
        "topic": "post",
        "source": "ours",
        "turns": [{"speaker": "supporter", "text": "Hello (laughs)", "strategy": "greeting", "stage": "connecting"}],
        "meta": {"seed": 7},
    }
    result = load(tmp_path / "c.jsonl", json.dumps(record))
    assert [call.model_dump(mode="json", exclude_none=True) for call in result.calls] == [record]


def test_the_published_record_keeps_strategies_and_topic(tmp_path: Path) -> None:
    dialogue = [
        {"speaker": "客服", "strategy": "策略1 礼貌问候", "text": "您好，请问有什么可以帮您？"},
        {"speaker": "客户", "strategy": "", "text": "我的卡丢了。"},
        {"speaker": "客服", "strategy": "策略6 提供建议", "text": "建议您先挂失（3-5天）"},
    ]
    wrong = [*dialogue, {"speaker": "客服", "strategy": "策略13", "text": "再见。"}]
    result = load(
        tmp_path / "c.json", [{"dialogue": dialogue, "source": "风险管理与安全"}, {"dialogue": wrong, "source": "其他"}]
    )
    assert result.done.formats == {"dianjin": 1}
    (call,) = result.calls
    assert (call.lang, call.topic) == ("zh", "risk_and_security")
    assert [turn.strategy and turn.strategy.value for turn in call.turns] == ["greeting", None, "providing_suggestions"]
    assert call.turns[-1].text.endswith("（3-5天）")
    assert "no strategy: turn 4" in result.bad[0].reason


def test_system_actions_are_kept_and_counted(tmp_path: Path) -> None:
    record = {"3": {"system_1": "您好", "user_2": "去海城", "system_3": "好的：Find_trains(from,to)。请选择"}}
    result = load(tmp_path / "c.json", record)
    assert result.done.with_actions == 1
    assert "Find_trains(from,to)" in result.said[-1][1]
    assert "1 call with system actions" in result.done.note


@pytest.mark.parametrize(
    ("record", "map_"),
    [
        ({"x": {"y": turns("a", "b", ("agent", "user"))}}, "turns=x.y,speaker=a,text=b"),
        (
            {"log": [{"who": {"kind": s}, "msg": {"body": t}} for s, t in TURNS]},
            "turns=log,speaker=who.kind,text=msg.body",
        ),
        ({"one": CALL, "two": CALL}, "text=two"),
        ({"c": {"t": CALL}}, "turns=c.t"),
    ],
)
def test_map_says_where_things_stand(tmp_path: Path, record: object, map_: str) -> None:
    assert load(tmp_path / "c.json", [record], fields=parse_map(map_)).said == TURNS


def test_map_names_fields_that_must_be_there(tmp_path: Path) -> None:
    result = load(tmp_path / "c.json", [{"log": CALL}], fields=parse_map("text=words"))
    assert result.reasons == [(2, "no field 'words': there are log")]


def test_a_transcript_in_one_of_several_fields_is_not_guessed(tmp_path: Path) -> None:
    result = load(tmp_path / "c.json", [{"one": CALL, "two": CALL}])
    assert "several fields hold a transcript (one, two)" in result.bad[0].reason


@pytest.mark.parametrize("text", ["", "speaker", "speaker=", "who=x", "text=a,text=b"])
def test_a_map_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="--map"):
        parse_map(text)


# Text: several calls in a file.


def test_calls_under_numbered_headings_are_told_apart(tmp_path: Path) -> None:
    result = load(tmp_path / "day.txt", f"Call 1\n{CALL}\nCall 2: late parcel\n{CALL}\n# 通话3\n{ZH_CALL}")
    assert [(call.id, call.lang, len(call.turns)) for call in result.calls] == [
        ("day-000001", "en", 3),
        ("day-000002", "en", 3),
        ("day-000003", "zh", 3),
    ]
    assert [(call.meta or {})["line"] for call in result.calls] == [1, 6, 11]


@pytest.mark.parametrize("rule", ["---", "=====", "***"])
def test_a_rule_divides_calls_that_open_like_calls(tmp_path: Path, rule: str) -> None:
    assert [len(call.turns) for call in load(tmp_path / "d.txt", f"{CALL}\n{rule}\n{CALL}{rule}\n").calls] == [3, 3]


def test_a_rule_inside_a_call_is_not_taken_for_its_end(tmp_path: Path) -> None:
    result = load(tmp_path / "d.txt", f"{CALL}---\nCustomer: And then?\nAgent: Done.\n")
    assert result.calls == []
    assert result.bad[0].reason.startswith("unclear: a rule at line 4 divides it")


def test_a_heading_between_rules_belongs_to_the_call_below(tmp_path: Path) -> None:
    text = "---\nParticipants:\nAgent: Tara\nCustomer: Omar\n---\nTara: Hm.\nOmar: So.\n---\nEnd of transcript\n"
    assert load(tmp_path / "d.txt", text).said == [("supporter", "Hm."), ("customer", "So.")]


def test_a_call_set_aside_does_not_take_its_neighbours_along(tmp_path: Path) -> None:
    result = load(tmp_path / "d.txt", f"Call 1\n{CALL}\nCall 2\nAnn: Hm.\nJo: Hm.\nAnn: Hm.\nJo: Hm\n\nCall 3\n{CALL}")
    assert [call.id for call in result.calls] == ["d-000001", "d-000003"]
    assert result.done.set_aside == {"no role": 1}
    assert result.bad[0].line == 6


def test_a_long_file_is_read_in_blocks_with_true_line_numbers(tmp_path: Path) -> None:
    count = 30_000
    text = "".join(f"Call {number}\n{CALL if number != 29_000 else 'Ann: x' * 3}\n" for number in range(1, count + 1))
    assert len(text) > 2 << 20
    result = load(tmp_path / "d.txt", text)
    assert (result.done.read, result.done.bad) == (count - 1, 1)
    last = result.calls[-1].meta or {}
    assert text.splitlines()[last["line"] - 1] == f"Call {count}"  # type: ignore[operator]
    assert text.splitlines()[result.bad[0].line - 1] == "Call 29000"


# Tables.


@pytest.mark.parametrize(
    ("content", "fields", "reason"),
    [
        ("a,b\n1,x\n", Fields(), "no column for the text: there are a, b"),
        ("case,who,text\n1,agent,x\n", Fields(text="words"), "no column 'words' (text): there are case, who, text"),
        ("who,text\nagent,x\n", Fields(), "no column for the conversation: there are who, text"),
    ],
)
def test_a_missing_column_is_named_beside_those_there_are(
    tmp_path: Path, content: str, fields: Fields, reason: str
) -> None:
    (error,) = load(tmp_path / "t.csv", content, fields=fields, format_="csv").bad
    assert reason in error.reason
    assert error.line == 1


def test_rows_of_wrong_width_and_conversations_in_pieces_are_set_aside(tmp_path: Path) -> None:
    text = (
        'case,who,text\n1,agent,"Hello,\nyou"\n1,user,Hi\n2,agent\n3,agent,Hello\n3,user,Hi\n1,agent,Late\n1,user,x\n'
    )
    result = load(tmp_path / "t.csv", text)
    assert [(call.id, call.turns[0].text) for call in result.calls] == [("3", "Hello")]
    assert [line for line, _ in result.reasons] == [2, 5]
    assert "rows apart: those of '1'" in result.bad[0].reason
    assert "not a table: 2 cells under 3 columns" in result.bad[1].reason


CHANNELS = "call,channel,text\n" + "".join(
    f"{call},{channel},{text}\n"
    for call in "ab"
    for channel, text in ((0, "Thank you for calling Acme."), (1, "My parcel is late."), (0, "Oh"), (1, "So"))
)


def test_a_table_whose_speakers_stand_in_an_unknown_column_says_so_once_with_what_to_do(tmp_path: Path) -> None:
    result = load(tmp_path / "t.csv", CHANNELS)
    assert result.reasons == [
        (
            2,
            "no speakers: none of 8 rows says in its text who speaks; if another column says it (channel), name it: "
            "--map speaker=COLUMN,text=COLUMN",
        )
    ]
    result = load(tmp_path / "t.csv", CHANNELS, fields=parse_map("speaker=channel,text=text"))
    assert [[turn.speaker for turn in call.turns] for call in result.calls] == [["supporter", "customer"] * 2] * 2


def test_a_table_of_transcripts_names_the_rows_without_speakers_one_by_one(tmp_path: Path) -> None:
    result = load(tmp_path / "t.csv", f'id;transcript\n1;"hello"\n2;"hello you"\n3;"{CALL}"\n4;"hello"\n')
    assert (result.done.read, [line for line, _ in result.reasons]) == (1, [2, 3, 8])


@pytest.mark.parametrize(
    ("name", "content", "fields", "remedy"),
    [
        ("t.csv", "call,who,kind,text\n1,a1,x,Hm.\n1,b2,x,Hm.\n", "", "another column says it (kind), name it: --map"),
        (
            "c.json",
            json.dumps([turns("speaker", "text", ("a1", "b2"))[1:]]),
            "",
            "another field says it, name it: --map",
        ),
        ("c.json", '[{"log": "hello there"}]', "text=log", "if another field says it, name it: --map speaker="),
        ("c.txt", "Ann: Hm.\nBea: Hm.\nAnn: Oh.\nBea: Oh.\n", "", "a label such as `Ana (customer)` or `Ana (agent)`"),
    ],
)
def test_a_speaker_that_is_not_known_comes_with_what_to_do(
    tmp_path: Path, name: str, content: str, fields: str, remedy: str
) -> None:
    result = load(tmp_path / name, content, fields=parse_map(fields) if fields else None)
    assert [remedy in error.reason for error in result.bad] == [True]


def test_map_says_where_the_language_stands(tmp_path: Path) -> None:
    records = [{"log": CALL, "l": lang} for lang in ("zh-CN", "en", "English", "fr")]
    result = load(tmp_path / "c.json", records, fields=parse_map("text=log,lang=l"))
    assert [call.lang for call in result.calls] == ["zh", "en", "en"]
    assert "another language: 'fr'" in result.bad[0].reason
    assert (
        load(tmp_path / "t.csv", f'id;l;transcript\n1;zh;"{CALL}"\n', fields=parse_map("lang=l")).calls[0].lang == "zh"
    )


def test_the_help_lists_every_name_of_a_map(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = run(monkeypatch, capsys, "--help")
    assert all(name in out.partition("--map")[2].partition("--lang")[0] for name in Fields._fields)


def test_rows_out_of_order_are_put_in_that_of_their_times_and_counted(tmp_path: Path) -> None:
    rows = [
        "1,10:00:20,customer,My parcel is late.",
        "1,10:00:00,agent,Hello.",
        "2,10:00:20,customer,A bill?",
        "2,10:00:20,agent,Yes.",
        "2,10:00:00,customer,Hm.",
    ]
    result = load(tmp_path / "t.csv", "\n".join(["call,time,speaker,text", *rows]))
    assert [[turn.text for turn in call.turns] for call in result.calls] == [
        ["Hello.", "My parcel is late."],
        ["A bill?", "Yes.", "Hm."],
    ]
    assert "1 call with rows out of order, put in that of their times" in result.done.note


def test_dates_in_a_column_of_their_own_count_before_the_times(tmp_path: Path) -> None:
    rows = ["1,2024-05-06,15:00,customer,My parcel is late.", "1,2024-05-07,14:50,agent,It is there."]
    result = load(tmp_path / "t.csv", "\n".join(["call,date,time,speaker,text", *rows]))
    assert result.said == [("customer", "My parcel is late."), ("supporter", "It is there.")]
    assert result.done.ordered == 0


# Faults.


def test_gb18030_is_read_and_never_garbled(tmp_path: Path) -> None:
    assert load(tmp_path / "c.txt", ZH_CALL.encode("gb18030")).said[1] == ("customer", "我的快递还没有到，已经三天了。")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_obeyed(tmp_path: Path, encoding: str) -> None:
    assert load(tmp_path / "c.txt", ZH_CALL.encode(encoding)).said[1][1].startswith("我的快递")


@pytest.mark.parametrize(
    "content",
    [
        ("客服：您好，請問有什麼可以幫您？\n客戶：我的包裹還沒有到，已經三天了。\n" * 5).encode("big5"),
        "Agent: Café naïve déjà vu\nCustomer: Señor, mañana\n".encode("cp1252"),
        "客服：こんにちは、お電話ありがとうございます\n客户：荷物が届きません\n".encode("shift_jis", "ignore"),
        "안녕하세요 고객님 무엇을 도와드릴까요\n소포가 아직 안 왔어요\n".encode("euc-kr"),
    ],
)
def test_another_encoding_is_refused_with_what_to_do(tmp_path: Path, content: bytes) -> None:
    result = load(tmp_path / "c.txt", content)
    assert result.calls == []
    assert "not UTF-8" in result.bad[0].reason
    assert "iconv" in result.bad[0].reason


def test_of_mixed_encodings_only_what_is_utf8_is_read(tmp_path: Path) -> None:
    content = b"".join(
        [f"Call 1\n{ZH_CALL}\n".encode(), f"Call 2\n{ZH_CALL}\n".encode("gbk"), f"Call 3\n{ZH_CALL}".encode()]
    )
    result = load(tmp_path / "c.txt", content)
    assert [call.id for call in result.calls] == ["c-000001", "c-000003"]
    assert result.bad[0].line == 6
    assert result.bad[0].reason.startswith("not UTF-8")
    assert "\udc00" not in (tmp_path / "out.jsonl").read_text(encoding="utf-8")


def test_nul_bytes_are_reported_where_they_stand(tmp_path: Path) -> None:
    result = load(tmp_path / "c.txt", f"Call 1\n{CALL}\nCall 2\nAgent: Hel\0lo\nCustomer: Hi\n")
    assert [call.id for call in result.calls] == ["c-000001"]
    assert result.reasons == [(6, "NUL bytes: the text is damaged, or not text")]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Agent: Hello?\nAgent: Anyone?\n", "one side only: only the supporter speaks"),
        ("Ann: Hello.\nBea: Hello.\nAnn: Hm.\nBea: Hm.\n", "no role: nothing in the call says"),
        ("hello there\nhello you\n", "no speakers: no line begins"),
        ("\n \n", "empty"),
        ("", "empty"),
        ("Agent: こんにちは。\nCustomer: にもつが、まだ、とどきません。\n", "another language"),
    ],
)
def test_a_call_that_cannot_be_read_has_a_reason(tmp_path: Path, text: str, kind: str) -> None:
    result = load(tmp_path / "c.txt", text)
    assert result.calls == []
    assert result.bad[0].line == 1
    assert result.bad[0].reason.startswith(kind)


@pytest.mark.parametrize("begin", ["Agent: ", "", '{"id": "a", "text": "'])
def test_a_line_of_ten_megabytes_is_refused_and_what_follows_is_read(tmp_path: Path, begin: str) -> None:
    long = begin + "x" * 10_000_000
    if begin.startswith("{"):
        good = json.dumps({"id": "b", "messages": turns("role", "content", ("agent", "user"))})
        content, bad_line = f"{good}\n{long}\n{good.replace('b', 'c', 1)}\n", 2
    else:
        content, bad_line = f"Call 1\n{CALL}\nCall 2\n{long}\nCall 3\n{CALL}", 6
    result = load(tmp_path / "c", content)
    assert result.done.read == 2
    assert result.bad[0].line == bad_line
    assert result.bad[0].reason.startswith("too long")


def test_an_array_that_breaks_off_is_read_up_to_there(tmp_path: Path) -> None:
    record = json.dumps({"id": "a", "messages": turns("role", "content", ("agent", "user"))})
    result = load(tmp_path / "c.json", f"[{record},\n{record.replace('a', 'b', 1)[:40]}")
    assert [call.id for call in result.calls] == ["a"]
    assert result.bad[0].line == 2
    assert "nothing after it was read" in result.bad[0].reason


def test_a_key_that_stands_twice_is_not_overlooked(tmp_path: Path) -> None:
    result = load(
        tmp_path / "c.json",
        '{"1": {"user_1": "a", "user_1": "b", "system_2": "c"}, "2": {"user_1": "a", "system_2": "b"}}',
    )
    assert result.done.bad == 1 or result.done.read == 0
    assert any("key twice: 'user_1'" in error.reason for error in result.bad)


def test_an_id_that_comes_twice_is_set_aside_with_both_places(tmp_path: Path) -> None:
    record = json.dumps({"id": "a", "messages": turns("role", "content", ("agent", "user"))})
    result = load(tmp_path / "c.jsonl", f"{record}\n{record}\n")
    path = tmp_path / "c.jsonl"
    assert [str(error) for error in result.bad] == [f"{path}:2: id twice: 'a' is already that of {path}:1"]


def test_half_a_character_is_reported(tmp_path: Path) -> None:
    result = load(
        tmp_path / "c.jsonl",
        '{"messages": [{"role": "user", "content": "\\ud800"}, {"role": "agent", "content": "x"}]}',
    )
    assert result.reasons == [(1, "half a character: the text holds a lone surrogate")]


def test_a_folder_of_mixed_files_is_read_file_by_file(tmp_path: Path) -> None:
    folder = tmp_path / "calls"
    (folder / "b").mkdir(parents=True)
    (folder / "a.txt").write_text(CALL)
    (folder / "b" / "a.txt").write_text(ZH_CALL)
    (folder / "a.json").write_text(json.dumps([{"messages": turns("role", "content", ("agent", "user"))}]))
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff\xfe")
    (folder / "README.md").write_text("# Calls\n\nWhat was said in May.\n")
    (folder / ".hidden").write_text("x")
    (folder / "out.jsonl").write_text("old")
    bad: list[LineError] = []
    done = import_calls(folder, folder / "out.jsonl", skip_bad=True, on_bad=bad.append)
    calls = list(read_conversations(folder / "out.jsonl"))
    assert sorted(call.id for call in calls) == ["a.json-000001", "a.txt-000001", "b/a-000001"]
    assert {call.source for call in calls} == {"calls"}
    assert sorted(Path(error.path).name for error in bad) == ["README.md", "picture.png"]
    assert done.formats == {"text": 3, "openai": 1}


# The output.


@pytest.mark.parametrize("had", [None, "old\n"])
def test_without_leave_nothing_is_written_when_a_call_is_bad(tmp_path: Path, had: str | None) -> None:
    output = tmp_path / "out.jsonl"
    if had:
        output.write_text(had)
    result = load(tmp_path / "c.txt", f"Call 1\n{CALL}\nCall 2\nhello\nthere you\n" + "are\n" * 20, skip_bad=False)
    assert (result.done.read, result.done.bad, result.done.written) == (1, 1, False)
    assert (output.read_text() if output.exists() else None) == had
    assert not list(tmp_path.glob("*.part"))


def test_an_output_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "c.txt").write_text(CALL)
    (tmp_path / "no").write_text("a file")
    with pytest.raises(RunError, match="cannot be written"):
        import_calls(tmp_path / "c.txt", tmp_path / "no" / "out.jsonl")


def test_the_folder_of_the_output_is_made(tmp_path: Path) -> None:
    (tmp_path / "c.txt").write_text(CALL)
    assert import_calls(tmp_path / "c.txt", tmp_path / "new" / "deep" / "out.jsonl").written
    assert (tmp_path / "new" / "deep" / "out.jsonl").is_file()


def test_a_language_asked_for_is_given_to_every_call(tmp_path: Path) -> None:
    assert load(tmp_path / "c.txt", CALL, lang="zh").calls[0].lang == "zh"


def test_machine_lines_and_directions_are_left_out_and_counted(tmp_path: Path) -> None:
    result = load(tmp_path / "c.txt", f"IVR: Press one.\n{CALL}[Tara types]\nSystem: Call recorded.\n")
    assert result.said == TURNS
    assert (result.done.machine_lines, result.done.directions) == (2, 1)
    assert "2 lines of bots, recordings and systems, left out" in result.done.note


def test_pictures_and_notes_are_left_out_and_counted_in_every_format(tmp_path: Path) -> None:
    result = load(tmp_path / "c.txt", f"{CALL}Customer: <Media omitted>\nWrap-up notes: late parcel\nSolved.\n")
    assert result.said == TURNS
    assert "1 line in place of pictures, recordings and files, left out" in result.done.note
    assert "2 lines of notes below the calls, left out" in result.done.note
    chat = [*turns("speaker", "text", ("agent", "customer")), {"speaker": "customer", "text": "[图片]"}]
    result = load(tmp_path / "c.json", [{"turns": chat}])
    assert result.said == TURNS
    assert (result.done.media, result.done.notes, result.done.directions) == (1, 0, 0)


def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: object
) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["csc-dspy", "corpus", "import", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


def test_the_verb_says_what_happened(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path, output = tmp_path / "c.txt", tmp_path / "out.jsonl"
    path.write_text(f"Call 1\n{CALL}\nCall 2\nAnn: Hm.\nJo: Hm.\nAnn: Hm.\nJo: Hm\n")
    code, out, err = run(monkeypatch, capsys, path, "-o", output)
    assert code == 2
    assert f"{path}:6: no role: " in err
    assert "1 of 2 calls cannot be read, so nothing was written; --skip-bad writes the rest" in err
    assert not output.exists()
    code, out, _ = run(monkeypatch, capsys, path, "-o", output, "--skip-bad", "--lang", "en")
    assert code == 0
    assert out.splitlines()[:4] == [
        "files read: 1 as text (plain-text transcripts)",
        "calls read: 1",
        "calls set aside: 1",
        "  1 no role",
    ]
    assert len(list(read_conversations(output))) == 1


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["nowhere", "-o", "out"], "no such file"),
        ([".", "-o", "out", "--format", "xml"], "'xml' is no format: there are auto, text"),
        ([".", "-o", "out", "--map", "x"], "--map x"),
        ([".", "-o", "out"], "there is no call in it"),
    ],
)
def test_wrong_input_is_one_clear_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    arguments: list[str],
    reason: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, err = run(monkeypatch, capsys, *arguments)
    assert code == 2
    assert reason in err
    assert len(err.splitlines()) == 1


def test_calls_whose_rows_are_apart_are_set_aside_whole(tmp_path: Path) -> None:
    rows = ["a,agent,Good morning.", "a,customer,My parcel is late.", "b,agent,Hello.", "b,customer,Hi, a bill."]
    table = "\n".join(["call_id,speaker,text", *rows, "a,agent,It comes today.", "c,agent,Hello.", "c,customer,Hi."])
    result = load(tmp_path / "t.csv", table.replace("Hi, a", "Hi a"), skip_bad=True)
    assert [one.id for one in result.calls] == ["b", "c"]
    assert result.reasons == [(2, "rows apart: those of 'a' do not stand together; sort the table by 'call_id'")]


@pytest.mark.parametrize("format_", ["text", "json"])
def test_an_import_over_its_own_input_is_refused(tmp_path: Path, format_: str) -> None:
    path = tmp_path / "calls.txt"
    path.write_text(CALL, "utf-8")
    with pytest.raises(InputError, match="is an input and would be written to"):
        import_calls(path, tmp_path / "x" / ".." / "calls.txt", format_=format_)
    assert path.read_text("utf-8") == CALL


def test_a_single_chat_whose_content_is_in_parts_is_one_call(tmp_path: Path) -> None:
    parts = [{"type": "text", "text": "Hi there"}, {"type": "image_url", "image_url": {"url": "x"}}]
    chat = {"messages": [{"role": "user", "content": parts}, {"role": "assistant", "content": "It is 42."}]}
    result = load(tmp_path / "c.jsonl", json.dumps(chat))
    assert result.said == [("customer", "Hi there"), ("supporter", "It is 42.")]
