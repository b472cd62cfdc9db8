"""A chat as tokens, with those that are learned.

The loss is on every reply of the assistant and the mark that ends it, and on nothing else. A conversation is tokenized
piece by piece, as it is when it is served: the prompt up to a reply, then the reply.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple, Protocol

from csc_dspy.chats import Message
from csc_dspy.errors import InputError
from csc_dspy.framework import Strategy

IGNORED = -100
"""The label of a token that is not learned, as PyTorch's cross entropy takes it."""


class Tokenizer(Protocol):
    """What is needed of a Hugging Face tokenizer."""

    name_or_path: str
    chat_template: str | None

    def apply_chat_template(
        self, conversation: Sequence[Mapping[str, str]], *, tokenize: bool, add_generation_prompt: bool = False
    ) -> str:
        """Chat messages as the text a model reads."""

    def encode(self, text: str, *, add_special_tokens: bool) -> list[int]:
        """Text as tokens."""

    def decode(self, token_ids: Sequence[int]) -> str:
        """Tokens as text."""


class Reply(NamedTuple):
    """A learned part of a chat.

    Attributes:
        start: Its first token's place.
        end: The place behind its last one.
        strategy: Its strategy, if it has one.
    """

    start: int
    end: int
    strategy: Strategy | None


class Tokens(NamedTuple):
    """A chat as tokens, of four bytes each: there may be a hundred million.

    Attributes:
        ids: The tokens.
        labels: The same where a token is learned, else :data:`IGNORED`.
        replies: The learned parts, in order.
    """

    ids: array[int]
    labels: array[int]
    replies: tuple[Reply, ...]


def tagged(message: Message) -> bool:
    """Whether a reply has a strategy, which every reply of a supporter that is learned needs."""
    return message.turn is not None and message.turn.strategy is not None


def tokenized(chat: Sequence[Message], tokenizer: Tokenizer, *, learns: Callable[[Message], bool] = tagged) -> Tokens:
    """A chat as tokens with labels.

    Args:
        chat: The messages, which alternate; see :func:`~csc_dspy.chats.chat`.
        tokenizer: A tokenizer with a chat template.
        learns: Says of the assistant's messages whether they are learned.

    Raises:
        InputError: The tokenizer has no chat template, or one that refuses a system message, renders earlier messages
            differently later on or marks no end of a reply; or its tokens depend on where a text is cut.
    """
    if not tokenizer.chat_template:
        raise InputError(f"{tokenizer.name_or_path}: its tokenizer has no chat template; take an instruct model")
    plain = [message.plain() for message in chat]
    ids, labels = array("i"), array("i")
    replies = []
    done = ""
    for place, message in enumerate(chat):
        if message.role != "assistant":
            continue
        before = _rendered(tokenizer, plain[:place], asks=True)
        text = _reply(tokenizer, plain[: place + 1], before)
        if text is None or not before.startswith(done):
            raise InputError(
                f"{tokenizer.name_or_path}: its chat template renders earlier messages differently once later ones "
                "follow, so that several replies of a conversation cannot be learned at once"
            )
        if message.content and text.strip() == message.content:
            raise InputError(
                f"{tokenizer.name_or_path}: its chat template does not mark where a reply ends, so that a student "
                "would not learn to end one; take another base"
            )
        prompt = tokenizer.encode(before[len(done) :], add_special_tokens=False)
        reply = tokenizer.encode(text, add_special_tokens=False)
        done = before + text
        ids.extend(prompt)
        labels.extend([IGNORED] * len(prompt))
        if learns(message):
            strategy = message.turn.strategy if message.turn else None
            replies.append(Reply(len(ids), len(ids) + len(reply), strategy))
            labels.extend(reply)
        else:
            labels.extend([IGNORED] * len(reply))
        ids.extend(reply)
    if tokenizer.encode(done, add_special_tokens=False) != ids.tolist():
        raise InputError(
            f"{tokenizer.name_or_path}: its tokenizer splits a conversation differently from its parts, so that a "
            "reply would be learned in other tokens than it is served in; take another base"
        )
    return Tokens(ids, labels, tuple(replies))


def _reply(tokenizer: Tokenizer, chat: Sequence[Mapping[str, str]], before: str) -> str | None:
    """The text of a chat's last reply with the mark that ends it, as it stands once the other side has answered.

    Templates of models that can think put an empty thought before the last reply of all, which is gone from it as
    soon as there is a later message; what is learned is the reply without it, for so are all the earlier ones shown.
    ``None`` if there is no such text.
    """
    whole = _rendered(tokenizer, chat).rstrip()
    later = _rendered(tokenizer, [*chat, {"role": "user", "content": "?"}])
    found = [whole[len(before) :]] if whole.startswith(before) else []
    if (at := whole.rfind(chat[-1]["content"])) >= 0:
        found.append(whole[at:])
    return next((text for text in found if later.startswith(before + text)), None)


def _rendered(tokenizer: Tokenizer, chat: Sequence[Mapping[str, str]], *, asks: bool = False) -> str:
    """A chat as the text a model reads; with ``asks`` a reply is to follow."""
    from jinja2 import TemplateError

    try:
        return tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=asks)
    except TemplateError as error:
        raise InputError(
            f"{tokenizer.name_or_path}: its chat template refuses a conversation with a system message ({error}); "
            "take another base"
        ) from None


def shown(tokens: Tokens, tokenizer: Tokenizer, *, colour: bool = True) -> str:
    """The tokens as text, a dot between them.

    Args:
        tokens: The tokens.
        tokenizer: The base's.
        colour: Whether those that are learned are green, as a terminal shows it; else each run of them is in «…».
    """
    parts = []
    for learned, run in groupby(zip(tokens.ids, tokens.labels, strict=True), key=lambda one: one[1] != IGNORED):
        texts = [tokenizer.decode([id]) for id, _ in run]
        if learned and colour:
            texts = [f"\x1b[32m{text}\x1b[0m" for text in texts]
        text = "·".join(texts)
        parts.append(f"«{text}»" if learned and not colour else text)
    return "·".join(parts)
