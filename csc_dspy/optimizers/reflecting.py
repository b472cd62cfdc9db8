"""What a reflection model writes: a form in JSON, of which every field has to be filled in."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import dspy
from dspy.utils.exceptions import AdapterParseError

from csc_dspy.jobs.recorded import writable
from csc_dspy.lms.replies import wanted


class ReflectingAdapter(dspy.JSONAdapter):  # type: ignore[misc]
    """DSPy's form in JSON, which says of each reply whether it is of use before it is put on record.

    It is asked for at once: DSPy's usual adapter asks in another form first, and in this one where a model missed that.
    """

    def __call__(
        self,
        lm: dspy.LM,
        lm_kwargs: dict[str, Any],
        signature: type[dspy.Signature],
        demos: list[dict[str, Any]],
        inputs: dict[str, Any],
    ) -> list[dict[str, Any]]:
        """Ask, and say what of the answer is wanted."""
        token = wanted.set(partial(self.fills_in, signature))
        try:
            found: list[dict[str, Any]] = super().__call__(lm, lm_kwargs, signature, demos, inputs)
        finally:
            wanted.reset(token)
        return found

    def fills_in(self, signature: type[dspy.Signature], output: Any) -> bool:
        """Whether a reply can be read and leaves no field empty.

        Args:
            signature: What was asked for.
            output: The reply as DSPy has it: a text, or an object with one.
        """
        text = output.get("text") if isinstance(output, Mapping) else output
        if not isinstance(text, str):
            return False
        try:
            found = self.parse(signature, text)
        except AdapterParseError:
            return False
        filled = all(value.strip() if isinstance(value, str) else value for value in found.values())
        return filled and writable(found)
