"""The files of a job: which lie beside its output, and what they are called."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

Status = Literal["done", "dropped", "failed"]


def paths_of(output: Path) -> dict[Status, Path]:
    """The files of rows that belong to an output: ``out.jsonl``, ``out.dropped.jsonl``, ``out.failed.jsonl``."""
    return {"done": output, "dropped": _beside(output, ".dropped.jsonl"), "failed": _beside(output, ".failed.jsonl")}


def manifest_path(output: Path) -> Path:
    """The file of a job's configuration: ``out.job.json``."""
    return _beside(output, ".job.json")


def pending_path(output: Path) -> Path:
    """The file of the replies of unfinished units: ``out.pending.jsonl``."""
    return _beside(output, ".pending.jsonl")


def _beside(output: Path, ending: str) -> Path:
    stem = output.with_suffix("") if output.suffix == ".jsonl" else output
    return stem.with_name(stem.name + ending)
