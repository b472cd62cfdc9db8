"""Programs that write conversations, tuned by what rules and a judge say of them: the rewriter and the role-play."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import dspy

from csc_dspy.conversation import Conversation, OnBad, render_transcript
from csc_dspy.corpora.profiles import read_profiles
from csc_dspy.corpora.rules import Rule, check_rules, with_bounds
from csc_dspy.framework import LANGS, ROLEPLAY_TOPICS, Lang
from csc_dspy.optimizers.score import Score
from csc_dspy.optimizers.task import Item, Task
from csc_dspy.programs.asking import GuardError, Program
from csc_dspy.programs.fidelity import Fidelity, RewritingJudge
from csc_dspy.programs.judge import ConversationJudge, Verdict
from csc_dspy.programs.rewriter import Rewriter
from csc_dspy.programs.roleplay import PLAY_ROLES, RolePlay
from csc_dspy.programs.turn_rewriter import TurnRewriter
from csc_dspy.rewriting.work import rules_after
from csc_dspy.settings import Role
from csc_dspy.signatures.judging import POINTS
from csc_dspy.signatures.rewriting import QUALITIES
from csc_dspy.synthesis.plan import notes

LEAST, MOST = 10, 50
"""Utterances of a conversation, as ``rewrite`` and ``synthesize`` have them by default."""
_COUNTED = ("lost", "invented", *QUALITIES)


class _Writing(Task):
    """A program whose conversations pass free rules, and then a judge, or do not."""

    judged = True
    labelled = False
    figures = ("passed",)
    rules: Mapping[str, Rule]

    def gave_up(self, prediction: dspy.Prediction) -> bool:
        """Whether there is no conversation."""
        return prediction.get("conversation") is None

    def run(self, program: Program, inputs: Mapping[str, Any]) -> dspy.Prediction:
        """Let the program write a conversation; then let rules and the judge say what they think of it.

        Returns:
            ``conversation``, or ``None`` if it was given up; ``broken``, the rules it breaks, with reasons; ``said``,
            what the judge says, ``None`` where it was not asked; ``culprit`` and ``fault``, whose reply it was given up
            for.
        """
        nothing: dict[str, Any] = {"conversation": None, "broken": [], "said": None, "culprit": None, "fault": None}
        try:
            written = program(**inputs)
        except GuardError as error:
            return dspy.Prediction(**{**nothing, "culprit": error.role, "fault": str(error)})
        conversation = written.conversation
        if broken := check_rules(conversation, self.rules):
            return dspy.Prediction(**{**nothing, "conversation": conversation, "broken": broken})
        try:
            said = self._judged(conversation, inputs)
        except GuardError:  # a judge that cannot be read says nothing against it, and nothing for it
            said = None
        return dspy.Prediction(**{**nothing, "conversation": conversation, "said": said})

    def score(self, example: dspy.Example, prediction: dspy.Prediction) -> Score:
        """0 if it was given up, 0.2 if it breaks a rule, 0.4 and more by the points of the judge, 1 if it passes."""
        if prediction.conversation is None:
            fault = f"The conversation was given up: {prediction.fault}."
            return Score(0.0, False, {"passed": 0.0}, {prediction.culprit: fault, "": fault})
        if prediction.broken:
            why = "; ".join(f"{name}: {reason}" for name, reason in prediction.broken)
            return Score(0.2, False, {"passed": 0.0}, {"": f"Free rules say: {why}.{_shown(prediction.conversation)}"})
        points, why = self._points(prediction.said)
        passed = prediction.said is not None and all(points)
        value = 0.4 + 0.6 * (sum(points) / len(points) if points else 0.0)
        verdict = "The judge lets it pass." if passed else f"The judge says: {why or 'nothing that can be read'}."
        return Score(value, passed, {"passed": float(passed)}, {"": verdict + _shown(prediction.conversation)})

    @abstractmethod
    def _judged(self, conversation: Conversation, inputs: Mapping[str, Any]) -> Any:
        """What the judge says of it."""

    @abstractmethod
    def _points(self, said: Any) -> tuple[Sequence[int], str]:
        """The judge's points, 0 or 1, and why those that are 0 are."""


def _shown(conversation: Conversation) -> str:
    return "\n" + render_transcript(conversation.turns, conversation.lang, strategies=True)


