"""From files of conversations to token sequences: one a conversation and side, with all its replies learned at once."""

from __future__ import annotations

import random
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from csc_dspy.chats import CONTEXT, Message, Side, chat, customer_system, supporter_system
from csc_dspy.conversation import Conversation, OnBad, Speaker, read_conversations
from csc_dspy.corpora.splitting import customer_of
from csc_dspy.distillation.masks import Tokenizer, Tokens, tagged, tokenized
from csc_dspy.errors import InputError
from csc_dspy.framework import Strategy
from csc_dspy.wording import amount


@dataclass(frozen=True)
class Sample:
    """A conversation of one side as tokens, or an answer to a prompt.

    Attributes:
        id: The conversation's.
        side: Whose turns are learned.
        tokens: The tokens.
        cut: How many turns were left out in front, as it was too long.
    """

    id: str
    side: Speaker | Literal["prompts"]
    tokens: Tokens
    cut: int = 0

    @property
    def learned(self) -> int:
        """How many of its tokens are learned."""
        return sum(reply.end - reply.start for reply in self.tokens.replies)


@dataclass(frozen=True)
class Samples:
    """What is learned from, and by what it is seen when to stop.

    Attributes:
        train: Samples to learn from.
        validation: Samples of other customers.
        empty: Conversations that have nothing to learn.
        too_long: Conversations of which no turn to learn fits.
    """

    train: tuple[Sample, ...]
    validation: tuple[Sample, ...]
    empty: int = 0
    too_long: int = 0

    def strategies(self) -> Counter[Strategy]:
        """How often each strategy is learned."""
        return Counter(reply.strategy for one in self.train for reply in one.tokens.replies if reply.strategy)

    def described(self) -> str:
        """The samples in a line for people."""
        tokens = sum(len(one.tokens.ids) for one in self.train)
        learned = sum(one.learned for one in self.train)
        replies = sum(len(one.tokens.replies) for one in self.train)
        cut = sum(bool(one.cut) for one in (*self.train, *self.validation))
        watched = f"{len(self.validation):,}" if self.validation else "none"
        chats = f"{amount(len(self.train), 'chat')} with {amount(replies, 'reply', 'replies')} to learn from"
        return (
            f"{chats} ({tokens:,} tokens, {learned:,} of them learned), {watched} of other customers to watch"
            + ("" if self.validation else ", so that it does not end early")
            + (f"; {amount(cut, 'chat')} too long, so that the first turns are left out" if cut else "")
            + (f"; {amount(self.empty, 'conversation')} with nothing to learn" if self.empty else "")
            + (f"; {amount(self.too_long, 'conversation')} too long: give a larger --length" if self.too_long else "")
        )


def read_samples(
    train: Path,
    tokenizer: Tokenizer,
    *,
    validation: Path | None = None,
    share: float = 0.05,
    side: Side = "supporter",
    longest: int = 2048,
    limit: int | None = None,
    seed: int = 0,
    on_bad: OnBad | None = None,
) -> Samples:
    """Read conversations and make token sequences of them.

    Args:
        train: File of conversations to learn from.
        tokenizer: The base's.
        validation: File of conversations by which it is seen when to stop; ``None`` sets some of ``train`` aside.
        share: Share of the conversations that are set aside, about: those of some customers.
        side: Whose turns are learned.
        longest: Tokens of a sequence at most; a longer conversation begins at a later turn.
        limit: Conversations of ``train`` at most, drawn from all: files often go topic by topic.
        seed: Decides which are drawn, and who is set aside.
        on_bad: Called with each line that cannot be read, which is then left out.

    Raises:
        InputError: A file is empty or cannot be read, nothing in it can be learned or fits, or both files have a
            customer in common.
    """
    learned = _drawn(_read(train, on_bad), limit, seed)
    if validation is None:
        learned, watched = _apart(learned, share, side, seed)
    else:
        watched = _read(validation, on_bad)
        _refuse_shared(learned, watched, train, validation)
    parts = [[*_samples(part, tokenizer, side, longest)] for part in (learned, watched)]
    if not parts[0] and any(_teaches(one, side) for one in learned):
        raise InputError(
            f"{train}: no conversation in it fits {longest:,} tokens with a turn to learn: give a larger --length"
        )
    if not parts[0]:
        raise InputError(f"{train}: no conversation in it has a turn to learn{_hint(learned, side)}")
    have = {one.id for part in parts for one in part}
    without = [one for one in (*learned, *watched) if one.id not in have]
    too_long = sum(_teaches(one, side) for one in without)
    return Samples(tuple(parts[0]), tuple(parts[1]), len(without) - too_long, too_long)


def refuse_empty(path: Path, on_bad: OnBad | None = None) -> None:
    """Refuse a file without a conversation, before anything slow is done for it; reads up to the first one.

    Args:
        path: The file.
        on_bad: Called with each line before it that cannot be read.

    Raises:
        InputError: It is empty or cannot be read, or its first line cannot and there is no ``on_bad``.
    """
    if next(read_conversations(path, on_bad), None) is None:
        raise _empty(path, on_bad)


