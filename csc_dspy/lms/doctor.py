"""What a user needs to know when something does not work: versions, weights, roles, wire."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from csc_dspy.errors import CscError
from csc_dspy.lms.models import Models
from csc_dspy.lms.weights import CATALOGUE, is_present
from csc_dspy.lms.wire import WireCheck, check_wire
from csc_dspy.redaction import redact
from csc_dspy.settings import ROLES, Settings, load_settings

PACKAGES = ("csc-dspy", "dspy", "mlflow", "litellm", "xllamacpp", "torch", "transformers", "trl", "peft")
"""Packages whose versions matter; a missing one belongs to an extra that is not installed."""


@dataclass(frozen=True)
class Report:
    """What the doctor found.

    Attributes:
        versions: Package to version, ``None`` when it is not installed.
        weights: Catalogue name to whether its file is here.
        roles: Role to configured model, ``None`` when there is none.
        checks: One wire check for each model that was asked.
        broken: Model to why it could not even be opened.
        wire: Whether models were to be asked at all.
    """

    versions: dict[str, str | None]
    weights: dict[str, bool]
    roles: dict[str, str | None]
    checks: tuple[WireCheck, ...]
    broken: dict[str, str]
    wire: bool = True

    @property
    def healthy(self) -> bool:
        """Whether every model that was asked answered, and held the schema if one was sent."""
        return not self.broken and all(check.answers and check.json_schema is not False for check in self.checks)


def examine(
    *, extra: Sequence[str] = (), api_base: str | None = None, wire: bool = True, settings: Settings | None = None
) -> Report:
    """Look at everything; ask each configured model one question.

    Args:
        extra: Models to ask besides those of the settings.
        api_base: Base URL of the server of the models in ``extra``.
        wire: Whether to ask at all.
        settings: Default: those of the working folder.

    Raises:
        InputError: An address, but no model that is there.
    """
    settings = settings or load_settings()
    models = Models(settings=settings, api_base=api_base, based=extra, attempts=1, concurrency=1)
    roles: dict[str, str | None] = {role: settings.model_for(role) for role in ROLES}
    names = dict.fromkeys([*(name for name in roles.values() if name), *extra])
    checks: list[WireCheck] = []
    broken: dict[str, str] = {}
    if wire and names:
        with models:
            for name in names:
                try:
                    checks.append(check_wire(models.open(name)))
                except CscError as error:
                    broken[name] = str(error)
    present = {name: is_present(entry, settings.cache_dir) for name, entry in CATALOGUE.items()}
    return Report({name: _version(name) for name in PACKAGES}, present, roles, tuple(checks), broken, wire)


def render(report: Report) -> RenderableType:
    """The report for a terminal."""
    versions = Table("package", "version", title=f"Python {platform.python_version()}", title_justify="left")
    for package, version in report.versions.items():
        versions.add_row(package, version or "[dim]not installed[/]")
    weights = Table("weights", "here", title="Local weights", title_justify="left")
    for name, here in report.weights.items():
        weights.add_row(f"local/{name}", "yes" if here else f"no: csc-dspy models pull {name}")
    roles = Table("role", "model", title="Roles (csc.toml, CSC_MODELS__…)", title_justify="left")
    for role, model in report.roles.items():
        roles.add_row(role, model or "[dim]none: give --lm[/]")
    wire = Table("model", "answers", "json_schema", "seconds", "detail", title="On the wire", title_justify="left")
    for check in report.checks:
        held = "not tried" if check.json_schema is None else "holds" if check.json_schema else "does not hold"
        wire.add_row(
            check.model, "yes" if check.answers else "no", held, f"{check.seconds:.1f}", Text(redact(check.detail))
        )
    for name, reason in report.broken.items():
        wire.add_row(name, "no", "not tried", "-", Text(redact(reason)))
    parts: list[RenderableType] = [versions, weights, roles]
    if report.checks or report.broken:
        parts.append(wire)
    else:
        why = "give --lm MODEL, or set models in csc.toml" if report.wire else "--no-wire was given"
        parts.append(Text(f"No model was asked: {why}."))
    return Group(*parts)


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
