"""The model a student begins as: from the hub, a folder, or a GGUF file, which is dequantized once."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from csc_dspy.distillation.faults import explained
from csc_dspy.errors import CscError, InputError, ModelError, UnknownModelError, one_line
from csc_dspy.files import awaited
from csc_dspy.lms.download import Progress, file_sha256, show_progress
from csc_dspy.lms.student import BaseIdentity, dequantized
from csc_dspy.lms.weights import CATALOGUE, ensure_weights
from csc_dspy.settings import load_settings

_SUMS = "sha256-3.json"
"""Says that a dequantized model is whole, and as this version makes it."""


@dataclass(frozen=True)
class Base:
    """A base model.

    Attributes:
        name: The name the user gave.
        source: What transformers reads: a folder, or a hub id.
        digest: SHA-256 of what it is: of the GGUF file, or of the folder's weights.
        reading: SHA-256 of what it reads by: its configuration, tokenizer and chat template; ``None`` where the digest
            holds them.
        gguf: The GGUF file it comes from, which llama.cpp serves; ``None`` where there is none.
    """

    name: str
    source: str
    digest: str
    reading: str | None = None
    gguf: Path | None = None

    def identity(self) -> BaseIdentity:
        """What a student keeps of it."""
        return BaseIdentity(name=self.name, digest=self.digest, reading=self.reading, gguf=self.gguf is not None)


def find_base(name: str, progress: Progress | None = None) -> Base:
    """The base of a name, fetched and dequantized if need be.

    Args:
        name: A name of the catalogue, with or without ``local/``; a GGUF file; a folder of transformers; or a hub id.
        progress: Told how much of the weights is fetched.

    Raises:
        InputError: There is no such file, or it holds no model.
        ModelError: It cannot be fetched or read.
    """
    short = name.removeprefix("local/")
    path = Path(name.removeprefix("local:")).expanduser()
    name = base_name(name)
    if short in CATALOGUE:
        return _of_gguf(name, ensure_weights(short, progress=progress))
    if path.suffix == ".gguf":
        if not path.is_file():
            raise UnknownModelError(f"{path}: no such weights file")
        return _of_gguf(name, path)
    if path.is_dir():
        return Base(name, str(path.resolve()), _digest_of_folder(path), _reading(path))
    if name.count("/") != 1 or name.startswith(("local", ".", "/")):
        raise UnknownModelError(
            f"{name}: no base: name one of the catalogue ({', '.join(CATALOGUE)}), a GGUF file, a folder with "
            "safetensors, or a hub id such as Qwen/Qwen2.5-0.5B-Instruct"
        )
    return _of_hub(name)


def base_name(name: str) -> str:
    """One name for a base, however and from wherever it is named: files and folders by their whole path."""
    short = name.removeprefix("local/")
    path = Path(name.removeprefix("local:")).expanduser()
    if short in CATALOGUE:
        return short
    return str(path.resolve()) if path.suffix == ".gguf" or path.is_dir() else name


def need_trainer() -> None:
    """Refuse to train without the packages for it.

    Raises:
        ModelError: The extra ``distill`` is not installed.
    """
    for name in ("torch", "transformers", "peft", "trl"):
        if find_spec(name) is None:
            raise ModelError(f"training needs the extra `distill` (pip install 'csc-dspy[distill]'): {name} is missing")


def open_base(name: str) -> tuple[Base, Any]:
    """The base of a name, fetched with a progress bar, and its tokenizer.

    Raises:
        InputError: There is no such file, or it holds no model.
        ModelError: The extra ``distill`` is not installed, or the base cannot be fetched or read.
    """
    need_trainer()
    import transformers

    with show_progress(name) as progress:
        base = find_base(name, progress)
    for part, auto in (("model", transformers.AutoConfig), ("tokenizer", transformers.AutoTokenizer)):
        try:
            read = auto.from_pretrained(base.source, trust_remote_code=False)
        except Exception as error:  # tokenizers and transformers share no root, and their advice is not ours
            why = "it asks to run code of its own" if "trust_remote_code" in str(error) else one_line(error)
            raise InputError(f"{base.name}: its {part} cannot be read ({why}); take another base") from None
    return base, read


def _of_gguf(name: str, path: Path) -> Base:
    digest = file_sha256(path)
    folder = dequantized(digest)
    if not _is_whole(folder):
        with _only_one(path, folder):
            if not _is_whole(folder):  # another process may have made it meanwhile, and others read it already
                _dequantize(path, folder)
    return Base(name, str(folder), digest, gguf=path)


def _is_whole(folder: Path) -> bool:
    return (folder / _SUMS).is_file()


@contextmanager
def _only_one(path: Path, folder: Path) -> Iterator[None]:
    """Hold the lock beside a folder of the cache; who must wait says so."""
    with ExitStack() as held:
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            lock = folder.with_name(f"{folder.name}.lock")
            held.enter_context(awaited(lock, f"dequantizes {path.name}", _say))
        except OSError as error:
            raise _unwritten(path, folder, error) from None
        yield


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _unwritten(path: Path, folder: Path, error: OSError) -> ModelError:
    return ModelError(f"{path}: cannot be dequantized into {folder}: {error.strerror or error}")


def _dequantize(path: Path, folder: Path) -> None:
    """Write a GGUF file's model as safetensors, with its tokenizer; whole or not at all.

    In float16, as the scales of its blocks are: bfloat16 would round what 4 bits and a scale come to.
    """
    import gguf
    import torch
    from transformers import AutoTokenizer

    from csc_dspy.distillation.gguf_files import parsed_once
    from csc_dspy.distillation.loading import load_network
    from csc_dspy.distillation.positions import restore
    from csc_dspy.metrics.pretrained import quiet

    _say(f"{path.name}: dequantizing for training (done once)")
    part = Path(tempfile.mkdtemp(dir=folder.parent))
    try:
        _switchable_bar()
        aside = tempfile.TemporaryDirectory(dir=folder.parent)
        with explained(str(path), folder), quiet(), parsed_once(), aside as alone:
            file = Path(alone, path.name)
            file.symlink_to(path.absolute())  # beside other files of the model transformers would read those
            tokenizer = AutoTokenizer.from_pretrained(alone, gguf_file=file.name, trust_remote_code=False)
            _cut_as_llama_cpp(tokenizer, file)
            model = load_network(str(path), alone, gguf_file=file.name, dtype=torch.float16)
            model.hf_quantizer = None  # its weights are plain ones by now
            if hasattr(model.config, "quantization_config"):
                del model.config.quantization_config
            tokenizer.save_pretrained(part)
            model.save_pretrained(part)
            restore(part, gguf.GGUFReader(file), str(path))  # parsed before
        sums = {file.name: file_sha256(file) for file in sorted(part.glob("*.safetensors"))}
        (part / _SUMS).write_text(json.dumps(sums, indent=1), encoding="utf-8")  # last: its presence says complete
        if folder.exists():
            shutil.rmtree(folder)
        part.replace(folder)
    except OSError as error:
        raise _unwritten(path, folder, error) from None
    except CscError:
        raise
    except Exception as error:  # gguf, numpy, tokenizers and transformers share no root
        why = one_line(error)
        raise InputError(f"{path}: was cut off, or transformers does not know this GGUF: {why}") from None
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _cut_as_llama_cpp(tokenizer: Any, path: Path) -> None:
    """Let a GGUF file's tokenizer split text before BPE as the file says, where transformers does not know how."""
    import gguf
    from tokenizers import pre_tokenizers

    field = gguf.GGUFReader(path).fields.get(gguf.Keys.Tokenizer.PRE)
    if field is not None and field.contents() == "smollm":
        steps = [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
        tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(steps)


def _switchable_bar() -> None:
    """Let the bar of a GGUF file's tensors, which is drawn by tqdm alone, heed the switch of transformers for bars."""
    with suppress(ImportError):  # a private place, which may move
        from transformers import modeling_gguf_pytorch_utils
        from transformers.utils import logging

        modeling_gguf_pytorch_utils.tqdm = logging.tqdm


def _of_hub(name: str) -> Base:
    from huggingface_hub import snapshot_download

    allowed = ["*.json", "*.safetensors", "*.model", "*.txt", "*.jinja"]
    offline = load_settings().offline
    try:
        folder = Path(snapshot_download(name, allow_patterns=allowed, local_files_only=offline))
    except Exception as error:  # httpx and huggingface_hub share no root
        if offline:
            raise ModelError(f"{name}: is not in the hub's cache, and the settings say offline") from None
        why = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise ModelError(f"{name}: cannot be fetched from the hub: {why}") from None
    return Base(name, str(folder), _digest_of_folder(folder), _reading(folder))


def _digest_of_folder(folder: Path) -> str:
    """Of the names and contents of the weights."""
    files = sorted(folder.glob("*.safetensors"))
    if not files or not (folder / "config.json").is_file():
        raise InputError(f"{folder}: no model: config.json and *.safetensors are needed")
    return _digest_of(files)


def _reading(folder: Path) -> str:
    """Of the names and contents of what it reads by: the same weights with another chat template answer otherwise."""
    patterns = ("config.json", "*token*.json", "chat_template*", "vocab*", "merges.txt", "*.model")
    return _digest_of(sorted({file for pattern in patterns for file in folder.glob(pattern) if file.is_file()}))


def _digest_of(files: Iterable[Path]) -> str:
    sums = {file.name: file_sha256(file) for file in files}
    return hashlib.sha256(json.dumps(sums, sort_keys=True).encode()).hexdigest()
