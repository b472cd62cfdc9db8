"""``rewrite``, ``annotate`` and ``evaluate`` as a user runs them: real processes, a loopback model server, faults."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from csc_dspy.conversation import write_records
from tests.support.calls import raw_call, rewriting_actor
from tests.support.command import environment, rows
from tests.support.job import JobVerb, refused
from tests.support.openai_server import OpenAIServer
from tests.support.zygote import Done, Zygote

KEY = "sk-test-planted-0123456789abcdef"
VERBS = ("rewrite", "annotate", "evaluate")


@pytest.fixture(params=VERBS)
def verb(request: pytest.FixtureRequest, zygote: Zygote, server: OpenAIServer, tmp_path: Path) -> JobVerb:
    server.reply = rewriting_actor
    return with_calls(JobVerb(zygote, server, tmp_path, request.param, "calls.jsonl"), 4)


def with_calls(verb: JobVerb, count: int) -> JobVerb:
    """The verb, on this many calls of both languages."""
    calls = [raw_call(f"call-{number}", "zh" if number % 2 else "en") for number in range(count)]
    write_records(verb.folder / "calls.jsonl", calls)
    return verb


def test_it_labels_every_supporter_turn_and_the_second_time_does_nothing(verb: JobVerb) -> None:
    done = verb()
    assert done.returncode == 0, done.stderr
    assert "4 done, 0 dropped, 0 failed" in done.stdout
    kept = rows(verb.out)
    assert {one["id"] for one in kept} == {f"call-{number}" for number in range(4)}
    supporters = [turn for one in kept for turn in one["turns"] if turn.get("speaker") != "customer"]
    assert all(turn["strategy"] and turn["stage"] for turn in supporters)
    before = verb.out.read_bytes()
    verb.server.forget()

    again = verb()

    assert again.returncode == 0
    assert "nothing to do" in again.stdout
    assert verb.server.log == []
    assert verb.out.read_bytes() == before


def test_kills_lose_no_finished_call_and_double_none(verb: JobVerb) -> None:
    count, times = (240, 20) if verb.arguments[0] == "rewrite" else (80, 8)
    with_calls(verb, count)
    verb.server.delay = 0.01
    options = ("--concurrency", 2)
    known = verb.kill_again_and_again(*options, times=times)
    assert times // 2 <= len(known) < count

    done = verb(*options)

    assert done.returncode == 0, done.stderr
    assert sorted(verb.ids()) == sorted(f"call-{number}" for number in range(count))
    assert f"{count} done, 0 dropped, 0 failed" in done.stdout
    assert f"{verb.tokens():,} tokens" in done.stdout


def test_ctrl_c_exits_130_and_the_same_command_continues(verb: JobVerb) -> None:
    with_calls(verb, 60)
    verb.server.delay = 0.02
    child = verb.start("--concurrency", 2)
    deadline = time.monotonic() + 60
    while not (verb.out.exists() and verb.out.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.01)
    child.signal(signal.SIGINT)
    stopped = child.wait()
    assert stopped.returncode == 130
    assert "Traceback" not in stopped.stderr
    before = verb.ids()
    assert 0 < len(before) < 60
    verb.server.delay = 0.0
    assert verb().returncode == 0
    assert set(before) <= set(verb.ids())
    assert len(verb.ids()) == len(set(verb.ids())) == 60


def test_on_a_flaky_server_every_call_ends_in_a_row_and_the_exit_code_tells(verb: JobVerb) -> None:
    with_calls(verb, 24).weather_faults(24)


def test_a_planted_key_is_nowhere_to_be_found(verb: JobVerb) -> None:
    verb.server.key = KEY
    done = verb("--tracking", env=environment(OPENAI_API_KEY=KEY))
    assert done.returncode == 0, done.stderr
    assert (verb.folder / "mlruns").is_dir()
    assert KEY not in done.stdout + done.stderr
    files = [path for path in verb.folder.rglob("*") if path.is_file()]
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []


def test_a_dry_run_asks_nothing_and_writes_nothing(verb: JobVerb) -> None:
    before = sorted(verb.folder.iterdir())
    done = verb("--dry-run")
    assert done.returncode == 0, done.stderr
    assert "calls" in done.stdout
    assert verb.server.log == []
    assert sorted(verb.folder.iterdir()) == before


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "calls.jsonl: there is nothing in it to "),
        (b'{"id": "a"}\n', "calls.jsonl:1: "),
        (b"\xff\xfe\n", "calls.jsonl:1: not UTF-8"),
    ],
)
def test_bad_calls_are_one_line_with_file_and_line(verb: JobVerb, content: bytes, says: str) -> None:
    (verb.folder / "calls.jsonl").write_bytes(content)
    refused(without_note(verb()), says)


def test_a_bad_call_behind_good_ones_ends_the_run_and_what_was_finished_stays(verb: JobVerb) -> None:
    (verb.folder / "calls.jsonl").write_text(raw_call().to_json() + "\n[1]\n", "utf-8")
    done = verb("--concurrency", 1)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert "calls.jsonl:2: " in done.stderr.splitlines()[-1]
    assert verb("--skip-bad").returncode == 0
    assert verb.ids() == ["call-1"]


def test_a_missing_file_is_named(verb: JobVerb) -> None:
    (verb.folder / "calls.jsonl").unlink()
    refused(without_note(verb()), "calls.jsonl: no such file")


def without_note(done: Done) -> Done:
    """What a run said, without the line about masking it begins with."""
    lines = [line for line in done.stderr.splitlines() if not line.startswith("personal data is ")]
    return Done(done.args, done.returncode, done.stdout, "\n".join(lines))
