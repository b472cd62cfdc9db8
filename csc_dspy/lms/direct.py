"""Asynchronous requests to one endpoint, for runs that have hundreds of them in flight.

The same engine as ``dspy.LM``'s own, lm15, with the same provider and so the same bytes on the wire. Left out is what
DSPy does anew for every call: choosing an engine, planning, and four trips to worker threads, together more CPU than
the call itself. And there are as many connections as there may be requests; lm15 stops at 100.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Self
from urllib.parse import urlsplit

from dspy import lm15
from dspy.clients.call_result import CallResult
from dspy.clients.costs import estimate_cost
from dspy.clients.errors import error_boundary
from dspy.lm15 import OpenAIChatCompat

LOOPBACK = ("127.0.0.1", "localhost", "::1")


class DirectEndpoint:
    """A provider of DSPy's table, reached without detours.

    Connections belong to the event loop that opened them, so each loop has its own.
    """

    def __init__(
        self,
        registered: Any,
        model: str,
        api_key: str,
        *,
        connections: int,
        timeout: float,
    ) -> None:
        """Prepare; nothing is opened yet.

        Args:
            registered: What ``lm15.register_provider`` returned.
            model: The model's name at the server.
            api_key: The key sent.
            connections: Connections at most.
            timeout: Seconds to wait for the next byte.
        """
        self.model = model
        self._definition = registered.definition
        self._namespaces = registered.metadata_namespaces
        self._compat: OpenAIChatCompat = self._definition.compat
        self._config: dict[str, Any] = {
            "api_keys": {self._definition.id: api_key},
            "providers": (self._definition,),
            "env": {},
        }
        self._connections = connections
        self._timeout = timeout
        self._open: dict[asyncio.AbstractEventLoop, Any] = {}

    @property
    def address(self) -> str:
        """Base URL, with ``/v1``."""
        return str(self._definition.access.base_url)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self  # copies of a model share its connections

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_open": {}}

    def __repr__(self) -> str:
        return f"DirectEndpoint({self._definition.id!r}, {self.model!r})"  # never the key

    async def ask(self, messages: Sequence[Mapping[str, Any]], options: Mapping[str, Any]) -> CallResult:
        """One request, one answer.

        Args:
            messages: In OpenAI's form.
            options: In OpenAI's form: ``temperature``, ``max_tokens``, ``seed``, ``response_format``, …; under
                ``extensions`` what only this server knows.

        Returns:
            DSPy's record of a call: outputs, usage, cost.

        Raises:
            dspy.utils.exceptions.LMError: What went wrong, by kind.
        """
        name = self._definition.id
        body = {"model": self.model, "messages": list(messages)}
        body |= {key: value for key, value in options.items() if value is not None and key != "extensions"}
        with error_boundary(self.model, provider=name, unexpected=True):
            request = lm15.request_from_openai_chat(body, compat=self._compat)
            config = request.config
            if own := options.get("extensions"):
                config = replace(config, extensions={**(config.extensions or {}), **own})
            response = await self._provider().complete(replace(request, model=self.model, config=config))
            result = CallResult.native(response, provider=name)
            if self._namespaces:
                result.cost, result.cost_details = estimate_cost(
                    response,
                    provider=name,
                    requested_model=self.model,
                    request=request,
                    namespaces=self._namespaces,
                )
            return result

    def _provider(self) -> Any:
        loop = asyncio.get_running_loop()
        if loop not in self._open:
            self.forget_closed()
            self._open[loop] = self._connect()
        return self._open[loop]

    def _connect(self) -> Any:
        from dspy._vendor.lm15.transports import StdlibAsyncTransport

        transport = StdlibAsyncTransport(
            read_timeout=self._timeout,
            write_timeout=self._timeout,
            pool_timeout=self._timeout,
            max_connections=self._connections,
            # A server on this machine is never behind a proxy; asking the environment costs a millisecond a call.
            trust_env=urlsplit(self.address).hostname not in LOOPBACK,
        )
        router = lm15.AsyncLMRouter(lm15.RouterConfig(transport=transport, **self._config))
        return router.lm(f"{self._definition.id}:{self.model}")

    def forget_closed(self) -> None:
        """Let go of the connections of event loops that have ended."""
        for loop in list(self._open):  # other threads do the same
            if loop.is_closed():
                self._open.pop(loop, None)
