"""What to do about a call that could not be read, added to its reason: which ``--map`` may help, or which label."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from csc_dspy.corpora.readers.calls import Call
from csc_dspy.errors import LineError

IN_LABELS = "a label such as `Ana (customer)` or `Ana (agent)` says it"
"""The remedy in a transcript."""

IN_FIELDS = "if another field says it, name it: --map speaker=FIELD,text=FIELD"
"""The remedy in a record of JSON."""

_OF_SPEAKERS = ("no role", "no speakers")


def in_columns(names: Sequence[str]) -> str:
    """The remedy in a table with further columns; empty without any."""
    listed = ", ".join(names)[:300]
    return f"if another column says it ({listed}), name it: --map speaker=COLUMN,text=COLUMN" if names else ""


def with_remedy(reason: str, remedy: str) -> str:
    """A reason with what helps against it, if it is that a speaker or a side is not known."""
    kind = reason.partition(":")[0]
    return f"{reason}; {remedy}" if remedy and kind in _OF_SPEAKERS and "--map" not in reason else reason


def said_once(outcomes: Iterator[Call | LineError]) -> Iterator[Call | LineError]:
    """The outcomes of a table's rows; if none of them names a speaker, that is one fault of the table and said once."""
    held: list[LineError] = []
    of_speakers = 0
    for outcome in outcomes:
        kind = outcome.reason.partition(":")[0] if isinstance(outcome, LineError) else ""
        if isinstance(outcome, LineError) and kind in ("no speakers", "empty"):
            held.append(outcome)
            of_speakers += kind == "no speakers"
            continue
        yield from held
        yield outcome
        yield from outcomes
        return
    if of_speakers < 2:
        yield from held
        return
    first = next(error for error in held if error.reason.startswith("no speakers"))
    _, _, remedy = first.reason.partition("; ")
    reason = f"no speakers: none of {len(held):,} rows says in its text who speaks"
    yield LineError(first.path, first.line, f"{reason}; {remedy}" if remedy else reason)
