"""The rewriter: a real call in, the call a well-trained agent would have led out, each agent turn labelled.

One typed call of the model a window. A call that is longer than a window is rewritten in several, which overlap in what
was rewritten last: each sees it, goes on after it, and is not shown the original of it again, which a small model would
write once more. Code compares the numbers of every window with the original's and has a faulty one written again; who
only says again what is done is asked without seeing it.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import dspy

from csc_dspy.conversation import Conversation, Turn, render_transcript
from csc_dspy.corpora.prefilter import merged
from csc_dspy.framework import Lang, Stage, Strategy
from csc_dspy.programs.asking import Asking, GivenUpError, GuardError, Program, asked_until_fit
from csc_dspy.programs.facts import missing
from csc_dspy.programs.guards import GOODBYE
from csc_dspy.programs.mending import without_label
from csc_dspy.programs.rewritten import again, fault, keep, only, said_by
from csc_dspy.signatures.rewriting import Exchange, RewriteCall, Said, part_of, part_shown, rewriting
from csc_dspy.signatures.rewriting_examples import DONE, fitting, rewriting_demos
from csc_dspy.usage import rough_tokens

WINDOW = 900
"""Tokens of a call that are rewritten at a time: with instructions and answer they fit into 4,096."""


@dataclass(frozen=True)
class Window:
    """A part of a call.

    Attributes:
        turns: Its turns.
        first: Whether the call begins here.
        last: Whether the call ends here.
    """

    turns: tuple[Turn, ...]
    first: bool
    last: bool

    @property
    def inner(self) -> bool:
        """Whether the call neither begins nor ends here."""
        return not self.first and not self.last

    @property
    def exchanges(self) -> int:
        """Exchanges its rewriting may have: a curt call grows, a part of a call has no room for inventions."""
        if self.first and self.last:
            return len(self.turns) + 1
        asked = sum(turn.speaker == "supporter" for turn in self.turns)
        return max(0, 3 * asked // 2 - 3) if self.first else max(1, 3 * asked // 2)

    def halves(self) -> tuple[Window, ...]:
        """Two windows with half the turns each, the second begun by the supporter; none where that cannot be."""
        middle = len(self.turns) / 2
        starts = [at for at, turn in enumerate(self.turns) if at and turn.speaker == "supporter"]
        if not starts:
            return ()
        cut = min(starts, key=lambda at: abs(at - middle))
        return Window(self.turns[:cut], self.first, False), Window(self.turns[cut:], False, self.last)


def windows(turns: Sequence[Turn], size: int = WINDOW) -> Iterator[Window]:
    """Cut a call into windows of at most about ``size`` tokens; a single longer turn is a window of its own.

    Args:
        turns: The call's turns.
        size: Tokens of a window, roughly counted.
    """
    begin = 0
    while begin < len(turns):
        end, room = begin, size
        while end < len(turns) and (end == begin or rough_tokens(turns[end].text) <= room):
            room -= rough_tokens(turns[end].text)
            end += 1
        if end < len(turns) and end - begin > 1 and turns[end - 1].speaker == "supporter":
            end -= 1  # what the supporter says goes with its answer
        yield Window(tuple(turns[begin:end]), begin == 0, end == len(turns))
        begin = end


class Rewriter(Program):
    """Call in, rewriting out."""

    repeating = ("rewriter",)
    temperature_again = 0.5

    def __init__(self, lang: Lang, *, window: int = WINDOW, temperature: float = 0.3) -> None:
        """Build the rewriter of one language.

        Args:
            lang: Language of the call, the prompt and the rewriting.
            window: Tokens of a call that are rewritten at a time.
            temperature: Sampling temperature.
        """
        super().__init__(lang, temperature)
        self.window = window
        self.rewriter = dspy.Predict(rewriting(RewriteCall, lang))
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
            ``conversation`` (with the call's id, language and topic), ``notes`` (``windows``: how many there were) and
            ``faults`` (``role.fault`` to how often it was asked again).

        Raises:
            GivenUpError: A window's reply stayed faulty, also when it was cut in two again and again.
        """
        return self.run(self._rewritten(call), f"{seed}/{call.id}")

    async def aforward(self, call: Conversation, seed: int = 0) -> dspy.Prediction:
        """Rewrite a call without blocking; see :meth:`forward`."""
        return await self.arun(self._rewritten(call), f"{seed}/{call.id}")

    def _rewritten(self, call: Conversation) -> Asking:
        faults: Counter[str] = Counter()
        turns: list[Turn] = []
        count = 0
        left: deque[tuple[Window, GuardError | None]] = deque()
        left.extend((window, None) for window in windows(merged(call).turns, self.window))
        while left:
            window, before = left.popleft()
            try:
                turns += yield from self._window(window, turns, call, faults)
                count += 1
            except GuardError as error:
                first = before or error  # the rest is what came of trying again
                if not (halves := window.halves()):
                    if error.name == "echo" and window.inner and not missing(window.turns, turns):
                        continue  # the call itself says again what was said
                    raise GivenUpError(first, turns) from None
                left.extendleft((half, first) for half in reversed(halves))  # half as much may not be too much
        rewritten = Conversation(
            id=call.id, lang=call.lang, topic=call.topic, source="csconv", scenario=call.scenario, turns=tuple(turns)
        )
        return dspy.Prediction(conversation=rewritten, notes={"windows": count}, faults=dict(faults))

    def _window(self, window: Window, before: Sequence[Turn], call: Conversation, faults: Counter[str]) -> Asking:
        """The turns of one window."""
        lines = render_transcript(window.turns, self.lang)
        inputs = {
            "done": render_transcript(before[-DONE:], self.lang, strategies=True) if before else "",
            "call": part_shown(lines, self.lang, first=window.first, last=window.last),
        }

        turns: list[Turn] = []

        def check(reply: dspy.Prediction) -> str | None:
            turns[:] = _turns(reply, window, before)
            return fault(turns, window.turns, before, call.turns, self.lang)

        def keeping(_: dspy.Prediction) -> dict[str, str]:
            return {"call": f"{inputs['call']}\n{keep(window.turns, [*before, *turns], self.lang)}"}

        def sparing(_: dspy.Prediction) -> dict[str, str]:
            return {"call": f"{inputs['call']}\n{only(window.turns, self.lang)}"}

        yield from asked_until_fit(
            "rewriter",
            check,
            faults,
            signature=part_of(self.rewriter.signature, first=window.first, last=window.last, most=window.exchanges),
            demos=fitting(self.shown("rewriter"), first=window.first, last=window.last),
            inputs=inputs,
            after={"lost": keeping, "invented": sparing, "echo": lambda _: {"done": ""}},
        )
        return turns


