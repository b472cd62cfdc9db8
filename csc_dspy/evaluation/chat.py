"""A call with a person at one end: as the customer of a supporter, or as the supporter of a simulated customer."""

from __future__ import annotations

import random
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from csc_dspy.chats import read_reply
from csc_dspy.conversation import Conversation, Turn, read_conversations
from csc_dspy.corpora.masking import mask
from csc_dspy.errors import InputError, ModelError, ReplyError, RunError
from csc_dspy.evaluation.options import holds_rules
from csc_dspy.framework import Lang
from csc_dspy.lms.endpoint import is_local
from csc_dspy.lms.models import Models
from csc_dspy.pipeline.compiled import compiled, put_read
from csc_dspy.pipeline.masking import is_masked
from csc_dspy.programs.asking import GuardError
from csc_dspy.programs.briefs import Brief
from csc_dspy.programs.named import is_compiled
from csc_dspy.programs.simulator import SimulatedCustomer
from csc_dspy.programs.supporter import SUPPORTERS
from csc_dspy.settings import Role


class Call(ABC):
    """A call with a person.

    Attributes:
        lang: Language of the call.
        name: Who answers, for people.
        turns: What was said.
        over: Whether the other side has left.
    """

    name: str

    def __init__(self, lang: Lang, lm: str | None, role_lms: Mapping[str, str] | None, api_base: str | None) -> None:
        self.lang = lang
        self.turns: list[Turn] = []
        self.over = False
        self._models = Models(api_base=api_base, based=(lm,) if lm else ())
        self._lm, self._role_lms = lm, role_lms or {}

    @abstractmethod
    def answer(self, said: str) -> Turn:
        """The other side's next turn.

        Args:
            said: The person's turn; nothing lets the other side go on.

        Raises:
            ModelError: There is none.
            ReplyError: A customer's answer stayed faulty; other words may help.
        """

    def conversation(self) -> Conversation:
        """The call as a record."""
        return Conversation(
            id=f"chat-{uuid.uuid4().hex[:12]}",
            lang=self.lang,
            topic="other",
            source="chat",
            turns=tuple(self.turns),
            **self._known(),
        )

    def keep(self, path: Path) -> None:
        """Add the call to a file of conversations.

        Raises:
            RunError: It cannot be written.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a", encoding="utf-8") as file:
                file.write(self.conversation().to_json() + "\n")
        except OSError as error:
            raise RunError(f"{path}: cannot be written ({error.strerror or error})") from None

    def close(self) -> None:
        """Stop the models."""
        self._models.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    @abstractmethod
    def _known(self) -> dict[str, Any]:
        """What a record keeps of the call besides."""

    def _has(self, role: Role) -> bool:
        """Whether a model is named for a role."""
        try:
            self._models.name_for(role, self._lm, self._role_lms)
        except InputError:
            return False
        return True

    def _model(self, role: Role) -> tuple[str, Any]:
        name = self._models.name_for(role, self._lm, self._role_lms)
        return name, self._models.open(name)


class Chat(Call):
    """A person as the customer, a supporter on the line."""

    def __init__(
        self,
        *,
        lm: str | None = None,
        role_lms: Mapping[str, str] | None = None,
        api_base: str | None = None,
        program: str = "supporter",
        lang: Lang = "en",
        rules: bool | None = None,
        temperature: float = 0.0,
    ) -> None:
        """Open the line.

        Args:
            lm: The model.
            role_lms: The model under the role's name, which wins.
            api_base: Base URL of the server of ``lm``.
            program: Which supporter; see :data:`~csc_dspy.programs.supporter.SUPPORTERS`, or a compiled one.
            lang: Language of the call.
            rules: Whether code holds the paper's rules; ``None``: as it was compiled, else unless a student
                answers.
            temperature: Sampling temperature.

        Raises:
            InputError: There is no such program or model.
            ModelError: The model cannot be had.
        """
        super().__init__(lang, lm, role_lms, api_base)
        if program not in SUPPORTERS and not is_compiled(program):
            raise InputError(f"{program}: no supporter; there are {', '.join(SUPPORTERS)}, and compiled ones")
        make = SUPPORTERS["supporter" if is_compiled(program) else program]
        name = self._models.name_for("supporter", self._lm, self._role_lms)
        saved = compiled(program) if is_compiled(program) else None
        held = holds_rules(rules, self._models, name, saved)
        self._supporter = make(lang, rules=held, temperature=temperature)
        if saved is not None:
            put_read("supporter", saved, {lang: self._supporter}, program, masks=not is_local(name))
        self._supporter.set_lm(self._models.open(name))
        self.name = f"{program} on {name}"

    def answer(self, said: str) -> Turn:
        """The supporter's next turn; see :meth:`Call.answer`."""
        heard = [*self.turns, Turn(speaker="customer", text=said)] if said else self.turns
        found = self._supporter(turns=tuple(heard), place=str(len(heard)))
        if found.response is None:
            raise ModelError(f"the supporter could not answer: {found.failure}")
        turn = Turn(speaker="supporter", text=found.response, strategy=found.strategy, stage=found.stage)
        self.turns = [*heard, turn]
        return turn

    def _known(self) -> dict[str, Any]:
        return {"meta": {"supporter": self.name}}


