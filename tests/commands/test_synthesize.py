"""``csc-dspy synthesize`` as a user runs it: real processes, a loopback model server, faults and bad input."""

from __future__ import annotations

import json
import re
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from csc_dspy.conversation import read_conversations
from csc_dspy.synthesis.plan import parse_topics, parts
from csc_dspy.synthesis.rolecs import Synthesis, load_people
from tests.support.actor import RolePlayActor
from tests.support.command import environment, rows, write_people
from tests.support.job import JobVerb, refused
from tests.support.openai_server import Fault, OpenAIServer
from tests.support.zygote import Zygote

KEY = "sk-test-planted-0123456789abcdef"


@pytest.fixture
def verb(zygote: Zygote, server: OpenAIServer, tmp_path: Path) -> JobVerb:
    write_people(tmp_path / "people.jsonl")
    return JobVerb(zygote, server, tmp_path, "synthesize", "--profiles", "people.jsonl")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_it_plays_and_keeps_valid_conversations_and_the_second_time_does_nothing(verb: JobVerb, lang: str) -> None:
    done = verb("-n", 4, "--lang", lang)
    assert done.returncode == 0, done.stderr
    assert "4 done, 0 dropped, 0 failed" in done.stdout
    kept = list(read_conversations(verb.out))
    assert len({conversation.id for conversation in kept}) == len(kept) == 4
    assert all(conversation.alternates and conversation.lang == lang for conversation in kept)
    for conversation in kept:
        assert conversation.meta is not None
        assert {"usage", "models", "judge", "stop", "facts"} <= set(conversation.meta)
    before = verb.out.read_bytes()
    verb.server.forget()

    again = verb("-n", 4, "--lang", lang)

    assert again.returncode == 0
    assert "nothing to do" in again.stdout
    assert verb.server.log == []
    assert verb.out.read_bytes() == before


def test_a_larger_count_adds_to_what_is_there(verb: JobVerb) -> None:
    verb("-n", 1)
    first = verb.out.read_bytes()
    assert verb("-n", 3).returncode == 0
    assert verb.out.read_bytes().startswith(first)
    assert len(rows(verb.out)) == 3


def test_twenty_kills_lose_no_finished_conversation_and_double_none(verb: JobVerb) -> None:
    count, server = 200, verb.server
    server.reply, server.delay = RolePlayActor(rounds=6), 0.005
    options = ("-n", count, "--concurrency", 4, "--seed", 5)
    known = verb.kill_again_and_again(*options)
    assert 10 <= len(known) < count

    done = verb(*options)

    assert done.returncode == 0, done.stderr
    people = load_people(Synthesis(output=verb.out, profiles=verb.folder / "people.jsonl"))
    assert sorted(verb.ids()) == sorted(part.id for part in parts(people, parse_topics("all"), "en", count))
    kept, dropped = rows(verb.out), rows(verb.dropped)
    assert f"{len(kept)} done, {len(dropped)} dropped, 0 failed" in done.stdout
    assert f"{verb.tokens():,} tokens" in done.stdout
    assert len(kept) > 0.75 * count


def test_ctrl_c_exits_130_and_the_same_command_continues(verb: JobVerb) -> None:
    verb.server.delay = 0.01
    child = verb.start("-n", 24, "--concurrency", 2)
    deadline = time.monotonic() + 60
    while not (verb.out.exists() and verb.out.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.01)
    child.signal(signal.SIGINT)
    stopped = child.wait()
    assert stopped.returncode == 130
    assert "Traceback" not in stopped.stderr
    assert "what was finished is on disk" in stopped.stderr
    before = verb.ids()
    assert 0 < len(before) < 24
    verb.server.delay = 0.0
    done = verb("-n", 24)
    assert done.returncode == 0
    assert f"{len(before)} finished before" in done.stdout
    assert set(before) <= set(verb.ids())
    assert len(verb.ids()) == len(set(verb.ids())) == 24


def test_on_a_flaky_server_every_unit_ends_in_a_row_and_the_exit_code_tells(verb: JobVerb) -> None:
    verb.server.reply = RolePlayActor(rounds=6)
    verb.weather_faults(6, "-n", 6)


def test_a_refused_key_stops_the_run_with_one_line(verb: JobVerb) -> None:
    verb.server.key = "another"
    done = verb("-n", 4, env=environment(OPENAI_API_KEY=KEY))
    assert done.returncode == 1
    assert KEY not in done.stdout + done.stderr
    error = done.stderr.strip().splitlines()[-1]
    assert error.startswith("error: openai/x: ")
    assert not rows(verb.failed)


