"""How programs ask: written once as a generator of questions, driven synchronously or not.

A program yields :class:`Ask` and is sent a :class:`Reply`; whether the model was called with ``predict(…)`` or
``await predict.acall(…)`` is none of its business. So ``forward`` and ``aforward`` cannot drift apart.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar

import dspy
from dspy.utils.exceptions import AdapterParseError

from csc_dspy.conversation import Turn
from csc_dspy.errors import CscError, ReplyError
from csc_dspy.framework import Lang
from csc_dspy.lms.adapter import LeanJSONAdapter, options, restricted
from csc_dspy.programs.nearest import Nearest, tail
from csc_dspy.programs.student import adapter_for
from csc_dspy.usage import Ledger, Usage, rough_tokens

ROLLOUTS = 2
"""How often a question is asked before a faulty reply is final."""
PLAY_ROLLOUTS = 4
"""The same in a play, where every turn before is lost with it."""


@dataclass(frozen=True)
class Ask:
    """One question to one predictor."""

    role: str
    inputs: Mapping[str, str]
    rollout: int
    signature: type[dspy.Signature] | None = None
    demos: Sequence[dspy.Example] | None = None


@dataclass(frozen=True)
class Reply:
    """A predictor's answer, or why it could not be read; and what it took."""

    prediction: Any = None
    problem: str | None = None
    usage: Usage = field(default_factory=Usage)


Asking = Generator[Ask, Reply, Any]
Check = Callable[[Any], str | None]


class GuardError(CscError):
    """A reply was faulty, and so were the others to the same question.

    Attributes:
        role: Who answered.
        name: The fault's short name; ``format`` when the answer could not be read.
    """

    def __init__(self, role: str, name: str, reply: str = "") -> None:
        super().__init__(f"{role}: {name}" + (f": {reply[:160]!r}" if reply else ""))
        self.role = role
        self.name = name

    @property
    def group(self) -> str:
        """Who answered and the fault, as funnels count it."""
        return f"{self.role}.{self.name}"


class GivenUpError(GuardError):
    """A reply stayed faulty, and the conversation it belongs to was given up.

    Attributes:
        turns: What there was of it up to there.
        scenario: What it was about, if that was settled.
    """

    def __init__(self, error: GuardError, turns: Sequence[Turn], scenario: str | None = None) -> None:
        super().__init__(error.role, error.name)
        self.args = error.args
        self.turns = tuple(turns)
        self.scenario = scenario


_NONE: Mapping[str, Any] = MappingProxyType({})
_refused: ContextVar[list[Any] | None] = ContextVar("refused", default=None)


@contextmanager
def refusals() -> Iterator[list[Any]]:
    """The predictions that programs refuse in here, as faulty: DSPy takes any that was made for part of an answer."""
    found: list[Any] = []
    token = _refused.set(found)
    try:
        yield found
    finally:
        _refused.reset(token)


def asked_until_fit(
    role: str,
    check: Check,
    faults: Counter[str],
    *,
    signature: type[dspy.Signature] | None = None,
    demos: Sequence[dspy.Example] | None = None,
    inputs: Mapping[str, str],
    after: Mapping[str, Callable[[Any], Mapping[str, str]]] = _NONE,
    requests: list[tuple[str, Usage]] | None = None,
    rollouts: int = ROLLOUTS,
) -> Asking:
    """Ask, and again with another rollout as long as the reply is faulty.

    Args:
        role: The predictor.
        check: Returns a fault's short name, or ``None``.
        faults: Counts every faulty reply as ``role.fault``.
        signature: Used instead of the predictor's own, for example with fewer options.
        demos: Shown instead of the predictor's own, for example only those that fit.
        inputs: The signature's inputs.
        after: By a fault's name, from the faulty reply to inputs that are put otherwise the next time.
        requests: Gets the predictor and the use of every question asked.
        rollouts: How often it is asked at most.

    Returns:
        The prediction.

    Raises:
        GuardError: The last reply was faulty too.
    """
    problem, text = "", ""
    changed: Mapping[str, str] = _NONE
    for rollout in range(rollouts):
        reply = yield Ask(role, {**inputs, **changed}, rollout, signature, demos)
        if requests is not None:
            requests.append((role, reply.usage))
        problem = "format" if reply.problem else check(reply.prediction) or ""
        if not problem:
            return reply.prediction
        text = reply.problem or max(map(str, reply.prediction.values()), key=len)
        faults[f"{role}.{problem}"] += 1
        if (seen := _refused.get()) is not None:
            seen.append(reply.prediction)
        changed = after[problem](reply.prediction) if problem in after else _NONE
    raise GuardError(role, problem, text)


