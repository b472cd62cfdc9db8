"""The files of a job: mending, refusing, keeping, counting."""

from __future__ import annotations

import errno
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from csc_dspy.errors import InputError, LineError, RunError
from csc_dspy.jobs import JobStore, Outcome, fingerprint
from csc_dspy.jobs.lines import AppendFile, repair
from csc_dspy.jobs.manifest import changes
from csc_dspy.jobs.rows import Row
from csc_dspy.usage import Usage

CONFIG = {"model": {"name": "fake", "temperature": 0.7}, "seed": 1}
USAGE = Usage(calls=1, prompt_tokens=7, completion_tokens=3, cost=0.5)


def done(unit: str, **more: Any) -> Row:
    return Row.of(unit, Outcome("done", {"id": unit, **more}), USAGE)


def failed(unit: str, *, transient: bool = False) -> Row:
    return Row.of(unit, Outcome("failed", {}, "why", "error.Odd", transient), USAGE)


def dropped(unit: str) -> Row:
    return Row.of(unit, Outcome("dropped", {"score": 0}, "too long", "rules.length"), USAGE)


def write(out: Path, *rows: Row) -> None:
    with JobStore.open(out, CONFIG) as store:
        store.append(rows)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_done_line_is_the_record_with_its_usage_and_the_caller_s_record_stays_as_it_was(tmp_path: Path) -> None:
    record = {"id": "a", "text": "您好\u2028次の行", "meta": {"trial": 2}}
    write(tmp_path / "out.jsonl", Row.of("a", Outcome("done", record), USAGE))
    (line,) = (tmp_path / "out.jsonl").read_bytes().removesuffix(b"\n").split(b"\n")
    assert json.loads(line) == {**record, "meta": {"trial": 2, "usage": USAGE.to_dict()}}
    assert record["meta"] == {"trial": 2}
    assert "您好" in line.decode()


def test_dropped_and_failed_units_are_rows_with_cause_and_group(tmp_path: Path) -> None:
    write(tmp_path / "out.jsonl", dropped("a"), failed("b", transient=True))
    usage = USAGE.to_dict()
    assert lines(tmp_path / "out.dropped.jsonl") == [
        {
            "id": "a",
            "status": "dropped",
            "group": "rules.length",
            "cause": "too long",
            "transient": False,
            "usage": usage,
            "record": {"score": 0},
        }
    ]
    assert lines(tmp_path / "out.failed.jsonl") == [
        {
            "id": "b",
            "status": "failed",
            "group": "error.Odd",
            "cause": "why",
            "transient": True,
            "usage": usage,
            "record": {},
        }
    ]
    assert (tmp_path / "out.jsonl").read_bytes() == b""


@pytest.mark.parametrize(
    ("outcome", "error"),
    [
        (Outcome("done", {"id": "other"}), ValueError),
        (Outcome("done", {}), ValueError),
        (Outcome("done", {"id": "a", "score": float("nan")}), ValueError),
        (Outcome("done", {"id": "a", "text": "\ud83d"}), ValueError),
        (Outcome("done", {"id": "a", "path": Path("x")}), TypeError),
        (Outcome("over", {"id": "a"}), ValueError),  # type: ignore[arg-type]
    ],
)
def test_a_record_that_would_spoil_the_file_never_becomes_a_row(outcome: Outcome, error: type[Exception]) -> None:
    with pytest.raises(error):
        Row.of("a", outcome, USAGE)


def test_a_cause_is_one_line_of_bounded_length() -> None:
    row = Row.of("a", Outcome("failed", {}, "one\ntwo\r\n\ud83d " + "x" * 9999), USAGE)
    cause = json.loads(row.line)["cause"]
    assert cause.startswith("one two ? x")
    assert len(cause) == 500


def test_a_cause_holds_no_secret() -> None:
    row = Row.of("a", Outcome("failed", {}, "x" * 490 + " refused: sk-abcdefghij0123456789"), USAGE)
    assert b"sk-a" not in row.line


