"""A student in place of the supporter: DSPy's questions as the plain chats it was trained on, its replies as answers.

It gives a strategy by one of the twelve tags, held by a grammar, so that no other can occur; the stage is the one that
the strategy is typical of, as a student learns none.
"""

from __future__ import annotations

from typing import Any

import dspy
from dspy.utils.exceptions import AdapterParseError

from csc_dspy.chats import question, read_reply, supporter_system, tag
from csc_dspy.conversation import Turn, read_transcript
from csc_dspy.errors import FatalModelError
from csc_dspy.framework import Lang, Strategy
from csc_dspy.lms.adapter import LeanJSONAdapter, options
from csc_dspy.programs.moves import likely_stage

_WORDS = r"[^\n\x00-\x1f]+"
_KNOWN = {"stage", "strategy", "response", "reason"}


class StudentAdapter(LeanJSONAdapter):
    """One question to a student; made anew for each, as it remembers what was asked.

    Understands what the supporters ask: for stage, strategy or words, alone or together.
    """

    def __init__(self, lang: Lang) -> None:
        super().__init__()
        self._lang = lang
        self._turns: list[Turn] = []
        self._given: Strategy | None = None

    def _asked(
        self, lm: Any, lm_kwargs: dict[str, Any], signature: Any, demos: list[Any], inputs: dict[str, Any]
    ) -> tuple[Any, list[dict[str, Any]]]:
        """The chat, which ends where the answer begins; what was shown besides is not for a student."""
        wanted = set(signature.output_fields)
        if "transcript" not in inputs or not wanted <= _KNOWN:
            raise FatalModelError(
                f"{lm.name}: a student speaks as the supporter and nothing else; name another model for this role"
            )
        self._turns = read_transcript(inputs["transcript"])
        messages: list[dict[str, Any]] = question(supporter_system(self._lang), self._turns, self._lang)
        if "strategy" not in wanted and "response" in wanted:
            self._given = Strategy.parse(inputs["strategy"].partition(": ")[0])
            messages.append({"role": "assistant", "content": tag(self._given, self._lang)})
        lm_kwargs["extensions"] = {"grammar": self._grammar(signature, wanted)}
        return signature, messages

    def _grammar(self, signature: Any, wanted: set[str]) -> str:
        """What may be answered, in llama.cpp's notation (GBNF)."""
        if self._given is not None:
            return f'root ::= " "? {_WORDS}'
        allowed = (options(signature, "strategy") if "strategy" in wanted else ()) or tuple(Strategy)
        tags = " | ".join(f'"{tag(Strategy(one), self._lang)}"' for one in allowed)
        return f'root ::= tag " " {_WORDS}\ntag ::= {tags}' if "response" in wanted else f"root ::= {tags}"

    def parse(self, signature: Any, completion: str) -> dict[str, Any]:
        """The fields of a reply.

        Raises:
            AdapterParseError: It begins with no tag.
        """
        if self._given is not None:
            return {"response": completion.strip()}
        strategy, words = read_reply(completion)
        if strategy is None:
            raise AdapterParseError(
                adapter_name="StudentAdapter", signature=signature, lm_response=completion, message="no tag in front"
            )
        found = {
            "reason": "",
            "stage": str(likely_stage(self._turns, strategy)),
            "strategy": str(strategy),
            "response": words,
        }
        return {name: found[name] for name in signature.output_fields}


def adapter_for(lm: dspy.BaseLM | None, lang: Lang, *, repeats: bool) -> LeanJSONAdapter:
    """The adapter of a model: a student's, or the usual one."""
    return StudentAdapter(lang) if getattr(lm, "chats", False) else LeanJSONAdapter(repeats=repeats)
