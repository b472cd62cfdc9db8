"""The command line as a whole: its help, its errors, and the order in which the rooms may import each other."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import csc_dspy
from csc_dspy.cli import VERBS
from tests.support.command import environment

PACKAGE = Path(csc_dspy.__file__).parent
HEAVY = ("torch", "dspy", "mlflow", "litellm", "transformers", "sklearn", "scipy", "numpy", "matplotlib", "xllamacpp",
         "pydantic", "rich", "httpx")  # fmt: skip

FLOORS: tuple[tuple[str, ...], ...] = (
    ("errors", "framework", "openmp", "wording"),
    ("files", "redaction", "usage"),
    ("conversation", "settings"),
    ("metrics", "chats"),
    ("tracking", "corpora"),
    ("jobs",),
    ("lms",),
    ("signatures",),
    ("programs",),
    ("pipeline",),
    ("synthesis", "rewriting", "annotation", "evaluation"),
    ("distillation",),
    ("judging", "optimizers"),
    ("demo",),
    ("commands",),
    ("cli",),
    ("__main__",),
)
"""The rooms from the ground up. A room may import from its own floor and those below."""


def floor(room: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if room in rooms)


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    """The rooms of this package that a file imports, inside functions too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written out in full"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            head, _, rest = name.partition(".")
            if head == "csc_dspy" and rest:
                found.add(rest.split(".")[0])
    return found - {"__version__"}


FILES = [path for path in sorted(PACKAGE.rglob("*.py")) if path != PACKAGE / "__init__.py"]


def test_every_room_has_its_floor() -> None:
    named = {room for rooms in FLOORS for room in rooms}
    assert {room_of(path) for path in FILES} <= named


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_downwards_only(path: Path) -> None:
    mine = room_of(path)
    for room in imported_rooms(path):
        assert floor(room) <= floor(mine), f"{mine} must not import {room}"
        assert room == mine or floor(room) < floor(mine), f"{mine} and {room} are neighbours and stay apart"


def python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, env=environment(), timeout=120
    )


HELP = """
import json, sys
sys.argv = ["csc-dspy", *sys.argv[1:]]
from csc_dspy.cli import main
try:
    main()
except SystemExit as end:
    print(json.dumps([end.code, sorted({name.partition(".")[0] for name in sys.modules})]), file=sys.stderr)
"""


@pytest.mark.parametrize("option", ["--help", "-h", "--version"])
def test_help_lists_the_verbs_and_imports_nothing_heavy(option: str) -> None:
    done = python(HELP, option)
    code, modules = json.loads(done.stderr.splitlines()[-1])
    assert code == 0
    assert not set(HEAVY) & set(modules)
    if option == "--version":
        assert csc_dspy.__version__ in done.stdout
    else:
        for verb, says in VERBS.items():
            assert any(verb in line and says[:30] in line for line in done.stdout.splitlines())


@pytest.mark.parametrize("verb", [*VERBS])
def test_every_verb_has_a_help_that_needs_no_model(verb: str) -> None:
    done = python(HELP, verb, "--help")
    code, modules = json.loads(done.stderr.splitlines()[-1])
    assert code == 0, done.stderr
    assert done.stdout.startswith("Usage:")
    assert not {"torch", "dspy", "litellm", "transformers", "xllamacpp"} & set(modules)


@pytest.mark.parametrize("module", ["score", "compare", "page"])
def test_what_reads_saved_answers_starts_without_dspy(module: str) -> None:
    code = f"import sys; import csc_dspy.evaluation.{module}; print('dspy' in sys.modules)"
    assert python(code).stdout == "False\n"


def test_a_verb_that_does_not_exist_is_wrong_input() -> None:
    done = python(HELP, "sythesize")
    assert json.loads(done.stderr.splitlines()[-1])[0] == 2
    assert "No such command" in done.stderr


def test_an_error_of_a_verb_is_one_line_and_with_debug_a_traceback(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.jsonl")
    plain = subprocess.run(
        [sys.executable, "-m", "csc_dspy", "corpus", "check", missing], capture_output=True, text=True,
        env=environment(), cwd=tmp_path,
    )  # fmt: skip
    assert plain.returncode == 2
    assert plain.stderr == f"error: {missing}: no such file\n"
    debug = subprocess.run(
        [sys.executable, "-m", "csc_dspy", "--debug", "corpus", "check", missing], capture_output=True, text=True,
        env=environment(), cwd=tmp_path,
    )  # fmt: skip
    assert debug.returncode == 2
    assert "Traceback" in debug.stderr


def test_verbs_bodies_are_short() -> None:
    for path in sorted((PACKAGE / "commands").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                lines = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
                assert lines < 30, f"{path.name}:{node.lineno} {node.name} has {lines} lines"
