"""What identifies a file's content: its digest, its lines, its size."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class FileDigest:
    """What identifies a file's content.

    Attributes:
        sha256: Hex digest; of a folder, the digest of its files' names and digests.
        lines: Lines of text; ``None`` for binary files and folders.
        size: Bytes.
    """

    sha256: str
    lines: int | None
    size: int


def digest_of(path: Path) -> FileDigest:
    """Digest a file, or all files of a folder.

    Raises:
        OSError: It cannot be read.
    """
    if path.is_dir():
        parts = [(file.relative_to(path).as_posix(), digest_of(file)) for file in files_of(path)]
        listing = "".join(f"{name}\0{digest.sha256}\n" for name, digest in parts)
        return FileDigest(hashlib.sha256(listing.encode()).hexdigest(), None, sum(digest.size for _, digest in parts))
    sha256, lines, size, binary, last = hashlib.sha256(), 0, 0, False, b"\n"
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            sha256.update(block)
            lines += block.count(b"\n")
            size += len(block)
            binary = binary or b"\0" in block
            last = block[-1:]
    return FileDigest(sha256.hexdigest(), None if binary else lines + (last != b"\n"), size)


def files_of(path: Path) -> list[Path]:
    """A file itself, or all files of a folder, sorted."""
    return sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
