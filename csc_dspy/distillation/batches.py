"""Samples side by side in rows of a fixed length: hardly any padding, and no conversation sees another.

Positions begin anew with every conversation, by which transformers builds a block-diagonal attention mask for each row
(``masking_utils.find_packed_sequence_indices``, which looks at them only where no attention mask is given). Attention
works on whole rows all the same, what the mask hides included: so its costs grow with a row's length, and several rows
stay apart instead of standing behind each other.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from csc_dspy.distillation.dataset import Sample
from csc_dspy.distillation.masks import IGNORED
from csc_dspy.framework import Strategy

MOST = 4.0
"""How much more a rare strategy may count than the mean one."""


def packed(samples: Sequence[Sample], length: int, weights: Mapping[Strategy, float]) -> Any:
    """Rows of whole samples, as full as they come (best fit, the longest first).

    Args:
        samples: None of them longer than a row.
        length: Tokens of a row at most.
        weights: What a token of a strategy's replies counts; 1 where it is not named.

    Returns:
        A ``datasets.Dataset`` with ``input_ids``, ``labels``, ``weights`` and ``seq_lengths``.
    """
    from datasets import Dataset

    rows: list[list[Sample]] = []
    free: list[tuple[int, int]] = []  # the room that is left and in which row, the least first
    for sample in sorted(samples, key=lambda one: (-len(one.tokens.ids), one.id, one.side)):
        size = len(sample.tokens.ids)
        fitting = bisect_left(free, (size, 0))
        if fitting < len(free):
            room, at = free.pop(fitting)
        else:
            room, at = length, len(rows)
            rows.append([])
        rows[at].append(sample)
        insort(free, (room - size, at))
    made = [_row(row, weights) for row in rows]
    return Dataset.from_dict({name: [np.asarray(row[name]) for row in made] for name in _COLUMNS})


_COLUMNS = {"input_ids": "i", "labels": "i", "weights": "f", "seq_lengths": "i"}
"""What a row has, with the kind of array that holds it."""


def _row(samples: Sequence[Sample], weights: Mapping[Strategy, float]) -> dict[str, array[Any]]:
    row: dict[str, array[Any]] = {name: array(kind) for name, kind in _COLUMNS.items()}
    for sample in samples:
        tokens = sample.tokens
        counts = array("f", [0.0]) * len(tokens.ids)
        for reply in tokens.replies:
            weight = weights.get(reply.strategy, 1.0) if reply.strategy else 1.0
            counts[reply.start : reply.end] = array("f", [weight]) * (reply.end - reply.start)
        row["input_ids"] += tokens.ids
        row["labels"] += tokens.labels
        row["weights"] += counts
        row["seq_lengths"].append(len(tokens.ids))
    return row


def balanced(counts: Mapping[Strategy, int], power: float) -> dict[Strategy, float]:
    """Weights against imbalance: of a strategy that is learned n times as often as the mean one, n to the ``-power``.

    Args:
        counts: How often each strategy is learned.
        power: 0 leaves all alike, 1 lets every strategy count the same in sum, up to :data:`MOST`.
    """
    if not counts or not power:
        return {}
    mean = sum(counts.values()) / len(counts)
    raw = {strategy: min(MOST, (mean / count) ** power) for strategy, count in counts.items() if count}
    whole = sum(raw[strategy] * counts[strategy] for strategy in raw) / sum(Counter(counts).values())
    return {strategy: weight / whole for strategy, weight in raw.items()}


def collate(rows: Sequence[Mapping[str, Any]]) -> dict[str, torch.Tensor]:
    """Rows as one batch of shape (rows, tokens of the longest row).

    The first token of a conversation is nobody's successor: its label is ignored. Behind a shorter row stands padding
    with positions of its own, as one more conversation that nothing is learned from: rows are packed, so it is little.

    Returns:
        ``input_ids``, ``position_ids``, ``labels`` and ``weights`` of the batch's shape, and ``sizes``, the tokens of
        each row that are no padding.
    """
    longest = max(len(row["input_ids"]) for row in rows)
    batch: dict[str, list[Any]] = {"input_ids": [], "position_ids": [], "labels": [], "weights": [], "sizes": []}
    for row in rows:
        labels = list(row["labels"])
        positions: list[int] = []
        for size in row["seq_lengths"]:
            labels[len(positions)] = IGNORED
            positions += range(size)
        left = longest - len(positions)
        batch["input_ids"].append([*row["input_ids"], *[0] * left])
        batch["position_ids"].append([*positions, *range(left)])
        batch["labels"].append([*labels, *[IGNORED] * left])
        batch["weights"].append([*row["weights"], *[0.0] * left])
        batch["sizes"].append(len(positions))
    return {name: torch.tensor(values) for name, values in batch.items()}


def learned(labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Where a batch is learned from, for logits of nothing else.

    Args:
        labels: Of shape (rows, tokens), those that are not learned :data:`IGNORED`.

    Returns:
        A mask of shape (rows, tokens) for ``logits_to_keep``: the tokens whose successor is learned; and one of the
        successors themselves, whose true places come in the same order.
    """
    after = labels != IGNORED
    after[:, 0] = False
    return after.roll(-1, dims=1), after