def test_a_planted_key_is_nowhere_to_be_found(verb: JobVerb) -> None:
    """Tracking on; the server echoes the key, as a careless proxy does, in answers and in errors."""
    actor, asked = RolePlayActor(), 0

    def reply(body: Mapping[str, Any]) -> Any:
        nonlocal asked
        asked += 1
        return Fault("error") if asked % 7 == 0 else actor(body)

    verb.server.reply, verb.server.key = reply, KEY
    env = environment(OPENAI_API_KEY=KEY, CSC_MODELS__DEFAULT="openai/x")
    done = verb("-n", 2, "--tracking", env=env)
    assert done.returncode == 0, done.stderr
    assert any(asked.authorization == f"Bearer {KEY}" for asked in verb.server.log)
    assert (verb.folder / "mlruns").is_dir()
    assert KEY not in done.stdout + done.stderr
    files = [path for path in verb.folder.rglob("*") if path.is_file()]
    assert len(files) > 8
    guilty = [path for path in files if KEY.encode() in path.read_bytes()]
    assert guilty == []


def test_a_dry_run_asks_nothing_and_writes_nothing(verb: JobVerb) -> None:
    before = sorted(verb.folder.rglob("*"))
    done = verb("-n", 5, "--dry-run")
    assert done.returncode == 0
    assert re.match(r"5 conversations to play: about \d+ calls, [\d,]+ prompt and [\d,]+ generated tokens", done.stdout)
    assert verb.server.log == []
    assert sorted(verb.folder.rglob("*")) == before


def test_a_token_budget_stops_the_run_and_says_so(verb: JobVerb) -> None:
    done = verb("-n", 8, "--max-tokens", 60_000, "--concurrency", 1)
    assert done.returncode == 1
    assert "stopped: token budget" in done.stdout
    assert 0 < len(rows(verb.out)) < 8
    used = sum(
        completion["prompt_tokens"] + completion["completion_tokens"]
        for completion in (row["meta"]["usage"] for row in rows(verb.out))
    )
    assert used <= 60_000
    verb.server.forget()
    assert verb("-n", 8, "--max-tokens", 60_000, "--concurrency", 1).returncode == 1
    assert len(verb.server.log) < 40  # what was spent before counts


def test_a_refused_request_is_a_failure_that_can_be_tried_again(verb: JobVerb) -> None:
    actor = verb.server.reply
    verb.server.reply = lambda body: Fault("error", status=400)
    done = verb("-n", 1)
    assert done.returncode == 1
    assert [row["group"] for row in rows(verb.failed)] == ["error.RefusedError"]
    verb.server.reply = actor
    assert verb("-n", 1, "--retry-failed").returncode == 0
    assert len(rows(verb.out)) == 1


def test_after_nothing_but_failures_other_options_are_taken(verb: JobVerb) -> None:
    actor = verb.server.reply
    verb.server.reply = lambda body: Fault("error", status=400)
    assert verb("-n", 1, "--temperature", 1.9).returncode == 1
    verb.server.reply = actor
    assert verb("-n", 1).returncode == 0
    assert len(rows(verb.out)) == 1
    assert (verb.folder / "out.failed.jsonl.bak-1").is_file()  # nothing is lost


def test_money_is_not_limited_by_guessing(verb: JobVerb) -> None:
    refused(verb("-n", 2, "--max-cost", 1.0), "no price is known for openai/x", "--max-tokens")
    assert verb.server.log == []


def test_a_changed_configuration_is_refused_with_what_changed(verb: JobVerb) -> None:
    verb("-n", 1)
    before = verb.out.read_bytes()
    refused(verb("-n", 2, "--seed", 3), "seed: 0 → 3", "--accept-changes", "--fresh")
    assert verb.out.read_bytes() == before
    assert verb("-n", 2, "--seed", 3, "--accept-changes").returncode == 0
    assert [row["meta"]["seed"] for row in rows(verb.out)] == [0, 3]


def test_fresh_starts_over_and_keeps_the_old_files(verb: JobVerb) -> None:
    verb("-n", 1)
    before = verb.out.read_bytes()
    assert verb("-n", 1, "--seed", 3, "--fresh").returncode == 0
    assert [row["meta"]["seed"] for row in rows(verb.out)] == [3]
    assert verb.out.with_name("out.jsonl.bak-1").read_bytes() == before


def test_new_profiles_can_be_invented_first(verb: JobVerb) -> None:
    done = verb("-n", 10, "--invent", 2, "--topics", "technical_support")
    assert done.returncode == 0, done.stderr
    assert len(rows(verb.folder / "out.invented.jsonl")) == 2
    assert sum("invented" in row["id"] for row in rows(verb.out)) == 2


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("gpt-4o-mini", "'gpt-4o-mini' is not a model"),
        ("openai/", "is not a model"),
        ("local/no-such-weights", "no weights named"),
        ("student:distilled", "distilled: not a student: there is no student.json in it"),
    ],
)
def test_an_unknown_model_is_wrong_input(verb: JobVerb, name: str, says: str) -> None:
    refused(verb("-n", 1, "--lm", name), says)
    assert verb.server.log == []


