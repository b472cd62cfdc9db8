"""BERTScore and BLEURT: figures that need a neural model; without one they are absent and say why.

Both are means over answers, × 100. All pairs of response and reference are scored first, so that their counts add up
like any others. An answer that could not be read counts as an empty text: BERTScore of an empty text is 0, BLEURT asks
its model as for any other text. An empty reference is not scored, nor is a language without a model.

Here is who scores what; :mod:`csc_dspy.metrics.encoders` computes, and alone needs torch and transformers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Literal, NamedTuple, Self, get_args

from csc_dspy.errors import InputError, ModelError
from csc_dspy.framework import LANGS, Lang
from csc_dspy.metrics.answers import Answer
from csc_dspy.metrics.metric import Metric, share
from csc_dspy.metrics.overlap import NOTHING, texts

Kind = Literal["bertscore", "bleurt"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Pair = tuple[str, str]
"""What was said and what should have been."""

EXTRA = "needs the extra csc-dspy[neural]"

_LABELS: dict[Kind, str] = {"bertscore": "BERTScore", "bleurt": "BLEURT"}
_SPEAKS: dict[Kind, tuple[Lang, ...]] = {"bertscore": LANGS, "bleurt": ("en",)}
"""Languages of a model that is given without one: the published BLEURT checkpoints know English only."""
_HUB_ID = re.compile(r"\w[\w.-]*(/\w[\w.-]*)?")


class Model(NamedTuple):
    """A model of one of the two metrics.

    Attributes:
        kind: Which of them.
        name: A folder, or an id of the Hugging Face hub.
        layer: BERTScore: the layer whose vectors are compared, from 1; ``None`` for the model's usual one.
    """

    kind: Kind
    name: str
    layer: int | None = None


@dataclass
class Outcome:
    """What a model has said so far.

    Attributes:
        values: Pair to value, about 0 for the worst and 1 for the best; BLEURT may leave these bounds.
        how: What the values depend on besides the texts.
        why: Why there are none.
    """

    values: dict[Pair, float] = field(default_factory=dict)
    how: str = ""
    why: str | None = None


@dataclass(frozen=True)
class NeuralModels:
    """Which model scores which language; by default none does. It remembers every pair it has scored.

    Attributes:
        bertscore: Language to model.
        bleurt: Likewise.
    """

    bertscore: Mapping[Lang, Model] = field(default_factory=dict)
    bleurt: Mapping[Lang, Model] = field(default_factory=dict)
    _outcomes: dict[Model, Outcome] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def of(cls, bertscore: Iterable[str] = (), layers: Iterable[str] = (), bleurt: Iterable[str] = ()) -> Self:
        """From options, each ``VALUE`` or ``LANG=VALUE``; one with a language goes before one without.

        Args:
            bertscore: Folders or hub ids; without a language for both.
            layers: Layers of these, from 1; where none is given it is the one of bert-score's table, or the last.
            bleurt: Folders or hub ids; without a language for English.

        Raises:
            InputError: An option is given twice, a folder does not exist or holds no model, a layer is no number.
        """
        if (layers := list(layers)) and not (bertscore := list(bertscore)):
            raise InputError("--bertscore-layer is of no use without --bertscore-model")
        numbers = {lang: _layer(text) for lang, text in _by_lang("--bertscore-layer", layers, LANGS).items()}
        return cls(
            {
                lang: Model("bertscore", _found("--bertscore-model", name), numbers.get(lang))
                for lang, name in _by_lang("--bertscore-model", bertscore, _SPEAKS["bertscore"]).items()
            },
            {
                lang: Model("bleurt", _found("--bleurt-model", name))
                for lang, name in _by_lang("--bleurt-model", bleurt, _SPEAKS["bleurt"]).items()
            },
        )

    def __bool__(self) -> bool:
        """Whether there is any model."""
        return bool(self.bertscore or self.bleurt)

    def check(self) -> None:
        """Load every model once, before much is done for figures that then cannot be had.

        Raises:
            InputError: A folder holds no model of its metric.
        """
        for model in {*self.bertscore.values(), *self.bleurt.values()}:
            self.outcome(model, [("", "x")])

    def outcome(self, model: Model, pairs: Iterable[Pair]) -> Outcome:
        """Score the pairs that the model has not scored yet.

        Raises:
            InputError: Its folder holds no model of its metric.
        """
        outcome = self._outcomes.setdefault(model, Outcome())
        new = list(dict.fromkeys(pair for pair in pairs if pair not in outcome.values))
        if new and outcome.why is None:
            try:
                from csc_dspy.metrics.encoders import load
            except ImportError:
                outcome.why = EXTRA
                return outcome
            try:
                scorer = load(model)
            except ModelError as error:
                outcome.why = str(error)
                return outcome
            outcome.how = scorer.how
            outcome.values.update(scorer.scores(new))
        return outcome


def metrics(models: NeuralModels, answers: Iterable[Answer]) -> list[Metric]:
    """The metrics of this file, for these answers and no others.

    Raises:
        InputError: A folder holds no model of its metric.
    """
    pairs: dict[Lang, list[Pair]] = {}
    for answer in answers:
        if (compared := texts(answer)) is not None:
            pairs.setdefault(answer.lang, []).append(compared)
    return [_metric("bertscore", models.bertscore, models, pairs), _metric("bleurt", models.bleurt, models, pairs)]


def _metric(
    kind: Kind, by_lang: Mapping[Lang, Model], models: NeuralModels, pairs: Mapping[Lang, Sequence[Pair]]
) -> Metric:
    values: dict[Lang, Mapping[Pair, float]] = {}
    hows: list[str] = []
    lacking: dict[Lang, str] = {}
    for lang in (lang for lang in LANGS if lang in pairs):
        if (model := by_lang.get(lang)) is None:
            of_lang = f"no model for {lang}: --{kind}-model {lang}=MODEL gives one"
            lacking[lang] = of_lang if by_lang else f"no model: --{kind}-model gives one"
            continue
        # Languages with one model go together, so that it is loaded once.
        outcome = models.outcome(model, chain.from_iterable(pairs[one] for one in pairs if by_lang.get(one) == model))
        if outcome.why is None:
            values[lang] = outcome.values
            hows.append(f"{outcome.how} ({lang})")
        else:
            lacking[lang] = outcome.why

    def count(answer: Answer) -> Sequence[float] | None:
        compared = texts(answer)
        return None if compared is None or answer.lang not in values else (values[answer.lang][compared], 1)

    left = [f"{len(pairs[lang]):,} turns in {lang} are not scored: {why}" for lang, why in lacking.items()]
    why = "; ".join(dict.fromkeys(lacking.values())) or NOTHING
    return Metric(kind, _LABELS[kind], 2, count, share, why, "; ".join([*hows, *left] if hows else []))


def _by_lang(option: str, given: Iterable[str], speaks: Sequence[Lang]) -> dict[Lang, str]:
    """Language to what an option says of it."""
    own: dict[Lang | None, str] = {}
    for text in given:
        head, _, value = text.partition("=")
        lang = next((lang for lang in LANGS if lang == head), None)
        if lang in own:
            raise InputError(f"{option} is given twice{f' for {lang}' if lang else ''}")
        own[lang] = value if lang else text
    general = dict.fromkeys(speaks, own[None]) if None in own else {}
    return {**general, **{lang: value for lang, value in own.items() if lang}}


def _layer(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise InputError(f"--bertscore-layer: {text} is not a layer: they are counted from 1")
    return int(text)


def _found(option: str, name: str) -> str:
    """A folder with a model, or what may be an id of the hub."""
    path = Path(name).expanduser()
    if path.is_dir():
        if not (path / "config.json").is_file():
            raise InputError(f"{option}: {name} holds no model: there is no config.json in it")
        return str(path)
    meant = not _HUB_ID.fullmatch(name) or (path.parent != Path() and path.parent.is_dir())
    if path.exists() or meant:
        raise InputError(f"{option}: {name}: no such folder")
    return name
