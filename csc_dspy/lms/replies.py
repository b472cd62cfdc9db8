"""Replies on record: what was asked once is not asked again, also after a kill.

One JSON object a line: a digest of the whole question, the outputs, what they took. Unlike DSPy's cache it knows the
model by the name the user gave, keeps the use of every call, and holds the budget of all runs together.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from csc_dspy.errors import ReplyError, RunError
from csc_dspy.usage import Ledger, Usage


class Replies:
    """The replies of one job, in memory and in a file that only grows.

    Attributes:
        path: The file.
        ledger: What all replies on record took, with the job's limits.
        known: Questions of this run that were answered from the record.
        asked: Questions of this run that were asked.
    """

    def __init__(self, path: Path, *, max_tokens: int | None = None, max_cost: float | None = None) -> None:
        """Read what is on record; a line that a kill left half is passed over.

        Args:
            path: The file; it need not be there.
            max_tokens: Prompt and generated tokens allowed, those on record included.
            max_cost: US dollars allowed, those on record included.
        """
        self.path = path
        self.ledger = Ledger(max_tokens=max_tokens, max_cost=max_cost)
        self.known = self.asked = 0
        self._lock = threading.Lock()
        self._replies: dict[str, dict[str, Any]] = {}
        if path.exists():
            for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
                try:
                    row = json.loads(line)
                    key, usage = row["key"], Usage.from_dict(row["usage"])
                except (ValueError, KeyError, TypeError, AttributeError):
                    continue
                self._replies[key] = row
                self.ledger.total = self.ledger.total + usage

    def __deepcopy__(self, memo: dict[int, Any]) -> Replies:
        return self  # copies of a model share its record

    def answer(self, question: Mapping[str, Any], ask: Callable[[], Any]) -> Any:
        """The outputs for a question: those on record, or new ones.

        Args:
            question: All that decides the answer; JSON, or with a text that does not change.
            ask: Asks the model.

        Raises:
            BudgetError: It would have to be asked, and a limit is reached.
            ReplyError: The answer on record was cut off.
        """
        text = json.dumps(question, sort_keys=True, ensure_ascii=False, default=str)
        key = hashlib.sha256(text.encode()).hexdigest()[:32]
        with self._lock:
            row = self._replies.get(key)
            if row is None:
                self.ledger.check()
            else:
                self.known += 1
        if row is not None:
            if "error" in row:
                raise ReplyError(row["error"])
            return row["outputs"]
        with Ledger() as spent:
            try:
                outputs = ask()
            except ReplyError as error:
                self._keep({"key": key, "error": str(error)}, spent.total)
                raise
        self._keep({"key": key, "outputs": outputs}, spent.total)
        return outputs

    def _keep(self, row: dict[str, Any], usage: Usage) -> None:
        line = json.dumps({**row, "usage": usage.to_dict()}, ensure_ascii=False, default=str)
        with self._lock:
            self.asked += 1
            self._replies[row["key"]] = row
            self.ledger.total = self.ledger.total + usage
            try:
                new = not self.path.exists()
                with self.path.open("a", encoding="utf-8") as file:
                    # A line that a kill left half must not swallow this one.
                    file.write(line + "\n" if new or self._ends_whole() else "\n" + line + "\n")
            except OSError as error:
                raise RunError(f"{self.path}: cannot be written ({error.strerror or error})") from None

    def _ends_whole(self) -> bool:
        with self.path.open("rb") as file:
            if file.seek(0, 2) == 0:
                return True
            file.seek(-1, 2)
            return file.read(1) == b"\n"
