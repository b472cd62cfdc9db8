"""The models behind BERTScore and BLEURT: what they make of pairs of texts.

BERTScore is computed here and not by a library. It is what bert-score 0.3.13 computes (Zhang et al. 2020) without idf
and rescaling: every token of a text takes its closest one of the other's by cosine; special tokens may be taken but do
not take themselves. With transformers 5 that package fails on an empty text and spells the first word differently for
RoBERTa; torchmetrics 1.9.0 sorts texts by length and pairs them wrongly afterwards, and leaves special tokens out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import torch
import transformers
from tokenizers.pre_tokenizers import ByteLevel

from csc_dspy.errors import InputError
from csc_dspy.metrics.neural import Model, Pair
from csc_dspy.metrics.pretrained import Network, Reader

VERSION = f"transformers {transformers.__version__}"

BATCH = 32
"""Pairs at a time, of about the same length."""

LAYERS = {
    "roberta-large": 17,
    "roberta-large-mnli": 19,
    "roberta-base": 10,
    "distilroberta-base": 5,
    "bert-base-uncased": 9,
    "bert-large-uncased": 18,
    "bert-base-multilingual-cased": 9,
    "bert-base-chinese": 8,
    "distilbert-base-uncased": 5,
    "xlm-roberta-base": 9,
    "xlm-roberta-large": 17,
    "deberta-large-mnli": 18,
    "deberta-xlarge-mnli": 40,
}
"""Model to the layer that agrees best with people, of bert-score's table; owners are left out."""


class Scorer(Protocol):
    """A loaded model."""

    how: str

    def scores(self, pairs: Sequence[Pair]) -> dict[Pair, float]:
        """Pair to value."""


def load(model: Model) -> Scorer:
    """Read a model's weights.

    Raises:
        InputError: It is no model of its metric, or has no such layer.
        ModelError: It cannot be had: not on the hub, the hub out of reach, weights that cannot be read.
    """
    return BertScorer(model) if model.kind == "bertscore" else Bleurt(model)


class BertScorer:
    """F1 of the greedy matching of token vectors (Zhang et al. 2020)."""

    def __init__(self, given: Model) -> None:
        reader = Reader(given.name)
        config = reader.config()
        layers = getattr(config, "num_hidden_layers", 0)
        known = LAYERS.get(reader.title.split("/")[-1])
        layer = given.layer or known or layers
        if config.is_encoder_decoder or not layers:
            raise InputError(f"{given.name}: BERTScore needs an encoder, as roberta-large or bert-base-chinese are")
        if layer > layers:
            raise InputError(f"{given.name} has {layers} layers, there is no layer {layer}")
        config.num_hidden_layers = layer  # what lies above is not computed
        self._encoder = Network(reader, transformers.AutoModel, config, may_lack="pooler.")
        tokenizer = self._encoder.tokenizer
        splitter = getattr(getattr(tokenizer, "backend_tokenizer", None), "pre_tokenizer", None)
        # A byte-level tokenizer spells a word differently at the very beginning: bert-score puts a blank before it.
        self._before = " " if isinstance(splitter, ByteLevel) else ""
        self._frame = torch.tensor([id for id in (tokenizer.cls_token_id, tokenizer.sep_token_id) if id is not None])
        self.how = f"mean F1 of {reader.title}, layer {layer}, no idf, not rescaled, {VERSION}"

    def scores(self, pairs: Sequence[Pair]) -> dict[Pair, float]:
        """Pair to F1, at most 1; 0 where a text has no token."""
        found = {}
        for batch in _batches(pairs):
            vectors = self._vectors(list(dict.fromkeys(text for pair in batch for text in pair)))
            found.update({(said, wanted): _f1(*vectors[said], *vectors[wanted]) for said, wanted in batch})
        return found

    def _vectors(self, texts: Sequence[str]) -> dict[str, tuple[Any, Any]]:
        """Text to the vectors of its tokens, shape (tokens, size) and length 1, and which of them count, as 0 and 1."""
        rows = self._encoder.tokens([self._before + text.strip() if text.strip() else "" for text in texts])
        with torch.inference_mode():
            hidden = self._encoder.module(
                input_ids=rows["input_ids"], attention_mask=rows["attention_mask"]
            ).last_hidden_state
            hidden = torch.nn.functional.normalize(hidden, dim=-1)
            counts = ~torch.isin(rows["input_ids"], self._frame.to(hidden.device))
        there = rows["attention_mask"].bool()
        return {text: (hidden[at][there[at]], counts[at][there[at]].float()) for at, text in enumerate(texts)}


class Bleurt:
    """What a regression on a pair of texts says (Sellam et al. 2020)."""

    def __init__(self, given: Model) -> None:
        reader = Reader(given.name)
        config = reader.config()
        if config.num_labels != 1:
            raise InputError(f"{given.name} is no BLEURT model: it gives {config.num_labels} numbers, not one")
        self._regression = Network(reader, transformers.AutoModelForSequenceClassification, config)
        self.how = f"mean of {reader.title}, {VERSION}"

    def scores(self, pairs: Sequence[Pair]) -> dict[Pair, float]:
        """Pair to value; a reference comes first, as the models were trained."""
        found: dict[Pair, float] = {}
        for batch in _batches(pairs):
            rows = self._regression.tokens([wanted for _, wanted in batch], [said for said, _ in batch])
            with torch.inference_mode():
                logits = self._regression.module(**rows).logits[:, 0]
            found.update(zip(batch, logits.tolist(), strict=True))
        return found


def _f1(said: Any, said_counts: Any, wanted: Any, wanted_counts: Any) -> float:
    """F1 of two texts' vectors, each with which of them count."""
    if not said_counts.any() or not wanted_counts.any():
        return 0.0
    similar = said @ wanted.T
    precision = (similar.amax(dim=1) @ said_counts / said_counts.sum()).item()
    recall = (similar.amax(dim=0) @ wanted_counts / wanted_counts.sum()).item()
    return float(2 * precision * recall / (precision + recall)) if precision + recall else 0.0


def _batches(pairs: Sequence[Pair]) -> Iterator[list[Pair]]:
    """Pairs of about the same length together, the longest first: a lack of memory shows at once."""
    ordered = sorted(pairs, key=lambda pair: (max(map(len, pair)), pair), reverse=True)
    return (ordered[at : at + BATCH] for at in range(0, len(ordered), BATCH))
