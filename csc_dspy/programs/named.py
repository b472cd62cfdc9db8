"""What programs are called; without their libraries, as verbs that ask no model want to know it, too."""

from __future__ import annotations

from csc_dspy.tracking import is_registered

PACKAGED = ("supporter", "rewriter", "roleplay", "judge", "annotator")
"""The programs that come with the package and can be compiled."""


def is_compiled(program: str) -> bool:
    """Whether a program's name is that of a compiled one: a file that ``compile`` wrote, or a registered model."""
    return program.endswith(".json") or is_registered(program)


def is_program(name: str) -> bool:
    """Whether a name is that of a program: a compiled one, or one that comes with the package."""
    return is_compiled(name) or name in PACKAGED
