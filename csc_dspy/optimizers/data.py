"""The examples of a compile: to learn from, to choose by, and to measure on what no optimizer ever saw."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import dspy

from csc_dspy.conversation import OnBad
from csc_dspy.errors import InputError
from csc_dspy.framework import Lang
from csc_dspy.optimizers.task import Item, Task
from csc_dspy.programs.saved import with_article
from csc_dspy.wording import amount

LEAST = 2
"""Examples that every set of a language needs, and labels that it needs to be learned from."""
_SHARED = 4
"""Turns from which on a call that goes on like another one is taken for its beginning; shorter ones are alike by
chance."""


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
        measured = len({example.group for example in self.heldout})
        alone = " (of one conversation, so without an interval)" if measured == 1 else ""
        return (
            f"{amount(len(self.train), 'example')} to learn from, {len(self.validation):,} to choose by, "
            f"{len(self.heldout):,} held out{alone}"
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
    tell: Callable[[str], None] = lambda line: None,
) -> dict[Lang, Sets]:
    """Read the examples of each language that has enough of them.

    Without a file of its own, a fifth of the conversations to learn from is set aside to choose by, and half of the
    conversations to choose by to be measured on; of few rather more, so that each set has enough. A customer's
    conversations stay together, and so do a call and its beginning.

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
        tell: Called with a line for what is left out besides.

    Raises:
        InputError: A file cannot be read, two of them share conversations, or no language has enough examples or
            labels.
    """
    rng = random.Random(seed)

    def read(path: Path) -> list[Item]:
        found = list(task.items(path, masking, on_bad))
        if bare := sum(not one.examples for one in found):
            without = (
                f"{path}: {bare:,} of {len(found):,} conversations have no labels that {with_article(task.name)} needs"
            )
            tell(f"{without} ({task.gold}): left out")
        return [one for one in found if one.examples]

    learned = read(train)
    if validation is None:
        sets = 1 if heldout else 2
        learned, chosen = _cut(learned, 5, rng, examples=sets * LEAST, groups=sets)
    else:
        chosen = read(validation)
        _apart(learned, chosen, train, validation, tell)
    if heldout is None:
        chosen, measured = _cut(chosen, 2, rng)
    else:
        measured = read(heldout)
        _apart([*learned, *([] if validation else chosen)], measured, train, heldout, tell)
        if validation:
            _apart(chosen, measured, validation, heldout, tell)
    _told_apart([*learned, *chosen, *measured])
    parts = [_by_lang(part) for part in (learned, chosen, measured)]
    langs = dict.fromkeys(lang for part in parts for lang in part)
    if not parts[0]:
        raise InputError(f"{train}: there is nothing in it that {with_article(task.name)} can learn from")
    files = (train, validation or train, heldout or validation or train)
    lacking = {lang: why for lang in langs if (why := _lacking(task, files, lang, parts)) is not None}
    if len(lacking) == len(langs):
        raise InputError(next(iter(lacking.values())))
    for why in lacking.values():
        tell(f"{why}; the other language is compiled without it")
    langs = dict.fromkeys(lang for lang in langs if lang not in lacking)
    size = validation_size or max(8, budget // len(langs) // 8)
    return {
        lang: Sets(
            parts[0][lang], _sampled(parts[1][lang], size, rng), _conversations(parts[2][lang], heldout_size, rng)
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


def _cut(
    items: Sequence[Item], share: int, rng: random.Random, *, examples: int = LEAST, groups: int = 1
) -> tuple[list[Item], ...]:
    """All but one in ``share`` of each language, and that one; what belongs together stays together.

    What is set aside has so many examples and groups at least, as far as as many are left.
    """
    kept: list[Item] = []
    aside: list[Item] = []
    for lang in dict.fromkeys(one.lang for one in items):
        found = _groups([one for one in items if one.lang == lang])
        drawn = rng.sample(sorted(found), len(found))
        most = math.ceil(sum(map(len, found.values())) / share)
        taken = _taken([found[key] for key in drawn], most, examples, groups)
        for number, key in enumerate(drawn):
            (aside if number in taken else kept).extend(found[key])
    return kept, aside


def _taken(drawn: Sequence[Sequence[Item]], most: int, examples: int, groups: int) -> set[int]:
    """Which groups are set aside: those that fit, then what is still lacking.

    Args:
        drawn: The groups, in random order.
        most: Conversations that fit.
        examples: Examples that are needed.
        groups: Groups that are needed.
    """
    sizes = [sum(len(one.examples) for one in group) for group in drawn]
    left, conversations = sum(sizes), 0
    needed = examples
    found: set[int] = set()

    def take(number: int) -> None:
        nonlocal left, conversations, needed
        if number not in found and left - sizes[number] >= LEAST:
            found.add(number)
            left, needed = left - sizes[number], needed - sizes[number]
            conversations += len(drawn[number])

    for number, group in enumerate(drawn):
        if conversations + len(group) <= most:
            take(number)
    # Of few conversations first: one customer may have half of all.
    for number in sorted(range(len(drawn)), key=lambda number: len(drawn[number])):
        if needed > 0 or len(found) < groups:
            take(number)
    return found


def _groups(items: Sequence[Item]) -> dict[tuple[str, ...], list[Item]]:
    """What must not be parted, by its first words: one customer's, the same words, a call and its beginning."""
    first: dict[tuple[str, ...] | bytes, int] = {}
    linked = [*range(len(items))]

    def root(at: int) -> int:
        while linked[at] != at:
            linked[at] = at = linked[linked[at]]
        return at

    for at, one in enumerate(items):
        for key in (one.words, one.customer):
            linked[root(at)] = root(first.setdefault(key, at))
    for at, one in enumerate(items):
        for words in _beginnings(one):
            if words in first:
                linked[root(at)] = root(first[words])
    groups: dict[int, list[Item]] = {}
    for at, one in enumerate(items):
        groups.setdefault(root(at), []).append(one)
    return {min(one.words for one in group): group for group in groups.values()}


