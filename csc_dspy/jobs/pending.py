"""Replies that units got before they were finished: after a kill, a dead server or a limit, none is asked for again.

A unit's work is a pure function of the unit and the configuration, so it asks the same questions again, and is answered
from the record up to where it was. The file holds no question, only its digest; it is gone when every unit is finished.
"""

from __future__ import annotations

import contextlib
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from io import RawIOBase
from pathlib import Path
from typing import Any

from csc_dspy.conversation import iter_lines
from csc_dspy.errors import ReplyError
from csc_dspy.files import written_whole
from csc_dspy.jobs.lines import repair
from csc_dspy.jobs.recorded import Recorded, key_of
from csc_dspy.usage import Ledger, Usage, record

_SWEEP_BYTES = 1 << 24


class Pending:
    """The replies of a job's unfinished units, in memory and in a file."""

    def __init__(self, path: Path, is_finished: Callable[[str], bool]) -> None:
        """Prepare; nothing is read yet.

        Args:
            path: The file; it need not be there.
            is_finished: Whether a unit needs its replies no more.
        """
        self._path = path
        self._is_finished = is_finished
        self._units: dict[str, dict[str, list[Recorded]]] = defaultdict(lambda: defaultdict(list))
        self._file: RawIOBase | None = None
        self._written = 0
        self._was_read = False

    def read(self) -> None:
        """Read what an earlier run left."""
        repair(self._path)
        if self._path.exists():
            for row, whole in iter_lines(self._path, Recorded.parse, on_bad=lambda error: None):
                unit = str(whole.get("unit"))
                if not self._is_finished(unit):
                    self._units[unit][row.key].append(row)
        self._was_read = True

    def attempt(self, unit: str, run: Ledger) -> Attempt:
        """A try at a unit, which is answered from the record as far as that goes.

        Args:
            unit: Its id.
            run: The run's ledger, which counts every reply once.
        """
        return Attempt(self, unit, self._units[unit], run)

    def held(self, unit: str) -> Usage:
        """What the replies of a unit took that this run has counted, and will be counted with its row."""
        rows = (row for same in self._units[unit].values() for row in same)
        return sum((row.usage for row in rows if row.counted), Usage())

    def keep(self, unit: str, reply: Recorded) -> None:
        """Put a reply on record."""
        self._units[unit][reply.key].append(reply)
        # Where the disk is full, the rows matter: their writer ends the run.
        with contextlib.suppress(OSError):
            line = reply.line(unit=unit)
            if self._file is None:
                self._file = self._path.open("ab", buffering=0)
            self._file.write(line)
            self._written += len(line)
            if self._written > _SWEEP_BYTES:
                self._sweep()

    def close(self) -> None:
        """Keep what unfinished units were told; once more does nothing."""
        with contextlib.suppress(OSError):
            if self._was_read and (self._file is not None or self._path.exists()):
                self._sweep()

    def _sweep(self) -> None:
        """Forget the finished units, in memory and in the file."""
        for unit in [unit for unit, rows in self._units.items() if not rows or self._is_finished(unit)]:
            del self._units[unit]
        if self._file is not None:
            self._file.close()
            self._file = None
        self._written = 0
        if not self._units:
            self._path.unlink(missing_ok=True)
            return
        with written_whole(self._path) as part, part.open("wb") as file:
            for unit, rows in self._units.items():
                file.writelines(row.line(unit=unit) for same in rows.values() for row in same)


class Attempt:
    """One try at a unit.

    Attributes:
        again: What replies took that were given once more, and that this run has counted before.
    """

    def __init__(self, pending: Pending, unit: str, rows: dict[str, list[Recorded]], run: Ledger) -> None:
        """Use :meth:`Pending.attempt`."""
        self.again = Usage()
        self._pending = pending
        self._unit = unit
        self._rows = rows
        self._run = run
        self._asked: Counter[str] = Counter()

    async def answer(self, question: Mapping[str, Any], ask: Callable[[], Awaitable[Any]]) -> Any:
        """The outputs for a question: those on record, or new ones.

        A question that is asked a second time on purpose, as an endpoint takes no seed, gets a second answer.

        Args:
            question: All that decides the answer; JSON, or with a text that does not change.
            ask: Asks the model.

        Raises:
            ReplyError: The answer was cut off.
        """
        key = key_of(question)
        number = self._asked[key]
        self._asked[key] += 1
        known = self._rows.get(key, [])
        if number < len(known):
            return self._given_again(known[number])
        with Ledger() as spent:
            try:
                outputs = await ask()
            except ReplyError as error:
                self._pending.keep(self._unit, Recorded(key, {"error": str(error)}, spent.total))
                raise
        self._pending.keep(self._unit, Recorded(key, {"outputs": outputs}, spent.total))
        return outputs

    def _given_again(self, row: Recorded) -> Any:
        if row.counted:
            record(row.usage, but=self._run)
            self.again += row.usage
        else:
            record(row.usage)
            row.counted = True
        return row.outputs()


current_attempt: ContextVar[Attempt | None] = ContextVar("csc_attempt", default=None)
"""The try at a unit that is under way in this task; ``None`` outside a job."""