def _read(path: Path, on_bad: OnBad | None) -> list[Conversation]:
    found = list(read_conversations(path, on_bad))
    if not found:
        raise _empty(path, on_bad)
    return found


def _empty(path: Path, on_bad: OnBad | None) -> InputError:
    return InputError(f"{path}: is empty{' but for lines that were left out' if on_bad else ''}; give conversations")


def _teaches(conversation: Conversation, side: Side) -> bool:
    """Whether it has a turn to learn, however long it is."""
    return any(
        side in (turn.speaker, "both") and (turn.speaker == "customer" or turn.strategy is not None)
        for turn in conversation.turns
    )


def _drawn(conversations: Sequence[Conversation], limit: int | None, seed: int) -> list[Conversation]:
    """Some of the conversations, in their order; more of them hold those that fewer do."""
    order = random.Random(seed).sample(range(len(conversations)), len(conversations))
    return [conversations[at] for at in sorted(order[:limit])]


def _hint(conversations: Iterable[Conversation], side: Side) -> str:
    """What they lack."""
    if side == "customer":
        return ": there is no turn of a customer"
    if not any(turn.speaker == "supporter" for one in conversations for turn in one.turns):
        return ": there is no turn of a supporter"
    return "; turns of supporters need a strategy (`csc-dspy annotate` gives them one)"


def _apart(
    conversations: Sequence[Conversation], share: float, side: Side, seed: int
) -> tuple[list[Conversation], ...]:
    """The conversations without some customers, and theirs; of those with a turn to learn one on both sides, if any."""
    sizes = Counter(customer_of(one, seed) for one in conversations if _teaches(one, side))
    most, aside, taken = max(1, round(share * sizes.total())), set[bytes](), 0
    if len(sizes) > 1:
        for customer in sorted(sizes):
            if taken + sizes[customer] <= most:
                aside.add(customer)
                taken += sizes[customer]
        if not aside:  # all have many
            aside.add(min(sorted(sizes), key=sizes.__getitem__))
    kept = [one for one in conversations if customer_of(one, seed) not in aside]
    return kept, [one for one in conversations if customer_of(one, seed) in aside]


def _refuse_shared(train: Sequence[Conversation], watched: Sequence[Conversation], path: Path, other: Path) -> None:
    known = {customer_of(one): one.id for one in train}
    for one in watched:
        if (id := known.get(customer_of(one))) is not None:
            raise InputError(f"{other}: {one.id} has the customer of {id} in {path}: give conversations of others")


def _samples(conversations: Sequence[Conversation], tokenizer: Tokenizer, side: Side, longest: int) -> Iterator[Sample]:
    sides: tuple[Speaker, ...] = ("supporter", "customer") if side == "both" else (side,)
    for one in conversations:
        for speaker in sides:
            if (sample := sample_of(one, tokenizer, speaker, longest)) is not None:
                yield sample


def _told_to_the_customer(conversation: Conversation) -> str:
    """What its customer knew, as the role-play tells it to a student that plays one."""
    facts = (conversation.meta or {}).get("facts")
    return customer_system(
        conversation.lang,
        profile=conversation.profile,
        scenario=conversation.scenario,
        facts=facts if isinstance(facts, str) else None,
        goal=conversation.goal,
    )


def sample_of(conversation: Conversation, tokenizer: Tokenizer, side: Speaker, longest: int) -> Sample | None:
    """A conversation of one side as tokens; ``None`` if it has nothing to learn that fits.

    Args:
        conversation: The conversation.
        tokenizer: The base's.
        side: Whose turns are learned.
        longest: Tokens at most; as few turns as possible are left out in front until it fits.

    Raises:
        InputError: It does not go with the tokenizer; see :func:`~csc_dspy.distillation.masks.tokenized`.
    """
    lang, turns = conversation.lang, conversation.turns
    system = supporter_system(lang) if side == "supporter" else _told_to_the_customer(conversation)
    # A supporter who is asked for a later reply is not shown all of the call.
    shown = CONTEXT + 1 if side == "supporter" else len(turns)

    @cache
    def cut(first: int, last: int) -> Tokens:
        learnable = {id(turn) for turn in turns[first : first + shown]}

        def learns(message: Message) -> bool:
            # Nobody could give the first reply of a call without what was said before it.
            alone = first > 0 and message.turn is turns[first]
            return not alone and id(message.turn) in learnable and (side == "customer" or tagged(message))

        return tokenized(chat(system, turns[first:last], lang, side), tokenizer, learns=learns)

    def fits(first: int, last: int = len(turns)) -> bool:
        return len(cut(first, last).ids) <= longest

    first, last = 0, shown
    if not fits(first, last):
        last = len(turns)
        first = bisect_left(range(last), True, key=fits)
        # With an opener before it, a turn may take more than with the short one of the other side before that.
        first = next((at for at in range(max(1, first - 2), first) if fits(at)), first)
    if first == len(turns) or not cut(first, last).replies:
        return None
    return Sample(conversation.id, side, cut(first, last), first)
