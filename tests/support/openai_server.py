"""A model server on a loopback port that speaks OpenAI's chat completions, and misbehaves on demand.

In a test, in a thread of its own::

    with OpenAIServer(reply=RolePlayActor()) as server:
        ...  # server.api_base, server.log, server.stats()

For a benchmark, in a process of its own; the first line it prints is its address::

    python -m tests.support.openai_server --port 0 --delay 1.0
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from types import TracebackType
from typing import Any, Literal, Self, get_args

from tests.support.actor import RolePlayActor, digest, schema_of
from tests.support.calls import OF_REWRITING, rewriting_actor

Kind = Literal["busy", "error", "cut", "silence", "trickle", "broken", "prose", "length"]
KINDS: tuple[Kind, ...] = ("busy", "error", "cut", "silence", "broken", "prose")
REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 429: "Too Many Requests"}


@dataclass(frozen=True)
class Fault:
    """An answer that is none.

    ``busy`` 429 with ``Retry-After``; ``error`` 500; ``cut`` the connection ends inside the body; ``silence`` nothing
    ever comes; ``trickle`` spaces come for ever; ``broken`` the body is not JSON; ``prose`` the content is not JSON;
    ``length`` it stops at the limit.
    """

    kind: Kind
    retry_after: float | None = 0.2
    status: int | None = None


Reply = Callable[[Mapping[str, Any]], "Mapping[str, Any] | str | Fault"]


@dataclass
class Asked:
    """One request as it came over the wire."""

    body: dict[str, Any]
    authorization: str | None
    began: float
    ended: float | None = None
    status: int | None = None
    fault: str | None = None


@dataclass
class Stats:
    """What the server has seen. Times are ``time.monotonic`` of its process, in seconds."""

    requests: int = 0
    answered: int = 0
    in_flight: int = 0
    max_in_flight: int = 0
    first: float | None = None
    last: float | None = None
    faults: dict[str, int] = field(default_factory=dict)


class _Connection(asyncio.Protocol):
    def __init__(self, server: OpenAIServer) -> None:
        self._server = server
        self._buffer = b""
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._asked: Asked | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._server._connections.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._asked is not None:
            self._server._left(self._asked)
            self._asked = None
        if self._transport is not None:
            self._server._connections.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        length = int(headers.get("content-length", 0))
        if len(rest) < length:
            return
        self._buffer = rest[length:]
        method, path, _ = lines[0].split(" ", 2)
        self._request(method, path.split("?")[0], headers, rest[:length])

    def _request(self, method: str, path: str, headers: Mapping[str, str], raw: bytes) -> None:
        server = self._server
        if method == "GET":
            if path == "/log":
                self._send(200, [asdict(asked) for asked in server.log])
            elif path == "/stats":
                self._send(200, asdict(server.stats()))
            else:
                self._send(404, _error("no such page", "not_found"))
            return
        if method != "POST" or not path.endswith("/chat/completions"):
            self._send(404, _error(f"no such endpoint: {path}", "not_found"))
            return
        body = json.loads(raw)
        asked = server._came(body, headers.get("authorization"))
        self._asked = asked
        status, answer = server._answer(asked)
        kind = answer.kind if isinstance(answer, Fault) else None
        asked.fault = kind
        if kind == "silence":
            return
        loop = asyncio.get_running_loop()
        if server.delay > 0:
            self._timer = loop.call_later(server.delay, self._finish, asked, status, answer)
        else:
            self._finish(asked, status, answer)

    def _finish(self, asked: Asked, status: int, answer: Mapping[str, Any] | Fault) -> None:
        self._asked, asked.status = None, status
        self._server._left(asked, answered=True)
        if not isinstance(answer, Fault):
            self._send(status, answer)
        elif answer.kind == "busy":
            after = {} if answer.retry_after is None else {"Retry-After": f"{answer.retry_after:g}"}
            self._send(status, _error("slow down", "rate_limit_exceeded"), after)
        elif answer.kind == "error":
            self._send(status, _error("it broke", "server_error"))
        elif answer.kind == "trickle":
            self._trickle(b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n")
        elif answer.kind == "broken":
            self._send(200, b'{"choices": [{"message": {"content": "{')
        else:
            assert self._transport is not None
            self._transport.write(b'HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n{"choices": [')
            self._transport.close()

    def _trickle(self, part: bytes = b" ") -> None:
        assert self._transport is not None
        if not self._transport.is_closing():
            self._transport.write(part)
            self._timer = asyncio.get_running_loop().call_later(0.1, self._trickle)

    def _send(self, status: int, payload: object, headers: Mapping[str, str] | None = None) -> None:
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        more = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        head = (
            f"HTTP/1.1 {status} {REASONS.get(status, 'Error')}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n{more}\r\n"
        )
        assert self._transport is not None
        self._transport.write(head.encode("latin-1") + body)


class OpenAIServer:
    """The server; see the module's text.

    Attributes:
        reply: From a request's body to the answer's content (an object that is sent as JSON, or plain text) or a fault.
        delay: Seconds before an answer.
        key: The only key it takes; ``None`` takes any.
        models: The models it has; ``None`` for any.
        usage: What its answers report of tokens, instead of the right counts; an empty mapping for nothing at all.
        faults: Share of requests that get a fault instead of an answer.
        kinds: Which ones.
        log: Every request for a completion, in order of arrival.
    """

    def __init__(
        self,
        reply: Reply | None = None,
        *,
        port: int = 0,
        delay: float = 0.0,
        key: str | None = None,
        models: tuple[str, ...] | None = None,
        faults: float = 0.0,
        kinds: tuple[Kind, ...] = KINDS,
    ) -> None:
        self.reply: Reply = reply or RolePlayActor()
        self.delay = delay
        self.key = key
        self.models = models
        self.usage: Mapping[str, Any] | None = None
        self.faults = faults
        self.kinds = kinds
        self.log: list[Asked] = []
        self._port = port
        self._stats = Stats()
        self._seen: Counter[int] = Counter()
        self._connections: set[asyncio.Transport] = set()
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread: threading.Thread | None = None

    @property
    def address(self) -> str:
        """``http://127.0.0.1:port``."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def api_base(self) -> str:
        """What to give as ``--api-base``."""
        return f"{self.address}/v1"

    def stats(self) -> Stats:
        """Counts and times so far."""
        return self._stats

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """The bodies of all requests for a completion."""
        return [asked.body for asked in self.log]

    def stop(self) -> None:
        """End :meth:`serve`; to be called in its loop."""
        if self._stop is not None:
            self._stop.set()

    def forget(self) -> None:
        """Empty the log and the counts."""
        self.log.clear()
        self._seen.clear()
        self._stats = Stats(in_flight=self._stats.in_flight)

    async def serve(self, announce: Callable[[str], None] | None = None) -> None:
        """Listen until stopped."""
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        listener = await self._loop.create_server(lambda: _Connection(self), "127.0.0.1", self._port, backlog=1024)
        self._port = listener.sockets[0].getsockname()[1]
        self._ready.set()
        if announce is not None:
            announce(self.address)
        try:
            await self._stop.wait()
        finally:
            listener.close()
            for transport in list(self._connections):
                transport.abort()
            await asyncio.sleep(0)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=lambda: asyncio.run(self.serve()), daemon=True)
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        assert self._loop is not None
        assert self._stop is not None
        assert self._thread is not None
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    # Called by connections, in the server's loop.

    def _came(self, body: dict[str, Any], authorization: str | None) -> Asked:
        asked = Asked(body, authorization, time.monotonic())
        self.log.append(asked)
        stats = self._stats
        stats.requests += 1
        stats.in_flight += 1
        stats.max_in_flight = max(stats.max_in_flight, stats.in_flight)
        stats.first = asked.began if stats.first is None else stats.first
        return asked

    def _left(self, asked: Asked, *, answered: bool = False) -> None:
        asked.ended = time.monotonic()
        self._stats.in_flight -= 1
        if answered:
            self._stats.answered += 1
            self._stats.last = asked.ended

    def _answer(self, asked: Asked) -> tuple[int, Mapping[str, Any] | Fault]:
        body = asked.body
        if self.key is not None and asked.authorization != f"Bearer {self.key}":
            return 401, _error("Incorrect API key provided", "invalid_api_key")
        if self.models is not None and body.get("model") not in self.models:
            return 404, _error(f"The model {body.get('model')!r} does not exist", "model_not_found")
        fault = self._chance(body)
        content = fault or self.reply(body)
        if isinstance(content, Fault) and content.kind not in ("prose", "length"):
            self._stats.faults[content.kind] = self._stats.faults.get(content.kind, 0) + 1
            return content.status or {"busy": 429, "error": 500}.get(content.kind, 200), content
        finish = "stop"
        if isinstance(content, Fault):
            self._stats.faults[content.kind] = self._stats.faults.get(content.kind, 0) + 1
            finish = "length" if content.kind == "length" else "stop"
            content = '{"text": "and so' if content.kind == "length" else "I would rather tell you a story."
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
        answer = completion(body, text, finish)
        if self.usage is not None:
            del answer["usage"]
            answer |= {"usage": dict(self.usage)} if self.usage else {}
        return 200, answer

    def _chance(self, body: Mapping[str, Any]) -> Fault | None:
        if not self.faults:
            return None
        number = digest(body)
        self._seen[number] += 1  # the same question asked again may fare better
        draw = random.Random(f"{number}/{self._seen[number]}")
        return Fault(draw.choice(self.kinds)) if draw.random() < self.faults else None


