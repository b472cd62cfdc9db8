"""Replies that units got before they were finished: after a kill, a dead server or a limit, none is asked for again.

A unit's work is a pure function of the unit and the configuration, so it asks the same questions again, and is answered
from the record up to where it was. The file holds no question, only its digest; it is gone when every unit is finished.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from io import RawIOBase
from pathlib import Path
from typing import Any

import orjson

from csc_dspy.conversation import iter_lines
from csc_dspy.errors import ReplyError
from csc_dspy.files import written_whole
from csc_dspy.jobs.lines import repair
from csc_dspy.usage import Ledger, Usage, record

_SWEEP_BYTES = 1 << 24
_MOST_FORMS = 4096


@dataclass(slots=True)
class _Row:
    """A reply on record.

    Attributes:
        body: ``outputs``, or ``error`` of one that was cut off.
        usage: What it took.
        counted: Whether this run's totals hold what it took.
    """

    body: Mapping[str, Any]
    usage: Usage
    counted: bool


class Pending:
    """The replies of a job's unfinished units, in memory and in a file."""

    def __init__(self, path: Path, is_finished: Callable[[str], bool]) -> None:
        """Read what an earlier run left.

        Args:
            path: The file; it need not be there.
            is_finished: Whether a unit needs its replies no more.
        """
        self._path = path
        self._is_finished = is_finished
        self._units: dict[str, dict[str, list[_Row]]] = defaultdict(lambda: defaultdict(list))
        self._file: RawIOBase | None = None
        self._written = 0
        repair(path)
        if path.exists():
            for unit, key, row in iter_lines(path, _parse, on_bad=lambda error: None):
                if not is_finished(unit):
                    self._units[unit][key].append(row)

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

    def keep(self, unit: str, key: str, body: Mapping[str, Any], usage: Usage) -> None:
        """Put a reply on record."""
        self._units[unit][key].append(_Row(body, usage, counted=True))
        # Where the disk is full, the rows matter: their writer ends the run.
        with contextlib.suppress(OSError):
            line = _line(unit, key, body, usage)
            if self._file is None:
                self._file = self._path.open("ab", buffering=0)
            self._file.write(line)
            self._written += len(line)
            if self._written > _SWEEP_BYTES:
                self._sweep()

    def close(self) -> None:
        """Keep what unfinished units were told; once more does nothing."""
        with contextlib.suppress(OSError):
            if self._file is not None or self._path.exists():
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
                file.writelines(_line(unit, key, row.body, row.usage) for key, same in rows.items() for row in same)


class Attempt:
    """One try at a unit.

    Attributes:
        again: What replies took that were given once more, and that this run has counted before.
    """

    def __init__(self, pending: Pending, unit: str, rows: dict[str, list[_Row]], run: Ledger) -> None:
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
        plain = {
            name: _digest_of_form(value) if name == "response_format" else value for name, value in question.items()
        }
        key = hashlib.sha256(_plain(plain)).hexdigest()[:32]
        number = self._asked[key]
        self._asked[key] += 1
        known = self._rows.get(key, [])
        if number < len(known):
            return self._given_again(known[number])
        with Ledger() as spent:
            try:
                outputs = await ask()
            except ReplyError as error:
                self._pending.keep(self._unit, key, {"error": str(error)}, spent.total)
                raise
        self._pending.keep(self._unit, key, {"outputs": outputs}, spent.total)
        return outputs

    def _given_again(self, row: _Row) -> Any:
        if row.counted:
            record(row.usage, but=self._run)
            self.again += row.usage
        else:
            record(row.usage)
            row.counted = True
        if "error" in row.body:
            raise ReplyError(str(row.body["error"]))
        return row.body["outputs"]


current_attempt: ContextVar[Attempt | None] = ContextVar("csc_attempt", default=None)
"""The try at a unit that is under way in this task; ``None`` outside a job."""


_forms: dict[int, tuple[Any, str]] = {}


def _digest_of_form(form: Any) -> str:
    """The digest of a response format; they are few, the same objects come again, and they are long."""
    if (known := _forms.get(id(form))) is None:
        if len(_forms) >= _MOST_FORMS:
            _forms.clear()
        known = _forms[id(form)] = form, hashlib.sha256(_plain(form)).hexdigest()  # kept, so that no id comes again
    return known[1]


def _plain(value: Any) -> bytes:
    return orjson.dumps(value, default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)


def _line(unit: str, key: str, body: Mapping[str, Any], usage: Usage) -> bytes:
    row = {"unit": unit, "key": key, **body, "usage": usage.to_dict()}
    return orjson.dumps(row, default=str, option=orjson.OPT_APPEND_NEWLINE)


def _parse(line: str) -> tuple[str, str, _Row]:
    row = json.loads(line)
    body = {name: row[name] for name in ("outputs", "error") if name in row}
    if not body:
        raise ValueError("no reply")
    return str(row["unit"]), str(row["key"]), _Row(body, Usage.from_dict(row["usage"]), counted=False)
