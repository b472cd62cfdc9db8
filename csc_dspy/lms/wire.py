"""What really goes over the wire: whether an endpoint holds a JSON schema, proven by one call."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal

import dspy

from csc_dspy.errors import CscError, one_line
from csc_dspy.lms.adapter import LeanJSONAdapter
from csc_dspy.lms.lm import CscLM


class _Probe(dspy.Signature):  # type: ignore[misc]
    """Answer the question."""

    question: str = dspy.InputField()
    # None of the options is the truth: only a server that holds the schema answers with one of them.
    colour: Literal["ultramarine", "vermilion", "turquoise"] = dspy.OutputField()


@dataclass(frozen=True)
class WireCheck:
    """What one probe of a model showed.

    Attributes:
        model: The model's name.
        answers: Whether it answered at all.
        json_schema: Whether the answer held to a schema that the question speaks against; ``None``: no
            answer, or no schema is ever sent there.
        seconds: Time of the call.
        detail: The answer or the error, one line.
    """

    model: str
    answers: bool
    json_schema: bool | None
    seconds: float
    detail: str


def check_wire(lm: CscLM) -> WireCheck:
    """Ask a question whose only allowed answers are wrong ones."""
    adapter = LeanJSONAdapter()
    started = time.monotonic()
    held: bool | None = True
    try:
        config = {"max_tokens": 40, "temperature": 0.0}
        with dspy.context(adapter=adapter):
            answer = adapter(lm, config, _Probe, [], {"question": "Which colour has a ripe banana?"})
        detail = str(answer[0]["colour"])
    except dspy.utils.exceptions.AdapterParseError as error:
        held, detail = False, f"answered outside the schema: {one_line(error, 120)}"
    except CscError as error:
        return WireCheck(lm.name, False, None, time.monotonic() - started, one_line(error))
    if not lm.supports_response_schema:
        held, detail = None, "no schema is sent: the model's catalogue entry does not name it"
    return WireCheck(lm.name, True, held, time.monotonic() - started, detail)
