"""The command line as a process of its own, as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_OURS = ("CSC_", "OPENAI_", "MLFLOW_", "HOSTED_VLLM_", "OLLAMA_", "ANTHROPIC_")


def environment(**more: str) -> dict[str, str]:
    """The environment without what would change a run, plus ``more``."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return {**plain, "COLUMNS": "200", "PYTHONPATH": str(ROOT), **more}


def start(*arguments: object, cwd: Path, env: Mapping[str, str] | None = None, **options: Any) -> subprocess.Popen[str]:
    """``csc-dspy`` with these arguments, running."""
    return subprocess.Popen(
        [sys.executable, "-m", "csc_dspy", *map(str, arguments)],
        cwd=cwd,
        env=dict(env or environment()),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def run(
    *arguments: object, cwd: Path, env: Mapping[str, str] | None = None, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """``csc-dspy`` with these arguments, to its end."""
    process = start(*arguments, cwd=cwd, env=env)
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def rows(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSONL file; none if there is no such file."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


PEOPLE = (
    "I am a night-shift nurse who counts every coin and hates waiting in queues.",
    "A retired geography teacher with a large garden, patient and very precise about dates.",
    "Student of chemistry, forgetful, talks fast, shares a flat with three musicians.",
    "Truck driver from the coast, calm, tired, proud of never having missed a payment.",
    "Owner of a tiny bakery, early riser, distrusts everything that is done online.",
    "Freelance designer between projects, anxious about money, extremely polite.",
    "Grandmother of nine who learned to use a tablet last winter and loves it.",
    "Software tester, sarcastic, reads the terms and conditions before breakfast.",
)


def write_people(path: Path, count: int = 8) -> Path:
    """A file of people who may call, one a line, all different."""
    lines = [json.dumps({"id": f"p{number}", "text": text}) for number, text in enumerate(PEOPLE[:count], start=1)]
    for number in range(len(lines) + 1, count + 1):
        about = PEOPLE[number % 8]
        text = f"Person {number} {number * 7919 % 9973:04d}, {about[::-1] if number % 2 else about}"
        lines.append(json.dumps({"id": f"p{number}", "text": text}))
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path
