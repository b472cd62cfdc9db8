"""Profiles of the people who call: read from many shapes of file, near-duplicates removed.

A file is recognised by its content, never by its name:

- a JSON array: ``[{"profile": {"age": "18-24"}, "persona": "I am …"}, "I am …"]``
- JSON lines: ``{"id": "p-1", "text": "I am …", "fields": {"age": 19}}``
- plain text, one profile a line
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import ValidationError

from csc_dspy.conversation import OnBad, Profile, iter_lines
from csc_dspy.errors import InputError, LineError
from csc_dspy.framework import LANGS, Lang

if TYPE_CHECKING:
    from numpy.typing import NDArray

TEXT_KEYS = ("text", "persona", "description", "profile")
"""Where the text of a profile may stand; the first that holds a string with words counts."""

_BLOCK = 256  # rows of the similarity matrix held at a time: 20 MB for 20,000 profiles
_COMMON = 0.1  # an n-gram in a larger share of the profiles than this is common


class NearDuplicate(NamedTuple):
    """A profile that was dropped, the kept one it resembles most, and how much."""

    dropped: Profile
    resembles: str
    """Id of the kept profile."""
    cosine: float
    """Between the threshold and 1."""


def profile_id(text: str) -> str:
    """The id of a profile that brings none: ``p-`` and 12 hexadecimal digits of the text's SHA-256."""
    return f"p-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def read_profiles(path: Path | str, lang: Lang | None = None, on_bad: OnBad | None = None) -> Iterator[Profile]:
    """Read profiles from a JSON array, JSON lines or plain text.

    Args:
        path: The file.
        lang: Language of the profiles that do not say theirs.
        on_bad: Called with the error of each bad entry, which is then left out. Without it the first
            bad entry is raised.

    Yields:
        The profiles in the file's order. What an entry holds beside id, language and text becomes ``fields``.

    Raises:
        InputError: No such file, unreadable, empty, or an array that is not JSON.
        LineError: An entry without a text, or one whose id stands for another text already. Its ``line``
            is the number of the entry in an array, of the line otherwise.
    """
    seen: dict[str, str] = {}

    def check(profile: Profile) -> Profile:
        digest = profile_id(profile.text)
        if seen.setdefault(profile.id, digest) != digest:
            raise ValueError(f"the id {profile.id!r} is already that of another profile")
        return profile

    head = _first_line(path)
    if _opens_array(head, path):
        yield from _read_array(path, lambda entry: check(_to_profile(entry, lang)), on_bad)
    elif _is_json_line(head):
        yield from iter_lines(path, lambda line: check(_to_profile(_load(line), lang)), on_bad)
    else:
        yield from iter_lines(path, lambda line: check(_to_profile(line, lang)), on_bad)


def _first_line(path: Path | str) -> str:
    """The first line with something on it, stripped.

    Raises:
        InputError: There is none.
    """
    for line in iter_lines(path, str.strip, on_bad=lambda _: None):
        return line
    if Path(path).stat().st_size == 0:
        raise InputError(f"{path}: the file is empty, there is no profile in it")
    raise InputError(f"{path}: there is no line of UTF-8 text in it, so no profile")


def _opens_array(head: str, path: Path | str) -> bool:
    """Whether the file is a JSON array rather than text that begins with a bracket."""
    if not head.startswith("["):
        return False
    inside = head[1:].lstrip()
    if not inside:
        texts = iter_lines(path, str.strip, on_bad=lambda _: None)
        next(texts)
        inside = next(texts, "")
    return not inside or inside[0] in '{"]'


def _is_json_line(head: str) -> bool:
    """Whether the file is JSON lines: an object opens it, or a whole JSON string is its first line."""
    if head.startswith("{"):
        return True
    try:
        return isinstance(json.loads(head), str)
    except (ValueError, RecursionError):
        return False


def _load(line: str) -> Any:
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} (column {error.colno})") from None
    except RecursionError:
        raise ValueError("not JSON that can be read: nested too deeply") from None


