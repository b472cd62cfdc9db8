"""Compiled programs where a verb is told which program to use."""

from __future__ import annotations

from pathlib import Path

from csc_dspy.programs.saved import SavedProgram


def is_compiled(program: str) -> bool:
    """Whether a program's name is that of a file that ``compile`` wrote."""
    return program.endswith(".json")


def compiled(program: str, of: str) -> SavedProgram:
    """The compiled program of that name.

    Args:
        program: A file that ``compile`` wrote.
        of: Which program it has to be.

    Raises:
        InputError: There is none, or it is of another program or version.
    """
    return SavedProgram.read(Path(program), of)
