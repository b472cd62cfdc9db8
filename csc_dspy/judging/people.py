"""Scores that people gave replies, from a file."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from pydantic import Field, field_validator

from csc_dspy.conversation import Record, iter_lines, read_records
from csc_dspy.errors import InputError
from csc_dspy.signatures.criteria import CRITERIA

COLUMNS = ("id", "at", "criterion", "score")


class HumanScore(Record):
    """A score that a person gave a reply.

    Attributes:
        id: The conversation's.
        at: The reply's place in it, from 0.
        criterion: One of :data:`~csc_dspy.signatures.criteria.CRITERIA`.
        score: 1 to 5.
        rater: Who gave it.
    """

    id: str
    at: int = Field(ge=0)
    criterion: str
    score: float = Field(ge=1, le=5)
    rater: str = "human"

    @field_validator("criterion")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in (known := [one.id for one in CRITERIA]):
            raise ValueError(f"no such criterion; there are {', '.join(known)}")
        return value


def read_human(path: Path) -> list[HumanScore]:
    """People's scores: CSV with the columns ``id``, ``at``, ``criterion``, ``score`` and perhaps ``rater``, or JSONL.

    Raises:
        InputError: The file cannot be read, or a line does not fit.
    """
    found = list(read_records(HumanScore, path) if path.suffix.lower() in (".jsonl", ".json") else _of_csv(path))
    if not found:
        raise InputError(f"{path}: there are no scores in it")
    return found


def _of_csv(path: Path) -> Iterator[HumanScore]:
    columns: list[str] = []

    def parse(line: str) -> HumanScore | None:
        (cells,) = csv.reader([line.rstrip("\r\n")])
        if not columns:
            columns.extend(cell.strip().lower() for cell in cells)
            if absent := [name for name in COLUMNS if name not in columns]:
                raise ValueError(
                    f"no column {', '.join(absent)}: the first line names {', '.join(COLUMNS)} and perhaps rater"
                )
            return None
        if len(cells) != len(columns):
            raise ValueError(f"{len(cells)} cells, the first line has {len(columns)}")
        given = {name: cell.strip() for name, cell in zip(columns, cells, strict=True) if name in (*COLUMNS, "rater")}
        return HumanScore.model_validate_strings({name: cell for name, cell in given.items() if cell})

    return (score for score in iter_lines(path, parse) if score is not None)
