"""What every evaluation of a supporter is told: on which conversations, which program, held to which rules."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from csc_dspy.conversation import read_conversations
from csc_dspy.errors import InputError
from csc_dspy.framework import LANGS, Lang
from csc_dspy.lms.models import Models
from csc_dspy.pipeline.compiled import compiled, put_read
from csc_dspy.pipeline.masking import MaskingOptions
from csc_dspy.programs.named import is_compiled
from csc_dspy.programs.saved import SavedProgram
from csc_dspy.programs.supporter import SUPPORTERS


def holds_rules(rules: bool | None, models: Models, name: str, compiled: SavedProgram | None = None) -> bool:
    """Whether code restricts the strategies of a supporter.

    Args:
        rules: Whether it was told to; ``None``: as the program was compiled, else unless a student
            answers.
        models: What knows the students.
        name: Name of the supporter's model.
        compiled: The program, if it is a compiled one.

    Raises:
        InputError: There is no such student, or a compiled program is meant for one, which knows no prompts.
    """
    student = models.side(name) is not None
    if student and compiled is not None:
        raise InputError(f"{name} is a student, which is asked in its own form: leave --program out")
    if rules is not None:
        return rules
    measured = compiled.made.get("rules") if compiled else None
    return measured if isinstance(measured, bool) else not student


@dataclass(frozen=True, kw_only=True)
class SupporterOptions(MaskingOptions):
    """Whom to evaluate; the options of every job besides.

    Attributes:
        conversations: File of conversations, JSONL.
        program: Name of the program, or of a file with a compiled supporter.
        rules: Whether code restricts the strategies; see :class:`~csc_dspy.programs.supporter.Supporter`. ``None``:
            as it was compiled, else unless a student answers, which learned from real calls what follows what.
        temperature: Sampling temperature of the supporter.
    """

    conversations: Path
    program: str = "supporter"
    rules: bool | None = None
    temperature: float = 0.0

    @cached_property
    def compiled(self) -> SavedProgram | None:
        """The compiled program, if it is one; whether it is a supporter is seen when it is put to use.

        Raises:
            InputError: There is no such file, or it holds something else.
        """
        return compiled(self.program) if is_compiled(self.program) else None

    @property
    def ruled(self) -> bool:
        """Whether code restricts the strategies.

        Raises:
            InputError: There is no such model or student, or a student is to be asked by a compiled program.
        """
        if "supporter" not in self.roles:
            return self.rules is not False
        models = self.models()
        return holds_rules(self.rules, models, models.name_for("supporter", self.lm, self.role_lms), self.compiled)

    @property
    def program_name(self) -> str:
        """What the program is called in records; a compiled one by its digest, wherever its file lies."""
        return f"supporter {self.compiled.digest()}" if self.compiled else self.program

    def supporters(self) -> dict[Lang, Any]:
        """The program of each language, without a model yet.

        Raises:
            InputError: A compiled one does not fit, or was compiled for none of the languages of the conversations.
        """
        make = SUPPORTERS["supporter" if self.compiled else self.program]
        found = {lang: make(lang, rules=self.ruled, temperature=self.temperature) for lang in LANGS}
        if self.compiled:
            unsaid = self.on_bad and (lambda error: None)  # bad lines are told when they are worked on
            calls = read_conversations(self.conversations, unsaid)
            put_read("supporter", self.compiled, found, self.program, masks=self.masks, calls=calls)
        return found

    def config(self) -> dict[str, Any]:
        """What a job's manifest keeps of it."""
        return {
            "program": self.program_name,
            "rules": self.ruled,
            "temperature": self.temperature,
            "masking": self.masks,
        }
