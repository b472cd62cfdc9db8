"""From a model's name to the endpoint that serves it.

openai/gpt-4o-mini             OpenAI, or any OpenAI-compatible server with ``api_base``
hosted_vllm/…, ollama_chat/…   servers known to take ``response_format: json_schema``
anthropic/…, gemini/…          anything else that LiteLLM names; what it takes is in DSPy's catalogue
local/<name>, local:/x.gguf    weights of the catalogue or a file, on llama.cpp in this process
student:/path                  a student's folder: its base and its adapter, the same way
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from csc_dspy.errors import UnknownModelError
from csc_dspy.settings import EndpointSettings, Settings


@dataclass(frozen=True)
class ServerKind:
    """An OpenAI-compatible kind of server."""

    base_env: tuple[str, ...]
    key_env: str | None
    default_base: str | None
    dialect: str
    """lm15's name for the server's spellings."""


OPENAI_BASE = "https://api.openai.com/v1"
_FORMS = (
    "provider/model (openai/gpt-4o-mini, hosted_vllm/…, ollama_chat/…), local/<name> (see `csc-dspy models list`) or "
    "local:/path/to/model.gguf, student:/path/to/student"
)
SERVERS: dict[str, ServerKind] = {
    "openai": ServerKind(("OPENAI_BASE_URL", "OPENAI_API_BASE"), "OPENAI_API_KEY", OPENAI_BASE, "vllm"),
    "hosted_vllm": ServerKind(("HOSTED_VLLM_API_BASE",), "HOSTED_VLLM_API_KEY", None, "vllm"),
    "ollama_chat": ServerKind(("OLLAMA_API_BASE",), None, "http://127.0.0.1:11434/v1", "ollama"),
    "ollama": ServerKind(("OLLAMA_API_BASE",), None, "http://127.0.0.1:11434/v1", "ollama"),
}


@dataclass(frozen=True)
class Endpoint:
    """Where a model is served and what is known of it.

    Attributes:
        name: The name the user gave.
        model: The model's name at the server.
        api_base: Base URL with ``/v1``; ``None`` leaves address and wire to DSPy.
        api_key: The key, if one is needed.
        dialect: lm15's name for the server's spellings.
        json_schema: Whether it takes ``response_format: json_schema``; ``None`` leaves that to DSPy's catalogue.
        prices: US dollars a million prompt and generated tokens, if known here.
    """

    name: str
    model: str
    api_base: str | None = None
    api_key: str | None = None
    dialect: str = "vllm"
    json_schema: bool | None = None
    prices: tuple[float, float] | None = None

    def __repr__(self) -> str:
        return f"Endpoint({self.name!r}, {self.api_base!r})"  # never the key

    @property
    def is_openai(self) -> bool:
        """Whether this is OpenAI's own service."""
        return self.api_base == OPENAI_BASE

    @property
    def provider(self) -> str:
        """An id for DSPy's provider table, one for each address and capability."""
        what = f"{self.api_base} {self.dialect} {self.json_schema}"
        return "csc-" + hashlib.sha256(what.encode()).hexdigest()[:10]


def weights_path(name: str) -> str | None:
    """The part after ``local/`` (a catalogue name) or ``local:`` (a file), or ``None``."""
    for prefix in ("local/", "local:"):
        if name.startswith(prefix) and len(name) > len(prefix):
            return name[len(prefix) :]
    return None


def remote_endpoint(name: str, settings: Settings, api_base: str | None = None) -> Endpoint:
    """The endpoint of a model that some server serves already.

    Args:
        name: A LiteLLM name, ``provider/model``.
        settings: Where ``[endpoints."name"]`` may say more.
        api_base: Base URL from the command line; wins over settings and environment.

    Raises:
        UnknownModelError: Not a model name, or its key or address is missing.
    """
    head, model = split_name(name)
    known = settings.endpoints.get(name, EndpointSettings())
    prices = known.prices
    kind = SERVERS.get(head)
    key = _key(name, known, kind)
    base = address(name, settings, api_base)
    if kind is None:
        return Endpoint(name, name, base, key, json_schema=known.json_schema, prices=prices)
    if base is None:
        raise UnknownModelError(f"{name}: where is the server? Give --api-base or set {kind.base_env[0]}")
    if base == OPENAI_BASE and key is None:
        raise UnknownModelError(f"{name}: no key: set OPENAI_API_KEY (or --api-base for another server)")
    dialect = "openai" if base == OPENAI_BASE else kind.dialect
    schema = True if known.json_schema is None else known.json_schema
    return Endpoint(name, model, base, key, dialect, schema, prices)


