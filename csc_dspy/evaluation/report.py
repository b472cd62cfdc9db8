"""The report on a set of answers: the paper's row with intervals, baselines beside it, failures, tokens and time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import median
from typing import Self

from pydantic import Field

from csc_dspy.conversation import Record
from csc_dspy.errors import InputError
from csc_dspy.evaluation.baselines import TRIVIAL, NextStrategy
from csc_dspy.evaluation.records import Answered, Context, Request, models_of
from csc_dspy.framework import Lang, Strategy
from csc_dspy.metrics import labels
from csc_dspy.metrics.answers import Answer
from csc_dspy.metrics.labels import Scores
from csc_dspy.metrics.neural import NeuralModels
from csc_dspy.metrics.scoring import Counted, Score, all_metrics, apart, scores

FOLDS = 5
"""Parts into which answers are cut when there is no train file: a part's baselines are fitted on the others."""

PAPER = ("bleu-2", "bleu-4", "rouge-l", "bertscore", "bleurt", "accuracy")
"""Columns of the paper's table, in its order."""


class Requests(Record):
    """What the answers took.

    Attributes:
        requests: Requests to models.
        prompt_tokens: Prompt tokens sent.
        cached_tokens: Prompt tokens not evaluated again.
        completion_tokens: Tokens generated.
        seconds_median: Median seconds of a request; ``None`` without requests.
        seconds_p95: 95th percentile.
    """

    requests: int
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    seconds_median: float | None
    seconds_p95: float | None

    @classmethod
    def of(cls, requests: Iterable[Request]) -> Self:
        """The sum of some requests."""
        all_ = list(requests)
        seconds = sorted(request.seconds for request in all_)
        return cls(
            requests=len(all_),
            prompt_tokens=sum(request.prompt_tokens for request in all_),
            cached_tokens=sum(request.cached_tokens for request in all_),
            completion_tokens=sum(request.completion_tokens for request in all_),
            seconds_median=median(seconds) if seconds else None,
            seconds_p95=seconds[min(len(seconds) - 1, int(0.95 * len(seconds)))] if seconds else None,
        )


class Report(Record):
    """What a set of answers is worth.

    Attributes:
        program: Who answered.
        models: The models behind it.
        context: Whose supporter turns the history held.
        conversations: Conversations answered.
        turns: Supporter turns answered.
        scores: The figures.
        by_lang: The same for each language, where there is more than one.
        baselines: Strategy accuracy and macro-F1 of the trivial baselines on the same turns, by their name.
        fitted: What the baselines were fitted on.
        unlabelled: Turns without a gold strategy, which accuracy leaves out.
        words: Whether words were asked for; without, figures of words have no value and need no reason.
        failures: Failed answers by what could not be had and why.
        confusion: Gold strategy to chosen one to count; ``unreadable`` for none.
        by_strategy: Precision, recall and F1 of each strategy.
        requests: What it took.
    """

    program: str
    models: dict[str, str]
    context: Context
    conversations: int
    turns: int
    scores: tuple[Score, ...]
    by_lang: dict[Lang, tuple[Score, ...]] = Field(default_factory=dict)
    baselines: dict[str, tuple[Score, ...]] = Field(default_factory=dict)
    fitted: str = ""
    unlabelled: int = 0
    words: bool = True
    failures: dict[str, int] = Field(default_factory=dict)
    confusion: dict[Strategy, dict[str, int]] = Field(default_factory=dict)
    by_strategy: dict[Strategy, Scores] = Field(default_factory=dict)
    requests: Requests

    @property
    def name(self) -> str:
        """The program and the models behind it."""
        models = ", ".join(dict.fromkeys(self.models.values()))
        return f"{self.program} on {models}" if models else self.program

    @property
    def title(self) -> str:
        """The accuracy in a few words, as a picture's title."""
        score = self.score("accuracy")
        if score is None or score.value is None:
            return "Strategies"
        spread = "" if score.low is None else f" (95 % interval {score.low:.1f} to {score.high:.1f})"
        return f"Strategy accuracy {score.value:.1f}{spread}"

    def remarks(self) -> str:
        """What was left out and what failed, in a sentence or two."""
        left = (
            f"{self.unlabelled:,} turns have no gold strategy and do not count for accuracy. "
            if self.unlabelled
            else ""
        )
        if not self.words:
            left += "Words were not asked for. "
        failed = ", ".join(f"{what} {count:,}" for what, count in self.failures.items())
        return left + (f"Failed answers count as wrong: {failed}." if failed else "No answer failed.")

    def score(self, name: str) -> Score | None:
        """A figure by its metric's id."""
        return next((score for score in self.scores if score.name == name), None)

    def figures(self) -> dict[str, float | None]:
        """All figures by name, flat, for tracking."""
        found: dict[str, float | None] = {}
        for score in self.scores:
            found[score.name] = score.value
            if score.low is not None:
                found |= {f"{score.name}.low": score.low, f"{score.name}.high": score.high}
        for name, baseline in self.baselines.items():
            found |= {f"{name}.{score.name}": score.value for score in baseline}
        return {
            **found,
            "turns": self.turns,
            "conversations": self.conversations,
            "failed": sum(self.failures.values()),
        }


