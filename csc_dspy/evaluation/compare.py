"""``compare``: two sets of answers to the same conversations, metric by metric."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from csc_dspy.conversation import Record
from csc_dspy.errors import InputError
from csc_dspy.evaluation.outcomes import LABELS, counts_of_calls
from csc_dspy.evaluation.pairing import paired
from csc_dspy.evaluation.played import Played
from csc_dspy.evaluation.records import Answered
from csc_dspy.evaluation.report import counted
from csc_dspy.evaluation.score import once, read_results, refuse_models
from csc_dspy.metrics.metric import share
from csc_dspy.metrics.neural import NeuralModels
from csc_dspy.metrics.resampling import difference
from csc_dspy.metrics.scoring import Compared, compared
from csc_dspy.wording import amount

SURE = 0.05
"""The p-value below which a difference counts as real."""


FEW = 20
"""Conversations below which the bootstrap is not to be relied on."""


class McNemar(Record):
    """Whether two sides are right equally often on the same turns (McNemar 1947, exact).

    Attributes:
        only_first: Turns that only the first side got right.
        only_second: Turns that only the second got right.
        p: Two-sided p-value; it takes turns for independent, which those of one conversation are not.
    """

    only_first: int
    only_second: int
    p: float


class Comparison(Record):
    """Two sets of answers.

    Attributes:
        first: Who gave the first, with the model behind it.
        second: Who gave the second.
        conversations: Conversations compared.
        left_out: Conversations only one side has.
        figures: Each metric of both sides, with the difference.
        mcnemar: Of the strategies; ``None`` where no turn has a gold strategy.
        notes: In what the sides differ besides who answered.
    """

    first: str
    second: str
    conversations: int
    left_out: int
    figures: tuple[Compared, ...]
    mcnemar: McNemar | None
    notes: tuple[str, ...] = ()

    def describe(self) -> str:
        """The comparison as a Markdown table with a verdict a line."""
        lines = [
            f"first: {self.first}; second: {self.second}; {amount(self.conversations, 'conversation')} both have"
            + (f", {self.left_out:,} only one has are left out" if self.left_out else ""),
            *(f"Mind: {note}" for note in self.notes),
            "",
            "| × 100 | first | second | difference | 95 % interval | p | |",
            "|---|---|---|---|---|---|---|",
        ]
        for one in self.figures:
            a, b = ("–" if value is None else f"{value:.2f}" for value in (one.first, one.second))
            if one.difference is None or one.low is None or one.high is None or one.p is None:
                lines.append(f"| {one.label} | {a} | {b} | – | – | – | not scored |")
            else:
                spread = f"{one.low:+.2f} to {one.high:+.2f}"
                figures = f"| {one.label} | {a} | {b} | {one.difference:+.2f} | {spread} | {one.p:.3f} |"
                lines.append(f"{figures} {_verdict(one)} |")
        if self.conversations < FEW:
            lines += ["", f"Of fewer than {FEW} conversations intervals come out too narrow: take them for a hint."]
        if self.mcnemar:
            lines += [
                "",
                f"McNemar on strategies: {self.mcnemar.only_first:,} turns only the first got right, "
                f"{self.mcnemar.only_second:,} only the second, p = {self.mcnemar.p:.3g}.",
            ]
        return "\n".join(lines)


def compare(
    first: Path,
    second: Path,
    seed: int = 0,
    names: tuple[str, str] | None = None,
    neural: NeuralModels | None = None,
) -> Comparison:
    """Compare two files of answers on the conversations that both have.

    Args:
        first: A file that ``evaluate`` wrote.
        second: Another one.
        seed: Of the bootstrap samples.
        names: What the files are called, if not by their paths.
        neural: The models of BERTScore and BLEURT, which are absent without.

    Raises:
        InputError: A file cannot be read, they have no conversation in common, answered different versions of one, or
            a model is none.
    """
    called = names or (str(first), str(second))
    ours, theirs = ({row.id: row for row in once(read_results(path), path)} for path in (first, second))
    one, other = zip(*paired([ours[id] for id in sorted(ours)], theirs, called), strict=True)
    calls, calls_too = ([row for row in side if isinstance(row, Played)] for side in (one, other))
    answers, answers_too = ([row for row in side if isinstance(row, Answered)] for side in (one, other))
    if bool(calls) != bool(calls_too):
        raise InputError(f"{called[0]} and {called[1]}: answers cannot be compared with calls to simulated customers")
    if calls:
        refuse_models(neural, called[0])
    return Comparison(
        first=f"{one[0].side} ({called[0]})",
        second=f"{other[0].side} ({called[1]})",
        conversations=len(one),
        left_out=len(ours.keys() ^ theirs.keys()),
        figures=tuple(
            _calls_compared(calls, calls_too, seed)
            if calls
            else compared(counted(answers, neural), counted(answers_too, neural), seed)
        ),
        mcnemar=None if calls else _mcnemar(answers, answers_too),
        notes=tuple(_notes(answers, answers_too)),
    )


def _notes(first: Sequence[Answered], second: Sequence[Answered]) -> Iterator[str]:
    contexts = [" and ".join(dict.fromkeys(row.context for row in side)) for side in (first, second)]
    if contexts[0] != contexts[1]:
        yield f"the first answered in the {contexts[0]} context, the second in the {contexts[1]} one."
    turns = [
        (a.reference, b.reference)
        for one, other in zip(first, second, strict=True)
        for a, b in zip(one.turns, other.turns, strict=True)
    ]
    if masked := sum(reference != other for reference, other in turns):
        yield (
            f"in {masked:,} of {len(turns):,} turns the references differ, as one side masked personal data; "
            "figures of words cannot be compared: run both with --mask, or both with --no-mask."
        )


def _calls_compared(first: Sequence[Played], second: Sequence[Played], seed: int) -> Iterator[Compared]:
    one, other = counts_of_calls(first), counts_of_calls(second)
    for name in (name for name in one if name in other):
        found = difference(one[name], other[name], share, seed)
        yield Compared.of(
            name, LABELS.get(name, name), share(one[name].sum(axis=0)), share(other[name].sum(axis=0)), found
        )


def _mcnemar(first: Iterable[Answered], second: Iterable[Answered]) -> McNemar | None:
    from scipy.stats import binomtest

    only = [0, 0]
    turns = 0
    for one, other in zip(first, second, strict=True):
        for a, b in zip(one.turns, other.turns, strict=True):
            if a.gold_strategy is None:
                continue
            turns += 1
            right = [turn.strategy is a.gold_strategy for turn in (a, b)]
            if right[0] != right[1]:
                only[right[1]] += 1
    if not turns:
        return None
    p = float(binomtest(only[0], sum(only)).pvalue) if sum(only) else 1.0
    return McNemar(only_first=only[0], only_second=only[1], p=p)


def _verdict(one: Compared) -> str:
    if one.p is None or one.difference is None or one.p >= SURE:
        return "no real difference"
    if one.name == "length":
        return "longer" if one.difference > 0 else "shorter"
    return "second is better" if one.difference > 0 else "first is better"
