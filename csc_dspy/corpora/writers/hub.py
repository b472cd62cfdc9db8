"""A folder for the Hugging Face hub: a Parquet file a split, and a dataset card that ``datasets`` reads.

dataset/
    README.md
    data/train.parquet
    data/validation.parquet
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from csc_dspy.conversation import Conversation, OnBad
from csc_dspy.corpora.dropped import read_kept_or_dropped
from csc_dspy.corpora.masking import mask
from csc_dspy.corpora.statistics import CorpusStatistics, describe
from csc_dspy.corpora.templates import rendered
from csc_dspy.corpora.writers.tables import write_parquet
from csc_dspy.errors import InputError
from csc_dspy.files import written_whole
from csc_dspy.framework import Strategy

_SIZES = (("n<1K", 1_000), ("1K<n<10K", 10_000), ("10K<n<100K", 100_000), ("100K<n<1M", 1_000_000))


def splits_of(path: Path) -> dict[str, Path]:
    """The files of a dataset by split: those of a folder by their names, a single file as ``train``.

    Raises:
        InputError: A folder without files of conversations, or one whose name is no name of a split.
    """
    if not path.is_dir():
        return {"train": path}
    found = {file.stem: file for file in sorted(path.glob("*.jsonl"))}
    if not found:
        raise InputError(f"{path}: there is no .jsonl file in it")
    if wrong := [file for name, file in found.items() if not re.fullmatch(r"\w+", name)]:
        raise InputError(f"{wrong[0]}: its name is no name of a split; letters, digits and _ only")
    return {name: found[name] for name in sorted(found, key=_in_order)}


def export_dataset(
    splits: Mapping[str, Path],
    folder: Path,
    *,
    license_: str | None = None,
    masking: bool = False,
    on_bad: OnBad | None = None,
) -> dict[str, int]:
    """Write a dataset; the card last, so that a folder with a card is whole.

    Args:
        splits: Files of conversations by split.
        folder: Where the dataset goes; files of the same name are replaced.
        license_: Licence of the data, as the hub names it, for example ``cc-by-4.0``.
        masking: Whether personal data is masked; without, the card says how much there seems to be.
        on_bad: Called with each line that does not fit, which is then left out.

    Returns:
        Conversations by split.

    Raises:
        InputError: A file does not fit, or holds no conversation.
        RunError: The folder cannot be written.
    """
    described: dict[str, CorpusStatistics] = {}
    counts: dict[str, int] = {}
    for name, file in splits.items():
        described[name] = describe(read_kept_or_dropped(file, on_bad))
        if not described[name].conversations:
            raise InputError(f"{file}: there is no conversation in it")
        with written_whole(folder / "data" / f"{name}.parquet") as part:
            counts[name] = write_parquet(_read(file, masking), part)
    card = rendered(
        "dataset_card.md",
        name=folder.resolve().name,
        license=license_,
        splits=described,
        langs=sorted({lang for one in described.values() for lang in one.by_lang}),
        topics=sorted({topic for one in described.values() for topic in one.by_topic}),
        sources=sorted({source for one in described.values() for source in one.by_source}),
        size=_size(sum(counts.values())),
        strategies=list(Strategy),
        labelled=any(one.strategy_shares for one in described.values()),
        private=sum(sum(mask(one).counts.values()) for file in splits.values() for one in _read(file, masking)),
        masked=masking,
    )
    with written_whole(folder / "README.md") as part:
        part.write_text(card, encoding="utf-8")
    return counts


def _read(file: Path, masking: bool) -> Iterable[Conversation]:
    """The conversations of a file whose bad lines were named before."""
    found = read_kept_or_dropped(file, lambda _: None)
    return (mask(one).conversation for one in found) if masking else found


def _in_order(name: str) -> tuple[int, str]:
    usual = ("train", "validation", "test")
    return usual.index(name) if name in usual else len(usual), name


def _size(count: int) -> str:
    return next((name for name, top in _SIZES if count < top), "n>1M")
