"""``out.job.json``: the configuration a job's rows were made with, and how it changed on the way."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import Field, JsonValue, ValidationError

from csc_dspy import __version__
from csc_dspy.conversation import Record
from csc_dspy.errors import InputError
from csc_dspy.jobs.lines import sync_directory

_MISSING = "(not set)"
_SHOWN = 60
_MOST_CHANGES = 8


def _plain(config: Mapping[str, Any]) -> dict[str, JsonValue]:
    """A configuration as JSON gives it back, so that tuples equal lists and key types cannot differ."""
    plain: dict[str, JsonValue] = json.loads(json.dumps(dict(config), ensure_ascii=False, allow_nan=False))
    return plain


def fingerprint(config: Mapping[str, Any]) -> str:
    """SHA-256 of a JSON-serializable configuration; the order of keys does not matter."""
    text = json.dumps(_plain(config), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _flat(value: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and (value or not prefix):
        for name, inner in value.items():
            yield from _flat(inner, f"{prefix}.{name}" if prefix else str(name))
    else:
        yield prefix, value


def _flat_json(config: Mapping[str, Any]) -> dict[str, str]:
    return {name: json.dumps(value, sort_keys=True, ensure_ascii=False) for name, value in _flat(_plain(config))}


def _shown(text: str, skip: int) -> str:
    """A value for a message, cut to a window that begins where it gets interesting."""
    if len(text) <= _SHOWN:
        return text
    start = max(0, min(skip - 20, len(text) - _SHOWN))
    return ("…" if start else "") + text[start : start + _SHOWN] + ("…" if start + _SHOWN < len(text) else "")


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """What differs between two configurations, as ``key.inner: old → new``; nested keys are dotted."""
    before, after = _flat_json(old), _flat_json(new)
    lines = []
    for name in {**before, **after}:
        was, now = before.get(name, _MISSING), after.get(name, _MISSING)
        if was != now:
            same = next((i for i, (a, b) in enumerate(zip(was, now, strict=False)) if a != b), min(len(was), len(now)))
            lines.append(f"{name}: {_shown(was, same)} → {_shown(now, same)}")
    return lines


def describe_changes(lines: list[str]) -> str:
    """Changes in one line; after the first few only their number."""
    more = f"; and {len(lines) - _MOST_CHANGES} more" if len(lines) > _MOST_CHANGES else ""
    return "; ".join(lines[:_MOST_CHANGES]) + more


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


class Earlier(Record):
    """A configuration that was given up for another one with ``--accept-changes``, or other inputs."""

    until: str
    version: str
    fingerprint: str
    config: dict[str, JsonValue]
    inputs: dict[str, JsonValue]
    finished: int
    """Units that were finished under it, those of still earlier ones included."""


class Manifest(Record):
    """What a job's rows are made with."""

    format: int = 1
    version: str = __version__
    """Version of this package that began the job."""
    created: str = Field(default_factory=_now)
    fingerprint: str
    config: dict[str, JsonValue]
    inputs: dict[str, JsonValue] = Field(default_factory=dict)
    history: tuple[Earlier, ...] = ()
    unrecorded: dict[str, JsonValue] = Field(default_factory=dict)
    """Usage that was paid for units that got no row: those in flight at a Ctrl-C or a budget's end."""

    @classmethod
    def of(cls, config: Mapping[str, Any], inputs: Mapping[str, Any]) -> Manifest:
        """A new job's manifest."""
        return cls(fingerprint=fingerprint(config), config=_plain(config), inputs=_plain(inputs))

    @property
    def all_inputs(self) -> dict[str, JsonValue]:
        """Path to digest of every input there was, of the history too."""
        earlier = [one.inputs for one in self.history]
        return {name: digest for inputs in (*earlier, self.inputs) for name, digest in inputs.items()}

    def is_of_others(self, inputs: Mapping[str, Any]) -> bool:
        """Whether inputs have neither a path nor a content in common with those there were."""
        known = self.all_inputs
        if not known or not inputs:
            return False
        paths, known_paths = ({Path(name).resolve() for name in some} for some in (inputs, known))
        return paths.isdisjoint(known_paths) and set(inputs.values()).isdisjoint(known.values())

    def changed_to(self, config: Mapping[str, Any], inputs: Mapping[str, Any], finished: int) -> Manifest:
        """The manifest after a change of configuration or inputs; what was before goes to the history."""
        earlier = Earlier(
            until=_now(),
            version=self.version,
            fingerprint=self.fingerprint,
            config=self.config,
            inputs=self.inputs,
            finished=finished,
        )
        return self.model_copy(
            update={
                "version": __version__,
                "fingerprint": fingerprint(config),
                "config": _plain(config),
                "inputs": _plain(inputs),
                "history": (*self.history, earlier),
            }
        )

    @classmethod
    def read(cls, path: Path) -> Manifest | None:
        """The manifest at a path, ``None`` when there is none.

        Raises:
            InputError: Something else is there.
        """
        try:
            return cls.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return None
        except ValidationError as error:
            fault = error.errors(include_url=False, include_input=False)[0]["msg"]
            raise InputError(
                f"{path}: not the manifest of a job ({fault}); --fresh moves it and the output aside and starts over"
            ) from None

    def write(self, path: Path) -> None:
        """Put the manifest on disk, all of it or nothing."""
        part = path.with_name(path.name + ".part")
        with part.open("w", encoding="utf-8") as file:
            file.write(self.model_dump_json(indent=2) + "\n")
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        sync_directory(path.parent)
