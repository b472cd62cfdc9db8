"""The supporter: from a call so far to its next turn. What is evaluated, compiled and distilled.

Two ways, with the same result: :class:`Supporter` asks for stage, strategy and words one after the other;
:class:`DirectSupporter` asks for all three at once.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import dspy

from csc_dspy.chats import CONTEXT
from csc_dspy.conversation import Turn, render_transcript
from csc_dspy.framework import Lang, Stage, Strategy
from csc_dspy.lms.adapter import restricted
from csc_dspy.programs import moves
from csc_dspy.programs.asking import Asking, Check, GuardError, Program, asked_until_fit
from csc_dspy.programs.plans import line
from csc_dspy.signatures.supporting import ClassifyStage, RespondDirectly, SelectStrategy, WriteResponse, supporting
from csc_dspy.signatures.turns import strategy_rule
from csc_dspy.usage import Usage


@dataclass
class _Said:
    """What an answer has come to so far; what comes after a failure stays unknown."""

    stage: Stage | None = None
    strategy: Strategy | None = None
    response: str | None = None
    failure: str | None = None
    faults: Counter[str] = field(default_factory=Counter)
    requests: list[tuple[str, Usage]] = field(default_factory=list)


class _Supporting(Program):
    """Base of the supporters.

    Attributes:
        rules: Whether code holds what the paper asks of every supporter: no strategy a third time running, no goodbye
            before the resolving stage. Without them the model alone is measured.
        words: Whether the reply is written too; without, it stops at the strategy.
    """

    words = True

    def __init__(self, lang: Lang, *, rules: bool = True, temperature: float = 0.0) -> None:
        super().__init__(lang, temperature)
        self.rules = rules

    def forward(self, turns: Sequence[Turn], place: str = "") -> dspy.Prediction:
        """Answer a call.

        Args:
            turns: The call so far, oldest first, with the strategies of supporter turns; may be empty.
            place: What the samples depend on besides the question: a seed, the record's id, the turn.

        Returns:
            ``stage``, ``strategy``, ``response``; ``failure``: ``None``, or which part could not be had and why, say
            ``select_strategy.format``: it and what comes after it are ``None`` then; ``faults`` (``part.fault`` to how
            often it was asked again); ``requests`` (part and :class:`~csc_dspy.usage.Usage` of every question).
        """
        return self.run(self.answered(turns), place)

    async def aforward(self, turns: Sequence[Turn], place: str = "") -> dspy.Prediction:
        """Answer a call without blocking; see :meth:`forward`."""
        return await self.arun(self.answered(turns), place)

    def answered(self, turns: Sequence[Turn]) -> Asking:
        """The questions that answer a call; see :meth:`forward`."""
        said = _Said()
        try:
            yield from self._answer(tuple(turns), said)
        except GuardError as error:
            said.failure = error.group
        return dspy.Prediction(**vars(said) | {"faults": dict(said.faults)})

    @abstractmethod
    def _answer(self, turns: tuple[Turn, ...], said: _Said) -> Asking:
        """Ask for the parts, one after the other, and note each in ``said``."""

    def _seen(self, turns: tuple[Turn, ...]) -> dict[str, str]:
        return {"transcript": render_transcript(turns[-CONTEXT:], self.lang, strategies=True)}

    def _ask(self, role: str, check: Check, said: _Said, inputs: dict[str, str], **options: Any) -> Asking:
        return (yield from asked_until_fit(role, check, said.faults, inputs=inputs, requests=said.requests, **options))


class Supporter(_Supporting):
    """Stage, then strategy, then words.

    Each part is a module with the inputs and outputs of its signature, and can be replaced by another:
    ``supporter.select_strategy = dspy.ChainOfThought(...)``.
    """

    repeating = ("classify_stage", "select_strategy")
    max_tokens: ClassVar = {"classify_stage": 40, "select_strategy": 120, "write_response": 240}

    def __init__(self, lang: Lang, *, rules: bool = True, words: bool = True, temperature: float = 0.0) -> None:
        """Build the supporter of one language.

        Args:
            lang: Language of the call and of the prompts.
            rules: Whether code restricts the choice of the strategy.
            words: Whether the reply is written too.
            temperature: Sampling temperature.
        """
        super().__init__(lang, rules=rules, temperature=temperature)
        self.words = words
        self.classify_stage = dspy.Predict(supporting(ClassifyStage, lang))
        self.select_strategy = dspy.Predict(supporting(SelectStrategy, lang))
        self.write_response = dspy.Predict(supporting(WriteResponse, lang))

    def _answer(self, turns: tuple[Turn, ...], said: _Said) -> Asking:
        seen = self._seen(turns)
        staged = yield from self._ask("classify_stage", _one_of(Stage, "stage"), said, seen)
        said.stage = Stage(staged.stage)
        options = moves.permitted(turns, said.stage) if self.rules else tuple(Strategy)
        chosen = yield from self._ask(
            "select_strategy",
            _one_of(options, "strategy"),
            said,
            {**seen, "stage": said.stage},
            signature=_among(self.select_strategy, options),
        )
        said.strategy = Strategy(chosen.strategy)
        if not self.words:
            return
        rule = strategy_rule(said.strategy, self.lang)
        written = yield from self._ask("write_response", _is_said, said, {**seen, "strategy": rule})
        said.response = line(written.response)


class DirectSupporter(_Supporting):
    """Stage, strategy and words in one answer."""

    max_tokens: ClassVar = {"respond": 320}

    def __init__(self, lang: Lang, *, rules: bool = True, temperature: float = 0.0) -> None:
        """Build the supporter of one language; see :class:`Supporter`.

        The goodbye is tied to the stage only where a reply is read: a schema cannot hold one field to another.
        """
        super().__init__(lang, rules=rules, temperature=temperature)
        self.respond = dspy.Predict(supporting(RespondDirectly, lang))

    def _answer(self, turns: tuple[Turn, ...], said: _Said) -> Asking:
        options = moves.permitted(turns, Stage.MAINTAINING) if self.rules else tuple(Strategy)

        def check(reply: Any) -> str | None:
            if problem := _one_of(Stage, "stage")(reply) or _one_of(options, "strategy")(reply):
                return problem
            if self.rules and reply.strategy not in moves.permitted(turns, Stage(reply.stage)):
                return "option"
            return _is_said(reply)

        answer = yield from self._ask(
            "respond", check, said, self._seen(turns), signature=_among(self.respond, options)
        )
        said.stage, said.strategy = Stage(answer.stage), Strategy(answer.strategy)
        said.response = line(answer.response)


SUPPORTERS: dict[str, Callable[..., _Supporting]] = {"supporter": Supporter, "direct": DirectSupporter}
"""The supporters by name."""


def _among(part: Any, options: tuple[Strategy, ...]) -> type[dspy.Signature] | None:
    """The part's signature with only these strategies; ``None``, its own, where all are open or it is no predictor."""
    if len(options) == len(Strategy) or not isinstance(part, dspy.Predict):
        return None
    return restricted(part.signature, "strategy", tuple(option.value for option in options))


def _one_of(options: Any, name: str) -> Check:
    allowed = {str(option) for option in options}
    return lambda reply: None if str(getattr(reply, name)) in allowed else "option"


def _is_said(reply: Any) -> str | None:
    return None if reply.response.strip() else "empty"
