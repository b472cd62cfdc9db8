"""A compiled program as MLflow loads it: a model from code, whose state is the JSON file beside it.

Loaded by ``mlflow.pyfunc.load_model("models:/supporter/3")`` where this package is installed; nothing is unpickled. The
language model that answers is not part of it: ``csc.toml`` or ``CSC_MODELS__DEFAULT`` name it, or the parameter ``lm``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlflow.models import set_model
from mlflow.pyfunc import PythonModel
from pydantic import ValidationError

from csc_dspy.conversation import Turn, fault_of
from csc_dspy.errors import InputError
from csc_dspy.framework import LANGS, Lang
from csc_dspy.lms.endpoint import is_local
from csc_dspy.lms.models import Models
from csc_dspy.pipeline.compiled import put_saved
from csc_dspy.programs.annotator import Annotator
from csc_dspy.programs.asking import Program
from csc_dspy.programs.saved import SavedProgram
from csc_dspy.programs.supporter import Supporter
from csc_dspy.settings import Role

_TAKEN_BY = {
    "rewriter": "rewrite --program",
    "roleplay": "synthesize --program",
    "judge": "synthesize --judge-program",
}
"""The verbs that take the programs which do not answer calls."""


class CompiledProgram(PythonModel):  # type: ignore[misc]
    """A compiled supporter or annotator behind MLflow's interface."""

    def load_context(self, context: Any) -> None:
        """Read the program.

        Raises:
            InputError: It is of another version, or of a program that does not answer calls turn by turn.
        """
        self.saved = SavedProgram.read(Path(context.artifacts["program"]), called="the registered program")
        if verb := _TAKEN_BY.get(self.saved.program):
            raise InputError(
                f"a compiled {self.saved.program} answers no calls turn by turn; "
                f"`csc-dspy {verb} models:/{self.saved.program}/VERSION` takes it"
            )
        self.role: Role = "supporter" if self.saved.program == "supporter" else "annotator"
        self._programs: dict[bool, dict[Lang, Program]] = {}
        self.programs(masks=False)

    def programs(self, *, masks: bool) -> dict[Lang, Program]:
        """The program in each language that it was compiled for, made once.

        Args:
            masks: Whether personal data is masked in its worked answers.

        Raises:
            InputError: It does not fit this version.
        """
        if masks not in self._programs:
            rules, words = (self.saved.made.get(name) is not False for name in ("rules", "words"))
            found: dict[Lang, Program] = {
                lang: Supporter(lang, rules=rules, words=words) if self.role == "supporter" else Annotator(lang)
                for lang in self.saved.langs
            }
            put_saved(self.saved, found, "the registered program", masks=masks)
            self._programs[masks] = found
        return self._programs[masks]

    # Without type hints, of which MLflow would make a schema that such rows do not fit.
    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]
        """Answer calls, or label their last turns.

        Args:
            context: MLflow's.
            model_input: A table, a list of rows, or a single row: ``turns``, the call so far (objects with ``speaker``,
                ``text``, and for supporter turns ``strategy``), and ``lang``, ``en`` if it is missing.
            params: ``lm``, the model's name, and ``api_base``, the address of its server. A hosted model is shown
                worked answers without personal data, as by the verbs; the rows are sent as they are.

        Returns:
            A row for each: the ids of ``stage`` and ``strategy``, and of a supporter ``response``, as plain texts;
            ``None`` where there is none.

        Raises:
            InputError: No model is named, it is a student, or a row is no call of a language that was compiled.
            ModelError: It cannot be had.
        """
        calls = [self._call(number, row) for number, row in enumerate(_rows(model_input), start=1)]
        given = params or {}
        lm, api_base = given.get("lm") or None, given.get("api_base") or None
        if api_base and not lm:
            raise InputError("params: `api_base` is the address of the server of `lm`, which is missing")
        with Models(api_base=api_base, based=(lm,) if lm else ()) as models:
            name = self._model(models, lm)
            # Servers predict in several threads, each with models of its own.
            programs = {lang: one.deepcopy() for lang, one in self.programs(masks=not is_local(name)).items()}
            for program in programs.values():
                program.set_lm(models.open(name))
            return [self._answer(programs[lang], turns) for lang, turns in calls]

    def _model(self, models: Models, lm: str | None) -> str:
        """The name of the model that answers."""
        try:
            name = models.name_for(self.role, lm, {})
        except InputError:  # which tells of an option of the command line
            raise InputError(
                f'no model for the role {self.role}: give params={{"lm": "PROVIDER/MODEL"}}, or set '
                f"models.{self.role} or models.default in csc.toml"
            ) from None
        if models.side(name) is not None:
            raise InputError(f"{name} is a student, which is asked in its own form and by no compiled program")
        return name

    def _call(self, number: int, row: Mapping[str, Any]) -> tuple[Lang, list[Turn]]:
        """A row's language and turns."""
        told = row.get("lang")
        lang = told if isinstance(told, str) and told else "en"  # a table has NaN where there is none
        if lang not in LANGS:
            raise InputError(f"row {number}: {lang}: no language of calls; there are {', '.join(LANGS)}")
        if lang not in self.saved.langs:
            known = ", ".join(self.saved.langs)
            raise InputError(f"row {number}: the program is compiled for {known}, and the call is {lang} (`lang`)")
        try:
            turns = [Turn.model_validate(turn) for turn in row["turns"]]
        except (KeyError, TypeError):
            raise InputError(f"row {number}: `turns` is missing, or no list of objects") from None
        except ValidationError as error:
            raise InputError(f"row {number}: turns: {fault_of(error)}") from None
        if not turns and self.role == "annotator":
            raise InputError(f"row {number}: there is no turn to label")
        return lang, turns

    def _answer(self, program: Program, turns: list[Turn]) -> dict[str, Any]:
        labels = isinstance(program, Annotator)
        said = program.run(program.label(turns), "") if labels else program(turns=turns)
        found = {name: said.get(name) for name in ("stage", "strategy", "response")}
        return {name: None if value is None else str(value) for name, value in found.items()}


def _rows(given: Any) -> list[Mapping[str, Any]]:
    """The rows of what a prediction is asked for."""
    if hasattr(given, "columns"):  # a table of pandas
        given = given.to_dict("records")
    rows = [given] if isinstance(given, Mapping) else given
    if not isinstance(rows, list | tuple) or not all(isinstance(row, Mapping) for row in rows):
        raise InputError(
            'rows are a table or a list of objects with `turns` and `lang`: [{"turns": [{"speaker": "customer", '
            '"text": "Hello!"}], "lang": "en"}]'
        )
    return list(rows)


set_model(CompiledProgram())