def _read_array(path: Path | str, parse: Callable[[Any], Profile], on_bad: OnBad | None) -> Iterator[Profile]:
    """The entries of a JSON array; the file is held in memory, as a JSON array must be."""
    try:
        entries = json.loads(Path(path).read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        raise LineError(path, error.lineno, f"not JSON: {error.msg} (column {error.colno})") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 (byte {error.start + 1} of the file)") from None
    except RecursionError:
        raise InputError(f"{path}: not JSON that can be read: nested too deeply") from None
    if not entries:
        raise InputError(f"{path}: the array is empty, there is no profile in it")
    for number, entry in enumerate(entries, start=1):
        try:
            profile = parse(entry)
        except ValidationError as error:
            bad = LineError(path, number, error.errors(include_url=False, include_input=False)[0]["msg"])
        except ValueError as error:
            bad = LineError(path, number, str(error))
        else:
            yield profile
            continue
        if on_bad is None:
            raise bad
        on_bad(bad)


def _to_profile(entry: Any, lang: Lang | None) -> Profile:
    """One entry of any shape as a profile.

    Raises:
        ValueError: It has no text, or an id or a language that does not fit.
    """
    if isinstance(entry, str):
        return _profile(None, entry, lang, {})
    if not isinstance(entry, dict):
        raise ValueError(f"a profile is an object or a text, not {type(entry).__name__}")
    rest = {key: value for key, value in entry.items() if value is not None}
    id_ = rest.pop("id", None)
    if id_ is not None and (isinstance(id_, bool) or not isinstance(id_, str | int) or id_ == ""):
        raise ValueError(f"the id must be a text or a whole number, not {json.dumps(id_)[:40]}")
    lang = rest.pop("lang", lang)
    if lang is not None and lang not in LANGS:
        raise ValueError(f"lang must be one of {', '.join(LANGS)}, not {json.dumps(lang)[:40]}")
    key = next((key for key in TEXT_KEYS if isinstance(rest.get(key), str) and rest[key].strip()), None)
    if key is None:
        raise ValueError(f"the entry has no text: none of {', '.join(TEXT_KEYS)} holds a string with words")
    return _profile(None if id_ is None else str(id_), rest.pop(key), lang, _fields(rest))


def _profile(id_: str | None, text: str, lang: Lang | None, fields: dict[str, Any]) -> Profile:
    text = text.strip()
    if not text:
        raise ValueError("the text is empty")
    try:
        return Profile(id=id_ or profile_id(text), text=text, lang=lang, fields=fields or None)
    except UnicodeEncodeError:  # a lone surrogate, written as \ud800
        raise ValueError("the text holds half a character (a lone surrogate)") from None


def _fields(rest: dict[str, Any]) -> dict[str, Any]:
    """The structured part: ``fields`` and ``profile`` objects are laid open, even one in another."""
    fields: dict[str, Any] = {}
    for key, value in rest.items():
        while isinstance(value, dict) and list(value) == [key]:
            value = value[key]
        if key in ("fields", "profile") and isinstance(value, dict):
            fields.update(value)
        else:
            fields[key] = value
    return fields


def drop_near_duplicates(
    profiles: Iterable[Profile], threshold: float = 0.85
) -> tuple[list[Profile], list[NearDuplicate]]:
    """Leave out every profile that is nearly the same as one kept before it.

    Likeness is the cosine of TF-IDF vectors (sublinear term frequency) of character 2- to 4-grams within
    words, which serves English and Chinese alike and is the same at every run. Different people described
    in the same style by the same model reach about 0.5; a profile of seven sentences of which one was
    exchanged about 0.9, of which two were exchanged about 0.8.

    Memory: about 35 kB a profile of 1,000 characters at the peak, and one block of 256 rows of the matrix of
    cosines; 20,000 such profiles take about a minute and 0.8 GB.

    Args:
        profiles: In the order of preference: the first of several alike is kept.
        threshold: The cosine above which two profiles count as the same, over 0 and at most 1.
            The paper of CSC uses 0.85.

    Returns:
        The kept profiles in their order, and the dropped ones with the kept profile that each resembles most.

    Raises:
        InputError: The threshold is out of range.
    """
    if not 0 < threshold <= 1:
        raise InputError(f"the threshold of likeness must be over 0 and at most 1, not {threshold}")
    given = list(profiles)
    if len(given) < 2:
        return given, []
    kept = [True] * len(given)
    dropped = []
    for row, others, cosines in _alike([profile.text for profile in given], threshold):
        best = max(
            ((float(cosine), -int(other)) for other, cosine in zip(others, cosines, strict=True) if kept[other]),
            default=None,
        )
        if best is not None:
            kept[row] = False
            dropped.append(NearDuplicate(given[row], given[-best[1]].id, min(best[0], 1.0)))
    return [profile for profile, keep in zip(given, kept, strict=True) if keep], dropped


def _alike(texts: list[str], threshold: float) -> Iterator[tuple[int, NDArray[Any], NDArray[Any]]]:
    """For each text, in order: which earlier texts have a cosine above the threshold, and the cosines.

    A full product of the sparse vectors costs minutes at 20,000 texts, nearly all of it for n-grams that
    most texts share. So only the rare n-grams are multiplied, and the common ones bounded by the product of
    their norms (Cauchy-Schwarz); the exact cosine is taken only where that bound passes the threshold.
    """
    import numpy as np
    from scipy import sparse
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

    counter = HashingVectorizer(
        analyzer="char_wb", ngram_range=(2, 4), norm=None, alternate_sign=False, n_features=2**20, dtype=np.float32
    )
    counts = sparse.vstack([counter.transform(texts[start : start + 1000]) for start in range(0, len(texts), 1000)])
    counts = counts.tocsr()
    vectors = TfidfTransformer(sublinear_tf=True).fit(counts).transform(counts, copy=False)
    del counts
    if not vectors.nnz:  # blank texts only
        return
    # The hash leaves most of its columns empty, and every block would walk over them.
    in_texts = np.bincount(vectors.indices)
    columns = (np.cumsum(in_texts > 0, dtype=np.int32) - 1)[vectors.indices]
    in_texts = in_texts[in_texts > 0]
    shape = (len(texts), len(in_texts))
    vectors = sparse.csr_matrix((vectors.data, columns, vectors.indptr), shape=shape)
    common_columns = in_texts > max(_COMMON * len(texts), 10)
    squares = sparse.csr_matrix((vectors.data**2, columns, vectors.indptr), shape=shape)
    norms = np.sqrt(squares @ common_columns.astype(np.float32))
    del squares
    is_rare = ~common_columns[columns]
    passed = np.cumsum(is_rare, dtype=np.int32)
    ends = np.where(vectors.indptr > 0, passed[vectors.indptr - 1], 0)
    rare = sparse.csr_matrix((vectors.data[is_rare], columns[is_rare], ends), shape=shape)
    del columns, is_rare, passed
    # Single precision: two equal texts may come out a little under 1.
    limit = threshold - 1e-5
    for start in range(0, len(texts), _BLOCK):
        stop = min(start + _BLOCK, len(texts))
        bounds = (rare[start:stop] @ rare[:stop].T).toarray() + np.outer(norms[start:stop], norms[:stop])
        for row in range(start, stop):
            others = np.flatnonzero(bounds[row - start, :row] > limit)
            if others.size:
                cosines = (vectors[others] @ vectors[row].T).toarray().ravel()
                close = cosines > limit
                if close.any():
                    yield row, others[close], cosines[close]
