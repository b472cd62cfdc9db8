"""The examples of a compile: to learn from, to choose by, and to measure on what no optimizer ever saw."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import dspy

from csc_dspy.conversation import OnBad
from csc_dspy.errors import InputError
from csc_dspy.framework import Lang
from csc_dspy.optimizers.task import Item, Task

LEAST = 2
"""Examples that every set of a language needs, and labels that it needs to be learned from."""


@dataclass(frozen=True)
class Sets:
    """The examples of one language.

    Attributes:
        train: To learn from.
        validation: By which candidates are chosen.
        heldout: On which the program is measured before and after, seen by no optimizer.
    """

    train: list[dspy.Example]
    validation: list[dspy.Example]
    heldout: list[dspy.Example]

    def described(self) -> str:
        """How many there are, for people."""
        return (
            f"{len(self.train):,} examples to learn from, {len(self.validation):,} to choose by, "
            f"{len(self.heldout):,} held out"
        )


def read_sets(
    task: Task,
    train: Path,
    validation: Path | None,
    heldout: Path | None,
    *,
    validation_size: int | None,
    budget: int,
    heldout_size: int,
    seed: int,
    masking: bool,
    on_bad: OnBad | None = None,
) -> dict[Lang, Sets]:
    """Read the examples of each language that has labelled ones to learn from.

    Without a file of its own, a fifth of the conversations to learn from is set aside to choose by, and half of the
    conversations to choose by to be measured on.

    Args:
        task: What is compiled.
        train: Conversations to learn from.
        validation: Conversations to choose by.
        heldout: Conversations to be measured on.
        validation_size: Examples to choose by, of each language, at most; ``None`` for an eighth of its budget.
        budget: Answers that may be asked for, of all languages together.
        heldout_size: Examples to be measured on, of each language, at most.
        seed: Decides what is set aside and sampled.
        masking: Whether personal data is masked.
        on_bad: Called with each line that cannot be read, which is then left out.

    Raises:
        InputError: A file cannot be read, two of them share conversations, or a set has too few examples or labels.
    """
    rng = random.Random(seed)

    def read(path: Path) -> list[Item]:
        return list(task.items(path, masking, on_bad))

    learned = read(train)
    if validation is None:
        learned, chosen = _cut(learned, 5, rng)
    else:
        chosen = read(validation)
        _apart(learned, chosen, train, validation)
    if heldout is None:
        chosen, measured = _cut(chosen, 2, rng)
    else:
        measured = read(heldout)
        _apart(learned, measured, train, heldout)
        _apart(chosen, measured, validation or train, heldout)
    _told_apart([*learned, *chosen, *measured])
    parts = [_by_lang(part) for part in (learned, chosen, measured)]
    langs = [lang for lang in parts[0] if len(parts[0][lang]) >= LEAST]
    if not langs:
        raise InputError(f"{train}: there is nothing in it that a {task.name} can learn from")
    size = validation_size or max(8, budget // len(langs) // 8)
    return {
        lang: _checked(
            task,
            train,
            lang,
            Sets(
                parts[0][lang],
                _sampled(parts[1].get(lang, []), size, rng),
                _conversations(parts[2].get(lang, []), heldout_size, rng),
            ),
        )
        for lang in langs
    }


def _told_apart(items: Sequence[Item]) -> None:
    """Number those whose ids come again: files often count from 1, and scores are kept by id."""
    seen: Counter[str] = Counter()
    for one in items:
        if (again := seen[one.id]) > 0:
            for example in one.examples:
                for name in ("id", "group", "place"):
                    example[name] += f"#{again + 1}"
        seen[one.id] += 1


def _cut(items: Sequence[Item], share: int, rng: random.Random) -> tuple[list[Item], ...]:
    """All but one in ``share``, and that one; those with the same words stay together."""
    groups: dict[tuple[str, ...], list[Item]] = {}
    for one in items:
        groups.setdefault(one.words, []).append(one)
    shuffled = rng.sample(sorted(groups), len(groups))
    aside = {key for at, key in enumerate(shuffled) if at % share == 0 and len(groups) > 1}
    kept = [one for key in shuffled if key not in aside for one in groups[key]]
    return kept, [one for key in shuffled if key in aside for one in groups[key]]


def _apart(first: Iterable[Item], second: Iterable[Item], path: Path, other: Path) -> None:
    """Refuse what stands on both sides.

    Raises:
        InputError: There are some.
    """
    known = {one.words: one.id for one in first}
    both = [(known[one.words], one.id) for one in second if one.words in known]
    if both:
        mine, theirs = both[0]
        more = f", and {len(both) - 1:,} more" if len(both) > 1 else ""
        raise InputError(
            f"{other}: {theirs} has the words of {mine} in {path}{more}: "
            "what a program is chosen by or measured on must not be what it learns from"
        )


def _sampled(examples: list[dspy.Example], size: int, rng: random.Random) -> list[dspy.Example]:
    """So many examples, in their order: a call's turns one after the other are quick for a server's prefix cache."""
    if len(examples) <= size:
        return examples
    return [examples[at] for at in sorted(rng.sample(range(len(examples)), size))]


def _conversations(examples: list[dspy.Example], size: int, rng: random.Random) -> list[dspy.Example]:
    """About so many examples, of whole conversations: intervals are over conversations."""
    groups: dict[str, list[dspy.Example]] = {}
    for example in examples:
        groups.setdefault(example.group, []).append(example)
    found: list[dspy.Example] = []
    for group in rng.sample(sorted(groups), len(groups)):
        if found and len(found) + len(groups[group]) > size:
            break
        found += groups[group]
    return found


def _checked(task: Task, path: Path, lang: Lang, sets: Sets) -> Sets:
    for what, examples in (("choose by", sets.validation), ("measure on", sets.heldout)):
        if len(examples) < LEAST:
            raise InputError(
                f"{path}: {len(examples)} examples in {lang} to {what}; at least {LEAST} are needed: "
                "give more, or files of their own with --val and --test"
            )
    labels = {example.label for example in sets.train}
    if task.labelled and len(labels) < LEAST:
        raise InputError(f"{path}: every label in {lang} is {labels.pop()}: there is nothing to learn")
    return sets


def _by_lang(items: Iterable[Item]) -> dict[Lang, list[dspy.Example]]:
    found: dict[Lang, list[dspy.Example]] = {}
    for item in items:
        if item.examples:
            found.setdefault(item.lang, []).extend(item.examples)
    return found