@pytest.mark.parametrize("name", ["out.jsonl", "out.dropped.jsonl", "out.failed.jsonl"])
@pytest.mark.parametrize(
    ("tail", "kept"),
    [
        (b'{"id": "torn", "te', False),
        (b'{"id": "torn"}', True),
        (b"\x00\x00\x00", False),
        (b'{"id": "\xe5\xa5', False),
        (b'"torn"', False),
        (b'{"id": "torn", "text": "' + b"x" * 200_000, False),
    ],
)
def test_a_torn_last_line_is_mended_and_counted(tmp_path: Path, name: str, tail: bytes, kept: bool) -> None:
    write(tmp_path / "out.jsonl", done("a"), dropped("b"), failed("c"))
    whole = (tmp_path / name).read_bytes()
    with (tmp_path / name).open("ab") as file:
        file.write(tail)
    with JobStore.open(tmp_path / "out.jsonl", CONFIG) as store:
        assert store.repaired == 1
        assert store.finished == (4 if kept else 3)
        assert store.is_finished("torn") == kept
    assert (tmp_path / name).read_bytes() == (whole + tail + b"\n" if kept else whole)


def test_mending_a_file_that_is_one_torn_line_empties_it(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"id": ')
    assert repair(path)
    assert path.read_bytes() == b""
    assert not repair(path)
    assert not repair(tmp_path / "none.jsonl")


def test_a_broken_line_in_the_middle_is_reported_with_its_place(tmp_path: Path) -> None:
    write(tmp_path / "out.jsonl", done("a"))
    with (tmp_path / "out.jsonl").open("a") as file:
        file.write('oops\n{"id": "b"}\n')
    with pytest.raises(LineError, match=r"out\.jsonl:2: not JSON"):
        JobStore.open(tmp_path / "out.jsonl", CONFIG)
    with pytest.raises(LineError):  # and the lock was given back
        JobStore.open(tmp_path / "out.jsonl", CONFIG)


def test_opening_again_counts_every_unit_once_and_all_usage(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    write(out, done("a"), failed("b", transient=True), failed("c"), dropped("d"))
    write(out, failed("b", transient=True))
    write(out, done("b"))
    with JobStore.open(out, CONFIG) as store:
        assert (store.done, store.dropped, store.failed, store.transient) == (2, 1, 1, 0)
        assert store.finished == store.already == 4
        assert store.funnel == Counter({"rules.length": 1, "error.Odd": 1})
        assert store.usage.tokens == 60  # tries that failed were paid, too
        assert store.usage.cost == pytest.approx(3.0)


def test_transient_failures_are_not_finished_and_with_retry_failed_no_failure_is(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    write(out, done("a"), failed("b", transient=True), failed("c"), dropped("d"))
    with JobStore.open(out, CONFIG) as store:
        assert [store.is_finished(unit) for unit in "abcdx"] == [True, False, True, True, False]
        assert (store.finished, store.transient) == (3, 1)
    with JobStore.open(out, CONFIG, retry_failed=True) as store:
        assert [store.is_finished(unit) for unit in "abcd"] == [True, False, False, True]
        assert store.finished == 2
        store.append([done("c")])
        assert (store.done, store.failed) == (2, 1)


def test_an_unknown_price_stays_unknown(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    write(out, done("a"), Row.of("b", Outcome("done", {"id": "b"}), Usage(calls=1, cost=None)))
    with JobStore.open(out, CONFIG) as store:
        assert store.usage.cost is None
    assert lines(out)[1]["meta"]["usage"]["cost"] is None


def test_a_changed_configuration_is_refused_with_what_changed(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    write(out, done("a"))
    before = out.read_bytes()
    with pytest.raises(InputError) as caught:
        JobStore.open(out, {"model": {"name": "fake", "temperature": 0.9}, "trials": 3})
    message = str(caught.value)
    assert "model.temperature: 0.7 → 0.9; seed: 1 → (not set); trials: (not set) → 3." in message
    assert "--fresh" in message
    assert "--accept-changes" in message
    assert "\n" not in message
    assert out.read_bytes() == before


def test_accepted_changes_continue_and_keep_the_earlier_configuration(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    write(out, done("a"))
    new = {**CONFIG, "seed": 2}
    with JobStore.open(out, new, accept_changes=True) as store:
        assert store.finished == 1
        assert store.manifest.fingerprint == fingerprint(new)
    manifest = json.loads((tmp_path / "out.job.json").read_text())
    assert manifest["config"] == new
    assert [(e["config"], e["fingerprint"], e["finished"]) for e in manifest["history"]] == [
        (CONFIG, fingerprint(CONFIG), 1)
    ]
    JobStore.open(out, new).close()
    with pytest.raises(InputError, match="seed: 2 → 1"):
        JobStore.open(out, CONFIG)


def test_a_grown_input_continues_and_is_noted(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    JobStore.open(out, CONFIG, inputs={"calls.jsonl": "sha256:1"}).close()
    with JobStore.open(out, CONFIG, inputs={"calls.jsonl": "sha256:2"}) as store:
        assert [earlier.inputs for earlier in store.manifest.history] == [{"calls.jsonl": "sha256:1"}]


def test_another_input_is_not_added_unasked(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    first, moved, other = ({"a.jsonl": "sha256:1"}, {"old/a.jsonl": "sha256:1"}, {"b.jsonl": "sha256:2"})
    JobStore.open(out, CONFIG, inputs=first).close()
    JobStore.open(out, CONFIG, inputs=other).close()  # nothing was made of the first one yet
    JobStore.open(out, CONFIG, inputs=first, fresh=True).close()
    write(out, done("x"))
    JobStore.open(out, CONFIG, inputs=moved).close()
    with pytest.raises(InputError, match=r"made from a\.jsonl, old/a\.jsonl, not from b\.jsonl: another output"):
        JobStore.open(out, CONFIG, inputs=other)
    JobStore.open(out, CONFIG, inputs=other, accept_changes=True).close()
    for inputs in (first, other):
        JobStore.open(out, CONFIG, inputs=inputs).close()


def test_fresh_starts_over_and_keeps_every_old_file(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    names = ("out.jsonl", "out.dropped.jsonl", "out.failed.jsonl", "out.job.json")
    for number in (1, 2):
        write(out, done(f"a{number}"), dropped("b"), failed("c"))
        old = {name: (tmp_path / name).read_bytes() for name in names}
        with JobStore.open(out, CONFIG, fresh=True) as store:
            assert store.finished == 0
            assert store.usage == Usage()
        assert {name: (tmp_path / f"{name}.bak-{number}").read_bytes() for name in names} == old
    assert b"a1" in (tmp_path / "out.jsonl.bak-1").read_bytes()


def test_a_file_no_job_wrote_is_never_touched(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text("my own notes")
    with pytest.raises(InputError, match=r"exists and is not a job's \(out\.job\.json is missing\)"):
        JobStore.open(out, CONFIG)
    assert out.read_text() == "my own notes"
    assert not (tmp_path / "out.job.json").exists()
    JobStore.open(out, CONFIG, fresh=True).close()
    assert (tmp_path / "out.jsonl.bak-1").read_text() == "my own notes"


def test_an_empty_file_may_become_the_output(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    out.touch()
    JobStore.open(out, CONFIG).close()


def test_an_input_is_never_the_output(tmp_path: Path) -> None:
    calls = tmp_path / "calls.jsonl"
    calls.write_text('{"id": "a"}\n')
    for out in (calls, tmp_path / "sub" / ".." / "calls.jsonl"):
        with pytest.raises(InputError, match="is an input"):
            JobStore.open(out, CONFIG, fresh=True, inputs={str(calls): "sha256:1"})
    assert calls.read_text() == '{"id": "a"}\n'


def test_a_manifest_that_is_none_is_refused_and_fresh_helps(tmp_path: Path) -> None:
    (tmp_path / "out.job.json").write_text("[]")
    with pytest.raises(InputError, match="not the manifest of a job"):
        JobStore.open(tmp_path / "out.jsonl", CONFIG)
    JobStore.open(tmp_path / "out.jsonl", CONFIG, fresh=True).close()


def test_places_that_cannot_be_written_are_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a directory"):
        JobStore.open(tmp_path, CONFIG)
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="cannot be written"):
        JobStore.open(tmp_path / "file" / "out.jsonl", CONFIG)


def test_a_second_store_on_the_same_output_is_refused_until_the_first_is_closed(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    first = JobStore.open(out, CONFIG)
    with pytest.raises(RunError, match="another process is writing it"):
        JobStore.open(out, CONFIG)
    first.close()
    first.close()
    JobStore.open(out, CONFIG).close()


def test_the_side_files_of_a_name_without_jsonl_do_not_meet_those_of_another(tmp_path: Path) -> None:
    with JobStore.open(tmp_path / "v1.2", CONFIG) as store:
        assert store.paths["failed"].name == "v1.2.failed.jsonl"
        assert store.manifest_path.name == "v1.2.job.json"


def test_usage_without_a_row_is_remembered(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    for _ in range(2):
        with JobStore.open(out, CONFIG) as store:
            store.add_unrecorded(USAGE)
    with JobStore.open(out, CONFIG) as store:
        assert store.usage == USAGE + USAGE


class FullDisk:
    """A file on a disk with room for so many bytes more; what does not fit is written in part."""

    def __init__(self, file: Any, room: int) -> None:
        self.file = file
        self.room = room

    def write(self, data: memoryview) -> int:
        if self.room == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        written: int = self.file.write(data[: self.room])
        self.room -= written
        return written

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)


@pytest.mark.parametrize("room", [0, 1, 150, 1000, 1999])
def test_a_full_disk_keeps_the_whole_lines_that_fit(tmp_path: Path, room: int) -> None:
    path = tmp_path / "x.jsonl"
    batch = [b"a" * 99 + b"\n"] * 20
    file = AppendFile(path)
    assert file.append(batch) == (20, None)
    file._file = FullDisk(file._file, room)  # type: ignore[assignment]
    kept, error = file.append(batch)
    assert error is not None
    assert error.errno == errno.ENOSPC
    assert kept == room // 100
    assert path.stat().st_size == 2000 + kept * 100


def test_rows_that_a_failed_fsync_leaves_in_doubt_do_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = AppendFile(tmp_path / "x.jsonl")
    file.append([b"a\n"])

    def broken(descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("csc_dspy.jobs.lines.os.fsync", broken)
    kept, error = file.append([b"b\n", b"c\n"])
    assert kept == 0
    assert error is not None
    assert (tmp_path / "x.jsonl").read_bytes() == b"a\n"


def test_a_full_disk_is_an_error_that_says_what_is_safe(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    with JobStore.open(out, CONFIG) as store:
        store.append([done("a")])
        file = store._files["done"]
        file._file = FullDisk(file._file, len(done("b").line) + 5)  # type: ignore[assignment]
        with pytest.raises(RunError) as caught:
            store.append([done("b"), dropped("d"), done("c")])
        assert str(caught.value) == (
            f"{out}: cannot be written (No space left on device); 3 finished units are safe; "
            "free space and run the same command again"
        )
    with JobStore.open(out, CONFIG) as store:
        assert [store.is_finished(unit) for unit in "abcd"] == [True, True, False, True]
        assert store.repaired == 0


def test_the_fingerprint_knows_values_and_not_their_order() -> None:
    assert fingerprint({"a": 1, "b": {"c": (1, 2)}}) == fingerprint({"b": {"c": [1, 2]}, "a": 1})
    assert fingerprint({"a": 1}) != fingerprint({"a": 1.0})


def test_changes_show_where_long_values_part() -> None:
    (line,) = changes({"prompt": "x" * 500 + "old"}, {"prompt": "x" * 500 + "new"})
    assert "old" in line
    assert "new" in line
    assert len(line) < 160
    assert changes({"a": [1], "b": {}}, {"a": [1.0], "b": {"c": None}}) == [
        "a: [1] → [1.0]",
        "b: {} → (not set)",
        "b.c: (not set) → null",
    ]


def test_another_configuration_is_taken_as_long_as_nothing_was_made_with_the_first(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    JobStore.open(out, {"model": "a-wrong-name"}).close()
    with JobStore.open(out, {"model": "the-right-one"}) as store:
        assert store.manifest.config == {"model": "the-right-one"}
