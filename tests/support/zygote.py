"""Many processes of the command line for the price of one start.

A process that has imported the package waits for orders and forks a child for each. The child has its own environment,
folder and files, and is killed, interrupted and waited for like any other process::

    with Zygote() as zygote:
        child = zygote.start("synthesize", "-o", "out.jsonl", cwd=folder)
        child.signal(signal.SIGKILL)
        done = child.wait()
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.support.command import ROOT, environment

Done = subprocess.CompletedProcess[str]


@dataclass
class Child:
    """A running command."""

    zygote: Zygote
    pid: int
    arguments: list[str]
    folder: Path

    def signal(self, number: int) -> None:
        """Send a signal, unless it has ended and been waited for."""
        os.kill(self.pid, number)

    def wait(self) -> Done:
        """Its end: exit code (negative for a signal), standard output and error."""
        code = self.zygote._order(wait=self.pid)["code"]
        out, err = ((self.folder / name).read_text("utf-8") for name in ("out", "err"))
        return Done(self.arguments, code, out, err)


class Zygote:
    """The process that forks; see the module's text."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._count = 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.zygote"],
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, *arguments: object, cwd: Path, env: Mapping[str, str] | None = None) -> Child:
        """``csc-dspy`` with these arguments, running."""
        self._count += 1
        folder = Path(self._folder.name) / str(self._count)
        folder.mkdir()
        given = [str(argument) for argument in arguments]
        order = {"args": given, "cwd": str(cwd), "env": dict(env or environment()), "files": str(folder)}
        return Child(self, self._order(**order)["pid"], given, folder)

    def run(self, *arguments: object, cwd: Path, env: Mapping[str, str] | None = None) -> Done:
        """``csc-dspy`` with these arguments, to its end."""
        return self.start(*arguments, cwd=cwd, env=env).wait()

    def _order(self, **order: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._process.kill()
        self._process.communicate()
        self._folder.cleanup()


def _become(order: Mapping[str, Any]) -> None:
    """In the child: the command line, and nothing of the parent's."""
    files = Path(order["files"])
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(files / name, os.O_WRONLY | os.O_CREAT), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.clear()
    os.environ.update(order["env"])
    os.chdir(order["cwd"])
    sys.argv = ["csc-dspy", *order["args"]]
    from csc_dspy.cli import main

    code = 1
    try:
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def serve() -> None:
    """Fork a child for each line of standard input."""
    for name in ("cli", "synthesis.invention", "synthesis.rolecs", "lms.doctor", "tracking", "demo"):
        importlib.import_module(f"csc_dspy.{name}")
    # What these leave for later on purpose, and every child would pay for.
    for name in ("scipy.sparse", "sklearn.feature_extraction.text", "mlflow.store.tracking.sqlalchemy_store"):
        importlib.import_module(name)

    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            _, status = os.waitpid(order["wait"], 0)
            answer = {"code": os.waitstatus_to_exitcode(status)}
        else:
            pid = os.fork()
            if pid == 0:
                _become(order)
            answer = {"pid": pid}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    serve()
