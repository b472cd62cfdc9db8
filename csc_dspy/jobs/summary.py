"""What a run of a job came to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from csc_dspy.usage import Usage
from csc_dspy.wording import clock, money


@dataclass(frozen=True, slots=True)
class JobSummary:
    """What a run came to, read from the job's files; every unit counts once, by its newest row."""

    done: int
    dropped: int
    failed: int
    transient: int
    """Those of ``failed`` that the same command tries again."""
    already: int
    """Units that were finished before this run."""
    written: int
    """Rows this run wrote."""
    requeued: int
    """How often this run put a unit back after a passing error."""
    duplicates: int
    """Units left out because their id had come before in this run."""
    repaired: int
    """Files whose last line a kill had cut off, mended by this run."""
    funnel: Counter[str]
    """How many units were dropped or failed, by group."""
    usage: Usage
    """Use of models by this run, units that got no row included."""
    overall: Usage
    """Use of models by all runs of the job."""
    seconds: float
    stopped: str | None = None
    """Why the run ended before the last unit, ``None`` when it did not."""

    @property
    def complete(self) -> bool:
        """Whether every unit was done or dropped."""
        return self.stopped is None and not self.failed

    def describe(self) -> str:
        """The counts in one line for people."""
        parts = [f"{self.done:,} done", f"{self.dropped:,} dropped", f"{self.failed:,} failed"]
        if self.funnel:
            parts[-1] += f" ({', '.join(f'{group} {count:,}' for group, count in self.funnel.most_common())})"
        text = ", ".join(parts)
        for count, what in (
            (self.already, "finished before"),
            (self.requeued, "times put back"),
            (self.duplicates, "left out as duplicates"),
            (self.repaired, "torn lines mended"),
        ):
            text += f", {count:,} {what}" if count else ""
        text += f"; {self.overall.tokens:,} tokens, {money(self.overall.cost)}; {clock(self.seconds)}"
        return text + (f"; stopped: {self.stopped}" if self.stopped else "")
