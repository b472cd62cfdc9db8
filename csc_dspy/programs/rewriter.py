"""The rewriter: a real call in, the call a well-trained agent would have led out, each agent turn labelled.

One typed call of the model a window. A call that is longer than a window is rewritten in several, which overlap; each
sees the end of what was rewritten before it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import dspy

from csc_dspy.conversation import Conversation, Turn, render_transcript
from csc_dspy.corpora.prefilter import merged
from csc_dspy.framework import Lang, Stage, Strategy, Text
from csc_dspy.programs.asking import Asking, Check, Program, asked_twice
from csc_dspy.programs.guards import echoes, foreign, without_label
from csc_dspy.signatures.rewriting import rewriting_part
from csc_dspy.signatures.rewriting_examples import rewriting_demos
from csc_dspy.usage import rough_tokens

WINDOW = 900
"""Tokens of a call that are rewritten at a time: with instructions and answer they fit into 4,096."""
OVERLAP = 2
"""Turns of the original that a window shares with the one before."""
TAIL = 4
"""Rewritten turns a window is shown."""

_BEFORE = Text("(this is how the call went on)", "（通话的后续部分）")
_AFTER = Text("(the call goes on after this; stop here, without a goodbye)", "（通话还没结束，写到这里为止，不要道别）")


@dataclass(frozen=True)
class Window:
    """A part of a call.

    Attributes:
        turns: Its turns, the overlap with the window before included.
        first: Whether the call begins here.
        last: Whether the call ends here.
    """

    turns: tuple[Turn, ...]
    first: bool
    last: bool


def windows(turns: Sequence[Turn], size: int = WINDOW, overlap: int = OVERLAP) -> Iterator[Window]:
    """Cut a call into windows of at most about ``size`` tokens; a single longer turn is a window of its own.

    Args:
        turns: The call's turns.
        size: Tokens, roughly counted, of the turns that are new in a window.
        overlap: Turns of the window before that are shown again.
    """
    begin = 0
    while begin < len(turns):
        end, room = begin, size
        while end < len(turns) and (end == begin or rough_tokens(turns[end].text) <= room):
            room -= rough_tokens(turns[end].text)
            end += 1
        if end < len(turns) and end - begin > 1 and turns[end - 1].speaker == "supporter":
            end -= 1  # what the supporter says goes with its answer
        yield Window(tuple(turns[max(0, begin - overlap) : end]), begin == 0, end == len(turns))
        begin = end


class Rewriter(Program):
    """Call in, rewriting out."""

    def __init__(self, lang: Lang, *, window: int = WINDOW, temperature: float = 0.3) -> None:
        """Build the rewriter of one language.

        Args:
            lang: Language of the call, the prompt and the rewriting.
            window: Tokens of a call that are rewritten at a time.
            temperature: Sampling temperature.
        """
        super().__init__(lang, temperature)
        self.window = window
        self.rewriter = dspy.Predict(rewriting_part(lang, first=True, last=True))
        self.rewriter.demos = rewriting_demos(lang)

    def longest(self, role: str) -> int:
        """Tokens a rewritten window may take: more is said than before, and it is labelled."""
        return 2 * self.window + 300

    def forward(self, call: Conversation, seed: int = 0) -> dspy.Prediction:
        """Rewrite a call.

        Args:
            call: The call as it was; labels it may have are not shown to the model.
            seed: Changes the samples.

        Returns:
            ``conversation`` (with the call's id, language and topic), ``windows`` (how many) and ``faults``
            (``role.fault`` to how often it was asked again).

        Raises:
            GuardError: A window's reply stayed faulty.
        """
        return self.run(self._rewritten(call), f"{seed}/{call.id}")

    async def aforward(self, call: Conversation, seed: int = 0) -> dspy.Prediction:
        """Rewrite a call without blocking; see :meth:`forward`."""
        return await self.arun(self._rewritten(call), f"{seed}/{call.id}")

    def _rewritten(self, call: Conversation) -> Asking:
        faults: Counter[str] = Counter()
        turns: list[Turn] = []
        count = 0
        for window in windows(merged(call).turns, self.window):
            reply = yield from asked_twice(
                "rewriter",
                _whole(self.lang, window, turns),
                faults,
                signature=rewriting_part(self.lang, first=window.first, last=window.last),
                inputs={
                    "call": self._shown(window),
                    "done": render_transcript(turns[-TAIL:], self.lang, strategies=True) if turns else "",
                },
            )
            turns += _turns(reply, window)
            count += 1
        rewritten = Conversation(
            id=call.id, lang=call.lang, topic=call.topic, source="csconv", scenario=call.scenario, turns=tuple(turns)
        )
        return dspy.Prediction(conversation=rewritten, windows=count, faults=dict(faults))

    def _shown(self, window: Window) -> str:
        before = [] if window.first else [_BEFORE.in_(self.lang)]
        after = [] if window.last else [_AFTER.in_(self.lang)]
        return "\n".join([*before, render_transcript(window.turns, self.lang), *after])


def _whole(lang: Lang, window: Window, before: Sequence[Turn]) -> Check:
    """A check that a window came back whole: everybody says something, and nobody says the same again."""

    def check(reply: dspy.Prediction) -> str | None:
        turns = _turns(reply, window)
        if not reply.exchanges or not all(turn.text.strip() for turn in turns if turn.speaker == "supporter"):
            return "empty"
        if not all(turn.text.strip() for turn in turns):
            return "gap"
        said = [*before, *turns]
        if any(_again(turn, said[:at]) for at, turn in enumerate(said) if at >= len(before)):
            return "echo"
        # A Chinese call may hold English names and terms.
        return "language" if lang == "en" and any(foreign(turn.text, lang) for turn in turns) else None

    return check


def _again(turn: Turn, said: Sequence[Turn]) -> bool:
    """Whether a turn says what its speaker said before; summaries may repeat the other side."""
    return echoes(turn.text, [other for other in said if other.speaker == turn.speaker])


def _turns(reply: dspy.Prediction, window: Window) -> list[Turn]:
    """The turns of a window's answer: greeting and verification in the first, the goodbye in the last."""
    rows: list[tuple[Stage, Strategy, str, str]] = []
    if window.first:
        for said, strategy in (
            (reply.opening, Strategy.GREETING),
            (reply.verification, Strategy.IDENTITY_VERIFICATION),
        ):
            rows.append((Stage.CONNECTING, strategy, said.agent_says, said.customer_says))
    for one in reply.exchanges:
        rows.append((Stage(one.stage), Strategy(one.strategy), one.agent_says, one.customer_says))
    turns = []
    for stage, strategy, agent, customer in rows:
        turns.append(Turn(speaker="supporter", text=without_label(agent), strategy=strategy, stage=stage))
        turns.append(Turn(speaker="customer", text=without_label(customer)))
    if window.last:
        strategy, stage = Strategy.APPRECIATION_AND_CLOSURE, Stage.MAINTAINING
        turns.append(Turn(speaker="supporter", text=without_label(reply.closing), strategy=strategy, stage=stage))
    return turns
