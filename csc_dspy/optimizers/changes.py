"""What tells two programs of one kind apart: their prompts, line by line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from difflib import unified_diff

from csc_dspy.errors import InputError
from csc_dspy.framework import LANGS
from csc_dspy.optimizers.conversing import RewriterTask
from csc_dspy.optimizers.options import PROGRAMS
from csc_dspy.pipeline.compiled import compiled
from csc_dspy.programs.named import is_compiled
from csc_dspy.programs.saved import SavedPredictor, SavedProgram, digest, with_article


def changes(first: str, second: str) -> dict[str, list[str]]:
    """What another program has that one has not, and the other way round.

    Args:
        first: A compiled program, or the name of one that comes with the package.
        second: Another one of the same kind.

    Returns:
        ``lang.predictor`` to the lines of a unified diff, in the order of the program; none where they are the same.

    Raises:
        InputError: They are not of one kind, or a file cannot be read.
    """
    one, other = (compiled(name) if is_compiled(name) else None for name in (first, second))
    one, other = one or _packaged(first, other), other or _packaged(second, one)
    if one.program != other.program:
        kinds = f"{first} is {with_article(one.program)}, {second} {with_article(other.program)}"
        raise InputError(f"{kinds}: only programs of one kind compare")
    found = {}
    for lang in dict.fromkeys([*one.langs, *other.langs]):
        before, after = one.langs.get(lang, {}), other.langs.get(lang, {})
        for name in dict.fromkeys([*before, *after]):
            pages = (_page(before.get(name)), _page(after.get(name)))
            found[f"{lang}.{name}"] = [*unified_diff(*pages, first, second, n=1, lineterm="")]
    return found


def described(found: Mapping[str, list[str]]) -> str:
    """The changes for people."""
    return "\n".join(line for name, diff in found.items() for line in (f"== {name}", *(diff or ["the same"])))


def _packaged(name: str, like: SavedProgram | None) -> SavedProgram:
    """The program as it comes with the package, in the languages and the form of another one."""
    two = PROGRAMS[name] is RewriterTask
    tasks = [RewriterTask(by_turn=False), RewriterTask(by_turn=True)] if two else [PROGRAMS[name]()]
    langs = like.langs if like is not None else LANGS
    forms = [SavedProgram.of(name, {lang: task.build(lang) for lang in langs}) for task in tasks]
    return next((one for one in forms if like is not None and _fields(one) == _fields(like)), forms[0])


def _fields(program: SavedProgram) -> set[tuple[str, tuple[str, ...]]]:
    """Predictors with their inputs: what a program's form is known by."""
    return {(name, one.inputs) for predictors in program.langs.values() for name, one in predictors.items()}


def _page(predictor: SavedPredictor | None) -> list[str]:
    """A predictor as lines to read."""
    if predictor is None:
        return []
    lines = [*predictor.instructions.splitlines(), "", f"answers with: {', '.join(predictor.outputs)}"]
    lines += [f"of {name}: the last {count} lines" for name, count in predictor.last_lines.items()]
    lines += [f"worked answer: {json.dumps(demo, ensure_ascii=False)}" for demo in predictor.demos]
    if memory := predictor.nearest:
        left = {"open": "", "among": "; one of their labels", "commonest": "; the label of most"}[memory.choice]
        of = f"the {memory.k} nearest by {', '.join(memory.inputs)} of {len(memory.demos):,}"
        lines.append(f"worked answers, {of}{left}")
        lines.append(f"their digest: {digest({'demos': list(memory.demos)})}")
    return lines
