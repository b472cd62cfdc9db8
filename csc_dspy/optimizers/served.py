"""A compiled program as MLflow loads it: a model from code, whose state is the JSON file beside it.

Loaded by ``mlflow.pyfunc.load_model("models:/supporter/3")`` where this package is installed; nothing is unpickled. The
language model that answers is not part of it: ``csc.toml`` or ``CSC_MODELS__DEFAULT`` name it, or the parameter ``lm``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mlflow.models import set_model
from mlflow.pyfunc import PythonModel

from csc_dspy.conversation import Turn
from csc_dspy.errors import InputError
from csc_dspy.framework import LANGS, Lang
from csc_dspy.lms.models import Models
from csc_dspy.programs.annotator import Annotator
from csc_dspy.programs.asking import Program
from csc_dspy.programs.saved import SavedProgram
from csc_dspy.programs.supporter import Supporter


class CompiledProgram(PythonModel):  # type: ignore[misc]
    """A compiled supporter or annotator behind MLflow's interface."""

    def load_context(self, context: Any) -> None:
        """Read the program.

        Raises:
            InputError: It is of another version, or of a program that does not answer calls turn by turn.
        """
        path = Path(context.artifacts["program"])
        saved = SavedProgram.read(path)
        if saved.program not in ("supporter", "annotator"):
            raise InputError(
                f"a {saved.program} answers no calls turn by turn; the verbs take it with --program {path}"
            )
        make = Supporter if saved.program == "supporter" else Annotator
        self.programs: dict[Lang, Program] = {lang: make(lang) for lang in LANGS}
        saved.put_into(self.programs, path)

    # Without type hints, of which MLflow would make a schema that such rows do not fit.
    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]
        """Answer calls, or label their last turns.

        Args:
            context: MLflow's.
            model_input: A table or a list of rows: ``turns``, the call so far (objects with ``speaker``, ``text``, and
                for supporter turns ``strategy``), and ``lang``, ``en`` if it is missing.
            params: ``lm``, the model's name, and ``api_base``, the address of its server.

        Returns:
            A row for each: ``stage``, ``strategy``, and of a supporter ``response``; ``None`` where there is none.

        Raises:
            InputError: No model is named.
            ModelError: It cannot be had.
        """
        rows = model_input.to_dict("records") if hasattr(model_input, "to_dict") else list(model_input)
        given = params or {}
        with Models(api_base=given.get("api_base")) as models:
            lm = models.open(models.name_for("supporter", given.get("lm"), {}))
            return [self._answer(row, lm) for row in rows]

    def _answer(self, row: dict[str, Any], lm: Any) -> dict[str, Any]:
        program = self.programs[row.get("lang") or "en"]
        program.set_lm(lm)
        turns = [Turn.model_validate(turn) for turn in row["turns"]]
        labels = isinstance(program, Annotator)
        said = program.run(program.label(turns), "") if labels else program(turns=turns)
        return {name: said.get(name) for name in ("stage", "strategy", "response")}


set_model(CompiledProgram())
