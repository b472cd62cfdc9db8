from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from csc_dspy import cli

TURNS = [
    {"speaker": "supporter", "text": "Good morning, [bold]how[/bold] may I help?", "strategy": "greeting"},
    {"speaker": "customer", "text": "My kettle\x1b[2J broke, and I paid for a new one."},
    {
        "speaker": "supporter",
        "text": "感谢您的来电，再见。",
        "strategy": "appreciation_and_closure",
        "stage": "maintaining",
    },
]


def line(id_: str, **changes: object) -> str:
    record = {"id": id_, "lang": "en", "topic": "returns", "source": "ours", "turns": TURNS}
    return json.dumps(record | changes, ensure_ascii=False) + "\n"


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.jsonl"
    path.write_text(line("a") + "\n" + line("b", lang="zh", scenario="客户的水壶坏了", goal="退款", profile="很" * 400))
    return path


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "bad.jsonl"
    path.write_text(line("a") + '{"id": "b"\n' + line("a") + line("c", lang="fr") + line("d", extra=1) + line("e"))
    return path


class Cli:
    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.monkeypatch, self.capsys = monkeypatch, capsys

    def __call__(self, *arguments: object) -> tuple[int, str, str]:
        self.monkeypatch.setattr(sys, "argv", ["csc-dspy", "corpus", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = self.capsys.readouterr()
        return int(ended.value.code or 0), out, err


@pytest.fixture
def corpus(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    monkeypatch.setenv("COLUMNS", "100")
    return Cli(monkeypatch, capsys)


def test_check_of_a_good_file_gives_the_counts(corpus: Cli, good: Path) -> None:
    assert corpus("check", good) == (0, "2 conversations, 0 bad lines\n", "")


def test_check_names_every_bad_line_and_ends_with_2(corpus: Cli, bad: Path) -> None:
    code, out, err = corpus("check", bad)
    assert code == 2
    assert out == "2 conversations, 4 bad lines\n"
    reasons = err.splitlines()
    assert [reason.removeprefix(str(bad)).split(":")[1] for reason in reasons[:4]] == ["2", "3", "4", "5"]
    assert "the id 'a' is already that of an earlier line" in reasons[1]
    assert reasons[4].startswith("error: ")
    assert "Traceback" not in err


def test_check_counts_broken_rules_without_failing(corpus: Cli, good: Path) -> None:
    code, out, _ = corpus("check", good, "--rules")
    assert code == 0
    assert "2 of the conversations break a rule" in out
    assert [row.split()[1] for row in out.splitlines() if row.startswith(("utterances", "empty_turns"))] == ["2", "–"]
    assert "at most 2 are allowed" in corpus("check", good, "--rules", "--min-utterances", 1, "--max-utterances", 2)[1]


@pytest.mark.parametrize("verb", ["check", "stats", "view"])
@pytest.mark.parametrize("skip", [True, False])
def test_an_empty_file_is_wrong_input(corpus: Cli, tmp_path: Path, verb: str, skip: bool) -> None:
    (tmp_path / "empty").write_text("\n")
    code, out, err = corpus(verb, tmp_path / "empty", *(["--skip-bad"] if skip and verb != "check" else []))
    assert (code, out) == (2, "")
    assert "there is no conversation in" in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("verb", ["check", "stats", "view"])
def test_a_missing_file_is_wrong_input(corpus: Cli, tmp_path: Path, verb: str) -> None:
    code, out, err = corpus(verb, tmp_path / "nowhere")
    assert (code, out) == (2, "")
    assert "no such file" in err


@pytest.mark.parametrize("verb", [["stats"], ["stats", "--json"], ["view", "--id", "e"]])
def test_a_bad_line_is_an_error_unless_it_may_be_left_out(corpus: Cli, bad: Path, verb: list[str]) -> None:
    code, out, err = corpus(verb[0], bad, *verb[1:])
    assert (code, out) == (2, "")
    assert f"{bad}:2: not JSON" in err
    code, out, err = corpus(verb[0], bad, *verb[1:], "--skip-bad")
    assert code == 0
    assert f"left out 3 lines that do not fit, first {bad}:2: not JSON" in err


def test_stats_as_json_is_json_however_narrow_the_terminal(
    corpus: Cli, good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    code, out, _ = corpus("stats", good, "--json")
    assert code == 0
    assert json.loads(out)["conversations"] == 2


def test_stats_draws_pictures_where_asked(corpus: Cli, good: Path, tmp_path: Path) -> None:
    code, out, err = corpus("stats", good, "--pictures", tmp_path / "pictures")
    assert code == 0
    assert "Appreciation and Closure" in out
    assert err.count("drawn: ") == len(list((tmp_path / "pictures").glob("*.png"))) == 4


def test_view_shows_the_texts_as_they_are_but_obeys_none_of_them(corpus: Cli, good: Path) -> None:
    code, out, _ = corpus("view", good)
    assert code == 0
    assert "[bold]how[/bold]" in out
    assert "\x1b" not in out
    assert "Greeting" in out
    assert "Maintaining" in out


def test_view_speaks_the_conversations_language_and_shortens_the_profile(corpus: Cli, good: Path) -> None:
    out = corpus("view", good, "--id", "b")[1]
    assert out == corpus("view", good, "--index", 2)[1]
    assert "客服" in out
    assert "感谢与告别" in out
    assert "客户的水壶坏了" in out
    assert 200 < out.count("很") < 400


@pytest.mark.parametrize(
    ("choice", "reason"),
    [
        (["--id", "zz"], "no conversation has the id 'zz' (2 read)"),
        (["--index", 3], "only 2 conversations, counted from 1"),
        (["--index", 0], "0 is not in the range"),
        (["--id", "a", "--index", 1], "not both"),
    ],
)
def test_view_says_why_it_has_nothing_to_show(corpus: Cli, good: Path, choice: list[object], reason: str) -> None:
    code, out, err = corpus("view", good, *choice)
    assert (code, out) == (2, "")
    assert reason in err


@pytest.mark.parametrize("verb", [["view"], ["stats"], ["stats", "--json"], ["check", "--rules"]])
def test_a_reader_that_stops_early_ends_it_quietly(good: Path, verb: list[str]) -> None:
    arguments = [sys.executable, "-m", "csc_dspy", "corpus", verb[0], str(good), *verb[1:]]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait() == 0


def test_what_a_job_dropped_can_be_looked_at_with_its_reason(corpus: Cli, tmp_path: Path) -> None:
    said = [{"speaker": "supporter", "text": "Good morning."}, {"speaker": "customer", "text": "My parcel is late."}]
    played = {"id": "x", "lang": "en", "topic": "t", "source": "rolecs", "turns": said}
    row = {"id": "x", "status": "dropped", "group": "guard.echo", "cause": "supporter: echo"}
    nothing = {**row, "id": "y", "record": {}}
    side = tmp_path / "out.dropped.jsonl"
    side.write_text(
        "".join(json.dumps(r) + "\n" for r in (nothing, {**row, "record": {"conversation": played}})), "utf-8"
    )
    code, out, _ = corpus("view", side)
    assert code == 0
    assert "guard.echo: supporter: echo" in out
    assert "My parcel is late." in out
    assert corpus("stats", side)[0] == 0


def test_stats_compares_writes_a_page_and_speaks_the_corpus_language(corpus: Cli, good: Path, tmp_path: Path) -> None:
    page, chinese = tmp_path / "deep" / "page.html", tmp_path / "zh.jsonl"
    chinese.write_text(line("a", lang="zh"))
    code, out, err = corpus("stats", chinese, "--before", good, "--html", page)
    assert code == 0
    assert "感谢与告别" in out
    assert "CSConv" in out
    assert "self-BLEU" in out
    assert f"page: {page}" in err
    assert page.read_text("utf-8").startswith("<!doctype html>")
    assert "Appreciation and Closure" in corpus("stats", good)[1]


def test_stats_as_json_has_the_variety_of_both_sides(corpus: Cli, good: Path) -> None:
    found = json.loads(corpus("stats", good, "--json")[1])
    assert found["customer"]["turns"] == 2
    assert found["supporter"]["self_bleu"] is not None
    assert found["chains"]["2"][0] == {"strategies": ["greeting", "appreciation_and_closure"], "count": 2}


def test_split_says_what_is_in_each_part(corpus: Cli, tmp_path: Path) -> None:
    source = tmp_path / "all.jsonl"
    source.write_text("".join(line(f"c{n}", profile=f"person {n}") for n in range(10)))
    code, out, _ = corpus("split", source, "-o", tmp_path / "parts", "--parts", "train=0.7,test=0.3")
    assert code == 0
    assert out.splitlines() == [
        f"{tmp_path / 'parts' / 'train.jsonl'}: 7 conversations",
        f"{tmp_path / 'parts' / 'test.jsonl'}: 3 conversations",
    ]


@pytest.mark.parametrize("format_", ["dianjin", "messages", "sharegpt", "parquet", "hf"])
def test_every_format_of_export_says_how_many(corpus: Cli, good: Path, tmp_path: Path, format_: str) -> None:
    code, out, err = corpus("export", good, "--format", format_, "-o", tmp_path / "out")
    assert (code, err) == (0, "")
    assert out.startswith(f"{tmp_path / 'out'}: 2 conversations (")
    assert (tmp_path / "out").exists()


@pytest.mark.parametrize("format_", ["dianjin", "parquet", "hf"])
def test_export_stops_at_a_bad_line_unless_it_may_be_left_out(
    corpus: Cli, bad: Path, tmp_path: Path, format_: str
) -> None:
    arguments = ("export", bad, "--format", format_, "-o", tmp_path / "out")
    code, out, err = corpus(*arguments)
    assert (code, out) == (2, "")
    assert f"{bad}:2: " in err
    code, out, err = corpus(*arguments, "--skip-bad")
    assert code == 0
    assert "3 conversations" in out
    assert "left out 3 lines" in err


def test_a_folder_is_exported_split_by_split(corpus: Cli, tmp_path: Path) -> None:
    source = tmp_path / "all.jsonl"
    source.write_text("".join(line(f"c{n}", profile=f"person {n}") for n in range(10)))
    corpus("split", source, "-o", tmp_path / "parts")
    code, out, _ = corpus("export", tmp_path / "parts", "--format", "hf", "-o", tmp_path / "set")
    assert code == 0
    assert "10 conversations" in out
    assert {path.name for path in (tmp_path / "set" / "data").iterdir()} == {
        "train.parquet",
        "validation.parquet",
        "test.parquet",
    }
