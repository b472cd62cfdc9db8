"""What the documents say is true: commands parse, links lead somewhere, examples run."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import click
import pytest

from csc_dspy.cli import cli
from csc_dspy.distillation.config import TrainingConfig
from tests.support.command import environment
from tests.support.openai_server import OpenAIServer
from tests.test_cli import FLOORS

ROOT = Path(__file__).resolve().parents[1]
PAGES = [name for name in ("README.md", "README.zh.md", "CONTRIBUTING.md", "CHANGELOG.md") if (ROOT / name).exists()]

BLOCK = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)[^)]*\)")
MACHINE_PATH = re.compile(r"(?<![\w.:/~-])/(?:work|root|home|Users|tmp|opt|mnt|var)/")
SHELLS = {"bash", "sh", "shell", "console"}
PLACEHOLDER = re.compile(r"[…|\[\]<>]|\.\.\.|\b[A-Z]{2,}\b")


def text_of(page: str) -> str:
    return (ROOT / page).read_text("utf-8")


def prose(page: str) -> str:
    return BLOCK.sub("", text_of(page))


def shell_lines(text: str) -> Iterator[str]:
    """The commands of the shell blocks, continued lines joined, prompts, comments and outputs taken off."""
    for language, body in BLOCK.findall(text):
        if language not in SHELLS:
            continue
        prompts = any(line.startswith("$ ") for line in body.splitlines())
        for line in body.replace("\\\n", " ").splitlines():
            if not prompts or line.startswith("$ "):
                yield line.removeprefix("$ ").strip()


def commands(page: str) -> Iterator[tuple[list[str], bool]]:
    """The words of every command, and whether it stands in a block, to be copied, or inside a sentence."""
    for line in shell_lines(text_of(page)):
        for part in re.split(r"\s*(?:&&|\|\||;|\|)\s+", line):
            words = shlex.split(part, comments=True)
            while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
                words = words[1:]
            if words:
                yield words, True
    for span in SPAN.findall(prose(page)):
        if span.startswith(("csc-dspy ", "make ")):
            yield shlex.split(span), False


def parse(words: list[str], *, whole: bool = True) -> None:
    """Parse a command line as click would, without running anything.

    Of a mention inside a sentence, or a command with a placeholder (``NAME``, ``…``), the verb and the options
    must exist; what they need may be missing.
    """
    context = click.Context(cli, info_name="csc-dspy")
    command: click.Command = cli
    rest = words[1:]
    while isinstance(command, click.Group):
        while rest and rest[0].startswith("-"):
            assert rest[0] in options(command), f"{words}: no such option {rest[0]}"
            rest = rest[1:]
        if not rest or PLACEHOLDER.search(rest[0]):
            return
        found = command.get_command(context, rest[0])
        assert found is not None, f"{words}: no such verb {rest[0]}"
        command, rest = found, rest[1:]
    if not whole or any(PLACEHOLDER.search(word) for word in rest):
        unknown = [word for word in rest if word.startswith("-") and word.split("=")[0] not in options(command)]
        assert not unknown, f"{words}: no such option {unknown[0]}"
        return
    try:
        command.make_context("csc-dspy", list(rest), parent=context)
    except click.exceptions.Exit:  # --help
        return
    except click.UsageError as error:
        pytest.fail(f"{' '.join(words)}: {error.format_message()}")


def options(command: click.Command) -> set[str]:
    found = {"-h", "--help"}
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            found |= {*parameter.opts, *parameter.secondary_opts}
    return found


@pytest.mark.parametrize("page", PAGES)
def test_every_command_parses(page: str) -> None:
    for words, whole in commands(page):
        if words[0] == "csc-dspy":
            parse(words, whole=whole)
        elif words[:3] in (["python", "-m", "csc_dspy"], ["python3", "-m", "csc_dspy"]):
            parse(words[2:], whole=whole)
        elif words[0] in ("python", "python3") and words[1].endswith(".py"):
            assert (ROOT / words[1]).is_file(), f"{words[1]}: no such script"


@pytest.mark.parametrize("page", PAGES)
def test_every_make_target_exists(page: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))
    for words, _ in commands(page):
        if words[0] == "make":
            named = {word for word in words[1:] if "=" not in word and not word.startswith("-")}
            assert named <= targets, f"{words}: no such target"


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    for target in LINK.findall(prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = unquote(target).partition("#")
        assert not path.startswith("/"), f"{target}: not relative"
        assert (ROOT / path).exists(), f"{target}: no such file"
        assert not anchor or path or anchor in anchors(page), f"{target}: no such heading"


def anchors(page: str) -> set[str]:
    return {re.sub(r"[^\w\- ]", "", title).strip().lower().replace(" ", "-") for _, title in headings(page)}


def headings(page: str) -> list[tuple[int, str]]:
    found = re.findall(r"^(#+) +(.+)$", prose(page), re.MULTILINE)
    return [(len(marks), title) for marks, title in found]


@pytest.mark.parametrize("page", PAGES)
def test_no_page_names_a_place_on_somebodys_machine(page: str) -> None:
    assert MACHINE_PATH.findall(text_of(page)) == []


def test_the_readmes_have_the_same_parts() -> None:
    levels = [[level for level, _ in headings(page)] for page in ("README.md", "README.zh.md") if page in PAGES]
    assert all(one == levels[0] for one in levels)


def test_the_parser_of_this_test_finds_faults() -> None:
    for good in ("csc-dspy ui", "csc-dspy --version", "csc-dspy corpus check|stats", "csc-dspy models pull NAME"):
        parse(good.split())
    parse(["csc-dspy", "synthesize"], whole=False)
    for bad in (
        "csc-dspy nonsense",
        "csc-dspy synthesize",
        "csc-dspy ui --nope 3",
        "csc-dspy synthesize --nope NAME",
        "csc-dspy demo -n 0",
    ):
        with pytest.raises((AssertionError, pytest.fail.Exception)):
            parse(bad.split())


def test_the_table_of_a_training_names_every_key_and_its_default() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (?:`([^`]+)`|–) \| \S.* \|$", text_of("docs/settings.md"), re.MULTILINE)
    told = {key: tomllib.loads(f"x = {default}")["x"] if default else None for key, default in rows}
    known = {key: field.default for key, field in TrainingConfig.model_fields.items()}
    assert list(told.items()) == list(known.items())
    assert {key: type(value) for key, value in told.items()} == {key: type(value) for key, value in known.items()}
    assert len(rows) == len(told)


def test_the_map_of_the_house_has_every_room_on_its_floor() -> None:
    rows = re.findall(r"^\| (\d+) \| (.+?) \| .+ \|$", text_of("CONTRIBUTING.md"), re.MULTILINE)
    told = {room: int(floor) for floor, rooms in rows for room in re.findall(r"\(csc_dspy/(\w+)(?:\.py)?\)", rooms)}
    known = {room: number for number, rooms in enumerate(FLOORS, start=1) for room in rooms}
    assert told == {room: number for room, number in known.items() if room != "__main__"}


def test_every_verb_of_the_help_has_its_file() -> None:
    context = click.Context(cli)
    assert all(cli.get_command(context, name) is not None for name in cli.list_commands(context))


@pytest.mark.parametrize("script", sorted((ROOT / "examples").glob("*.py")), ids=lambda path: path.name)
def test_examples_are_short(script: Path) -> None:
    assert 30 <= len(script.read_text("utf-8").splitlines()) <= 60


def example(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "examples" / name), *arguments]
    env = environment(OPENAI_API_KEY="none")
    return subprocess.run(command, capture_output=True, text=True, env=env, timeout=120)


def test_the_example_that_reads_describes_a_file(tmp_path: Path) -> None:
    turns = [
        {"speaker": "supporter", "text": "Hello!", "strategy": "greeting", "stage": "connecting"},
        {"speaker": "customer", "text": "Hello."},
    ]
    good = {"id": "a", "lang": "en", "topic": "other", "source": "test", "turns": turns}
    path = tmp_path / "some.jsonl"
    path.write_text(json.dumps(good) + "\n{}\n", "utf-8")
    done = example("read_and_describe.py", str(path))
    assert done.returncode == 0, done.stderr
    assert "conversations: 1, turns: 2, bad lines: 1" in done.stdout
    assert re.search(r"100\.0%  Greeting +connecting", done.stdout)
    missing = example("read_and_describe.py", str(tmp_path / "none.jsonl"))
    assert missing.returncode == 1
    assert missing.stderr.strip().endswith("no such file")


def test_the_example_that_plays_plays(server: OpenAIServer) -> None:
    done = example("play_one.py", "--lm", "openai/fake", "--api-base", server.api_base, "--lang", "zh")
    assert done.returncode == 0, done.stderr
    assert re.search(r"ended: (closed|customer_left); asked again: .*; [\d,]+ tokens", done.stdout)
    assert len(server.log) > 10