def _turns(reply: dspy.Prediction, window: Window, before: Sequence[Turn]) -> list[Turn]:
    """The turns of a window's answer: greeting and verification in the first, the goodbye in the last.

    Exchanges that say once more what was said are left out, unless no exchange is left.
    """
    turns: list[Turn] = []
    if window.first:
        for row, strategy in (
            (reply.opening, Strategy.GREETING),
            (reply.verification, Strategy.IDENTITY_VERIFICATION),
        ):
            turns += _exchange(Stage.CONNECTING, strategy, row)
    exchanges = list(reply.exchanges) if "exchanges" in reply else []
    while window.last and exchanges and GOODBYE.search(exchanges[-1].agent_says):
        exchanges.pop()  # the goodbye has a field of its own
    told = [_exchange(Stage(one.stage), Strategy(one.strategy), one) for one in exchanges]
    new: list[Turn] = []
    for agent, customer in told:
        said = [*before, *turns, *new]
        if not again(agent, said_by("supporter", said)) and not again(customer, [*said, agent]):
            new += agent, customer
    turns += new or [turn for exchange in told for turn in exchange]
    if window.last:
        strategy, stage = Strategy.APPRECIATION_AND_CLOSURE, Stage.MAINTAINING
        turns.append(Turn(speaker="supporter", text=without_label(reply.closing), strategy=strategy, stage=stage))
    return turns


def _exchange(stage: Stage, strategy: Strategy, said: Said | Exchange) -> tuple[Turn, Turn]:
    return (
        Turn(speaker="supporter", text=without_label(said.agent_says), strategy=strategy, stage=stage),
        Turn(speaker="customer", text=without_label(said.customer_says)),
    )
