"""Compiled programs where a verb is told which program to use."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from csc_dspy.errors import InputError
from csc_dspy.framework import Lang
from csc_dspy.programs.asking import Program
from csc_dspy.programs.saved import SavedProgram
from csc_dspy.tracking import fetch, is_registered


def compiled(program: str, of: str | None = None) -> SavedProgram:
    """The compiled program of that name.

    Args:
        program: A file that ``compile`` wrote, or a registered model, ``models:/supporter/3``.
        of: Which program it has to be; ``None`` for any.

    Raises:
        InputError: There is none, or it is of another program or version.
    """
    if not is_registered(program):
        return SavedProgram.read(Path(program), of)
    with tempfile.TemporaryDirectory() as folder:
        return SavedProgram.read(fetch(program, Path(folder)), of)


def put_compiled(name: str, program: str | None, programs: Mapping[Lang, Program]) -> None:
    """Let programs be as compiled, where a file says so.

    Args:
        name: Which program they are.
        program: A file that ``compile`` wrote, a registered model, or ``None``.
        programs: The program in each language that is used.

    Raises:
        InputError: There is no such file, it does not fit, or none of the languages was compiled.
    """
    if program is None:
        return
    saved = compiled(program, name)
    mine = {lang: part for lang, part in saved.langs.items() if lang in programs}
    if not mine:
        raise InputError(f"{program}: compiled for {', '.join(saved.langs)}, and {', '.join(programs)} is needed")
    saved.model_copy(update={"langs": mine}).put_into(programs, program)
