"""The rewriter for small models: the customer's words stay, the agent's turns are put in better ones, one by one.

A model of a billion parameters that is asked for a whole rewriting retells the call, and loses what was said. Asked
for a turn it keeps to it. What the customer told in one breath is told in steps, with the agent listening in between.
A turn that stays faulty keeps the agent's own words; a call with many such turns is given up.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import dspy

from csc_dspy.conversation import Conversation, Turn, render_transcript
from csc_dspy.framework import Lang, Stage, Strategy, Text
from csc_dspy.programs.asking import Asking, GivenUpError, GuardError, Program, asked_until_fit
from csc_dspy.programs.facts import content_words
from csc_dspy.programs.guards import GOODBYE, THANKS, alike, refuses
from csc_dspy.programs.mending import sentences_of, trimmed
from csc_dspy.programs.rewritten import fault, keep, only, said_by
from csc_dspy.programs.steps import LISTENING, SPACE, Step, asks, steps
from csc_dspy.signatures.rewriting_turns import rewriting_turns, turn_demos, turn_of_kind, turn_shown

SEEN = 5
"""Turns of the call so far that a question shows."""
OWN_WORDS = 0.25
"""Share of the agent's turns that may keep their own words."""
KEPT_WORDS = 0.25
"""Share of the words of what the agent said that its new words have."""
_REMARK: dict[Lang, int] = {"en": 2, "zh": 4}
"""Words of length, or pairs of Chinese characters, from which a line says something."""
_STEM = 5
_SENTENCES = 4
_NOTE = re.compile(r"\s*(?:\([^()]*\)|（[^（）]*）)\s*")
"""Nothing but a note in brackets, such as those that tell the model that nothing was said."""
_EARLY = 6
"""Turns of a call within which who is calling is asked."""
_I_WILL = re.compile(r"\b(?:I|we)(?:'ll| will| can) (\w+ \w+)", re.IGNORECASE)
_WHO = re.compile(
    r"\b(?:your|full|first|last|family) (?:full |last |first )?name|\bwho am i|\bwhom? (?:am|do) i"
    r"|\b(?:account|customer|membership|policy|order|booking|reservation|phone|telephone|mobile|id) ?(?:number|id)\b"
    r"|\bdate of birth\b|\be-?mail address\b|\bpostcode\b|\bzip code\b"
    r"|贵姓|姓名|名字|称呼|哪位|账号|帐号|户号|卡号|手机号|电话号|订单号|会员号|客户编?号|身份证|生日|预订号",
    re.IGNORECASE,
)
"""Asks for what says who is calling, or about whose matter."""
_UNNAMED = Text("My name is [NAME].", "我叫[姓名]。")


class TurnRewriter(Program):
    """Call in, rewriting out; one question a turn of the agent."""

    repeating = ("rewriter",)
    temperature_again = 0.5

    def __init__(self, lang: Lang, *, temperature: float = 0.0) -> None:
        """Build the rewriter of one language.

        Args:
            lang: Language of the call, the prompt and the rewriting.
            temperature: Sampling temperature.
        """
        super().__init__(lang, temperature)
        self.rewriter = dspy.Predict(rewriting_turns(lang))
        self.rewriter.demos = turn_demos(lang)

    def longest(self, role: str) -> int:
        """Tokens a turn may take, with its labels."""
        return 400

    def forward(self, call: Conversation, seed: int = 0) -> dspy.Prediction:
        """Rewrite a call.

        Args:
            call: The call as it was; labels it may have are not shown to the model.
            seed: Changes the samples.

        Returns:
            ``conversation`` (with the call's id, language and topic), ``notes`` (``own_words``: turns of the agent that
            kept their words) and ``faults`` (``role.fault`` to how often it was asked again).

        Raises:
            GivenUpError: Too many of the agent's turns stayed faulty, or one of them that has no words to keep.
        """
        return self.run(self._rewritten(call), f"{seed}/{call.id}")

    async def aforward(self, call: Conversation, seed: int = 0) -> dspy.Prediction:
        """Rewrite a call without blocking; see :meth:`forward`."""
        return await self.arun(self._rewritten(call), f"{seed}/{call.id}")

    def _rewritten(self, call: Conversation) -> Asking:
        faults: Counter[str] = Counter()
        turns: list[Turn] = []
        own: list[GuardError] = []
        try:
            for step in steps(call):
                try:
                    turn, error = yield from self._turn(step, turns, call, faults)
                except GuardError:
                    if step.kind not in LISTENING:
                        raise
                    whole = f"{turns[-1].text}{SPACE[self.lang]}{step.customer}"
                    turns[-1] = turns[-1].model_copy(update={"text": whole})
                    continue
                own += [error] if error else []
                answer = [Turn(speaker="customer", text=step.customer)] if step.customer else []
                turns += [turn, *answer]
            _name_verification(turns)
            if all(turn.strategy is not Strategy.IDENTITY_VERIFICATION for turn in turns):
                asked = Step("verification", "", _UNNAMED.in_(self.lang), upset=False)
                turn, _ = yield from self._turn(asked, turns[:2], call, faults)
                turns[2:2] = [turn, Turn(speaker="customer", text=asked.customer)]
        except GuardError as error:
            raise GivenUpError(error, turns) from None
        if len(own) > OWN_WORDS * len(said_by("supporter", turns)):
            raise GivenUpError(own[0], turns)
        rewritten = Conversation(
            id=call.id, lang=call.lang, topic=call.topic, source="csconv", scenario=call.scenario, turns=tuple(turns)
        )
        return dspy.Prediction(conversation=rewritten, notes={"own_words": len(own)}, faults=dict(faults))

    def _turn(self, step: Step, before: Sequence[Turn], call: Conversation, faults: Counter[str]) -> Asking:
        """A turn of the agent, and why it kept its own words if it did.

        Raises:
            GuardError: It stayed faulty, and there are no words to keep.
        """
        said = [Turn(speaker="supporter", text=step.said)] if step.said else []
        known = [*before, *said]
        inputs = {
            "call": render_transcript(before[-SEEN:], self.lang) if before else "",
            "agent": turn_shown(step.said, step.kind, self.lang, upset=step.upset),
        }
        made: list[Turn] = []

        def check(reply: dspy.Prediction) -> str | None:
            made[:] = [_made(reply, step, before, self.lang)]
            return fault(made, said, before, call.turns, self.lang, known) or _turn_fault(made[0], step, self.lang)

        def told(note: str) -> dict[str, str]:
            return {"agent": f"{inputs['agent']}\n{note}"}

        def fresh(_: dspy.Prediction) -> dict[str, str]:
            return {"call": render_transcript(before[-1:], self.lang)} if before else {}

        try:
            yield from asked_until_fit(
                "rewriter",
                check,
                faults,
                signature=turn_of_kind(self.rewriter.signature, step.kind),
                inputs=inputs,
                after={
                    "lost": lambda _: told(keep(said, [*before, *made], self.lang)),
                    "invented": lambda _: told(only(known, self.lang)),
                    "echo": fresh,
                    "strayed": fresh,
                    "open_end": lambda _: {"agent": turn_shown("", step.kind, self.lang, upset=False)},
                },
            )
        except GuardError as error:
            if not said or not made:
                raise
            return made[0].model_copy(update={"text": step.said}), error
        return made[0], None


