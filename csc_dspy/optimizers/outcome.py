"""What a compile came to, as its file keeps it and as people read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import dspy
from pydantic import TypeAdapter, ValidationError

from csc_dspy import __version__
from csc_dspy.conversation import Record
from csc_dspy.errors import InputError
from csc_dspy.framework import Lang
from csc_dspy.lms.student import FILE
from csc_dspy.optimizers.heldout import Gain
from csc_dspy.optimizers.options import Compilation
from csc_dspy.programs.saved import SavedProgram
from csc_dspy.usage import Usage


class CompiledLang(Record):
    """What compiling did for one language.

    Attributes:
        gains: The figures on examples no optimizer saw, before and after.
        trials: Candidates that answered all validation examples.
        spent: Answers the optimizer asked for.
        best: Number of the candidate that was chosen; 0 is the program that was not compiled.
        tuned: Name of the folder of the model that was tuned for it, if one was.
        notes: What has to be said loudly.
        troubles: What models failed at; like ``stopped`` for people only, as it may name them.
        stopped: Why it ended early, if it did.
    """

    gains: tuple[Gain, ...]
    trials: int
    spent: int
    best: int
    tuned: str | None = None
    notes: tuple[str, ...] = ()
    troubles: tuple[str, ...] = ()
    stopped: str | None = None


@dataclass(frozen=True)
class Compiled:
    """What a compile came to.

    Attributes:
        langs: Each language's part.
        usage: What all replies on record took.
        asked: Questions asked in this run; the others were on record.
        model: The registered model's address, ``models:/supporter/3``; ``None`` if it is not tracked.
        tuned: Each language's tuned model, if there is one.
    """

    langs: Mapping[Lang, CompiledLang]
    usage: Usage
    asked: int
    model: str | None
    tuned: Mapping[Lang, str]

    @property
    def complete(self) -> bool:
        """Whether nothing but the budget of answers ended it."""
        return all(one.stopped is None for one in self.langs.values())

    @property
    def unchanged(self) -> bool:
        """Whether nothing better was found in any language."""
        return all(one.best == 0 for one in self.langs.values())


def made(job: Compilation, done: Mapping[Lang, CompiledLang], config: str) -> dict[str, Any]:
    """How a program was compiled, for its file: no model, no key, no path."""
    return {
        "version": __version__,
        "dspy": dspy.__version__,
        "optimizer": job.optimizer,
        "budget": job.budget,
        "demos": job.demos,
        "seed": job.seed,
        "rules": job.rules,
        "words": job.words,
        "config": config,
        "complete": all(one.stopped is None for one in done.values()),
        "langs": {
            lang: one.model_dump(mode="json", exclude_none=True, exclude={"stopped", "troubles"})
            for lang, one in done.items()
        },
    }


def tuned_models(job: Compilation, done: Mapping[Lang, CompiledLang]) -> dict[Lang, str]:
    """The names of the models that were tuned."""
    return {lang: f"student:{job.tuned / one.tuned}" for lang, one in done.items() if one.tuned is not None}


def finished(job: Compilation, config: str) -> Compiled | None:
    """What an earlier run of the same compile came to, if it finished."""
    if job.fresh or not job.output.exists():
        return None
    try:
        earlier = SavedProgram.read(job.output, job.program).made
        langs = TypeAdapter(dict[Lang, CompiledLang]).validate_python(earlier.get("langs"))
    except (InputError, ValidationError):
        return None
    found = Compiled(langs, Usage(), 0, None, tuned_models(job, langs))
    there = all((job.tuned / one.tuned / FILE).is_file() for one in langs.values() if one.tuned is not None)
    same = earlier.get("config") == config and earlier.get("complete") is True
    return found if same and there else None


def figures(lang: Lang, done: CompiledLang) -> dict[str, float | None]:
    """A language's figures by name, for tracking."""
    found: dict[str, float | None] = {f"{lang}.trials": done.trials, f"{lang}.answers": done.spent}
    found[f"{lang}.chosen_trial"] = done.best
    for gain in done.gains:
        name = f"{lang}.{gain.figure}".replace(" ", "_")
        found |= {f"{name}.before": gain.before, f"{name}.after": gain.after, f"{name}.difference": gain.difference}
    return found
