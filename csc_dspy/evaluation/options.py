"""What every evaluation of a supporter is told: on which conversations, which program, held to which rules."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from csc_dspy.framework import LANGS, Lang
from csc_dspy.pipeline.masking import MaskingOptions
from csc_dspy.programs.supporter import SUPPORTERS


@dataclass(frozen=True, kw_only=True)
class SupporterOptions(MaskingOptions):
    """Whom to evaluate; the options of every job besides.

    Attributes:
        conversations: File of conversations, JSONL.
        program: Name of the program.
        rules: Whether code restricts the strategies; see :class:`~csc_dspy.programs.supporter.Supporter`.
        temperature: Sampling temperature of the supporter.
    """

    conversations: Path
    program: str = "supporter"
    rules: bool = True
    temperature: float = 0.0

    def supporters(self) -> dict[Lang, Any]:
        """The program of each language, without a model yet."""
        make = SUPPORTERS[self.program]
        return {lang: make(lang, rules=self.rules, temperature=self.temperature) for lang in LANGS}

    def config(self) -> dict[str, Any]:
        """What a job's manifest keeps of it."""
        return {
            "program": self.program,
            "rules": self.rules,
            "temperature": self.temperature,
            "masking": self.masks,
        }
