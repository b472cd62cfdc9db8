"""Replies on record: what was asked once is not asked again, also after a kill.

One :class:`~csc_dspy.jobs.recorded.Recorded` a line. Unlike DSPy's cache it knows the model by the name the user gave,
keeps the use of every call, and holds the budget of all runs together.
"""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from csc_dspy.conversation import iter_lines
from csc_dspy.errors import CscError, ReplyError, RunError, TransientModelError
from csc_dspy.jobs.lines import repair
from csc_dspy.jobs.recorded import Recorded, key_of
from csc_dspy.usage import Kept, Ledger, Usage


class Replies:
    """The replies of one job, in memory and in a file that only grows.

    Attributes:
        path: The file.
        ledger: What all replies took, those that were of no use included; with the job's limits.
        asked: Questions of this run that were asked.
        spent: What those took.
        answered: What the answers that were given took, those from the record included and as often as they were given.
        kept: Of the limits, what new questions may not use yet.
    """

    def __init__(
        self,
        path: Path,
        *,
        max_tokens: int | None = None,
        max_cost: float | None = None,
    ) -> None:
        """Read what is on record; a line that a kill left half is passed over.

        Args:
            path: The file; it need not be there.
            max_tokens: Prompt and generated tokens allowed, those on record included.
            max_cost: US dollars allowed, those on record included.
        """
        self.path = path
        self._file = path.absolute()  # threads that are left behind write where the job did
        self.ledger = Ledger(max_tokens=max_tokens, max_cost=max_cost)
        self.asked, self.spent, self.answered = 0, Usage(), Usage()
        self.kept: Callable[[], Kept] = Kept
        self._lock = threading.Lock()
        self._asking: dict[str, threading.Event] = {}
        self._torn = False
        self._replies: dict[str, Recorded] = {}
        repair(path)
        if path.exists():
            for row, _ in iter_lines(path, Recorded.parse, on_bad=lambda error: None):
                self._replies[row.key] = row
                self.ledger.total = self.ledger.total + row.usage

    def __deepcopy__(self, memo: dict[int, Any]) -> Replies:
        return self  # copies of a model share its record

    def __len__(self) -> int:
        return len(self._replies)

    def answer(self, question: Mapping[str, Any], ask: Callable[[], Any]) -> Any:
        """The outputs for a question: those on record, or new ones; who asks what is being asked waits for it.

        Args:
            question: All that decides the answer; JSON, or with a text that does not change.
            ask: Asks the model.

        Raises:
            BudgetError: It would have to be asked, and a limit is reached.
            ReplyError: The answer was cut off.
            RunError: The record cannot be written.
        """
        found = self.recorded(question, ask)
        with self._lock:
            self.answered = self.answered + found.usage
        return found.outputs()

    def recorded(self, question: Mapping[str, Any], ask: Callable[[], Any]) -> Recorded:
        """The reply to a question as it is on record; see :meth:`answer`. Not counted among what was :attr:`answered`.

        Raises:
            BudgetError: It would have to be asked, and a limit is reached.
            RunError: The record cannot be written.
        """
        key = key_of(question)
        while True:
            with self._lock:
                row = self._replies.get(key)
                asking = self._asking.get(key)
                if row is None and asking is None:
                    self.ledger.check(self.kept())
                    self._asking[key] = threading.Event()
            if row is not None:
                return row
            if asking is None:
                break
            asking.wait()  # if that one fails, this one asks
        try:
            with Ledger() as spent:
                try:
                    outputs = ask()
                except ReplyError as error:
                    return self._keep(Recorded(key, {"error": str(error)}, spent.total))
                except Exception:
                    if spent.total.calls:  # what was paid in vain is in the budget, and answers nothing
                        self._keep(Recorded(f"{key} in vain", {"outputs": []}, spent.total))
                    raise
            return self._keep(Recorded(key, {"outputs": outputs}, spent.total))
        finally:
            with self._lock:
                self._asking.pop(key).set()

    def _keep(self, reply: Recorded) -> Recorded:
        with self._lock:
            self.asked += 1
            self._replies[reply.key] = reply
            self.ledger.total, self.spent = self.ledger.total + reply.usage, self.spent + reply.usage
            try:
                if self._torn:
                    repair(self._file)
                self._torn = True
                with self._file.open("ab", buffering=0) as file:
                    self._torn = file.write(line := reply.line()) < len(line)
                if self._torn:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            except OSError as error:
                raise RunError(f"{self.path}: cannot be written ({error.strerror or error})") from None
        return reply


wanted: ContextVar[Callable[[Any], object]] = ContextVar("wanted", default=lambda output: True)
"""Whether an answer is of use to who asks; said by the adapter that reads it."""
USABLE_ATTEMPTS = 3
"""How often a question is asked before the answer is given up as useless."""


class Watched:
    """The replies of one role, with what became of its questions.

    Where a reply was cut off, or is not what is :data:`wanted`, the question is asked again, and a reply that stays
    useless is not put on record: the same command asks it anew. Where several answers are asked for, those of use are
    kept until there are as many.

    Attributes:
        answered: Questions that were answered.
        failed: Questions that were not.
        error: Why, of the last one.
    """

    def __init__(self, replies: Replies) -> None:
        self._replies = replies
        self._lock = threading.Lock()
        self.answered = self.failed = 0
        self.error: CscError | None = None

    def __deepcopy__(self, memo: dict[int, Any]) -> Watched:
        return self

    def answer(self, question: Mapping[str, Any], ask: Callable[[], Any]) -> Any:
        """The outputs for a question; see :meth:`Replies.answer`.

        Raises:
            TransientModelError: It was cut off or not what is :data:`wanted`, however often it was asked.
        """
        fits = wanted.get()

        def ask_until_usable() -> Any:
            usable: list[Any] = []
            why = ""
            for _ in range(USABLE_ATTEMPTS):
                try:
                    outputs = ask()
                except ReplyError as error:
                    why = f" ({error})"
                    continue
                usable += filter(fits, outputs)
                if len(usable) >= max(1, len(outputs)):
                    return usable[: len(outputs)]
            raise TransientModelError(f"{question['model']}: nothing usable in {USABLE_ATTEMPTS} answers{why}")

        try:
            outputs = self._replies.recorded(question, ask_until_usable).outputs()
        except CscError as error:
            with self._lock:
                self.failed += 1
                self.error = error
            raise
        with self._lock:
            self.answered += 1
        return outputs