def completion(body: Mapping[str, Any], text: str, finish: str = "stop") -> dict[str, Any]:
    """A chat completion; a token is four characters, and the system message is always cached."""
    sizes = [len(str(message["content"])) // 4 for message in body["messages"]]
    asked, answered = sum(sizes), max(1, len(text) // 4)
    return {
        "id": f"chatcmpl-{digest(body):x}",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": body["model"],
        "choices": [{"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text}}],
        "usage": {
            "prompt_tokens": asked,
            "completion_tokens": answered,
            "total_tokens": asked + answered,
            "prompt_tokens_details": {"cached_tokens": sizes[0] if len(sizes) > 1 else 0},
        },
    }


def _error(message: str, code: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": code, "code": code, "param": None}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before an answer")
    parser.add_argument("--conversation-rounds", type=int, default=7, help="supporter turns of a conversation")
    parser.add_argument("--leaves", default="either", choices=("customer", "supporter", "either"))
    parser.add_argument("--faults", type=float, default=0.0, help="share of requests that fail")
    parser.add_argument("--kinds", nargs="*", default=list(KINDS), choices=get_args(Kind))
    parser.add_argument("--key", help="the only key that is taken")
    parser.add_argument("--model", action="append", help="a model it has; any, if none is named")
    given = parser.parse_args()
    actor = RolePlayActor(rounds=given.conversation_rounds, leaves=given.leaves)
    server = OpenAIServer(
        lambda body: rewriting_actor(body) if OF_REWRITING & schema_of(body).keys() else actor(body),
        port=given.port,
        delay=given.delay,
        key=given.key,
        models=tuple(given.model) if given.model else None,
        faults=given.faults,
        kinds=tuple(given.kinds),
    )

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, server.stop)
        await server.serve(lambda address: print(address, flush=True))

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve())


if __name__ == "__main__":
    main()
