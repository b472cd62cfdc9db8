"""What can be compiled: a program, the examples it is tuned on, and what an answer to one of them is worth."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import dspy

from csc_dspy.conversation import Conversation, OnBad, Turn, read_conversations, render_transcript
from csc_dspy.corpora.masking import mask
from csc_dspy.corpora.splitting import customer_of
from csc_dspy.framework import Lang
from csc_dspy.optimizers.score import Score
from csc_dspy.programs.asking import Program
from csc_dspy.programs.nearest import CHOICES, Choice
from csc_dspy.settings import Role


class Call(tuple[Turn, ...]):
    """Turns that read as a transcript where an optimizer shows an example to a model."""

    def __repr__(self) -> str:
        chinese = any("\u4e00" <= char <= "\u9fff" for turn in self for char in turn.text)
        return render_transcript(self, "zh" if chinese else "en", strategies=True)

    __str__ = __repr__


class Item(NamedTuple):
    """What a file to learn from holds one of: a conversation, a person.

    Attributes:
        id: Its id.
        lang: Its language.
        words: What it says: by them one stands on both sides of a split, whatever it is called.
        customer: Who is served in it.
        examples: What can be learned from it.
    """

    id: str
    lang: Lang
    words: tuple[str, ...]
    customer: bytes
    examples: Sequence[dspy.Example]


class Task(ABC):
    """A program that can be compiled.

    Attributes:
        name: The program's name.
        roles: Whose models the program takes; the first one's is that of predictors that have no role of their own.
        judged: Whether a judge's model says what answers are worth.
        labelled: Whether examples have labels, of which worked answers can be made.
        gold: What labels are, for people.
        figures: The figures that each answer has.
        seed: Changes the samples of the program's answers.
        requests: About how many requests an answer takes.
        budget: Answers that a compile may ask for, unless it is told.
        measured: Examples that it is measured on, unless it is told.
        idle: Predictors of the program that its answers do not take, and that optimizers need not know.
        choices: What nearest worked answers may leave open.
        shown_tokens: Rough tokens that nearest worked answers may take.
        demo_tokens: Rough tokens that other worked answers of a predictor may take: prompts have to fit small contexts.
        reply_tokens: About how many tokens a reply has.
    """

    name: ClassVar[str]
    roles: ClassVar[tuple[Role, ...]]
    judged: ClassVar[bool] = False
    labelled: ClassVar[bool] = True
    gold: ClassVar[str] = "`strategy` of supporter turns"
    figures: ClassVar[tuple[str, ...]]
    seed: int = 0
    requests: float = 1
    budget: ClassVar[int] = 400
    measured: ClassVar[int] = 300
    idle: Collection[str] = ()
    choices: ClassVar[Sequence[Choice]] = CHOICES
    shown_tokens: ClassVar[int] = 600
    demo_tokens: int = 1500
    reply_tokens: int = 40

    def __deepcopy__(self, memo: dict[int, Any]) -> Task:
        return self  # copies of a program share it

    @abstractmethod
    def build(self, lang: Lang) -> Program:
        """The program, not compiled."""

    def items(self, path: Path, masking: bool, on_bad: OnBad | None) -> Iterator[Item]:
        """Read a file of conversations.

        Args:
            path: The file.
            masking: Whether personal data is masked.
            on_bad: Called with each line that cannot be read, which is then left out.

        Raises:
            InputError: It cannot be read.
        """
        for one in read_conversations(path, on_bad):
            shown = mask(one).conversation if masking else one
            said = tuple(" ".join(turn.text.split()).lower() for turn in one.turns)
            yield Item(one.id, one.lang, said, customer_of(one), list(self.examples(shown)))

    def examples(self, conversation: Conversation) -> Iterator[dspy.Example]:
        """The examples of a conversation.

        Each has ``id``; ``group``, the conversation's id; ``lang``; ``label``, empty where there is none; and as inputs
        those of :meth:`run`, among them ``place``, which stands for the example.
        """
        raise NotImplementedError

    def bind(self, program: Program, lms: Mapping[Role, dspy.LM]) -> None:
        """Give the predictors their models."""
        program.set_lm(lms[self.roles[0]])

    def place(self, inputs: Mapping[str, Any]) -> str:
        """What the samples of an answer depend on besides the question."""
        # Without the seed 0, so that what is on record from before there was one still answers.
        return f"{self.seed}/{inputs['place']}" if self.seed else str(inputs["place"])

    def judge(self, lm: dspy.LM) -> None:
        """Take the model that says what answers are worth, where :attr:`judged`."""
        raise NotImplementedError(f"a {self.name} is not judged")

    @abstractmethod
    def run(self, program: Program, inputs: Mapping[str, Any]) -> dspy.Prediction:
        """Let the program answer an example."""

    @abstractmethod
    def score(self, example: dspy.Example, prediction: dspy.Prediction) -> Score:
        """What an answer is worth."""

    def gave_up(self, prediction: dspy.Prediction) -> bool:
        """Whether the program came to no answer, so that what is wrong can only be seen in replies that it refused."""
        return prediction.get("failure") is not None

    def figures_of(self, example: dspy.Example) -> Sequence[str]:
        """The figures that an answer to an example has."""
        return self.figures

    def refused(self, example: dspy.Example, why: str) -> Score:
        """What an answer is worth that the endpoint refused to give."""
        figures = dict.fromkeys(self.figures_of(example), 0.0)
        return Score(0.0, False, figures, {"": f"The question was refused: {why}."})

    def worked(self, example: dspy.Example) -> dict[str, dict[str, Any]]:
        """Predictor to the worked answer that an example's labels make, without what nobody labelled."""
        return {}

    def shortened(self, predictor: str) -> tuple[str, ...]:
        """The inputs of which the worked answers of a predictor show only the last lines."""
        return ()

    def compared(self, predictor: str) -> tuple[str, ...]:
        """The inputs by which the nearest worked answers of a predictor are found."""
        return ("transcript",)