def test_no_model_at_all_says_what_to_give(zygote: Zygote, verb: JobVerb) -> None:
    done = zygote.run("synthesize", "--profiles", "people.jsonl", "-o", "out.jsonl", cwd=verb.folder)
    refused(done, "no model for the role planner", "--lm")


def test_a_missing_key_says_which(zygote: Zygote, verb: JobVerb) -> None:
    done = zygote.run(
        *("synthesize", "--profiles", "people.jsonl", "-o", "out.jsonl", "--lm", "openai/gpt-4o-mini"), cwd=verb.folder
    )
    refused(done, "OPENAI_API_KEY")


def _missing(path: Path) -> None:
    path.unlink(missing_ok=True)


def _folder(path: Path) -> None:
    path.mkdir()


def _content(content: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(content)

    return write


@pytest.mark.parametrize(
    ("make", "says"),
    [
        pytest.param(_missing, "bad.jsonl: no such file", id="missing"),
        pytest.param(_folder, "bad.jsonl: is a directory", id="directory"),
        pytest.param(_content(b""), "bad.jsonl: the file is empty", id="empty"),
        pytest.param(
            _content(b'{"text": "A nurse."}\n{"text": "caf\xe9"}\n'), "bad.jsonl:2: not UTF-8", id="not UTF-8"
        ),
        pytest.param(
            _content(b'{"text": "A nurse."}\n{"age": 7}\n'), "bad.jsonl:2: the entry has no text", id="fields"
        ),
        pytest.param(_content(b'{"text": "A nurse."}\n{"text": \n'), "bad.jsonl:2: not JSON", id="not JSON"),
        pytest.param(_content(b'{"text": "A", "lang": "fr"}\n'), "bad.jsonl:1: lang must be one of", id="language"),
        pytest.param(_content(b'[{"text": "A"}, {"id": "x"}]'), "bad.jsonl:2: the entry has no text", id="array"),
    ],
)
def test_bad_profiles_are_one_line_with_file_and_line(verb: JobVerb, make: Callable[[Path], None], says: str) -> None:
    make(verb.folder / "bad.jsonl")
    refused(verb("-n", 1, "--profiles", "bad.jsonl"), says)
    assert verb.server.log == []
    assert not verb.out.exists()


def test_bad_profiles_are_left_out_when_told_to(verb: JobVerb) -> None:
    (verb.folder / "bad.jsonl").write_bytes(b'{"text": "A nurse."}\n{"age": 7}\n{"text": "caf\xe9"}\n')
    assert verb("-n", 2, "--profiles", "bad.jsonl", "--skip-bad").returncode == 0
    assert len(rows(verb.out)) == 2


def test_a_byte_order_mark_is_no_part_of_a_profile(verb: JobVerb) -> None:
    (verb.folder / "bom.jsonl").write_bytes(b'\xef\xbb\xbf{"id": "first", "text": "A nurse."}\n')
    assert verb("-n", 1, "--profiles", "bom.jsonl").returncode == 0
    assert "first" in rows(verb.out)[0]["id"]


def test_text_that_looks_like_a_template_survives(verb: JobVerb) -> None:
    odd = 'Says [[ ## completed ## ]], {"strategy": 1}, {history} & "<b>quotes</b>" all day.'
    (verb.folder / "odd.jsonl").write_text(json.dumps({"id": "odd", "text": odd}) + "\n", "utf-8")
    done = verb("-n", 1, "--profiles", "odd.jsonl")
    assert done.returncode == 0, done.stderr
    assert len(rows(verb.out)) == 1
    asked = [message["content"] for body in verb.server.bodies for message in body["messages"]]
    assert any(odd in content for content in asked)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--topics", "weather"), "--topics"),
        (("-n", "0"), "-n"),
        (("--concurrency", "none"), "--concurrency"),
        (("--lang", "fr"), "--lang"),
        (("--similarity", "7"), "--similarity"),
        (("--temperature", "-1"), "--temperature"),
        (("--temperature", "nan"), "finite"),
        (("--max-cost", "nan"), "finite"),
        (("--lm", "nosuch/foo"), "nosuch"),
        (("--least", "30", "--most", "20"), "--least"),
    ],
)
def test_options_that_do_not_fit_are_wrong_input(verb: JobVerb, options: tuple[str, ...], says: str) -> None:
    refused(verb(*options), says)
    assert verb.server.log == []


def test_an_output_that_is_no_job_of_ours_is_not_touched(verb: JobVerb) -> None:
    verb.out.write_text("my precious notes\n", "utf-8")
    refused(verb("-n", 1), "out.jsonl: exists and is not a job's")
    assert verb.out.read_text("utf-8") == "my precious notes\n"


def test_a_folder_as_output_is_wrong_input(verb: JobVerb) -> None:
    verb.out.mkdir()
    refused(verb("-n", 1), "out.jsonl: is a directory")
