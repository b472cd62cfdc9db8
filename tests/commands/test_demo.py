"""The demo as a user runs it, on a loopback model server instead of weights."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from csc_dspy.commands.demo import speaks_chinese
from csc_dspy.conversation import read_conversations
from csc_dspy.corpora import samples
from csc_dspy.corpora.profiles import drop_near_duplicates, read_profiles
from csc_dspy.demo.outcome import causes_of_failure, read_dropped, read_kept
from csc_dspy.demo.tour import Demo, Step, duration, tour
from csc_dspy.errors import RunError
from csc_dspy.jobs import paths_of
from tests.support.actor import RolePlayActor, schema_of
from tests.support.calls import OF_REWRITING, rewriting_actor
from tests.support.command import environment, run
from tests.support.openai_server import OpenAIServer
from tests.support.zygote import Zygote

Done = subprocess.CompletedProcess[str]


BOTH = ("--lang", "both")


def arguments(server: OpenAIServer, *more: str) -> tuple[str, ...]:
    return ("demo", "--lm", "openai/fake", "--api-base", server.api_base, *more)


def demo(zygote: Zygote, server: OpenAIServer, folder: Path, *more: str, **env: str) -> Done:
    return zygote.run(*arguments(server, *more), cwd=folder, env=environment(OPENAI_API_KEY="none", **env))


def every_role(body: Mapping[str, Any]) -> dict[str, Any]:
    """Plays, and rewrites calls."""
    rewrites = OF_REWRITING & set(schema_of(body))
    return rewriting_actor(body) if rewrites else RolePlayActor()(body)


@dataclass
class Taken:
    """A demo's first run, and what it cost."""

    folder: Path
    server: OpenAIServer
    done: Done
    requests: int


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Taken]:
    folder = tmp_path_factory.mktemp("demo")
    with OpenAIServer(every_role) as server:
        done = run(*arguments(server, *BOTH), cwd=folder, env=environment(OPENAI_API_KEY="none"), timeout=280)
        yield Taken(folder, server, done, len(server.log))


def test_every_step_is_announced_and_timed(taken: Taken) -> None:
    assert taken.done.returncode == 0, taken.done.stderr
    out = taken.done.stdout
    played = ("Weights", "Framework", "Wire check", "Play")
    rewritten = ("Read raw calls", "Rewrite two calls", "Compile a program", "Distil a student")
    titles = (*played, *rewritten, "Statistics", "A conversation", "Where to look")
    for number, title in enumerate(titles, start=1):
        assert f"{number}/{len(titles)} {title}" in out
    assert out.count(" s)\n") == len(titles)
    assert "The demo took" in out


def test_it_plays_both_languages_and_draws_them(taken: Taken) -> None:
    assert taken.requests > 20
    for lang in ("en", "zh"):
        (played,) = read_conversations(taken.folder / "demo" / f"rolecs.{lang}.jsonl")
        assert played.lang == lang
        assert played.turns[-1].text in taken.done.stdout or lang == "zh"
    pictures = {path.name for path in (taken.folder / "demo" / "pictures").iterdir()}
    assert {"lengths.png", "strategy_shares.png", "strategy_progress.png", "transitions.png"} == pictures
    assert (taken.folder / "mlruns" / "mlflow.db").is_file()


def test_it_reads_the_sample_calls_and_rewrites_one_of_each_language(taken: Taken) -> None:
    assert "calls read: 14\ncalls set aside: 0" in taken.done.stdout
    made = list(read_conversations(taken.folder / "demo" / "csconv.jsonl"))
    kept_or_dropped = [*made, *(one.conversation for one in read_dropped(taken.folder / "demo" / "csconv.jsonl"))]
    assert {one.lang for one in kept_or_dropped if one} == {"en", "zh"}


@pytest.mark.parametrize(("terminal", "chinese"), [("zh_CN.UTF-8", True), ("en_GB.UTF-8", False), ("", False)])
def test_the_terminal_says_its_language(monkeypatch: pytest.MonkeyPatch, terminal: str, chinese: bool) -> None:
    monkeypatch.delenv("LC_MESSAGES", raising=False)
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    monkeypatch.setenv("LC_ALL", terminal)
    assert speaks_chinese() is chinese


def test_it_plays_in_the_language_of_the_terminal(zygote: Zygote, tmp_path: Path) -> None:
    with OpenAIServer() as server:
        env = environment(OPENAI_API_KEY="none", LC_ALL="zh_CN.UTF-8")
        child = zygote.start(*arguments(server), cwd=tmp_path, env=env)
        deadline = time.monotonic() + 120
        while not (tmp_path / "demo" / "csconv.jsonl").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        child.signal(signal.SIGINT)
        ended = child.wait()
    assert ended.returncode == 130, ended.stderr
    (played,) = (tmp_path / "demo").glob("rolecs.??.jsonl")
    assert played.name == "rolecs.zh.jsonl"
    assert [one.lang for one in read_conversations(played)] == ["zh"]


