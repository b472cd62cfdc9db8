"""Secrets out of everything that is written down: parameters, tags, artifacts, error lines.

What counts as a secret: the values of environment variables with telling names (``…_KEY``,
``…_TOKEN``, …), strings of well-known shapes (``sk-…``, ``hf_…``, ``Bearer …``, a password in a
URL), and whatever stands under a telling key (``api_key``, ``authorization``, …).
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
from collections.abc import Callable, Mapping, Set
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel

SECRET = "[secret]"
"""What stands where a secret stood."""

_ENV_NAME = re.compile(r"(?:KEY|KEYS|TOKEN|SECRET|SECRETS|PASSWORD|PASSWD|CREDENTIAL|CREDENTIALS)$", re.IGNORECASE)
_MIN_ENV_VALUE = 8  # shorter values are flags and numbers; replacing them would eat ordinary text

_WORD = r"[A-Za-z0-9_-]"  # not \w, which takes the Chinese text that follows a key
_START = r"(?<![A-Za-z0-9])"
_SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (hint, re.compile(pattern, re.DOTALL))
    for hint, pattern in (
        # The digit keeps "sk-learn-like-pipelines" as it is.
        ("sk-", rf"{_START}sk-(?={_WORD}*\d){_WORD}{{12,}}"),
        ("hf_", rf"{_START}hf_[A-Za-z0-9]{{16,}}"),
        ("AKIA", rf"{_START}AKIA[0-9A-Z]{{16}}"),
        ("ASIA", rf"{_START}ASIA[0-9A-Z]{{16}}"),
        ("gh", rf"{_START}gh[opsur]_[A-Za-z0-9]{{20,}}"),
        ("github_pat_", rf"{_START}github_pat_[A-Za-z0-9_]{{20,}}"),
        ("glpat-", rf"{_START}glpat-{_WORD}{{16,}}"),
        ("xox", rf"{_START}xox[abeoprs]-{_WORD}{{10,}}"),
        ("AIza", rf"{_START}AIza{_WORD}{{30,}}"),
        ("gsk_", rf"{_START}gsk_[A-Za-z0-9]{{20,}}"),
        ("eyJ", rf"{_START}eyJ{_WORD}{{8,}}\.{_WORD}{{8,}}\.{_WORD}{{4,}}"),
        ("PRIVATE KEY", r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?:.*?-----END [A-Z ]*PRIVATE KEY-----|.*)"),
    )
)

_AUTHORIZATION = re.compile(
    rf"({_START}(?:bearer|authorization[\"']?\s*[:=]\s*[\"']?(?:basic|token))\s+)"
    r"(?=[^\s\"',;]*\d|[^\s\"',;]{20})[A-Za-z0-9._~+/=-]{8,}",
    re.IGNORECASE,
)
_USERINFO = re.compile(r"(?<=://)[^\s/@:\"'<>]*:[^\s/@\"'<>]+(?=@)")
_NAME = (
    r"(?:api[_-]?key|access[_-]?key|secret[_-]?key|private[_-]?key|client[_-]?secret"
    r"|(?:access|auth|refresh|hf|api)[_-]token|authorization|password|passwd)"
)
# Ten times as fast on lowered text as the two below, which match without regard to case.
_PAIR_HINT = re.compile(r"(?:key|token|secret|passwd|password|authorization)(?:\\?[\"'])?\s*[:=]")
# Unquoted values only after "=": "Password: please reset it" is what customers write.
_QUOTED_PAIR = re.compile(rf"({_NAME}(?:\\?[\"'])?\s*[:=]\s*(\\?[\"']))(?:(?!\2).)+(?=\2)", re.IGNORECASE)
_PLAIN_PAIR = re.compile(rf"({_NAME}=|x-api-key:\s*)(?!\[secret\])[^\s\"'&,;)\]}}]{{4,}}", re.IGNORECASE)

_KEY_NAME = re.compile(
    r"(?:^|_)(?:api_?keys?|(?:access|secret|private|auth|signing|encryption)_key|authorization|cookie"
    r"|passwords?|passwd|secrets?|token|credentials?)$"
)
_VOCABULARY = re.compile(
    r"(?:^|_)(?:pad|eos|bos|unk|mask|sep|cls|image|audio|video|start|end|stop|first|last|next|per)_token$"
)


def redact(text: str) -> str:
    """Replace every secret in a text.

    Args:
        text: Any text.

    Returns:
        The text with ``[secret]`` in the secrets' places; the same text when there is none.
    """
    return redactor()(text)


def redactor() -> Callable[[str], str]:
    """:func:`redact` with the environment read once, for texts of many lines."""
    secrets = _environment_secrets()

    def replace(text: str) -> str:
        for secret in secrets:
            text = text.replace(secret, SECRET)
        for hint, pattern in _SHAPES:
            if hint in text:
                text = pattern.sub(SECRET, text)
        if "://" in text:
            text = _USERINFO.sub(SECRET, text)
        lowered = text.lower()
        if "bearer" in lowered or "authorization" in lowered:
            text = _AUTHORIZATION.sub(rf"\g<1>{SECRET}", text)
        if _PAIR_HINT.search(lowered):
            text = _QUOTED_PAIR.sub(rf"\g<1>{SECRET}", text)
            text = _PLAIN_PAIR.sub(rf"\g<1>{SECRET}", text)
        return text

    return replace


def redact_mapping(obj: Any) -> Any:
    """Replace every secret in nested data.

    Args:
        obj: Whatever a configuration holds: mappings, sequences, sets, pydantic models, dataclasses, scalars.

    Returns:
        The same as JSON-like data: strings redacted, values under telling keys replaced as a whole, models and
        dataclasses as dicts, tuples and sets as lists, paths and other objects as text. ``None``, booleans and
        numbers of tokens stay as they are.
    """
    return _redact_value(obj, redactor())


def redact_file(source: Path, target: Path) -> bool:
    """Write a redacted copy of a text file.

    Args:
        source: Any file; lines are taken one by one.
        target: The copy to write.

    Returns:
        ``False``, with no copy left, when the file is not text or nothing in it is secret.
    """
    replace, found = redactor(), False
    try:
        with source.open(encoding="utf-8", newline="") as lines, target.open("w", encoding="utf-8", newline="") as out:
            for line in lines:
                clean = replace(line)
                found = found or clean != line
                out.write(clean)
    except UnicodeDecodeError:
        found = False
    if not found:
        target.unlink(missing_ok=True)
    return found


def is_secret_key(key: str) -> bool:
    """Whether the name of a field says that its value is a secret.

    ``api_key``, ``Authorization``, ``hf_token`` do; ``max_tokens``, ``eos_token``, ``api_key_env`` do not.
    """
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key)
    snake = re.sub(r"[^A-Za-z0-9]+", "_", snake).lower().strip("_")
    return bool(_KEY_NAME.search(snake)) and not _VOCABULARY.search(snake)


def _redact_value(obj: Any, replace: Callable[[str], str]) -> Any:
    if isinstance(obj, BaseModel):
        obj = obj.model_dump(mode="json")
    elif dataclasses.is_dataclass(obj) and not isinstance(obj, type):
        obj = {field.name: getattr(obj, field.name) for field in dataclasses.fields(obj)}
    if isinstance(obj, Mapping):
        return {
            replace(str(key)): SECRET if _is_secret(str(key), value) else _redact_value(value, replace)
            for key, value in obj.items()
        }
    if isinstance(obj, (list, tuple)):
        return [_redact_value(item, replace) for item in obj]
    if isinstance(obj, Set):
        return sorted((_redact_value(item, replace) for item in obj), key=str)
    if obj is None or isinstance(obj, (bool, int, float)):
        return obj
    return replace(str(obj))


def _is_secret(key: str, value: object) -> bool:
    if value is None or value == "" or isinstance(value, bool) or not is_secret_key(key):
        return False
    return not (isinstance(value, (int, float)) and key.lower().endswith("token"))


def _environment_secrets() -> tuple[str, ...]:
    values = {
        value.strip()
        for name, value in os.environ.items()
        if _ENV_NAME.search(name) and len(value.strip()) >= _MIN_ENV_VALUE
    }
    # The same secret as it stands in a URL or inside a JSON string.
    written = {
        form
        for value in values
        for form in (value, quote(value, safe=""), json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1])
    }
    # Longest first, so that a secret which begins another one does not leave its tail.
    return tuple(sorted(written, key=lambda value: (-len(value), value)))