class RewriterTask(_Writing):
    """Raw calls: the rewriting comes through, keeps the facts, and follows the framework.

    Attributes:
        by_turn: Whether it goes turn by turn, as on local weights.
    """

    name = "rewriter"
    roles = ("rewriter",)
    budget = 120
    measured = 40
    rules = rules_after(LEAST, MOST)

    def __init__(self, *, by_turn: bool) -> None:
        self.by_turn = by_turn
        self.requests = 12 if by_turn else 2
        if not by_turn:  # a worked answer is a whole call, and the same in other words
            self.demo_tokens, self.reply_tokens = 4000, 700
        self.judges = {lang: RewritingJudge(lang) for lang in LANGS}

    def build(self, lang: Lang) -> Program:
        """The program, not compiled."""
        return TurnRewriter(lang) if self.by_turn else Rewriter(lang)

    def judge(self, lm: dspy.LM) -> None:
        """Take the model that compares facts."""
        for judge in self.judges.values():
            judge.bind(lm)

    def examples(self, conversation: Conversation) -> Iterator[dspy.Example]:
        """A call is an example."""
        yield dspy.Example(
            id=conversation.id,
            group=conversation.id,
            lang=conversation.lang,
            label="",
            call=conversation,
            place=conversation.id,
        ).with_inputs("call", "place")

    def run(self, program: Program, inputs: Mapping[str, Any]) -> dspy.Prediction:
        """Rewrite a call, and let rules and the judge compare it with the original."""
        return super().run(program, {"call": inputs["call"], "seed": self.seed})

    def _judged(self, conversation: Conversation, inputs: Mapping[str, Any]) -> Any:
        call = inputs["call"]
        return self.judges[call.lang](call=call, rewritten=conversation).fidelity

    def _points(self, said: Fidelity | None) -> tuple[Sequence[int], str]:
        if said is None:
            return (), ""
        return [int(name not in said.failed) for name in _COUNTED], said.cause

    def compared(self, predictor: str) -> tuple[str, ...]:
        """The agent's words."""
        return ("agent",)


class RolePlayTask(_Writing):
    """People and topics: the play comes through, and gets the judge's five points.

    Attributes:
        lang: Language to play people in who have none of their own.
    """

    name = "roleplay"
    roles = PLAY_ROLES
    budget = 120
    measured = 24
    requests = 40
    rules = with_bounds(LEAST, MOST)

    def __init__(self, *, lang: Lang = "en") -> None:
        self.lang = lang
        self.judges = {one: ConversationJudge(one) for one in LANGS}

    def build(self, lang: Lang) -> Program:
        """The program, not compiled."""
        return RolePlay(lang, least=LEAST, most=MOST)

    def bind(self, program: Program, lms: Mapping[Role, dspy.LM]) -> None:
        """Give each role its model."""
        assert isinstance(program, RolePlay)
        program.bind({role: lms[role] for role in PLAY_ROLES})

    def judge(self, lm: dspy.LM) -> None:
        """Take the model that gives the five points."""
        for judge in self.judges.values():
            judge.set_lm(lm)

    def items(self, path: Path, masking: bool, on_bad: OnBad | None) -> Iterator[Item]:
        """Read a file of profiles; the topics go round."""
        for number, profile in enumerate(read_profiles(path, on_bad=on_bad)):
            lang = profile.lang or self.lang
            topic = ROLEPLAY_TOPICS[number % len(ROLEPLAY_TOPICS)].value
            example = dspy.Example(
                id=f"{profile.id}/{topic}",
                group=profile.id,
                lang=lang,
                label="",
                topic=topic,
                notes=notes(profile, lang),
                place=f"{profile.id}-{topic}",
            ).with_inputs("topic", "notes", "place")
            said = " ".join(profile.text.split()).lower()
            yield Item(profile.id, lang, (said,), said.encode(), [example])

    def run(self, program: Program, inputs: Mapping[str, Any]) -> dspy.Prediction:
        """Play a conversation, and let rules and the judge say what they think of it."""
        given = {"id": inputs["place"], "topic": inputs["topic"], "notes": inputs["notes"], "seed": self.seed}
        return super().run(program, given)

    def _judged(self, conversation: Conversation, inputs: Mapping[str, Any]) -> Any:
        return self.judges[conversation.lang](conversation=conversation).verdict

    def _points(self, said: Verdict | None) -> tuple[Sequence[int], str]:
        if said is None:
            return (), ""
        why = "; ".join(f"{name} 0: {said.reasons[name]}" for name in said.failed_points)
        return [said.points[name] for name in POINTS], why
