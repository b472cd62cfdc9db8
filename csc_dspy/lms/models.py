"""Ready models, one for each role, opened together and closed together."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from functools import cache, lru_cache, partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # before the first import of dspy

from dspy import lm15

from csc_dspy.chats import Side
from csc_dspy.errors import InputError
from csc_dspy.lms.direct import DirectEndpoint
from csc_dspy.lms.download import file_sha256, show_progress
from csc_dspy.lms.endpoint import (
    Endpoint,
    address,
    catalogue_prices,
    is_local,
    local_endpoint,
    local_file,
    own_address,
    remote_endpoint,
    split_name,
)
from csc_dspy.lms.gate import Gate
from csc_dspy.lms.lm import CscLM
from csc_dspy.lms.local import WITHOUT_PENALTY, LocalServer
from csc_dspy.lms.student import Student, open_student, student_folder
from csc_dspy.lms.weights import check_local, ensure_weights
from csc_dspy.redaction import redact
from csc_dspy.settings import CONFIG_FILE, Role, Settings, load_settings

# A cut-off answer is an error of ours already; DSPy's log line about it would only break the progress bar.
logging.getLogger("dspy").setLevel(logging.ERROR)

STUDENTS = ("hosted_vllm", "openai")
"""Kinds of servers that hold a student to its tags: vLLM, and llama.cpp."""
_REASONING = re.compile(r"(o[1345](-|$)|gpt-5(?!.*-chat))")


@lru_cache(maxsize=16)
def _digest(path: Path, size: int, changed: int) -> str:
    """The digest of a file, taken once for as long as it is not written to."""
    return file_sha256(path)[:12]


class Models:
    """Opens every model once, however many roles use it.

    with Models(concurrency=8) as models:
        lm = models.open("local/qwen2.5-coder-1.5b-instruct")
    """

    def __init__(
        self,
        *,
        concurrency: int = 8,
        timeout: float | None = None,
        settings: Settings | None = None,
        api_base: str | None = None,
        based: Collection[str] | None = None,
        attempts: int = 6,
    ) -> None:
        """Prepare; nothing is started yet.

        Args:
            concurrency: Requests in flight to one endpoint at most.
            timeout: Seconds one request may take; default 180, and 900 for local models.
            settings: Default: the settings of the working folder.
            api_base: Base URL of an OpenAI-compatible server; wins over settings and environment.
            based: The models that server has, for no other may see the texts, or get its key there; ``None`` for all.
            attempts: Requests sent for one call at most.

        Raises:
            InputError: An address, but no model that is there.
        """
        if api_base and based is not None and not based:
            raise InputError(
                "--api-base is the address of --lm's server: give --lm, or set api_base in csc.toml under "
                '[endpoints."provider/model"]'
            )
        self.concurrency = concurrency
        self.timeout = timeout
        self.settings = settings or load_settings()
        self.api_base = api_base
        self.based = based
        self.attempts = attempts
        self._lms: dict[str, CscLM] = {}
        self._gates: dict[str, Gate] = {}
        self._stack = ExitStack()

    def open(self, name: str) -> CscLM:
        """The model of that name, started if need be.

        Raises:
            UnknownModelError: The name is no model, or key or address are missing.
            ModelError: Weights cannot be had or loaded.
        """
        if name not in self._lms:
            self._lms[name] = self._bind(self._endpoint(name))
        return self._lms[name]

    def _endpoint(self, name: str) -> Endpoint:
        if not is_local(name):
            return remote_endpoint(name, self.settings, self._base(name))
        path, adapter, folder = local_file(name), None, student_folder(name)
        with show_progress(name) as progress:
            if folder is not None:
                path, adapter = open_student(folder, progress)
            elif path is None:
                path = ensure_weights(name, progress=progress)
        server = self._stack.enter_context(LocalServer(path, self.settings.local, adapter, student=folder))
        return local_endpoint(name, server.api_base, server.api_key)

    def _bind(self, endpoint: Endpoint) -> CscLM:
        local, side = is_local(endpoint.name), self.side(endpoint.name)
        ceiling = min(self.concurrency, self.settings.local.slots) if local else self.concurrency
        gate = self._gates.setdefault(endpoint.api_base or endpoint.name.partition("/")[0], Gate(ceiling))
        common: dict[str, Any] = {
            "name": endpoint.name,
            "gate": gate,
            "attempts": self.attempts,
            "call_timeout": self.timeout or (900.0 if local else 180.0),
            "prices": endpoint.prices,
            "behind": cache(partial(self._identity, endpoint.name)),
        }
        if endpoint.api_base is None or endpoint.model == endpoint.name:
            known = {"api_base": endpoint.api_base, "api_key": endpoint.api_key}
            common |= {key: value for key, value in known.items() if value}
            return CscLM(endpoint.name, seeds=False, **common)
        registered = lm15.register_provider(
            lm15.ProviderDefinition.chat(
                lm15.AccessPolicy(provider=endpoint.provider, base_url=endpoint.api_base, auth_scheme=("bearer",)),
                compat=lm15.OpenAIChatCompat.preset(endpoint.dialect),
                placeholder_key="none",
            ),
            supports=lm15.ModelSupport(response_schema=endpoint.json_schema),
            metadata_namespaces=("openai",) if endpoint.is_openai else (),
        )
        key = endpoint.api_key or "none"
        direct = DirectEndpoint(registered, endpoint.model, key, connections=ceiling, timeout=common["call_timeout"])
        samples = not (endpoint.is_openai and _REASONING.match(endpoint.model))
        return CscLM(
            f"{endpoint.provider}/{endpoint.model}",
            api_key=key,
            direct=direct,
            seeds=samples,
            samples=samples,
            verbatim=WITHOUT_PENALTY if local else {},
            student=side,
            **common,
        )

    def side(self, name: str) -> Side | None:
        """Whose turns a student was trained on in plain chats; ``None`` for any other model."""
        if (folder := student_folder(name)) is not None:
            trained = Student.read(folder).side
            return None if trained == "prompts" else trained
        told = self.settings.endpoints[name].student if name in self.settings.endpoints else None
        if told is not None and name.partition("/")[0] not in STUDENTS:
            raise InputError(
                f'{CONFIG_FILE}: endpoints."{name}".student: a student is served by vLLM and called hosted_vllm/…, '
                "or by `csc-dspy serve` and called openai/…"
            )
        return told

    def check(self, name: str) -> None:
        """Refuse a name that is no model; starts nothing and needs no key.

        Raises:
            UnknownModelError: It is none.
        """
        if (folder := student_folder(name)) is not None:
            Student.read(folder)
        elif is_local(name):
            check_local(name)
        else:
            split_name(name)

    def behind(self, name: str) -> str | None:
        """What stands behind a name and may be another tomorrow: an address, or the digest of a file; needs no key.

        ``None`` where the name says it all: weights of the catalogue, a provider at its own address; for a student, who
        says in its folder what it is; and for the model of ``api_base``.

        Raises:
            UnknownModelError: The name is no model, or there is no such file.
        """
        self.check(name)
        if (path := local_file(name)) is not None:
            file = path.stat()
            return _digest(path.absolute(), file.st_size, file.st_mtime_ns)
        if is_local(name) or self._base(name):
            return None
        base = address(name, self.settings)
        return None if base is None or base == own_address(name) else redact(base)

    def _identity(self, name: str) -> str | None:
        """What stands behind a name, be it told by the name or by ``api_base``: a student, an address, a file."""
        if (folder := student_folder(name)) is not None:
            return Student.read(folder).digest
        base = self._base(name)
        return redact(base) if base else self.behind(name)

    def prices(self, name: str) -> tuple[float, float] | None:
        """US dollars a million prompt and generated tokens of a model, if they are known; needs no key.

        Raises:
            UnknownModelError: The name is no model.
        """
        self.check(name)
        if is_local(name):
            return 0.0, 0.0
        known = self.settings.endpoints.get(name)
        if known is not None and known.prices is not None:
            return known.prices
        return None if self._base(name) or self.behind(name) else catalogue_prices(name)

    def _base(self, name: str) -> str | None:
        return self.api_base if self.based is None or name in self.based else None

    def name_for(self, role: Role, lm: str | None, overrides: Mapping[str, str]) -> str:
        """The model a role gets: its override, ``--lm``, or what ``csc.toml`` says.

        Raises:
            InputError: None of them names one.
        """
        name = overrides.get(role) or lm or self.settings.model_for(role)
        if name is None:
            raise InputError(
                f"no model for the role {role}: give --lm, or set models.{role} or models.default in csc.toml"
            )
        return name

    def close(self) -> None:
        """Stop local servers and close connections; who still waits to ask again gives up."""
        for gate in self._gates.values():
            gate.closed.set()
        self._gates.clear()
        for lm in self._lms.values():
            lm.close()
        self._lms.clear()
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()
