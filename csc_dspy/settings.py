"""Settings: ``csc.toml`` in the working folder, overridden by ``CSC_*`` variables.

    [models]                       # a role's model; `default` serves the roles not named
    default = "local/qwen2.5-coder-1.5b-instruct"
    judge = "openai/gpt-4o-mini"

    [endpoints."openai/my-model"]  # what the model's name alone does not say
    api_base = "http://127.0.0.1:8000/v1"
    api_key_env = "MY_KEY"
    json_schema = true

    [local]
    threads = 2
    context = 4096

The same by environment: ``CSC_MODELS__JUDGE=openai/gpt-4o-mini``, ``CSC_LOCAL__THREADS=4``,
``CSC_CACHE_DIR=/data/csc``.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from csc_dspy.errors import InputError

Role = Literal[
    "rewriter",
    "annotator",
    "planner",
    "supporter_assistant",
    "supporter",
    "customer_assistant",
    "customer",
    "judge",
    "reflection",
]
ROLES: tuple[Role, ...] = get_args(Role)

CONFIG_FILE = Path("csc.toml")


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EndpointSettings(_Section):
    """What is known of one model beyond its name."""

    api_base: str | None = None
    """Base URL of an OpenAI-compatible server, with ``/v1``."""
    api_key_env: str | None = None
    """Name of the environment variable that holds the key; the key itself never stands in a file."""
    json_schema: bool | None = None
    """Whether it takes ``response_format: json_schema``; unknown means the catalogue decides."""
    student: Literal["supporter", "customer", "both"] | None = None
    """Whose turns it was trained on, if it is a student served elsewhere: by vLLM, or by ``csc-dspy serve``."""
    input_price: float | None = None
    """US dollars a million prompt tokens."""
    output_price: float | None = None
    """US dollars a million generated tokens."""

    @property
    def prices(self) -> tuple[float, float] | None:
        """Both prices, if both are set."""
        if self.input_price is None or self.output_price is None:
            return None
        return self.input_price, self.output_price


def _threads() -> int:
    """As many as OpenMP was told to take, else one a core."""
    told = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    if told.isdecimal() and int(told):
        return int(told)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class LocalSettings(_Section):
    """The llama.cpp server that runs inside the process."""

    threads: int = Field(default_factory=_threads, ge=1)
    """CPU threads; by default ``OMP_NUM_THREADS``, else one a core that this process may use."""
    context: int = Field(default=4096, ge=512)
    """Tokens a slot holds, prompt and answer together."""
    slots: int = Field(default=8, ge=1)
    """Requests answered at once, each with a prefix cache of its own; at least one a role."""
    cache_mib: int = Field(default=1024, ge=0)
    """Memory for prompts that left their slots and may come again, in MiB; llama.cpp's own limit is 8,192."""
    gpu_layers: int = Field(default=0, ge=0)
    """Layers put on a GPU, where the installed wheel can use one."""


def _user_cache() -> Path:
    """The user's folder for caches; a relative ``XDG_CACHE_HOME`` does not count, as its specification says."""
    told = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return told if told.is_absolute() else Path.home() / ".cache"


class Settings(BaseSettings):
    """All settings, read once."""

    model_config = SettingsConfigDict(
        env_prefix="CSC_",
        env_nested_delimiter="__",
        toml_file=CONFIG_FILE,
        frozen=True,
        extra="forbid",
    )

    models: dict[str, str] = Field(default_factory=dict)
    endpoints: dict[str, EndpointSettings] = Field(default_factory=dict)
    local: LocalSettings = Field(default_factory=LocalSettings)
    cache_dir: Path = Field(default_factory=lambda: _user_cache() / "csc-dspy")
    """Where weights are kept; by default in ``$XDG_CACHE_HOME``, else in ``~/.cache``."""
    offline: bool = False
    """Never ask the Hugging Face hub."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment before file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    def model_for(self, role: Role) -> str | None:
        """The model configured for a role, or the default one, or ``None``."""
        return self.models.get(role, self.models.get("default"))


@cache
def load_settings() -> Settings:
    """Read ``csc.toml`` and the environment.

    Raises:
        InputError: A setting that is unknown or does not fit, named with its place.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        why = "no such setting; docs/settings.md has all" if first["type"] == "extra_forbidden" else first["msg"]
        raise InputError(f"{CONFIG_FILE} or CSC_* variables: {place}: {why}") from None
    except ValueError as error:  # not TOML
        raise InputError(f"{CONFIG_FILE}: {error}") from None
    unknown = sorted(set(settings.models) - set(ROLES) - {"default"})
    if unknown:
        raise InputError(f"{CONFIG_FILE}: models.{unknown[0]}: no such role; roles are {', '.join(ROLES)} and default")
    return settings