def address(name: str, settings: Settings, api_base: str | None = None) -> str | None:
    """The base URL of a model that some server serves already; ``None`` where DSPy has it or nobody told it.

    Args:
        name: A LiteLLM name, ``provider/model``.
        settings: Where ``[endpoints."name"]`` may say more.
        api_base: Base URL from the command line; wins over settings and environment.

    Raises:
        UnknownModelError: Not a model name.
    """
    head, _ = split_name(name)
    base = api_base or (settings.endpoints[name].api_base if name in settings.endpoints else None)
    if (kind := SERVERS.get(head)) is None:
        return base
    base = base or next((os.environ[v] for v in kind.base_env if os.environ.get(v)), None) or kind.default_base
    if base is None:
        return None
    base = base.rstrip("/")
    return base if not head.startswith("ollama") or base.endswith("/v1") else base + "/v1"


def split_name(name: str) -> tuple[str, str]:
    """Provider and model of a name that is not local.

    Raises:
        UnknownModelError: Not a model name, or of a provider that nobody knows.
    """
    head, slash, model = name.partition("/")
    if head == "student":
        raise UnknownModelError(f"{name!r} is not a model: a student is named by its folder, student:/path/to/student")
    if not (slash and head and model) or any(c.isspace() for c in name):
        raise UnknownModelError(f"{name!r} is not a model: give {_FORMS}")
    if head not in SERVERS and head not in _providers():
        raise UnknownModelError(f"{name!r}: no provider is called {head!r}; give {_FORMS}")
    return head, model


@cache
def _providers() -> frozenset[str]:
    from litellm import provider_list  # slow to import, and only names of other servers need it

    return frozenset(getattr(provider, "value", str(provider)) for provider in provider_list)


def own_address(name: str) -> str | None:
    """The base URL that a model's name means where nobody tells another one.

    Raises:
        UnknownModelError: Not a model name.
    """
    head, _ = split_name(name)
    return SERVERS[head].default_base if head in SERVERS else None


def catalogue_prices(name: str) -> tuple[float, float] | None:
    """US dollars a million prompt and generated tokens by DSPy's catalogue, if it knows the model."""
    from dspy.clients.model_metadata import model_info, rate

    head, model = split_name(name)
    info = model_info(head, model)
    found = [rate(info, key) for key in ("input_cost_per_token", "output_cost_per_token")] if info else []
    return None if not found or None in found else (found[0] * 1e6, found[1] * 1e6)


def _key(name: str, known: EndpointSettings, kind: ServerKind | None) -> str | None:
    if known.api_key_env is not None:
        key = os.environ.get(known.api_key_env)
        if not key:
            raise UnknownModelError(f"{name}: no key: {known.api_key_env} is not set")
        return key
    return os.environ.get(kind.key_env) or None if kind is not None and kind.key_env else None


def local_endpoint(name: str, api_base: str, api_key: str) -> Endpoint:
    """The endpoint of a :class:`~csc_dspy.lms.local.LocalServer`; its tokens cost nothing."""
    model = (weights_path(name) or name.removeprefix("student:")).rstrip("/").rsplit("/", 1)[-1].removesuffix(".gguf")
    return Endpoint(name, model, api_base, api_key, "vllm", True, (0.0, 0.0))


def is_local(name: str) -> bool:
    """Whether a model runs in this process."""
    return weights_path(name) is not None or name.startswith("student:")


def local_file(name: str) -> Path | None:
    """The file of a ``local:/path`` name."""
    return Path(name.removeprefix("local:")).expanduser() if name.startswith("local:") else None
