"""The judges of the rewriting: is a raw call fit to learn from, and did its facts survive.

The model lists and marks; code decides. What a model calls lost although it stands in the rewriting word for word, or
invented although it stands in the original, does not count; nor does what is nowhere said, an insult or a fact: small
models quote their instructions.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import ClassVar

import dspy

from csc_dspy.conversation import Conversation, Record, render_transcript
from csc_dspy.framework import Lang
from csc_dspy.programs.asking import Asking, GuardError, Program, asked_until_fit
from csc_dspy.programs.facts import content_words
from csc_dspy.programs.guards import plain
from csc_dspy.programs.plans import line
from csc_dspy.signatures.rewriting import QUALITIES, JudgeRewriting, ScreenCall, rewriting
from csc_dspy.signatures.rewriting_examples import screening_demos

_GAP = re.compile(r"\.{2,}|…+|[\n;；|/]|[\"”“'’‘]\s*[,，、]?\s*(?:and|和)?\s*[\"”“'‘]")
_QUOTED = 2
"""Letters and digits a quotation has at least."""


class Screening(Record):
    """What the judge says of a raw call.

    Attributes:
        abusive: Whether the wording is aggressive or insulting.
        cold: Whether the agent is impatient, cold or disrespectful.
        reason: Why, in the judge's words, with what it quotes.
    """

    abusive: bool
    cold: bool
    reason: str

    @property
    def passed(self) -> bool:
        """Whether the call is fit to learn from."""
        return not (self.abusive or self.cold)


class Fidelity(Record):
    """What the judge says of a rewriting.

    Attributes:
        lost: Facts of the original that are missing.
        invented: Facts that were never said.
        points: ``complete``, ``strategies`` and ``clean`` to 0 or 1.
    """

    lost: tuple[str, ...]
    invented: tuple[str, ...]
    points: dict[str, int]

    @property
    def failed(self) -> tuple[str, ...]:
        """What speaks against the rewriting, by name; empty when it passes."""
        facts = [name for name in ("lost", "invented") if getattr(self, name)]
        return (*facts, *(name for name in QUALITIES if not self.points[name]))

    @property
    def cause(self) -> str:
        """What speaks against it, in one line."""
        named = {"lost": "; ".join(self.lost), "invented": "; ".join(self.invented)}
        return ", ".join(f"{name} ({named[name]})" if name in named else f"not {name}" for name in self.failed)


class RewritingJudge(Program):
    """Screens a raw call before it is rewritten, and compares it with its rewriting afterwards."""

    max_tokens: ClassVar = {"screen": 200, "judge": 400}

    def __init__(self, lang: Lang) -> None:
        """Build the judge of one language.

        Args:
            lang: Language of the calls and of the prompts.
        """
        super().__init__(lang)
        self.screen = dspy.Predict(rewriting(ScreenCall, lang))
        self.screen.demos = screening_demos(lang)
        self.judge = dspy.Predict(rewriting(JudgeRewriting, lang))

    def bind(self, lm: dspy.LM) -> None:
        """Give both questions their model."""
        self.screen.lm = self.judge.lm = lm

    async def ascreen(self, call: Conversation) -> Screening:
        """Whether a raw call is fit to learn from.

        Raises:
            GuardError: The answer could not be read, twice.
        """
        return await self.arun(self._screened(call), call.id)  # type: ignore[no-any-return]

    def forward(self, call: Conversation, rewritten: Conversation) -> dspy.Prediction:
        """Compare a call with its rewriting; returns ``fidelity``, a :class:`Fidelity`.

        Raises:
            GuardError: The answer could not be read, twice.
        """
        return self.run(self._compared(call, rewritten), call.id)

    async def aforward(self, call: Conversation, rewritten: Conversation) -> dspy.Prediction:
        """Compare without blocking; see :meth:`forward`."""
        return await self.arun(self._compared(call, rewritten), call.id)

    def _screened(self, call: Conversation) -> Asking:
        """Asked once, and a second time before a call is held to be unfit: small models take much for an insult."""
        inputs = {"call": render_transcript(call.turns, self.lang)}
        seen: list[Screening] = []

        def check(reply: dspy.Prediction) -> str | None:
            seen.append(_screening(reply, call))
            return None if seen[-1].passed else "unfit"

        try:
            yield from asked_until_fit("screen", check, Counter(), inputs=inputs)
        except GuardError as error:
            if error.name != "unfit":
                raise
        return seen[-1]

    def _compared(self, call: Conversation, rewritten: Conversation) -> Asking:
        inputs = {
            "original": render_transcript(call.turns, self.lang),
            "rewriting": render_transcript(rewritten.turns, self.lang, strategies=True),
        }
        reply = yield from asked_until_fit("judge", lambda _: None, Counter(), inputs=inputs)
        fidelity = Fidelity(
            lost=_only_in(call, reply.lost, rewritten),
            invented=_only_in(rewritten, reply.invented, call),
            points={name: int(getattr(reply, name)) for name in QUALITIES},
        )
        return dspy.Prediction(fidelity=fidelity)


def _screening(reply: dspy.Prediction, call: Conversation) -> Screening:
    said = _stands_in(reply.quote, call)
    reason = f"{reply.reason} ({line(reply.quote)!r})" if said else str(reply.reason)
    return Screening(abusive=said and reply.abusive == 1, cold=said and reply.cold == 1, reason=reason)


def _stands_in(quote: str, conversation: Conversation) -> bool:
    """Whether a quotation, or one of the parts of one with gaps, stands in a conversation word for word."""
    said = _said(conversation)
    return any(len(part) >= _QUOTED and part in said for part in map(plain, _GAP.split(quote)))


def _only_in(one: Conversation, facts: Sequence[str], other: Conversation) -> tuple[str, ...]:
    """The facts that stand in one conversation, half of their words at least, and not word for word in another."""
    said, elsewhere = set(content_words(" ".join(turn.text for turn in one.turns))), _said(other)
    found = [
        fact
        for fact in facts
        if (words := content_words(fact)) and 2 * sum(word in said for word in words) >= len(words)
    ]
    return tuple(" ".join(fact.split()) for fact in found if plain(fact) not in elsewhere)


def _said(conversation: Conversation) -> str:
    return plain("".join(turn.text for turn in conversation.turns))
