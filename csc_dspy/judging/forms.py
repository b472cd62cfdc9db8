"""Blind pairs: a page on which people say which of two replies is better without knowing whose they are.

The page names nobody: which side is which stands in a key file beside it, which stays with whoever evaluates.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import Field, ValidationError

from csc_dspy.conversation import Record, fault_of
from csc_dspy.corpora.templates import rendered
from csc_dspy.errors import InputError
from csc_dspy.files import refuse_input, written_whole
from csc_dspy.framework import Lang
from csc_dspy.judging.pairs import Pair, masked, pairs, places, told_apart
from csc_dspy.judging.records import Vote
from csc_dspy.judging.votes import Ballot
from csc_dspy.signatures.criteria import CRITERIA

R = TypeVar("R", bound=Record)
Side = Literal["first", "second"]
Better = Literal["left", "right", "tie"]


class Shown(Record):
    """What a pair of the form is.

    Attributes:
        id: The conversation's.
        lang: Its language.
        at: The replies' place in it.
        left: The side shown on the left.
    """

    id: str
    lang: Lang
    at: int
    left: Side


class Key(Record):
    """Which side is which on a form.

    Attributes:
        form: The form's id.
        first: Who gave the first side's replies.
        second: Who gave the second's.
        pairs: Pair to what it is.
    """

    form: str
    first: str
    second: str
    pairs: dict[str, Shown]


class Answer(Record):
    """What a rater says of one pair by one criterion."""

    pair: str
    criterion: str
    better: Better


class Answers(Record):
    """What a rater saved.

    Attributes:
        form: The form's id.
        rater: Who answered.
        answers: What.
    """

    form: str
    rater: str = Field(min_length=1)
    answers: tuple[Answer, ...]


def key_beside(html: Path) -> Path:
    """Where a form's key lies: ``form.html`` has ``form.key.json``."""
    return html.with_suffix(".key.json")


def write_form(
    first: Path, second: Path, html: Path, *, limit: int | None = None, seed: int = 0, masking: bool = False
) -> tuple[Path, int]:
    """Write a form of pairs in random order, each with its sides in random order, and its key.

    Args:
        first: What ``evaluate`` wrote for one side, in the reference context.
        second: What it wrote for the other.
        html: The form; it opens without a network and saves its answers as a file.
        limit: Pairs at most; ``None`` for all. Which, is drawn at random.
        seed: Of both orders and of the draw.
        masking: Mask personal data. Done anyway where one side's was masked and the other's was not, as that would
            tell them apart.

    Returns:
        The key's file, and how many pairs the form has.

    Raises:
        InputError: A file cannot be read, nowhere did both sides reply, and differently, or the key of another form
            would be lost.
        RunError: A file cannot be written.
    """
    for path in (html, key_beside(html)):
        refuse_input(path, first, second)
    draw = random.Random(seed)
    names: tuple[str, str] | None = None
    found = []
    for pair in pairs(first, second):
        names = names or (pair.first.side, pair.second.side)
        if masking or told_apart(pair):
            pair = Pair(masked(pair.first), masked(pair.second))
        found += [(pair.first.id, pair.first.lang, place) for place in places(pair)]
    if not found or names is None:
        raise InputError(f"{first} and {second}: nowhere did both sides reply, and differently")
    draw.shuffle(found)
    found = found[:limit]
    sides: dict[str, Shown] = {}
    shown = []
    for number, (id, lang, place) in enumerate(found, start=1):
        name = f"p{number:04d}"
        left: Side = draw.choice(("first", "second"))
        sides[name] = Shown(id=id, lang=lang, at=place.at, left=left)
        replies = (place.first, place.second) if left == "first" else (place.second, place.first)
        turns = [{"who": turn.speaker, "text": turn.text} for turn in place.turns]
        shown.append({"pair": name, "lang": lang, "turns": turns, "left": replies[0], "right": replies[1]})
    form = hashlib.sha256(json.dumps([shown, seed], ensure_ascii=False).encode()).hexdigest()[:12]
    key = Key(form=form, first=names[0], second=names[1], pairs=sides)
    questions = {one.id: {"en": one.question.en, "zh": one.question.zh} for one in CRITERIA}
    page = rendered("blind_pairs.html", room="judging", form=form, pairs=shown, questions=questions)
    key_file = key_beside(html)
    if key_file.exists() and _read(Key, key_file).form != form:
        raise InputError(f"{key_file}: is the key of another form, whose answers need it; name another output")
    for path, text in ((key_file, key.model_dump_json(indent=2) + "\n"), (html, page)):
        with written_whole(path) as part:
            part.write_text(text, encoding="utf-8")
    return key_file, len(found)


def is_saved_form(path: Path) -> bool:
    """Whether a file is what a rater saved: one JSON object with a form and its answers."""
    try:
        record = json.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError):
        return False
    return isinstance(record, dict) and {"form", "answers"} <= record.keys()


def read_forms(files: Sequence[Path], key_file: Path) -> tuple[Key, list[Ballot]]:
    """The votes in saved forms; a pair that a rater left open has none of theirs.

    Raises:
        InputError: A file cannot be read, belongs to another form, names an unknown pair or criterion, answers a
            question twice, or has the same rater as another.
    """
    key = _read(Key, key_file)
    votes: list[Ballot] = []
    raters: dict[str, Path] = {}
    for path in files:
        saved = _read(Answers, path)
        if saved.form != key.form:
            raise InputError(f"{path}: answers to form {saved.form}, the key is that of form {key.form}")
        if saved.rater in raters:
            raise InputError(f"{path}: rater {saved.rater!r} also saved {raters[saved.rater]}")
        raters[saved.rater] = path
        given: dict[tuple[str, str], Better] = {}
        for answer in saved.answers:
            if answer.pair not in key.pairs or answer.criterion not in (one.id for one in CRITERIA):
                raise InputError(f"{path}: no question {answer.criterion!r} of a pair {answer.pair!r} on the form")
            if (answer.pair, answer.criterion) in given:
                raise InputError(f"{path}: {answer.pair} is answered twice by {answer.criterion}")
            given[answer.pair, answer.criterion] = answer.better
        for name, shown in key.pairs.items():
            for criterion in CRITERIA:
                votes.append(
                    Ballot(
                        id=shown.id,
                        lang=shown.lang,
                        at=shown.at,
                        rater=saved.rater,
                        criterion=criterion.id,
                        vote=_side(given.get((name, criterion.id)), shown.left),
                    )
                )
    return key, votes


def _side(better: Better | None, left: Side) -> Vote | None:
    if better is None or better == "tie":
        return better
    other: Side = "second" if left == "first" else "first"
    return left if better == "left" else other


def _read(kind: type[R], path: Path) -> R:
    try:
        return kind.model_validate_json(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from None
    except ValidationError as error:
        raise InputError(f"{path}: {fault_of(error)}") from None