def test_its_last_lines_say_where_to_look(taken: Taken) -> None:
    end = taken.done.stdout.partition("Where to look")[2]
    for hint in ("csc-dspy corpus view demo/rolecs.zh.jsonl", "csc-dspy corpus stats", "csc-dspy ui", "demo/pictures"):
        assert hint in end


def test_a_second_run_asks_the_model_nothing(zygote: Zygote, taken: Taken) -> None:
    files = [taken.folder / "demo" / f"rolecs.{lang}.jsonl" for lang in ("en", "zh")]
    before = [path.read_bytes() for path in files]
    asked = len(taken.server.log)
    again = demo(zygote, taken.server, taken.folder, *BOTH)
    assert again.returncode == 0, again.stderr
    assert len(taken.server.log) == asked
    assert [path.read_bytes() for path in files] == before
    assert "checked before" in again.stdout
    assert "finished before" in again.stdout


def test_a_conversation_that_is_dropped_is_shown_with_its_reason(zygote: Zygote, tmp_path: Path) -> None:
    with OpenAIServer(RolePlayActor(verdict=0)) as server:
        done = demo(zygote, server, tmp_path, *BOTH)
    assert done.returncode == 0, done.stderr
    assert "0 of 1 passed the filter" in done.stdout
    assert "dropped by judge.strategy" in done.stdout
    assert "Nothing passed the filter, so this describes what was dropped." in done.stdout
    (dropped,) = read_dropped(tmp_path / "demo" / "rolecs.zh.jsonl")
    assert dropped.conversation is not None
    assert "".join(dropped.conversation.turns[0].text.split()) in "".join(done.stdout.split())
    assert "corpus view" not in done.stdout


def test_a_model_that_does_not_answer_ends_it_in_one_line(zygote: Zygote, tmp_path: Path) -> None:
    with OpenAIServer(key="right") as server:
        done = demo(zygote, server, tmp_path, *BOTH)
    assert done.returncode == 1
    assert "does not answer" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "demo" / "wire.json").exists()


def test_steps_are_taken_in_turn_and_an_error_stops_them(tmp_path: Path) -> None:
    told = io.StringIO()
    mine = Demo(tmp_path / "new" / "demo", "local/x", console=Console(file=told, width=100))
    seen: list[str] = []

    def broken(demo: Demo) -> None:
        seen.append("second")
        raise RunError("the disk is full")

    steps = (
        Step("First [bold]", "Why.", lambda demo: seen.append("first"), "a minute"),
        Step("Second", "Why not.", broken),
        Step("Third", "Never.", lambda demo: seen.append("third")),
    )
    with pytest.raises(RunError, match="the disk is full"):
        tour(mine, steps)
    assert seen == ["first", "second"]
    assert "1/3 First [bold]" in told.getvalue()
    assert "Why. Takes a minute." in told.getvalue()
    assert mine.folder.is_dir()


def test_what_a_synthesis_left_is_read_whatever_is_in_it(tmp_path: Path) -> None:
    output = tmp_path / "rolecs.en.jsonl"
    assert read_kept(output) == []
    assert read_dropped(output) == []
    assert causes_of_failure(output) == {}
    turns = [{"speaker": "supporter", "text": "Hello."}]
    fragment = {
        "id": "a",
        "group": "guard.echo",
        "cause": "c",
        "record": {"conversation": {"id": "a", "lang": "en", "topic": "t", "source": "rolecs", "turns": turns}},
    }
    nothing = {"id": "b", "group": None, "cause": None, "record": {}}
    foreign = {"id": "c", "group": "rules.x", "cause": "y", "record": {"conversation": {"no": "conversation"}}}
    rows = "".join(json.dumps(row) + "\n" for row in (fragment, nothing, foreign))
    paths_of(output)["dropped"].write_text(rows, "utf-8")
    first, second, third = read_dropped(output)
    assert first.conversation is not None
    assert (first.conversation.id, first.conversation.turns[0].text) == ("a", "Hello.")
    assert (second.cause, second.group, second.conversation) == ("unknown", "unknown", None)
    assert (third.cause, third.conversation) == ("y", None)
    paths_of(output)["failed"].write_text('{"id": "d", "cause": "busy"}\n{"id": "d", "cause": "timeout"}\n', "utf-8")
    assert causes_of_failure(output) == {"d": "timeout"}


@pytest.mark.parametrize(("seconds", "text"), [(0.26, "0.3 s"), (9.99, "10 s"), (42.4, "42 s"), (185.0, "3 min 05 s")])
def test_durations_read_well(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_the_sample_profiles_are_varied_people_of_both_languages() -> None:
    people = list(read_profiles(samples.PROFILES))
    assert Counter(person.lang for person in people) == {"en": 12, "zh": 12}
    assert len({person.id for person in people}) == 24
    assert all(50 <= len(person.text.split()) <= 90 for person in people if person.lang == "en")
    assert all(90 <= len(person.text) <= 160 for person in people if person.lang == "zh")
    assert drop_near_duplicates(people, 0.5)[1] == []
