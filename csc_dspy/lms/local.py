"""llama.cpp's server inside this process, on a loopback port, for one GGUF file."""

from __future__ import annotations

import atexit
import secrets
import socket
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from csc_dspy.errors import InputError, ModelError
from csc_dspy.openmp import sleep_soon
from csc_dspy.settings import LocalSettings

WITHOUT_PENALTY = {"dry_multiplier": 0.0}
"""What a request says where its answer has to copy: the penalty on repeated phrases also falls on those of the prompt,
and turns a fact into another one ("twelve-month" into "Twelve-month", then into a guess)."""

_STARTING = 60
"""Seconds that a server with its weights loaded may take until it answers."""


class LocalServer:
    """An OpenAI-compatible endpoint on local weights; ends with the ``with`` block or the process.

    Every slot keeps the prefix of the last prompt it served, so there should be at least one slot for each
    role that is played at once. The key is random and cross-origin calls are refused: otherwise any page in
    the user's browser could use the server.

    Attributes:
        api_base: Base URL, with ``/v1``.
        api_key: The key it asks for.
    """

    def __init__(
        self,
        weights: Path,
        settings: LocalSettings,
        adapter: Path | None = None,
        *,
        student: Path | None = None,
        port: int = 0,
        key: str | None = None,
        grammar: str | None = None,
    ) -> None:
        """Load the weights and start listening.

        Args:
            weights: A GGUF file.
            settings: Threads, context length and slots.
            adapter: A LoRA adapter as GGUF.
            student: The folder of the student it serves; what was trained needs no penalty on repetition.
            port: The port; 0 for any that is free.
            key: The key it asks for; ``None`` for a random one.
            grammar: What answers are held to (GBNF), where a request does not say it itself.

        Raises:
            InputError: The port is not to be had.
            ModelError: xllamacpp is not installed, or it cannot load a file.
        """
        sleep_soon()
        try:
            import xllamacpp
        except ImportError:
            raise ModelError(
                "local models need llama.cpp: install the `local` extra (pip install 'csc-dspy[local]')"
            ) from None
        for path in filter(None, (weights, adapter)):
            if not path.is_file():
                raise ModelError(f"{path}: no such weights file")
        self.api_key = key or secrets.token_urlsafe(24)
        params = xllamacpp.CommonParams()
        params.model.path = str(weights)
        params.model_alias = {weights.stem if student is None else student.resolve().name}
        params.hostnames = ["127.0.0.1"] if isinstance(params.hostnames, list) else "127.0.0.1"
        params.port = port
        params.api_keys = [self.api_key]
        params.cors_origins = "http://127.0.0.1"
        params.ui = False
        params.verbosity = 0
        params.n_parallel = settings.slots
        params.n_ctx = settings.context * settings.slots
        params.cache_ram_mib = settings.cache_mib
        params.n_gpu_layers = settings.gpu_layers
        params.cpuparams.n_threads = settings.threads
        params.cpuparams_batch.n_threads = settings.threads
        if adapter is not None:
            params.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(str(adapter), 1.0)]
        # Small models fall into saying the same again, so a repeated phrase is made a little dearer; a steep penalty
        # would also forbid the quotation mark that ends a repeated phrase, and the answer would never end.
        params.sampling.dry_multiplier = 0.8 if student is None else 0.0
        params.sampling.dry_base = 1.1
        params.sampling.dry_allowed_length = 4
        params.sampling.dry_penalty_last_n = 1024
        if grammar is not None:
            params.sampling.grammar.grammar = grammar
        _refuse_taken(port)
        try:
            self._server: Any = _running(xllamacpp.Server(params))
        except Exception as error:
            blamed = weights
            if adapter is not None:  # llama.cpp does not say which of them it cannot load
                params.lora_adapters = []
                with suppress(Exception):
                    _running(xllamacpp.Server(params))
                    blamed = adapter
            raise ModelError(f"{blamed}: llama.cpp cannot load it ({error})") from None
        self.api_base = f"{self._server.listening_address}/v1"
        atexit.register(self.close)

    def close(self) -> None:
        """Stop the server and free its memory."""
        self._server = None
        atexit.unregister(self.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()


def _running(server: Any) -> Any:
    """A server once it answers: one that is stopped before is never stopped, and whoever waits for its end hangs."""
    deadline = time.monotonic() + _STARTING
    while time.monotonic() < deadline:
        with suppress(httpx.TransportError):
            httpx.get(f"{server.listening_address}/health", timeout=1, trust_env=False)
            break
        time.sleep(0.01)
    return server


def _refuse_taken(port: int) -> None:
    """Refuse a port that nothing can listen on; llama.cpp's own words for it are those for a broken file."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what has just ended does not count
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            why = error.strerror or error
            raise InputError(
                f"port {port}: cannot be listened on ({why}); choose another --port, or 0 for any that is free"
            ) from None
