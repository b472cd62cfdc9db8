"""A student in place of one side of a call: DSPy's questions as its plain chats, its replies as answers.

As the supporter it gives a strategy by one of the twelve tags, to which the server holds it, so that no other can
occur; the stage is the one that the strategy is typical of, as a student learns none. As the customer it says its
words, and leaves with a goodbye.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import dspy
from dspy.utils.exceptions import AdapterParseError

from csc_dspy.chats import customer_system, only_speaks, question, read_reply, supporter_system, tag
from csc_dspy.conversation import Turn, read_transcript
from csc_dspy.errors import FatalModelError
from csc_dspy.framework import LANGS, Lang, Strategy
from csc_dspy.lms.adapter import LeanJSONAdapter, options
from csc_dspy.programs.guards import GOODBYE
from csc_dspy.programs.moves import likely_stage

_WORDS = r"[^\n\x00-\x1f]+"
_VLLM = "hosted_vllm/"
_SUPPORTERS = {"stage", "strategy", "response", "reason"}
_CUSTOMERS = {"customer_says", "over"}
_TOLD = ("profile", "scenario", "facts", "goal")


class StudentAdapter(LeanJSONAdapter):
    """One question to a student; made anew for each, as it remembers what was asked.

    Understands what the supporters ask, for stage, strategy or words, alone or together; and what is asked of the
    customer's side, for its words (:class:`~csc_dspy.signatures.roleplay.PlayCustomer`).
    """

    def __init__(self, lang: Lang) -> None:
        super().__init__()
        self._lang = lang
        self._turns: list[Turn] = []

    def _asked(
        self, lm: Any, lm_kwargs: dict[str, Any], signature: Any, demos: list[Any], inputs: dict[str, Any]
    ) -> tuple[Any, list[dict[str, Any]]]:
        """The chat, which ends where the answer begins; what was shown besides is not for a student."""
        wanted = set(signature.output_fields)
        side = "customer" if wanted <= _CUSTOMERS else "supporter"
        if "transcript" not in inputs or not wanted <= _CUSTOMERS | _SUPPORTERS or lm.student not in (side, "both"):
            raise FatalModelError(f"{lm.name}: {only_speaks(lm.student)} this role")
        self._turns = read_transcript(inputs["transcript"])
        held = _in_vllm if lm.name.startswith(_VLLM) else _in_llama_cpp
        if side == "customer":
            lm_kwargs["extensions"] = held((), words=True)
            return signature, self._to_the_customer(inputs)
        if "strategy" in inputs:  # chosen before: the reply begins with its tag
            allowed = [Strategy.parse(inputs["strategy"].partition(": ")[0])]
        else:
            asked = options(signature, "strategy") if "strategy" in wanted else ()
            allowed = [Strategy(one) for one in asked or Strategy]
        tags = [tag(one, self._lang) for one in allowed]
        lm_kwargs["extensions"] = held(tags, words="response" in wanted)
        return signature, question(supporter_system(self._lang), self._turns, self._lang)

    def _to_the_customer(self, inputs: dict[str, Any]) -> list[dict[str, Any]]:
        system = customer_system(self._lang, **{name: inputs.get(name) for name in _TOLD})
        messages: list[dict[str, Any]] = question(system, self._turns, self._lang, "customer")
        return messages

    def parse(self, signature: Any, completion: str) -> dict[str, Any]:
        """The fields of a reply.

        Raises:
            AdapterParseError: It begins with no tag.
        """
        if "customer_says" in signature.output_fields:
            leaves = bool(GOODBYE.search(completion)) and "yes" in (options(signature, "over") or ("yes",))
            return {"customer_says": completion.strip(), "over": "yes" if leaves else "no"}
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


def grammar(side: str) -> str | None:
    """What llama.cpp holds the replies of a student to whose language of the call is not known.

    Args:
        side: Whose turns it learned.

    Returns:
        A grammar (GBNF); ``None`` where a reply may be anything, or the chat alone says whose it is.
    """
    if side not in ("supporter", "customer"):
        return None
    tags = [tag(strategy, lang) for lang in LANGS for strategy in Strategy] if side == "supporter" else []
    found: str = _in_llama_cpp(tags, words=True)["grammar"]
    return found


def _in_llama_cpp(tags: Sequence[str], *, words: bool) -> dict[str, Any]:
    """What may be answered, for llama.cpp: a grammar (GBNF).

    Args:
        tags: What the answer begins with, one of them; none where it is words alone.
        words: Whether it has words.
    """
    if not tags:
        return {"grammar": f"root ::= {_WORDS}"}
    shown = " | ".join(f'"{one}"' for one in tags)
    return {"grammar": f'root ::= tag " " {_WORDS}\ntag ::= {shown}' if words else f"root ::= {shown}"}


def _in_vllm(tags: Sequence[str], *, words: bool) -> dict[str, Any]:
    """The same for vLLM, 0.12 or newer: a choice, or a regular expression; without a penalty of the base's own."""
    if words:
        held = {"regex": f"({'|'.join(map(re.escape, tags))}) {_WORDS}" if tags else _WORDS}
        return {"structured_outputs": held, "repetition_penalty": 1.0}
    return {"structured_outputs": {"choice": list(tags)}, "repetition_penalty": 1.0}


def adapter_for(lm: dspy.BaseLM | None, lang: Lang, *, repeats: bool) -> LeanJSONAdapter:
    """The adapter of a model: a student's, or the usual one."""
    return StudentAdapter(lang) if getattr(lm, "student", None) else LeanJSONAdapter(repeats=repeats)