def report(
    answered: Iterable[Answered],
    train: Sequence[Sequence[Strategy | None]] | None = None,
    seed: int = 0,
    neural: NeuralModels | None = None,
) -> Report:
    """Score answers.

    Args:
        answered: The answers of one program in one context.
        train: Strategies of other conversations, which the baselines are fitted on. Without them a fifth of the
            conversations at hand is measured with the other four fifths, and so on.
        seed: Of the bootstrap samples.
        neural: The models of BERTScore and BLEURT, which are absent without.

    Raises:
        InputError: There is nothing, the answers are of several programs or contexts, or a model is none.
    """
    rows = sorted(answered, key=lambda row: row.id)  # figures must not depend on which was finished first
    if not rows:
        raise InputError("there are no answers to score")
    kinds = {(row.program, row.context) for row in rows}
    if len(kinds) > 1:
        raise InputError(f"the answers are of several runs: {', '.join(' in '.join(kind) for kind in sorted(kinds))}")
    found = counted(rows, neural)
    cells = next(metric for metric in found.metrics if metric.name == "macro-f1")
    turns = [turn for row in rows for turn in row.turns]
    words = _had_words(rows)
    return Report(
        program=rows[0].program,
        models=models_of(rows[0].meta),
        context=rows[0].context,
        conversations=len(rows),
        turns=len(turns),
        scores=_scores(found, seed, words),
        by_lang={
            lang: _scores(found.only(places), seed, words)
            for lang, places in apart(range(len(rows)), lambda at: rows[at].lang).items()
        },
        baselines=_baselines(rows, train, seed),
        fitted="the train file" if train is not None else f"the other {FOLDS - 1} of {FOLDS} parts of the same file",
        unlabelled=sum(turn.gold_strategy is None for turn in turns),
        words=words,
        failures=dict(Counter(turn.failure for turn in turns if turn.failure).most_common()),
        confusion={
            gold: {str(said or "unreadable"): n for said, n in row.items()}
            for gold, row in labels.confusion(found.sums(cells)).items()
        },
        by_strategy=labels.by_strategy(found.sums(cells)),
        requests=Requests.of(request for turn in turns for request in turn.requests),
    )


def _had_words(rows: Sequence[Answered]) -> bool:
    """Whether words were asked for: else what did not fail has none either."""
    turns = [turn for row in rows for turn in row.turns]
    return any(turn.response is not None for turn in turns) or all(turn.failure for turn in turns)


def _scores(found: Counted, seed: int, words: bool) -> tuple[Score, ...]:
    """The figures; where no words were asked for, those of words are empty and need no reason."""
    kept = {metric.name for metric in labels.metrics()}
    return tuple(
        score if words or score.name in kept else Score(name=score.name, label=score.label)
        for score in scores(found, seed)
    )


def counted(rows: Sequence[Answered], neural: NeuralModels | None = None) -> Counted:
    """The counts of answers, for every metric.

    Raises:
        InputError: A model's folder holds no such model.
    """
    words = _had_words(rows)
    answers = {row.id: tuple(row.answers(words=words)) for row in rows}
    metrics = all_metrics((answer for some in answers.values() for answer in some), neural or NeuralModels())
    return Counted.of(answers.items(), metrics)


def _baselines(
    rows: Sequence[Answered], train: Sequence[Sequence[Strategy | None]] | None, seed: int
) -> dict[str, tuple[Score, ...]]:
    """The trivial baselines on the same turns; empty where there is nothing to fit them on."""
    gold = [[turn.gold_strategy for turn in row.turns] for row in rows]
    found = {}
    for name in TRIVIAL:
        answers: dict[str, list[Answer]] = {}
        try:
            for part in range(1 if train is not None else FOLDS):
                others = train if train is not None else [one for at, one in enumerate(gold) if at % FOLDS != part]
                model = NextStrategy(name, others)
                for at, row in enumerate(rows):
                    if train is not None or at % FOLDS == part:
                        answers[row.id] = _by(model, row)
        except InputError:
            return {}
        by_chance = Counted.of(((row.id, answers[row.id]) for row in rows), labels.metrics()[:2])
        found[f"trivial:{name}"] = tuple(scores(by_chance, seed)[:2])
    return found


def _by(model: NextStrategy, row: Answered) -> list[Answer]:
    """A baseline's answers in the context of a row: it goes on from gold strategies, or from its own."""
    past: list[Strategy | None] = []
    answers = []
    for turn in row.turns:
        said = model.next(past)
        answers.append(Answer(row.lang, turn.reference, turn.gold_strategy, strategy=said))
        past.append(said if row.context == "generated" else turn.gold_strategy)
    return answers
