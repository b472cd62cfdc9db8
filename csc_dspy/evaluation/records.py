"""What an evaluation writes down: every answered turn beside what was really said, so that nothing is asked twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, Self, get_args

from pydantic import Field, JsonValue

from csc_dspy.conversation import Conversation, OnBad, Record, Turn, iter_lines, read_records
from csc_dspy.errors import InputError
from csc_dspy.framework import Lang, Stage, Strategy
from csc_dspy.metrics.answers import Answer, Part
from csc_dspy.usage import Usage

Context = Literal["reference", "generated"]
"""Whose supporter turns the history holds: the gold ones, or the evaluated supporter's own."""
CONTEXTS: tuple[Context, ...] = get_args(Context)


class Request(Record):
    """One request to a model.

    Attributes:
        part: What was asked for.
        prompt_tokens: Prompt tokens sent, cached ones included.
        cached_tokens: Prompt tokens the server did not evaluate again.
        completion_tokens: Tokens generated.
        seconds: From sending to the last byte, repeated attempts included.
    """

    part: str
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    seconds: float

    @classmethod
    def all_of(cls, requests: Iterable[tuple[str, Usage]]) -> tuple[Self, ...]:
        """The requests that a program says it made: what was asked for, and what it took."""
        return tuple(
            cls(
                part=part,
                prompt_tokens=usage.prompt_tokens,
                cached_tokens=usage.cached_tokens,
                completion_tokens=usage.completion_tokens,
                seconds=round(usage.seconds, 3),
            )
            for part, usage in requests
        )


class AnsweredTurn(Record):
    """A supporter turn as it was and as it was answered.

    Attributes:
        at: Its place in the conversation, from 0.
        heard: What the customer had said since the supporter turn before, turn by turn.
        reference: What was really said.
        gold_strategy: Its strategy, if labelled.
        gold_stage: Its stage, if labelled.
        stage: The answer's stage, if any.
        strategy: The answer's strategy, if any.
        response: The answer's words, if any.
        failure: Which part could not be had and why; ``None`` if all went well, also where a part is never given.
        requests: Every request it took.
    """

    at: int = Field(ge=0)
    heard: tuple[str, ...] = ()
    reference: str
    gold_strategy: Strategy | None = None
    gold_stage: Stage | None = None
    stage: Stage | None = None
    strategy: Strategy | None = None
    response: str | None = None
    failure: str | None = None
    requests: tuple[Request, ...] = ()

    def answer(self, lang: Lang, *, words: bool = True) -> Answer:
        """What metrics see of it.

        Args:
            lang: The conversation's language.
            words: Whether words were asked for, so that a failed answer lacks them.
        """
        given: dict[Part, object] = {"stage": self.stage, "strategy": self.strategy}
        given |= {"response": self.response} if words else {}
        return Answer(
            lang=lang,
            reference=self.reference,
            gold_strategy=self.gold_strategy,
            gold_stage=self.gold_stage,
            response=self.response,
            strategy=self.strategy,
            stage=self.stage,
            failed=frozenset(part for part, value in given.items() if value is None) if self.failure else frozenset(),
        )


class Answered(Record):
    """One conversation with its answers.

    Attributes:
        id: The conversation's.
        lang: Its language.
        topic: Its topic.
        source: Where it comes from.
        digest: Of the conversation as it was read; see :func:`digest_of_turns`.
        context: Whose supporter turns the history held.
        program: Name of the program that answered.
        turns: Its supporter turns.
        meta: How they were made, and what they took.
    """

    id: str = Field(min_length=1)
    lang: Lang
    topic: str
    source: str
    digest: str
    context: Context
    program: str
    turns: tuple[AnsweredTurn, ...]
    meta: dict[str, JsonValue] | None = None

    @property
    def side(self) -> str:
        """Who answered, for people."""
        return side_of(self.program, models_of(self.meta))

    def answers(self, *, words: bool = True) -> Iterator[Answer]:
        """What metrics see of it; see :meth:`AnsweredTurn.answer`."""
        return (turn.answer(self.lang, words=words) for turn in self.turns)

    def histories(self) -> Iterator[tuple[Turn, ...]]:
        """What had been said before each supporter turn, as its answer knew it; strategies are left out."""
        turns: list[Turn] = []
        for turn in self.turns:
            turns += (Turn(speaker="customer", text=text) for text in turn.heard)
            yield tuple(turns)
            said = turn.response if self.context == "generated" else turn.reference
            if said is not None:
                turns.append(Turn(speaker="supporter", text=said))


def models_of(meta: Mapping[str, object] | None) -> dict[str, str]:
    """Role to model, as a record's ``meta`` keeps them; empty where it does not."""
    models = (meta or {}).get("models")
    return {str(role): str(name) for role, name in models.items()} if isinstance(models, dict) else {}


def side_of(program: str, models: Mapping[str, str]) -> str:
    """Who answered, for people: a program on the supporter's model, if one is known."""
    return f"{program} on {models['supporter']}" if models.get("supporter") else program


def digest_of_turns(conversation: Conversation) -> str:
    """Sixteen hexadecimal digits that change with any word or label of a conversation."""
    turns = [_plain(turn) for turn in conversation.turns]
    return hashlib.sha256(json.dumps(turns, ensure_ascii=False).encode()).hexdigest()[:16]


def _plain(turn: Turn) -> list[str | None]:
    return [turn.speaker, turn.text, turn.strategy, turn.stage]


def read_answered(path: Path, on_bad: OnBad | None = None) -> Iterator[Answered]:
    """Read a file of answers; see :func:`~csc_dspy.conversation.iter_lines` for errors.

    Raises:
        InputError: It is a file of something else.
    """
    if "trials" in first_result(path):
        raise InputError(f"{path}: calls with simulated customers, and answers to real calls are needed")
    return read_records(Answered, path, on_bad)


def first_result(path: Path) -> dict[str, Any]:
    """The first line of a file that ``evaluate`` wrote, by which answers and calls are told apart; empty if it is.

    Raises:
        InputError: Something else wrote the file.
    """
    first: Any = next(iter_lines(path, json.loads, on_bad=lambda error: None), {})
    if not isinstance(first, dict) or (first and "program" not in first):
        what = "conversations, which have to be evaluated first" if "turns" in first else "something else"
        raise InputError(f"{path}: no answers that `csc-dspy evaluate` wrote, it holds {what}")
    return first