class Program(dspy.Module):  # type: ignore[misc]
    """Base of this package's programs: predictors of one language, asked through one adapter.

    Attributes:
        lang: Language of prompts and answers.
        temperature: Sampling temperature of a first answer.
        memories: Predictor to worked answers of which each question is shown the nearest; behind those always shown.
        last_lines: Predictor to inputs of which only the last lines are shown, and how many; so that a question looks
            like worked answers that show no more, and takes as little.
        demo_tokens: Rough tokens that the worked answers always shown may take, those that would pass it are left out;
            ``None`` for any.
    """

    temperature_again: ClassVar[float] = 0.7
    """Sampling temperature at least where a question is asked again."""

    max_tokens: ClassVar[Mapping[str, int]] = {}
    """Tokens a predictor's answer may take; one that is cut off counts as faulty."""
    repeating: ClassVar[Collection[str]] = ()
    """Predictors whose answers say again what they were shown, words of their inputs or the labels of worked answers;
    there no penalty on repetition may hinder them."""

    def __init__(self, lang: Lang, temperature: float = 0.0) -> None:
        super().__init__()
        self.lang = lang
        self.temperature = temperature
        self.memories: dict[str, Nearest] = {}
        self.last_lines: dict[str, Mapping[str, int]] = {}
        self.demo_tokens: int | None = None

    def prompts(self) -> dict[str, str]:
        """All that stands before a predictor's inputs, instructions and worked answers, for digests and for reading."""
        adapter = LeanJSONAdapter()
        found = {}
        for name, predict in self.named_predictors():
            messages = adapter.format(predict.signature, self.shown(name), {})
            memory = [self.memories[name].described()] if name in self.memories else []
            cut = [f"({of}: its last {lines} lines)" for of, lines in self.last_lines.get(name, {}).items()]
            found[name] = "\n\n".join([*(message["content"] for message in messages), *memory, *cut])
        return found

    @staticmethod
    def prompts_by_lang(*families: Mapping[Lang, Program]) -> dict[str, str]:
        """The prompts of programs that exist in each language, as ``predictor.lang``; see :meth:`prompts`."""
        return {
            f"{name}.{lang}": text
            for programs in families
            for lang, program in programs.items()
            for name, text in program.prompts().items()
        }

    def shown(self, role: str) -> list[dspy.Example]:
        """The worked answers that a predictor is always shown: its own, as many as may be."""
        demos: list[dspy.Example] = list(getattr(self, role).demos)
        if self.demo_tokens is None:
            return demos
        left = self.demo_tokens
        found = []
        for demo in demos:
            tokens = sum(rough_tokens(str(value)) for value in demo.values())
            if tokens <= left:
                found.append(demo)
                left -= tokens
        return found

    def longest(self, role: str) -> int:
        """Tokens a predictor's answer may take."""
        return self.max_tokens[role]

    def run(self, asking: Asking, place: str) -> Any:
        """Drive questions to their end, one call at a time.

        Args:
            asking: The questions.
            place: What the samples depend on besides the question: the seed and the record's id.
        """
        try:
            ask = next(asking)
            while True:
                call = self._call(ask, place)
                with self._adapter(ask), Ledger() as spent:
                    try:
                        answer, problem = _settled(call) or getattr(self, ask.role)(**call), None
                    except (AdapterParseError, ReplyError) as error:
                        answer, problem = None, str(error)
                ask = asking.send(Reply(answer, problem, spent.total))
        except StopIteration as done:
            return done.value

    async def arun(self, asking: Asking, place: str) -> Any:
        """Drive questions to their end without blocking; see :meth:`run`."""
        try:
            ask = next(asking)
            while True:
                call = self._call(ask, place)
                with self._adapter(ask), Ledger() as spent:
                    try:
                        answer, problem = _settled(call) or await getattr(self, ask.role).acall(**call), None
                    except (AdapterParseError, ReplyError) as error:
                        answer, problem = None, str(error)
                ask = asking.send(Reply(answer, problem, spent.total))
        except StopIteration as done:
            return done.value

    def _adapter(self, ask: Ask) -> AbstractContextManager[Any]:
        lm = getattr(getattr(self, ask.role), "lm", None)
        adapter = adapter_for(lm, self.lang, repeats=ask.role in self.repeating)
        found: AbstractContextManager[Any] = dspy.context(adapter=adapter)
        return found

    def _call(self, ask: Ask, place: str) -> dict[str, Any]:
        predictor = getattr(self, ask.role)
        lm = getattr(predictor, "lm", None)
        what = "\x1f".join([place, ask.role, *ask.inputs.values(), str(ask.rollout)])
        temperature = self.temperature
        sampled = getattr(lm, "kwargs", {})
        if sampled.get("rollout_id") is not None:  # an optimizer wants other answers than the first
            what += f"\x1f{sampled['rollout_id']}"
            temperature = max(temperature, sampled.get("temperature") or 0.0)
        config = {
            "temperature": temperature if ask.rollout == 0 else max(temperature, self.temperature_again),
            "max_tokens": self.longest(ask.role),
            "seed": int.from_bytes(hashlib.sha256(what.encode()).digest()[:4], "big") >> 1,
        }
        asked, demos = ask.signature, ask.demos
        if demos is None and hasattr(predictor, "demos"):
            demos = self.shown(ask.role)
            if memory := self.memories.get(ask.role):
                nearest = memory(ask.inputs)
                demos += nearest
                asked = _narrowed(asked or predictor.signature, memory, nearest)
        signature = {} if asked is None else {"signature": asked}
        shown = {} if demos is None else {"demos": list(demos)}
        whole = getattr(lm, "student", None)  # which learned from whole calls
        shortened = {} if whole else self.last_lines.get(ask.role, {})
        cut = {name: tail(ask.inputs[name], lines) for name, lines in shortened.items()}
        return {**ask.inputs, **cut, **signature, **shown, "config": config}


def _narrowed(signature: Any, memory: Nearest, nearest: Sequence[Mapping[str, Any]]) -> Any:
    """The signature with only the labels that the nearest worked answers leave open."""
    for name in signature.output_fields:
        allowed = options(signature, name)
        if (kept := memory.narrowed(name, allowed, nearest)) != allowed:
            signature = restricted(signature, name, kept)
    return signature


def _settled(call: Mapping[str, Any]) -> Any:
    """The answer to a question that leaves nothing open, which nobody needs to be asked."""
    if (signature := call.get("signature")) is None:
        return None
    left = {name: options(signature, name) for name in signature.output_fields}
    settled = all(len(one) == 1 for one in left.values())
    return dspy.Prediction(**{name: one[0] for name, one in left.items()}) if settled else None
