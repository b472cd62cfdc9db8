"""The language model that programs call: a ``dspy.LM`` that waits its turn, tries again and keeps count."""

from __future__ import annotations

import asyncio
import itertools
import random
import sys
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import dspy
from dspy.utils import exceptions as dspy_errors
from dspy.utils.callback import with_callbacks

from csc_dspy import usage
from csc_dspy.chats import Side
from csc_dspy.errors import FatalModelError, RefusedError, ReplyError, TransientModelError, one_line
from csc_dspy.jobs.loops import waited
from csc_dspy.jobs.pending import current_attempt
from csc_dspy.jobs.recorded import writable
from csc_dspy.lms.direct import DirectEndpoint
from csc_dspy.lms.endpoint import OPENAI_BASE, catalogue_prices
from csc_dspy.lms.gate import Gate
from csc_dspy.lms.replies import Replies, Watched
from csc_dspy.usage import Usage, rough_tokens
from csc_dspy.wording import amount, clock

_FATAL = (
    dspy_errors.LMAuthError,
    dspy_errors.LMBillingError,
    dspy_errors.LMConfigurationError,
    dspy_errors.LMUnsupportedModelError,
)
_HOPELESS = (dspy_errors.LMInvalidRequestError, dspy_errors.LMUnsupportedFeatureError)
_OF_THE_CLIENT = {"api_key", "api_base", "timeout", "cache", "rollout_id", "num_retries"}
_NOTHING: Mapping[str, Any] = MappingProxyType({})
_LONGEST_WAIT = 600.0
"""Seconds that a synchronous call waits for an endpoint that names them at most; more is a quota of hours or days."""
_RECENTLY = 60.0
"""Seconds within which an endpoint that limits rates has to have answered somebody."""
_OVERLOAD = (dspy_errors.LMRateLimitError, dspy_errors.LMServerError, dspy_errors.LMTimeoutError, TimeoutError)


_UNCOUNTED: set[str] = set()
"""Names of models whose servers count no tokens, which has been said; copies of a model are many."""


def _estimated(entry: Mapping[str, Any]) -> tuple[int, int]:
    """Rough prompt and generated tokens of a call, by its texts."""
    asked = [message.get("content") for message in entry.get("messages") or ()] or [entry.get("prompt")]
    answers = [one.get("text") if isinstance(one, Mapping) else one for one in entry.get("outputs") or ()]
    prompt, completion = (sum(rough_tokens(str(text)) for text in texts if text) for texts in (asked, answers))
    requests = len(answers) if isinstance(entry.get("response"), tuple) else 1  # each answer was asked for by itself
    return prompt * max(1, requests), completion