def _apart(
    first: Collection[Item], second: Collection[Item], path: Path, other: Path, tell: Callable[[str], None]
) -> None:
    """Refuse what stands on both sides, whole or as the beginning of a call, and say which customers do.

    Raises:
        InputError: A call stands on both sides.
    """
    whole: dict[tuple[str, ...], str] = {}
    begun: dict[tuple[str, ...], str] = {}
    for one in first:
        whole.setdefault(one.words, one.id)
        begun.update(dict.fromkeys(_beginnings(one), one.id))
    both = []
    for one in second:
        begins = next((whole[words] for words in _beginnings(one) if words in whole), None)
        if (mine := whole.get(one.words) or begun.get(one.words) or begins) is not None:
            both.append((mine, one.id))
    if both:
        mine, theirs = both[0]
        more = f", and {len(both) - 1:,} more" if len(both) > 1 else ""
        raise InputError(
            f"{other}: {theirs} has the words of {mine} in {path}{more}: "
            "what a program is chosen by or measured on must not be what it learns from"
        )
    customers = {one.customer for one in first}
    if known := sum(one.customer in customers for one in second):
        tell(
            f"{other}: {known:,} of {len(second):,} conversations are of customers that {path} has, too, so that "
            "figures may be better than on new ones; `csc-dspy corpus split` keeps customers together"
        )


def _beginnings(item: Item) -> Iterator[tuple[str, ...]]:
    """What a call says up to each of its turns."""
    return (item.words[:turns] for turns in range(_SHARED, len(item.words)))


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


def _lacking(
    task: Task, files: Sequence[Path], lang: Lang, parts: Sequence[Mapping[Lang, list[dspy.Example]]]
) -> str | None:
    """Why a language cannot be compiled, with the file that lacks something; ``None`` if it can."""
    for what, path, part in zip(("learn from", "choose by", "measure on"), files, parts, strict=True):
        if (count := len(part.get(lang, []))) < LEAST:
            separate = ", or give separate files with --val and --test" if files.count(path) > 1 else ""
            return (
                f"{path}: too few examples in {lang} to {what}: {count} of at least {LEAST}; "
                f"add conversations of other customers{separate}"
            )
    labels = {example.label for example in parts[0][lang]}
    if task.labelled and len(labels) < LEAST:
        return f"{files[0]}: every label in {lang} is {labels.pop()}: there is nothing to learn"
    return None


def _by_lang(items: Iterable[Item]) -> dict[Lang, list[dspy.Example]]:
    found: dict[Lang, list[dspy.Example]] = {}
    for item in items:
        if item.examples:
            found.setdefault(item.lang, []).extend(item.examples)
    return found
