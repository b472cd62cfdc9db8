"""How a signature is put into messages: short, in the signature's own language, stable first.

DSPy's ``JSONAdapter`` with four changes. The system message holds only the instructions and the fields
(its stock wording costs a small local model some two hundred tokens a role). Worked answers stand on
one line. Nothing follows the last input, so a transcript that grows leaves everything before it in the
server's prefix cache. And the JSON schema is built once a signature instead of once a call.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any, Literal, get_args, get_origin

import dspy
from dspy.adapters.json_adapter import _get_structured_outputs_response_format
from dspy.adapters.utils import serialize_for_json
from dspy.clients._deprecation import adapter_message_call
from dspy.utils.exceptions import AdapterParseError

from csc_dspy.jobs.recorded import writable

_CJK = re.compile(r"[\u4e00-\u9fff]")


@lru_cache(maxsize=4096)
def response_format(signature: type[dspy.Signature]) -> dict[str, Any]:
    """The strict ``json_schema`` response format of a signature's outputs, with the longest lists they may hold.

    Its name is always the same: DSPy renames a signature whose instructions are set, if only to what they were.
    """
    schema = _get_structured_outputs_response_format(signature, False).model_json_schema()
    for name, field in signature.output_fields.items():
        for limit in (getattr(one, "max_length", None) for one in field.metadata):
            if limit is not None:  # DSPy's schema leaves it out
                schema["properties"][name]["maxItems"] = limit
    return {"type": "json_schema", "json_schema": {"name": "reply", "strict": True, "schema": schema}}


def _desc(name: str, field: Any) -> str | None:
    """A field's description; DSPy's stand-in for none is ``${name}``."""
    desc = (field.json_schema_extra or {}).get("desc")
    return None if desc in (None, "", f"${{{name}}}") else str(desc)


_DEMOS: dict[tuple[Any, ...], tuple[tuple[Any, ...], list[dict[str, Any]]]] = {}
_MOST_DEMOS = 4096


class LeanJSONAdapter(dspy.JSONAdapter):  # type: ignore[misc]
    """JSON in, JSON out, with few words of its own.

    Attributes:
        repeats: Whether answers have to say again what they were shown: facts word for word, or labels.
    """

    def __init__(self, *, repeats: bool = False) -> None:
        super().__init__(use_native_function_calling=False)
        self.repeats = repeats

    async def acall(
        self,
        lm: Any,
        lm_kwargs: dict[str, Any],
        signature: type[dspy.Signature],
        demos: list[Any],
        inputs: dict[str, Any],
    ) -> list[dict[str, Any]]:
        """As DSPy's, but an endpoint of ours is not examined in a worker thread before every call."""
        if getattr(lm, "direct", None) is None:
            return await super().acall(lm, lm_kwargs, signature, demos, inputs)  # type: ignore[no-any-return]
        rendered, messages = self._asked(lm, lm_kwargs, signature, demos, inputs)
        with adapter_message_call(lm, messages):
            outputs = await lm.acall(messages=messages, **lm_kwargs)
        return self._call_postprocess(rendered, signature, outputs, lm, lm_kwargs)  # type: ignore[no-any-return]

    def __call__(
        self,
        lm: Any,
        lm_kwargs: dict[str, Any],
        signature: type[dspy.Signature],
        demos: list[Any],
        inputs: dict[str, Any],
    ) -> list[dict[str, Any]]:
        """The same, synchronously."""
        if getattr(lm, "direct", None) is None:
            return super().__call__(lm, lm_kwargs, signature, demos, inputs)  # type: ignore[no-any-return]
        rendered, messages = self._asked(lm, lm_kwargs, signature, demos, inputs)
        with adapter_message_call(lm, messages):
            outputs = lm(messages=messages, directly=True, **lm_kwargs)
        return self._call_postprocess(rendered, signature, outputs, lm, lm_kwargs)  # type: ignore[no-any-return]

    def _asked(
        self, lm: Any, lm_kwargs: dict[str, Any], signature: Any, demos: list[Any], inputs: dict[str, Any]
    ) -> tuple[Any, list[dict[str, Any]]]:
        """The signature as it is rendered, and the messages; adds to ``lm_kwargs`` what goes with them."""
        self._prepare_response_format(lm, lm_kwargs, signature)
        if self.repeats and lm.verbatim:
            lm_kwargs["extensions"] = dict(lm.verbatim)
        rendered = self._call_preprocess(lm, lm_kwargs, signature, inputs)
        return rendered, self.format(rendered, demos, inputs)

    def format_demos(self, signature: type[dspy.Signature], demos: list[Any]) -> list[dict[str, Any]]:
        """The worked examples as messages, put into words once for all calls that show the same ones."""
        key = (signature, *map(id, demos))
        if (found := _DEMOS.get(key)) is None:
            if len(_DEMOS) >= _MOST_DEMOS:
                _DEMOS.clear()
            found = (tuple(demos), super().format_demos(signature, demos))  # kept, so that no id comes again
            _DEMOS[key] = found
        return [dict(message) for message in found[1]]

    def parse(self, signature: type[dspy.Signature], completion: str) -> dict[str, Any]:
        """The fields of an answer.

        Raises:
            AdapterParseError: It has not the form, or one holds half a character, which no file takes.
        """
        shown = completion.encode("utf-8", "backslashreplace").decode()  # an error shows it, and is written down too
        fields: dict[str, Any] = super().parse(signature, shown)
        if not writable(serialize_for_json(fields)):
            raise AdapterParseError(
                adapter_name="LeanJSONAdapter", signature=signature, lm_response=shown, message="half a character"
            )
        return fields

    def _prepare_response_format(self, lm: Any, lm_kwargs: dict[str, Any], signature: Any) -> None:
        if lm.supports_response_schema:
            lm_kwargs["response_format"] = response_format(signature)

    def format_system_message(self, signature: type[dspy.Signature]) -> str:
        """Instructions, then the form of the answer."""
        instructions = signature.instructions.strip()
        form = (
            "只输出一个 JSON 对象，依次包含以下字段："
            if _CJK.search(instructions)
            else "Answer with one JSON object that has these fields, in this order:"
        )
        described = ((name, _desc(name, field)) for name, field in signature.output_fields.items())
        fields = "\n".join(f"- {name}: {desc}" if desc else f"- {name}" for name, desc in described)
        return f"{instructions}\n\n{form}\n{fields}"

    def format_user_message_content(
        self,
        signature: type[dspy.Signature],
        inputs: dict[str, Any],
        prefix: str = "",
        suffix: str = "",
        main_request: bool = False,
    ) -> str:
        """Every input under its description, in the signature's order."""
        parts = [prefix] if prefix else []
        parts += [
            f"## {_desc(name, field) or name}\n{inputs[name]}"
            for name, field in signature.input_fields.items()
            if inputs.get(name) not in (None, "")
        ]
        return "\n\n".join([*parts, suffix] if suffix else parts)

    def format_finetune_data(
        self, signature: type[dspy.Signature], demos: list[Any], inputs: dict[str, Any], outputs: Any
    ) -> dict[str, list[Any]]:
        """What is asked, with the answer as the last message."""
        said = self.format_assistant_message_content(signature, outputs)
        return {"messages": [*self.format(signature, demos, inputs), {"role": "assistant", "content": said}]}

    def format_assistant_message_content(
        self, signature: type[dspy.Signature], outputs: dict[str, Any], missing_field_message: str | None = None
    ) -> str:
        """A worked answer on one line: a model that answers in the same form spends no tokens on the layout."""
        answer = {name: outputs.get(name, missing_field_message) for name in signature.output_fields}
        return json.dumps(serialize_for_json(answer), ensure_ascii=False)


def options(signature: type[dspy.Signature], field: str) -> tuple[str, ...]:
    """The values a ``Literal`` output field may take; empty for any other field."""
    annotation = signature.output_fields[field].annotation
    return get_args(annotation) if get_origin(annotation) is Literal else ()


@lru_cache(maxsize=4096)
def restricted(signature: type[dspy.Signature], field: str, values: tuple[str, ...]) -> type[dspy.Signature]:
    """The same signature, and the same prompt, with fewer values allowed in one output field.

    A server that takes a schema can then only choose among them; elsewhere the answer is checked.
    """
    return signature.with_updated_fields(field, type_=Literal[values])  # type: ignore[no-any-return]
