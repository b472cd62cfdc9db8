"""What is left of a job after kill -9, Ctrl-C, SIGTERM and a full disk: real processes, real files."""

from __future__ import annotations

import importlib.util
import json
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).with_name("job_script.py")
FILES = ("out.jsonl", "out.dropped.jsonl", "out.failed.jsonl")


def load_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("csc_job_script", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


job = load_script()


def start(out: Path, *options: str) -> subprocess.Popen[str]:
    """The script as a process, once its first unit is asked for."""
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), str(out), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    return process


def ids(path: Path, *, torn_tail: bool = False) -> list[str]:
    if not path.exists():
        return []
    lines = path.read_bytes().split(b"\n")
    tail = lines.pop()
    assert torn_tail or not tail, f"{path.name} ends with half a line"
    return [json.loads(line)["id"] for line in lines]


def all_ids(folder: Path, *, torn_tail: bool = False) -> list[str]:
    return [unit for name in FILES for unit in ids(folder / name, torn_tail=torn_tail)]


def assert_whole(folder: Path, units: int) -> None:
    done, dropped, failed = job.expected(units)
    for name, wanted in zip(FILES, (done, dropped, failed), strict=True):
        assert sorted(ids(folder / name)) == sorted(wanted)


@pytest.mark.parametrize("moment", range(20))
def test_a_kill_at_any_moment_loses_no_finished_unit_and_doubles_none(tmp_path: Path, moment: int) -> None:
    process = start(tmp_path / "out.jsonl")
    time.sleep(moment * 0.017)
    process.kill()
    process.communicate()
    before = all_ids(tmp_path, torn_tail=True)

    summary = job.run(tmp_path / "out.jsonl")

    assert_whole(tmp_path, 60)
    assert set(before) <= set(all_ids(tmp_path))
    assert (summary.done, summary.dropped, summary.failed) == (51, 6, 3)
    assert summary.already + summary.written == 60
    assert summary.already >= len(before)
    assert summary.overall.tokens == 60 * job.TOKENS_A_UNIT
    assert summary.overall.cost == pytest.approx(0.06)
    assert summary.funnel == Counter({"rules.length": 6, "error.RuntimeError": 3})


def test_kill_after_kill_of_a_job_that_writes_all_the_time_only_ever_adds(tmp_path: Path) -> None:
    options = ["--units", "3000", "--seconds", "0.001", "--concurrency", "16", "--padding", "4000"]
    before: list[str] = []
    for moment in (0.05, 0.11, 0.07, 0.13):
        process = start(tmp_path / "out.jsonl", *options)
        time.sleep(moment)
        process.kill()
        process.communicate()
        now = all_ids(tmp_path, torn_tail=True)
        assert set(before) <= set(now)
        assert len(now) == len(set(now))
        before = now
    assert before

    summary = job.run(tmp_path / "out.jsonl", units=3000, seconds=0.0, concurrency=64)

    assert_whole(tmp_path, 3000)
    assert summary.overall.tokens == 3000 * job.TOKENS_A_UNIT


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_exits_130_with_whole_rows_and_the_same_command_continues(tmp_path: Path, number: int) -> None:
    process = start(tmp_path / "out.jsonl", "--seconds", "0.3")
    time.sleep(0.5)
    process.send_signal(number)
    _, stderr = process.communicate(timeout=10)
    assert process.returncode == 130
    assert stderr == ""
    before = all_ids(tmp_path)
    assert 0 < len(before) < 60

    summary = job.run(tmp_path / "out.jsonl")

    assert summary.already == len(before)
    assert summary.repaired == 0
    assert_whole(tmp_path, 60)


def test_two_ctrl_c_in_a_row_still_leave_whole_rows(tmp_path: Path) -> None:
    process = start(tmp_path / "out.jsonl", "--seconds", "0.3")
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
    assert process.returncode == 130
    assert all_ids(tmp_path)
    job.run(tmp_path / "out.jsonl")
    assert_whole(tmp_path, 60)


def test_a_second_process_on_the_same_output_is_refused_and_disturbs_nothing(tmp_path: Path) -> None:
    first = start(tmp_path / "out.jsonl", "--seconds", "20")
    second = subprocess.run([sys.executable, str(SCRIPT), str(tmp_path / "out.jsonl")], capture_output=True, text=True)
    assert second.returncode == 1
    assert "another process is writing it" in second.stderr
    assert second.stderr.count("\n") == 1
    first.send_signal(signal.SIGINT)
    assert first.communicate(timeout=10) == ("", "")
    assert first.returncode == 130
    job.run(tmp_path / "out.jsonl")
    assert_whole(tmp_path, 60)


def test_a_file_that_cannot_grow_stops_the_run_and_the_same_command_continues(tmp_path: Path) -> None:
    process = start(tmp_path / "out.jsonl", "--file-limit", "10000", "--seconds", "0.001")
    _, stderr = process.communicate(timeout=10)
    assert process.returncode == 1
    before = all_ids(tmp_path)
    assert f"error: {tmp_path / 'out.jsonl'}: cannot be written (File too large); " in stderr
    assert f"{len(before)} finished units are safe; free space and run the same command again" in stderr
    assert "Traceback" not in stderr
    # As many whole rows as fit are kept.
    assert 9000 < (tmp_path / "out.jsonl").stat().st_size <= 10000

    summary = job.run(tmp_path / "out.jsonl")

    assert summary.already == len(before)
    assert summary.repaired == 0
    assert_whole(tmp_path, 60)


def test_a_full_disk_stops_the_run_and_the_same_command_continues(tmp_path: Path) -> None:
    """A real 64 KiB file system in a mount namespace of its own; without the right to mount, a limit on file sizes."""
    small, kept = tmp_path / "small", tmp_path / "kept"
    small.mkdir()
    kept.mkdir()
    # What lies on the small disk is gone with the namespace: it is copied out as it is after the run.
    run = f'"{sys.executable}" "{SCRIPT}" "{small}/out.jsonl" --units 400; code=$?; cp "{small}"/* "{kept}"; exit $code'
    mounted = [*("unshare", "--user", "--map-root-user", "--mount", "sh", "-c")]
    mount = f'mount -t tmpfs -o size=64k tmpfs "{small}"'
    if shutil.which("unshare") and subprocess.run([*mounted, mount], capture_output=True).returncode == 0:
        result = subprocess.run([*mounted, f"{mount} && {run}"], capture_output=True, text=True)
        assert "No space left on device" in result.stderr
    else:
        result = subprocess.run(["sh", "-c", f"ulimit -f 100; {run}"], capture_output=True, text=True)
    assert result.returncode == 1, result.stderr
    before = all_ids(kept)
    assert f"{len(before)} finished units are safe" in result.stderr
    assert 0 < len(before) < 400

    summary = job.run(kept / "out.jsonl", units=400, seconds=0.0)

    assert summary.already == len(before)
    assert_whole(kept, 400)


def test_the_output_directory_is_usable_when_made_by_the_job(tmp_path: Path) -> None:
    job.run(tmp_path / "new" / "folder" / "out.jsonl", units=3)
    assert sorted(path.name for path in (tmp_path / "new" / "folder").iterdir()) == [
        "out.job.json",
        "out.jsonl",
        "out.jsonl.lock",
    ]
