"""The GGUF file by which llama.cpp serves what stands on a base: the base's own, or one that is made of it once."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
from filelock import FileLock

from csc_dspy.distillation.base import Base
from csc_dspy.distillation.faults import explained
from csc_dspy.distillation.rows import UnknownNetworkError
from csc_dspy.errors import CscError, InputError, ModelError, RunError
from csc_dspy.files import written_whole
from csc_dspy.lms.local import LocalServer
from csc_dspy.lms.student import converted
from csc_dspy.settings import LocalSettings

_FORM = ".made-2"
"""Beside a GGUF file that was made here: it was by this version, or one that makes the same."""
_ALIKE = "llama.cpp-reads-alike-2"
"""Beside a dequantized model: that of its GGUF file was found out."""
_READ = (
    "Hello, it's me again!  My order 2023-11407 of €45.90 was  late...\n\n\tWhy? naïve café, “quoted” (100%).   \n",
    "您好，我的订单号是 20231107，已经等了3天，怎么还没有到？！麻烦您查一下。\r\n",
    " don't DON'T we'll 1,234,567.89 x=y; foo_bar@example.com ½ Ünïcödé 🙂 한국어",
)
"""What both read alike: words, figures, spaces and signs that tokenizers cut in different ways."""


def gguf_of(base: Base, tokenizer: Any) -> Path:
    """The GGUF file of a base, made and put into the cache if there is none.

    Args:
        base: The base.
        tokenizer: Its tokenizer.

    Raises:
        InputError: llama.cpp has no such network or tokenizer, or none that is known here.
        ModelError: llama.cpp cannot load what was made, or does not answer.
        RunError: It cannot be written.
    """
    path = base.gguf or converted(base.digest, base.reading)
    try:
        if base.gguf is not None:
            alike = Path(base.source, _ALIKE)
            # Where it cannot be found out or noted, the file is what it is.
            with suppress(OSError, ModelError):
                if not alike.exists() and _reads_alike(base, path, tokenizer):
                    alike.touch()
            return path
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".lock")), explained(base.source, path):
            made = path.with_suffix(_FORM)
            if not (path.is_file() and made.is_file()):
                from csc_dspy.distillation.model_gguf import write_base

                with written_whole(path) as part:
                    write_base(Path(base.source), part)
                    _reads_alike(base, part, tokenizer)
                made.touch()
    except OSError as error:
        raise RunError(f"{path}: cannot be written ({error.strerror or error})") from None
    return path


def servable(base: Base, tokenizer: Any) -> Path | None:
    """The same, or ``None`` where it cannot be had, which is said: a student need not be served by llama.cpp."""
    try:
        return gguf_of(base, tokenizer)
    except Exception as error:  # gguf and numpy have errors of their own, and what was trained is worth more
        _say(error)
        return None


@contextmanager
def left_out_where_unknown() -> Iterator[None]:
    """Around what writes a student for llama.cpp: of a network that it cannot write this is said, and no error."""
    try:
        yield
    except UnknownNetworkError as error:
        _say(error)


def _say(error: Exception) -> None:
    why = str(error) if isinstance(error, CscError) else f"{type(error).__name__}: {error}"
    print(f"llama.cpp cannot serve it, vLLM can: {why}", file=sys.stderr)


def _reads_alike(base: Base, path: Path, tokenizer: Any) -> bool:
    """Refuse a file by which llama.cpp reads text in other tokens; where it is not installed, nobody can tell."""
    if find_spec("xllamacpp") is None:
        return False
    with LocalServer(path, LocalSettings(slots=1, context=512)) as server:
        with httpx.Client(headers={"Authorization": f"Bearer {server.api_key}"}, timeout=60, trust_env=False) as client:

            def read(text: str, *, special: bool) -> list[int]:
                asked = {"content": text, "add_special": special, "parse_special": special}
                try:
                    answer = client.post(f"{server.api_base.removesuffix('/v1')}/tokenize", json=asked).json()
                except (httpx.HTTPError, ValueError) as error:
                    why = str(error) or type(error).__name__
                    raise ModelError(f"{base.name}: llama.cpp does not say in what tokens it reads ({why})") from None
                found: list[int] = answer.get("tokens")
                return found

            for text in _READ:
                if read(text, special=False) != tokenizer.encode(text, add_special_tokens=False):
                    raise InputError(
                        f"{base.name}: llama.cpp tokenizes text differently from the model's own tokenizer"
                    )
            bare, whole = read("?", special=False), read("?", special=True)
    front, behind = whole[: whole.index(bare[0])], whole[whole.index(bare[-1]) + 1 :]
    if behind or (front and not _begin_with(tokenizer, front)):
        added = tokenizer.decode([*front, *behind])
        raise InputError(f"{base.name}: llama.cpp adds {added!r} to a chat, which its chat template does not")
    return True


def _begin_with(tokenizer: Any, tokens: list[int]) -> bool:
    """Whether chats begin with these tokens, as a student is trained on them."""
    messages = [{"role": "system", "content": "?"}, {"role": "user", "content": "?"}]
    ids = tokenizer.encode(tokenizer.apply_chat_template(messages, tokenize=False), add_special_tokens=False)
    return bool(ids[: len(tokens)] == tokens)