def _name_verification(turns: list[Turn]) -> None:
    """Label the agent's early question for who is calling as what it is, where none is labelled so."""
    early = [(at, turn) for at, turn in enumerate(turns[:_EARLY]) if at and turn.speaker == "supporter"]
    if any(turn.strategy is Strategy.IDENTITY_VERIFICATION for turn in turns):
        return
    for at, turn in early:
        if _asks_who(turn.text):
            labels = {"strategy": Strategy.IDENTITY_VERIFICATION, "stage": Stage.CONNECTING}
            turns[at] = turn.model_copy(update=labels)
            return


def _turn_fault(turn: Turn, step: Step, lang: Lang) -> str | None:
    """What is wrong with a turn beside what is wrong with any rewriting."""
    if _NOTE.fullmatch(turn.text):
        return "empty"
    if refuses(turn.text):
        return "refusal"
    if _takes_over(turn.text, step.said):
        return "role"
    if step.kind == "verification" and not _asks_who(turn.text):
        return "question"
    if step.kind == "closing" and not (GOODBYE.search(turn.text) or THANKS.search(turn.text)):
        return "open_end"
    return "strayed" if _strays(turn.text, step.said, lang) else None


def _asks_who(text: str) -> bool:
    return any(part.endswith(("?", "？")) and _WHO.search(part) for part in sentences_of(text))


def _takes_over(text: str, said: str) -> bool:
    """Whether the agent would do what they told the customer to do: "Send them back" → "I will send them back"."""
    told = {" ".join(part.lower().split()[:2]).rstrip(".,") for part in sentences_of(said)}
    return any(match[1].lower() in told for match in _I_WILL.finditer(text))


def _may_ask(step: Step, lang: Lang) -> bool:
    """Whether a turn may ask: the customer's next words are there already, and answer what the agent asked alone."""
    return step.kind == "verification" or (step.kind not in LISTENING and asks(step.said, lang))


def _strays(text: str, said: str, lang: Lang) -> bool:
    """Whether a turn has next to nothing of what was said; goodbyes, endings of words and mere remarks do not count."""
    stems = {word[:_STEM] for part in sentences_of(said) if not GOODBYE.search(part) for word in content_words(part)}
    kept = stems & {word[:_STEM] for word in content_words(text)}
    return len(stems) >= _REMARK[lang] and len(kept) < KEPT_WORDS * len(stems)


def _made(reply: dspy.Prediction, step: Step, before: Sequence[Turn], lang: Lang) -> Turn:
    """The turn of a reply, without the sentences that the agent said before and goodbyes before the end."""
    text = trimmed(str(reply.agent_says), sentences=_SENTENCES, questions=_may_ask(step, lang))
    parts = sentences_of(text)
    own = [part for turn in said_by("supporter", before) for part in (turn.text, *sentences_of(turn.text))]
    if step.kind == "verification":
        parts = [part for part in parts if part.endswith(("?", "？"))] or parts
        text = SPACE[lang].join(parts)
    ends = step.kind == "closing"
    new = [part for part in parts if not any(alike(part, other) for other in own)]
    new = [part for part in new if ends or not GOODBYE.search(part)]
    if new and len(new) < len(parts):
        text = SPACE[lang].join(new)
    return Turn(speaker="supporter", text=text, strategy=Strategy(reply.strategy), stage=Stage(reply.stage))
