"""Compiled programs where a verb is told which program to use."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from pydantic import JsonValue

from csc_dspy.conversation import Conversation, Speaker
from csc_dspy.corpora.masking import mask_texts
from csc_dspy.errors import InputError
from csc_dspy.framework import LANGS, Lang
from csc_dspy.programs.asking import Program
from csc_dspy.programs.saved import SavedPredictor, SavedProgram, states, with_article
from csc_dspy.tracking import fetch, is_registered

Demo = dict[str, JsonValue]
_SAID_BY: dict[str, Speaker] = {
    **dict.fromkeys(("response", "turn", "agent", "agent_says", "closing"), "supporter"),
    "customer_says": "customer",
}
"""The fields of worked answers that are words of one side; transcripts say themselves whose theirs are."""
_LABELS = ("stage", "strategy")
"""The fields that hold labels, or the rules that go with them."""


def compiled(program: str) -> SavedProgram:
    """The compiled program of that name, whichever it is.

    Args:
        program: A file that ``compile`` wrote, or a registered model, ``models:/supporter/3``.

    Raises:
        InputError: There is none, or it is of another version.
    """
    if not is_registered(program):
        return SavedProgram.read(Path(program))
    with tempfile.TemporaryDirectory() as folder:
        return SavedProgram.read(fetch(program, Path(folder)), called=program)


def put_compiled(
    name: str,
    program: str | None,
    programs: Mapping[Lang, Program],
    *,
    masks: bool,
    calls: Iterable[Conversation] = (),
) -> None:
    """Let programs be as compiled, where a file says so.

    Args:
        name: Which program they are.
        program: A file that ``compile`` wrote, a registered model, or ``None``.
        programs: The program in each language that is used.
        masks: Whether personal data is masked before a model sees it.
        calls: What they will be asked about; see :func:`compare_languages`.

    Raises:
        InputError: There is no such file, it does not fit, or none of the languages was compiled.
    """
    if program is not None:
        put_read(name, compiled(program), programs, program, masks=masks, calls=calls)


def put_read(
    name: str,
    saved: SavedProgram,
    programs: Mapping[Lang, Program],
    source: str,
    *,
    masks: bool,
    calls: Iterable[Conversation] = (),
) -> None:
    """Let programs be as a compiled one that was read; see :func:`put_compiled`.

    Raises:
        InputError: It is another program, which is said with what differs; it does not fit; or none of the languages
            was compiled.
    """
    if saved.program != name:
        apart = "".join(f"\n  {line}" for line in saved.differs(programs))
        raise InputError(f"{source}: a compiled {saved.program}, but {with_article(name)} is needed{apart}")
    mine = {lang: part for lang, part in saved.langs.items() if lang in programs}
    if not mine:
        raise InputError(f"{source}: compiled for {', '.join(saved.langs)}, but {', '.join(programs)} is needed")
    compare_languages(saved, calls, source)
    put_saved(saved.model_copy(update={"langs": mine}), programs, source, masks=masks)


def compare_languages(saved: SavedProgram, calls: Iterable[Conversation], source: str) -> None:
    """Say, once and on stderr, in which languages calls are not answered as compiled; refuse if none of them is.

    Args:
        saved: The compiled program.
        calls: All calls; they are only read where a language was not compiled.
        source: What its file is called.

    Raises:
        InputError: No call is in a language that was compiled.
    """
    if all(lang in saved.langs for lang in LANGS):
        return
    spoken = {call.lang for call in calls}
    known = ", ".join(saved.langs)
    left = ", ".join(lang for lang in LANGS if lang in spoken and lang not in saved.langs)
    if not left:
        return
    if spoken.isdisjoint(saved.langs):
        raise InputError(f"{source}: compiled for {known}, and the calls are {left}")
    print(
        f"{source}: compiled for {known}; calls in {left} are answered by the program as it comes with the package",
        file=sys.stderr,
        flush=True,
    )


def put_saved(saved: SavedProgram, programs: Mapping[Lang, Program], source: object, *, masks: bool) -> None:
    """Let programs be as saved.

    Args:
        saved: The compiled program.
        programs: The program in each language, as it comes with the package.
        source: What the file is called, for errors.
        masks: Whether personal data is masked before a model sees it: worked answers are of calls, and instructions may
            quote them.

    Raises:
        InputError: Its predictors or their fields are others.
    """
    (_masked(saved, programs) if masks else saved).put_into(programs, source)


def _masked(saved: SavedProgram, programs: Mapping[Lang, Program]) -> SavedProgram:
    """The program without personal data; what comes with the package is of nobody."""
    langs = {}
    for lang, predictors in saved.langs.items():
        given = states(programs[lang])
        langs[lang] = {name: _predictor(one, lang, given.get(name)) for name, one in predictors.items()}
    return saved.model_copy(update={"langs": langs})


def _predictor(saved: SavedPredictor, lang: Lang, given: SavedPredictor | None) -> SavedPredictor:
    """A predictor without personal data in its worked answers, and in instructions whose writer has seen calls."""
    demos = tuple(demo if given and demo in given.demos else _demo(demo, lang) for demo in saved.demos)
    nearest = saved.nearest
    if nearest is not None:
        nearest = nearest.model_copy(update={"demos": tuple(_demo(demo, lang) for demo in nearest.demos)})
    told = _instructions(saved.instructions, given.instructions if given else "", lang)
    return saved.model_copy(update={"instructions": told, "demos": demos, "nearest": nearest})


def _instructions(told: str, given: str, lang: Lang) -> str:
    """Instructions without personal data in the lines that the package has not."""
    invented = set(given.splitlines())
    lines = told.split("\n")
    masked = iter(mask_texts([(line, None) for line in lines if line not in invented], lang))
    return "\n".join(line if line in invented else next(masked) for line in lines)


def _demo(demo: Demo, lang: Lang) -> Demo:
    """A worked answer without personal data: all its texts are of one call."""
    texts: list[tuple[str, Speaker | None]] = []

    def noted(name: str, text: str) -> str:
        texts.append((text, _SAID_BY.get(name)))
        return text

    _exchanged(demo, noted)
    masked = iter(mask_texts(texts, lang))
    return {name: _exchanged(value, lambda name, text: next(masked), name) for name, value in demo.items()}


def _exchanged(value: JsonValue, text: Callable[[str, str], str], name: str = "") -> JsonValue:
    """JSON data with its texts exchanged, given the field that each stands in; labels stay."""
    if isinstance(value, dict):
        return {key: _exchanged(entry, text, key) for key, entry in value.items()}
    if isinstance(value, list):
        return [_exchanged(entry, text, name) for entry in value]
    return text(name, value) if isinstance(value, str) and name not in _LABELS else value