class CscLM(dspy.LM):  # type: ignore[misc]
    """One model behind one endpoint.

    Differs from ``dspy.LM`` in four ways: calls pass the endpoint's gate; failures that
    may pass are tried again with back-off, honouring ``Retry-After``; every call's tokens and cost go to the
    open :class:`~csc_dspy.usage.Ledger` instead of a growing history; an answer cut off at the token
    limit, or inside a character, is an error instead of half a value. DSPy's cache is off: its keys do not know the
    endpoint.
    """

    def __init__(
        self,
        model: str,
        *,
        name: str,
        gate: Gate,
        attempts: int = 6,
        call_timeout: float = 180.0,
        prices: tuple[float, float] | None = None,
        seeds: bool = True,
        samples: bool = True,
        direct: DirectEndpoint | None = None,
        verbatim: Mapping[str, Any] = _NOTHING,
        student: Side | None = None,
        behind: Callable[[], str | None] = lambda: None,
        **kwargs: Any,
    ) -> None:
        """Bind a model.

        Args:
            model: DSPy's model string.
            name: The name the user gave, for messages and records.
            gate: The endpoint's gate, shared by every model on it.
            attempts: Requests sent for one call at most; synchronous ones are tried longer, see :attr:`patience`.
            call_timeout: Seconds one request may take, from sending to the last byte.
            prices: US dollars a million prompt and generated tokens; ``None`` leaves the price to DSPy's catalogue.
            seeds: Whether the endpoint takes ``seed``.
            samples: Whether it takes ``temperature`` and ``max_tokens`` (OpenAI's reasoning models do not).
            direct: The endpoint for asynchronous calls, if it is one of ours; ``None`` takes DSPy's way.
            verbatim: What the endpoint is sent besides where an answer has to repeat what it was shown.
            student: Whose turns it was trained on, in plain chats of support calls, see :mod:`csc_dspy.chats`, if it
                knows no other form of question; ``None`` for any other model.
            behind: What stands behind the name and may be another tomorrow; answers on record are of it alone. It is
                asked for with the first of them, as a file may be large.
            kwargs: As for ``dspy.LM``.
        """
        super().__init__(model, cache=False, num_retries=0, timeout=call_timeout, **kwargs)
        self.name = name
        self.behind = behind
        self.gate = gate
        self.attempts = attempts
        self.call_timeout = call_timeout
        self.prices = prices
        self.seeds = seeds
        self.samples = samples
        self.direct = direct
        self.verbatim = verbatim
        self.student = student
        self.replies: Replies | Watched | None = None
        """Where synchronous calls are recorded and looked up, if they are."""
        self.patience = 1
        """How much more often a synchronous call is tried where the endpoint has answered one before."""
        self.answered = False
        """Whether it is known to be there."""
        self._takes_schema: bool | None = None

    @property
    def supports_response_schema(self) -> bool:
        """Whether it takes ``response_format: json_schema``; found out once, since every call asks."""
        if self._takes_schema is None:
            self._takes_schema = bool(super().supports_response_schema)
        return self._takes_schema

    def _fitted(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        """Drop what the endpoint does not take."""
        dropped = set() if self.seeds else {"seed"}
        if not self.samples:
            dropped |= {"temperature", "max_tokens"}
        return {key: value for key, value in kwargs.items() if key not in dropped}

    async def acall(self, prompt: str | None = None, *, messages: Any = None, **kwargs: Any) -> Any:
        """One call, tried until it is answered.

        Raises:
            TransientModelError: No answer after all attempts.
            FatalModelError: No call to this endpoint can work.
            RefusedError: The endpoint takes this request for wrong.
            ReplyError: The answer was cut off, or holds half a character.
            BudgetError: An open ledger is at its limit.
        """
        kwargs = self._fitted(kwargs)
        if (attempt := current_attempt.get()) is None:
            return await self._aask_until_answered(prompt, messages, kwargs)
        question = self._question(prompt, messages, kwargs)
        return await attempt.answer(question, lambda: self._aask_until_answered(prompt, messages, kwargs))

    async def _aask_until_answered(self, prompt: str | None, messages: Any, kwargs: Mapping[str, Any]) -> Any:
        for attempt in range(1, self.attempts + 1):
            usage.check_budgets()
            async with self.gate.slot():
                started = time.monotonic()
                try:
                    async with asyncio.timeout(self.call_timeout):
                        answer = await self._ask(prompt, messages=messages, **kwargs)
                    self.gate.succeeded()
                    return answer
                except (dspy_errors.LMError, TimeoutError) as error:
                    pause = self._after_failure(error, attempt, self.attempts)
                finally:
                    usage.record(Usage(seconds=time.monotonic() - started))
            await asyncio.sleep(pause)
        raise AssertionError("unreachable")

    async def _ask(self, prompt: str | None, *, messages: Any, **kwargs: Any) -> Any:
        if self.direct is None or dspy.settings.send_stream is not None:
            return await super().acall(prompt, messages=messages, **kwargs)
        return await self._ask_directly(prompt, messages=messages, **kwargs)

    @with_callbacks  # type: ignore[untyped-decorator]
    async def _ask_directly(self, prompt: str | None, *, messages: Any, **kwargs: Any) -> list[Any]:
        assert self.direct is not None
        options = {key: value for key, value in {**self.kwargs, **kwargs}.items() if key not in _OF_THE_CLIENT}
        result = await self.direct.ask(messages or [{"role": "user", "content": prompt}], options)
        texts = {"prompt": prompt, "messages": messages, "outputs": result.outputs}
        self.update_history({**texts, "usage": result.usage, "cost": result.cost, "response": result.raw})
        return list(result.outputs)

    def close(self) -> None:
        """Close what is open of connections, except those of event loops that still run."""
        super().close()
        if self.direct is not None:
            self.direct.forget_closed()

    def __call__(
        self, prompt: str | None = None, *, messages: Any = None, directly: bool = False, **kwargs: Any
    ) -> Any:
        """The same, synchronously (optimizers are sync); recorded replies are not asked for.

        With ``directly`` an endpoint of ours gets the same bytes as by :meth:`acall`; DSPy's own questions, which may
        want several answers or give a class for a schema, go DSPy's way.

        Raises:
            TransientModelError: No answer after all attempts.
            FatalModelError: No call to this endpoint can work.
            RefusedError: The endpoint takes this request for wrong.
            ReplyError: The answer was cut off, or holds half a character.
            BudgetError: An open ledger is at its limit.
        """
        fitted = self._fitted(kwargs)
        if self.replies is None:
            return self._ask_until_answered(prompt, messages, directly, fitted)
        question = self._question(prompt, messages, kwargs)  # with its seed: asking again is another question
        return self.replies.answer(question, lambda: self._ask_until_answered(prompt, messages, directly, fitted))

    def _question(self, prompt: str | None, messages: Any, kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """All that decides an answer."""
        asked = {"model": self.name, "prompt": prompt, "messages": messages, **self.kwargs, **kwargs}
        asked |= {"behind": behind} if (behind := self.behind()) else {}
        return {name: value for name, value in asked.items() if name not in _OF_THE_CLIENT - {"rollout_id"}}

    def _ask_until_answered(self, prompt: str | None, messages: Any, directly: bool, kwargs: Mapping[str, Any]) -> Any:
        for attempt in itertools.count(1):
            usage.check_budgets()
            try:
                with self.gate.turn():
                    answer = self._ask_once(prompt, messages, directly, kwargs)
                self.answered = True
                return answer
            except (dspy_errors.LMError, TimeoutError) as error:
                attempts = self._attempts(error, attempt)
                pause = self._after_failure(error, attempt, attempts, slows=(dspy_errors.LMRateLimitError,))
            self.gate.closed.wait(pause)
        raise AssertionError("unreachable")

    def _ask_once(self, prompt: str | None, messages: Any, directly: bool, kwargs: Mapping[str, Any]) -> Any:
        if self.gate.closed.is_set():
            raise TransientModelError(f"{self.name}: closed")
        started = time.monotonic()
        try:
            if directly and self.direct is not None:
                return waited(self._within_time(prompt, messages, kwargs))
            return super().__call__(prompt, messages=messages, **kwargs)
        finally:
            usage.record(Usage(seconds=time.monotonic() - started))

    async def _within_time(self, prompt: str | None, messages: Any, kwargs: Mapping[str, Any]) -> Any:
        async with asyncio.timeout(self.call_timeout):
            return await self._ask_directly(prompt, messages=messages, **kwargs)

    def _attempts(self, error: Exception, attempt: int) -> int:
        """How often a synchronous call is tried: while an endpoint that limits rates answers others, once more."""
        limited = isinstance(error, dspy_errors.LMRateLimitError)
        if limited and (wait := getattr(error, "retry_after", None) or 0.0) > _LONGEST_WAIT:
            raise TransientModelError(f"{self.name}: {one_line(error)} (it asks to wait for {clock(wait)})") from error
        if limited and self.gate.answers(within=_RECENTLY):
            return attempt + 1
        return self.attempts * self.patience if self.answered else self.attempts

    def _after_failure(
        self, error: Exception, attempt: int, attempts: int, slows: tuple[type[Exception], ...] = _OVERLOAD
    ) -> float:
        """Seconds to wait before the next of so many attempts, or the error to give up with.

        Args:
            error: What went wrong.
            attempt: The number of the attempt.
            attempts: How many there are.
            slows: Errors after which fewer are asked at once.
        """
        text = one_line(error) if not isinstance(error, TimeoutError) else f"no answer within {self.call_timeout:g} s"
        if isinstance(error, _FATAL):
            raise FatalModelError(f"{self.name}: {text}") from error
        if isinstance(error, _HOPELESS):
            raise RefusedError(f"{self.name} refused the request: {text}") from error
        retry_after = getattr(error, "retry_after", None)
        if isinstance(error, slows) or retry_after:
            self.gate.overloaded(retry_after)
        if attempt >= attempts:
            raise TransientModelError(f"{self.name}: {text} ({amount(attempt, 'attempt')})") from error
        usage.record(Usage(retries=1))
        backoff = min(30.0, 0.5 * 2 ** min(attempt - 1, 10)) * random.uniform(0.5, 1.0)
        return float(max(backoff, retry_after or 0.0))

    def update_history(self, entry: dict[str, Any]) -> None:
        """Count a call instead of keeping its texts; what the server did not count is estimated from them."""
        spent = entry.get("usage") or {}
        prompt, completion = int(spent.get("prompt_tokens") or 0), int(spent.get("completion_tokens") or 0)
        cached = int((spent.get("prompt_tokens_details") or {}).get("cached_tokens") or 0)
        cost, prices = entry.get("cost"), self.prices
        if not prompt and not completion:
            prompt, completion = _estimated(entry)
            cost, prices = None, self._known_prices()
            if self.name not in _UNCOUNTED:
                _UNCOUNTED.add(self.name)
                print(f"{self.name}: its server counts no tokens; tokens are estimated", file=sys.stderr, flush=True)
        if prices is not None:
            cost = (prompt * prices[0] + completion * prices[1]) / 1e6
        usage.record(
            Usage(calls=1, prompt_tokens=prompt, cached_tokens=cached, completion_tokens=completion, cost=cost)
        )
        response = entry.get("response")
        ends = {getattr(end, "finish_reason", None) for end in (response, *(getattr(response, "choices", None) or ()))}
        if "length" in ends:
            raise ReplyError(f"{self.name}: the answer was cut off at the token limit")
        if not writable(entry.get("outputs")):
            raise ReplyError(f"{self.name}: the answer holds half a character, which no file takes")

    def _known_prices(self) -> tuple[float, float] | None:
        """US dollars a million prompt and generated tokens; the catalogue does not know what other servers take."""
        address = self.kwargs.get("api_base") if self.direct is None else self.direct.address
        return self.prices or (catalogue_prices(self.name) if address in (None, OPENAI_BASE) else None)