class Practice(Call):
    """A person as the supporter, a simulated customer on the line.

    Attributes:
        brief: Who calls, and why; what the person has to find out.
    """

    def __init__(
        self,
        calls: Path,
        *,
        lm: str | None = None,
        role_lms: Mapping[str, str] | None = None,
        api_base: str | None = None,
        lang: Lang = "en",
        seed: int | None = None,
        temperature: float = 0.7,
        masking: bool | None = None,
        tell: Callable[[bool], None] = lambda masked: None,
    ) -> None:
        """Let a customer call.

        Args:
            calls: Conversations, one of whose customers calls again.
            lm: The model.
            role_lms: The model under the role's name, which wins: the customer, and the judge, who briefs it where a
                conversation does not say what it is about. Without a judge such a conversation is left out.
            api_base: Base URL of the server of ``lm``.
            lang: Language of the call.
            seed: Which customer; ``None`` for any.
            temperature: Sampling temperature.
            masking: Whether personal data of the conversation is masked before a model sees it; ``None`` unless all
                models that do are local.
            tell: Told whether it is, before anything is sent.

        Raises:
            InputError: There is no such model, no conversation of that language, or none that needs no judge while
                there is none.
            ModelError: The model cannot be had, or could not brief the customer.
        """
        super().__init__(lang, lm, role_lms, api_base)
        again = [one for one in read_conversations(calls) if one.lang == lang and one.turns]
        if not again:
            raise InputError(f"{calls}: no conversation in {'Chinese' if lang == 'zh' else 'English'} is in it")
        if not self._has("judge"):
            again = [one for one in again if _is_briefed(one)] or again
        call = random.Random(seed).choice(again)
        asked: tuple[Role, ...] = ("customer",) if _is_briefed(call) else ("customer", "judge")
        masks = is_masked(masking, self._models, asked, self._lm, self._role_lms)
        tell(masks)
        call = mask(call).conversation if masks else call
        self._customer = SimulatedCustomer(lang, temperature=temperature)
        name, self._customer.customer.lm = self._model("customer")
        self.name = f"the customer of {call.id} on {name}"
        self._place = f"{seed}/{call.id}"
        if call.profile and call.scenario and call.goal:
            self.brief = Brief(profile=call.profile, scenario=call.scenario, goal=call.goal)
            return
        _, self._customer.briefer.lm = self._model("judge")
        try:
            self.brief = self._customer.brief(call, self._place)
        except GuardError as error:
            raise ModelError(f"the customer could not be briefed: {error}") from None

    def answer(self, said: str) -> Turn:
        """The customer's next turn; ``said`` may begin with a strategy in brackets. See :meth:`Call.answer`."""
        strategy, words = read_reply(said)
        mine = Turn(speaker="supporter", text=words, strategy=strategy)
        try:
            found = self._customer(
                brief=self.brief, turns=(*self.turns, mine), place=f"{self._place}/{len(self.turns)}"
            )
        except GuardError as error:
            raise ReplyError(f"the customer could not answer: {error.name}") from None
        self.turns += [mine, found.turn]
        self.over = found.left
        turn: Turn = found.turn
        return turn

    def _known(self) -> dict[str, Any]:
        about = {name: getattr(self.brief, name) for name in ("profile", "scenario", "goal")}
        return {**about, "meta": {"customer": self.name}}


def _is_briefed(call: Conversation) -> bool:
    """Whether a conversation says itself who calls, and why."""
    return bool(call.profile and call.scenario and call.goal)
