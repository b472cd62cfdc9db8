"""A student's folder put together from what was trained."""

from __future__ import annotations

import json
import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from csc_dspy.distillation.base import Base
from csc_dspy.distillation.card import card
from csc_dspy.distillation.faults import explained
from csc_dspy.lms.download import file_sha256
from csc_dspy.lms.student import GGUF_ADAPTER, GGUF_MODEL, Student


def assemble(folder: Path, student: Student, base: Base, tokenizer: Any, trained: Path) -> Student:
    """Write a student's folder, :data:`~csc_dspy.lms.student.FILE` last; what it held before goes when all is made.

    Args:
        folder: Where it goes.
        student: What it says of itself; without an adapter, one that was trained is merged into the base.
        base: What it stands on.
        tokenizer: The base's.
        trained: The folder with what was trained; may be the student's own.

    Returns:
        The student as it is written: with the digests of its weights, and with what they were trained.

    Raises:
        InputError: There is no adapter in ``trained``, or it is damaged.
        ModelError: The base's weights or the adapter's cannot be read.
        RunError: It cannot be written.
    """
    from csc_dspy.distillation.conversion import left_out_where_unknown, servable
    from csc_dspy.distillation.lora_gguf import ADAPTER_CONFIG, write_lora
    from csc_dspy.distillation.model_gguf import write_like

    if trained != folder:  # what was trained before keeps what it says
        student = student.model_copy(update={"frameworks": {name: version(name) for name in _FRAMEWORKS}})
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f"{_MADE}*"):  # by a kill
        shutil.rmtree(left, ignore_errors=True)
    with explained(base.source, folder), tempfile.TemporaryDirectory(dir=folder, prefix=_MADE) as made:
        part = Path(made)
        if not student.adapter and (trained / ADAPTER_CONFIG).is_file():
            from csc_dspy.distillation.merging import merge

            merge(base, trained, part)
        else:
            for file in sorted(trained.iterdir()):
                if file.suffix in (".safetensors", ".json"):
                    shutil.copy2(file, part / file.name)
            if student.adapter:
                _name_base(part / ADAPTER_CONFIG, base.name)
        if (gguf := servable(base, tokenizer)) is not None:
            with left_out_where_unknown():
                if student.adapter:
                    write_lora(part, gguf, part / GGUF_ADAPTER)
                else:
                    write_like(part, gguf, part / GGUF_MODEL)
        tokenizer.save_pretrained(part)
        (part / "README.md").write_text(card(student, folder.resolve().name), encoding="utf-8")
        weights = sorted(file for file in part.iterdir() if file.suffix in (".safetensors", ".gguf"))
        student = student.model_copy(update={"files": {file.name: file_sha256(file) for file in weights}})
        for file in part.iterdir():
            file.replace(folder / file.name)
    student.write(folder)
    sweep(folder, student)
    return student


def sweep(folder: Path, student: Student) -> None:
    """Delete what an earlier student has left in the folder: beside new weights an old adapter would be loaded, too."""
    weights = [*folder.glob("*.safetensors"), folder / GGUF_ADAPTER, folder / GGUF_MODEL]
    stale = [path for path in weights if student.files and path.name not in student.files]
    others = _OF_WEIGHTS if student.adapter else _OF_ADAPTERS
    for path in [*stale, *(folder / name for name in others)]:
        path.unlink(missing_ok=True)


_FRAMEWORKS = ("torch", "transformers", "peft", "trl")
_MADE = ".made-"
_OF_WEIGHTS = ("config.json", "generation_config.json", "model.safetensors.index.json")
_OF_ADAPTERS = ("adapter_config.json",)
"""What stands beside whole weights, and beside an adapter."""


def _name_base(path: Path, name: str) -> None:
    """Let peft's configuration name the base as people do, instead of a path of this machine."""
    config = json.loads(path.read_text(encoding="utf-8"))
    config["base_model_name_or_path"] = name
    path.write_text(json.dumps(config, indent=2), encoding="utf-8")
