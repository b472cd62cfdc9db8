"""A call with a person at the customer's end."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from csc_dspy.conversation import Conversation, Turn
from csc_dspy.errors import InputError, ModelError, RunError
from csc_dspy.framework import Lang
from csc_dspy.lms.models import Models
from csc_dspy.pipeline.compiled import put_compiled
from csc_dspy.programs.named import is_compiled
from csc_dspy.programs.supporter import SUPPORTERS


class Chat:
    """A supporter on the line.

    Attributes:
        lang: Language of the call.
        name: Who answers, for people.
        turns: What was said.
    """

    def __init__(
        self,
        *,
        lm: str | None = None,
        role_lms: Mapping[str, str] | None = None,
        api_base: str | None = None,
        program: str = "supporter",
        lang: Lang = "en",
        rules: bool = True,
        temperature: float = 0.0,
    ) -> None:
        """Open the line.

        Args:
            lm: The model.
            role_lms: The model under the role's name, which wins.
            api_base: Base URL of the server of ``lm``.
            program: Which supporter; see :data:`~csc_dspy.programs.supporter.SUPPORTERS`, or a compiled one.
            lang: Language of the call.
            rules: Whether code holds the paper's rules.
            temperature: Sampling temperature.

        Raises:
            InputError: There is no such program or model.
            ModelError: The model cannot be had.
        """
        self.lang = lang
        self.turns: list[Turn] = []
        if program not in SUPPORTERS and not is_compiled(program):
            raise InputError(f"{program}: no supporter; there are {', '.join(SUPPORTERS)}, and compiled ones")
        make = SUPPORTERS["supporter" if is_compiled(program) else program]
        self._supporter = make(lang, rules=rules, temperature=temperature)
        put_compiled("supporter", program if is_compiled(program) else None, {lang: self._supporter})
        self._models = Models(api_base=api_base, based=(lm,) if lm else ())
        name = self._models.name_for("supporter", lm, role_lms or {})
        self.name = f"{program} on {name}"
        self._supporter.set_lm(self._models.open(name))

    def answer(self, said: str) -> Turn:
        """The supporter's next turn.

        Args:
            said: The customer's turn; nothing lets the supporter go on.

        Raises:
            ModelError: There is none.
        """
        if said:
            self.turns.append(Turn(speaker="customer", text=said))
        found = self._supporter(turns=tuple(self.turns), place=str(len(self.turns)))
        if found.response is None:
            raise ModelError(f"the supporter could not answer: {found.failure}")
        turn = Turn(speaker="supporter", text=found.response, strategy=found.strategy, stage=found.stage)
        self.turns.append(turn)
        return turn

    def conversation(self) -> Conversation:
        """The call as a record."""
        return Conversation(
            id=f"chat-{uuid.uuid4().hex[:12]}",
            lang=self.lang,
            topic="other",
            source="chat",
            turns=tuple(self.turns),
            meta={"supporter": self.name},
        )

    def close(self) -> None:
        """Stop the model."""
        self._models.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()


def kept(path: Path, chat: Chat) -> None:
    """Add a call to a file of conversations.

    Raises:
        RunError: It cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(chat.conversation().to_json() + "\n")
    except OSError as error:
        raise RunError(f"{path}: cannot be written ({error.strerror or error})") from None
