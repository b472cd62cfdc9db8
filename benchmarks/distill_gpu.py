"""A student trained and measured on a GPU, in one command, without a network.

python benchmarks/distill_gpu.py --base FOLDER [--conversations train.jsonl] [--dev dev.jsonl] [--rolecs rolecs.jsonl …]
                                 [--length 1024] [--rows-at-once 16] [--epochs 3] [--limit N] [--out DIR]

The base is a folder of transformers (config.json, safetensors, tokenizer) or a name of the catalogue. Trains an adapter
on the conversations, then lets base and student choose the strategy of every labelled supporter turn of ``--dev`` in
the reference context, among the twelve tags by their likelihood. ``--limit`` takes so many conversations of each, for
a trial, on a CPU too. Prints one JSON line per figure; on a GPU the exit status is 1 if a target is missed.

Speed: tokens of conversations (no padding) a second of the training's steps alone. Steps that warm up, the step behind
each checkpoint (whose interval holds evaluation and saving) and the last, smaller one of an epoch do not count; loading
never does. A step has the mean row's tokens for each of its rows.

Model FLOPs utilization (MFU) = tokens/s × FLOPs a token / the card's dense peak. FLOPs a token:

- 4 a frozen matrix's weight (2 forward, 2 for its input's gradient; it gets none itself) and 6 an adapter's weight;
- 4 a weight of the vocabulary's matrix, only for the learned tokens, as no other has logits; the table of embeddings
  is looked up, so it counts nothing;
- attention: 4 × layers × heads × head's width × tokens a token sees (itself and those before it in its own
  conversation), and twice that backward. What the mask hides counts nothing, though the kernel may work on it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from csc_dspy.chats import question, supporter_system, tag  # noqa: E402
from csc_dspy.conversation import read_conversations  # noqa: E402
from csc_dspy.framework import Strategy  # noqa: E402
from csc_dspy.metrics.metric import share  # noqa: E402
from csc_dspy.metrics.resampling import interval  # noqa: E402

PEAKS = (
    ({"H200", "NVL"}, 835e12, "bfloat16"),
    ({"H200"}, 989e12, "bfloat16"),
    ({"H100", "PCIe"}, 756e12, "bfloat16"),
    ({"H100", "NVL"}, 835e12, "bfloat16"),
    ({"H100"}, 989e12, "bfloat16"),
    ({"A100"}, 312e12, "bfloat16"),
    ({"L40S"}, 362e12, "bfloat16"),
    ({"L40"}, 181e12, "bfloat16"),
    ({"L4"}, 121e12, "bfloat16"),
    ({"A10"}, 125e12, "bfloat16"),
    ({"RTX", "4090"}, 165e12, "bfloat16"),
    ({"T4"}, 8.1e12, "float32"),  # it has no bfloat16, so the training is in float32 there
)
"""Dense FLOP/s of cards, by whole words of their name, from their makers' data sheets; the first that fits."""
OTHERS = {"MIG", "Laptop", "D"}
"""Words of cards that are less than their namesakes: a part of one, one of a notebook, the 4090 D."""
ACCURACY, MFU = 66.0, 35.0
"""Targets in %."""
WARM = 5
"""Steps that do not count, if there are four times as many."""


def say(figure: str, value: float | None, unit: str, **more: Any) -> None:
    rounded = None if value is None else round(value, 4)
    print(json.dumps({"figure": figure, "value": rounded, "unit": unit, **more}, ensure_ascii=False), flush=True)


def peak_of(card: str) -> tuple[float, str] | None:
    """FLOP/s of a card and in which numbers; ``None`` if it is unknown."""
    words = set(re.split(r"[^A-Za-z0-9]+", card))
    if words & OTHERS:
        return None
    return next(((peak, numbers) for named, peak, numbers in PEAKS if named <= words), None)


class Clock:
    """Seconds of the steps that count, from what a training tells."""

    def __init__(self, an_epoch: int, every: int, even: bool) -> None:
        """What there will be.

        Args:
            an_epoch: Steps of an epoch.
            every: Steps between checkpoints.
            even: Whether the last step of an epoch has as many rows as the others.
        """
        self._an_epoch, self._every, self._even = an_epoch, every, even
        self._last: tuple[int, float] | None = None
        self.seconds: list[float] = []

    def __call__(self, step: int, of: int, figures: dict[str, float]) -> None:
        """Told of a step, or of an evaluation."""
        if "loss" not in figures:
            return
        now = time.monotonic()
        warm = min(WARM, of // 4)
        smaller = not self._even and step % self._an_epoch == 0
        if self._last is not None and step > warm and (step - 1) % self._every and not smaller:
            self.seconds.append(now - self._last[1])
        self._last = step, now


def flops_a_token(network: Any, sizes: list[int], learned: int, adapter: int) -> dict[str, float]:
    """Forward and backward FLOPs of a trained token, by part; the module says how.

    Args:
        network: The base.
        sizes: Tokens of each conversation.
        learned: How many of them all are learned.
        adapter: Weights of the adapter.
    """
    config = network.config
    tokens = sum(sizes)
    vocabulary = network.get_output_embeddings().weight
    tables = {id(vocabulary), id(network.get_input_embeddings().weight)}
    body = sum(one.numel() for one in network.parameters() if one.ndim > 1 and id(one) not in tables)
    head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    seen = sum(size * (size + 1) / 2 for size in sizes) / tokens
    return {
        "frozen": 4.0 * body,
        "vocabulary": 4.0 * vocabulary.numel() * learned / tokens,
        "adapter": 6.0 * adapter,
        "attention": 3 * 4.0 * config.num_hidden_layers * config.num_attention_heads * head * seen,
    }


def likelihoods(network: Any, contexts: list[list[int]], options: list[list[list[int]]]) -> Any:
    """Log-likelihoods of shape (contexts, options); a context passes the network once, with all its options behind it.

    Each option sees the context and itself alone.
    """
    import torch

    rows = [[*context, *(id for option in of for id in option)] for context, of in zip(contexts, options, strict=True)]
    longest = max(map(len, rows))
    ids = torch.zeros(len(rows), longest, dtype=torch.long)
    part = torch.full_like(ids, -1)  # -1 is padding, 0 the context, then one for each option
    places, asked = torch.zeros_like(ids), torch.zeros_like(ids, dtype=torch.bool)
    for at, (context, of) in enumerate(zip(contexts, options, strict=True)):
        ids[at, : len(rows[at])] = torch.tensor(rows[at])
        parts = [0] * len(context) + [number for number, option in enumerate(of, 1) for _ in option]
        part[at, : len(parts)] = torch.tensor(parts)
        ends = [len(context) + place for option in of for place in range(len(option))]
        places[at, : len(parts)] = torch.tensor([*range(len(context)), *ends])
        asked[at, len(context) - 1 : len(parts)] = True
    sees = (part[:, None, :] == 0) | (part[:, None, :] == part[:, :, None])
    sees = (sees & torch.ones(longest, longest, dtype=torch.bool).tril())[:, None]
    given = {"input_ids": ids, "position_ids": places, "attention_mask": sees, "logits_to_keep": asked}
    with torch.no_grad():
        logits = network(**{name: value.to(network.device) for name, value in given.items()}, use_cache=False).logits
    found, start = [], 0
    for of in options:
        own = logits[start : start + 1 + sum(map(len, of))].float().log_softmax(-1)
        start += len(own)
        at, sums = 1, []
        for option in of:
            before = torch.tensor([0, *range(at, at + len(option) - 1)], device=own.device)
            sums.append(own[before, torch.tensor(option, device=own.device)].sum())
            at += len(option)
        found.append(torch.stack(sums))
    return torch.stack(found).cpu()


def accuracy(network: Any, tokenizer: Any, dev: Path, limit: int | None, batch: int) -> tuple[float, Any, int]:
    """Strategy accuracy × 100, its interval, and the turns."""
    import numpy as np

    tags = {
        lang: [tokenizer.encode(tag(one, lang), add_special_tokens=False) for one in Strategy] for lang in ("en", "zh")
    }
    asked: list[tuple[str, list[int], str, int]] = []
    for one in list(read_conversations(dev))[:limit]:
        for at, turn in enumerate(one.turns):
            if turn.speaker == "supporter" and turn.strategy:
                messages = question(supporter_system(one.lang), one.turns[:at], one.lang)
                text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
                ids = tokenizer.encode(text, add_special_tokens=False)
                asked.append((one.id, ids, one.lang, list(Strategy).index(turn.strategy)))
    asked.sort(key=lambda row: len(row[1]))
    network.eval()
    rows: dict[str, list[int]] = {}
    for start in range(0, len(asked), batch):
        group = asked[start : start + batch]
        chosen = likelihoods(network, [row[1] for row in group], [tags[row[2]] for row in group]).argmax(-1)
        for (id, _, _, gold), choice in zip(group, chosen.tolist(), strict=True):
            right, of = rows.get(id, (0, 0))
            rows[id] = [right + (choice == gold), of + 1]
    if not rows:
        raise SystemExit(f"{dev}: no supporter turn with a strategy in it")
    table = np.array(list(rows.values()), dtype=float)
    found = share(table.sum(axis=0))
    assert found is not None
    return found, interval(table, [share])[0], int(table[:, 1].sum())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    star = ROOT.parent / "shared" / "data" / "star_csc"
    parser.add_argument("--base", required=True)
    parser.add_argument("--conversations", type=Path, default=star / "train.jsonl")
    parser.add_argument("--dev", type=Path, default=star / "dev.jsonl")
    parser.add_argument("--rolecs", type=Path, nargs="*", default=[], help="More files to train on.")
    parser.add_argument("--out", type=Path, default=Path("distill-gpu"))
    parser.add_argument("--epochs", type=float, default=3)
    parser.add_argument("--length", type=int, default=1024, help="Tokens of a row.")
    parser.add_argument("--rows-at-once", type=int, default=16, help="Rows of a batch, and of a step.")
    parser.add_argument("--speed-only", action="store_true", help="No accuracy: for a base with random weights.")
    parser.add_argument("--limit", type=int, help="So many conversations to train on, and of dev.")
    given = parser.parse_args()
    if Path(given.base).is_dir():
        os.environ["HF_HUB_OFFLINE"] = "1"  # before huggingface_hub is imported
    import torch
    from peft import PeftModel

    from csc_dspy.distillation.base import open_base
    from csc_dspy.distillation.batches import packed
    from csc_dspy.distillation.config import TrainingConfig
    from csc_dspy.distillation.dataset import read_samples
    from csc_dspy.distillation.loading import load_network
    from csc_dspy.distillation.train import train

    given.out.mkdir(parents=True, exist_ok=True)
    merged = given.out / "train.jsonl"
    parts = [path.read_text("utf-8").rstrip("\n") for path in (given.conversations, *given.rolecs)]
    merged.write_text("\n".join([*parts, ""]), "utf-8")
    base, tokenizer = open_base(given.base)
    samples = read_samples(merged, tokenizer, longest=given.length, limit=given.limit)
    on_gpu = torch.cuda.is_available()
    device = "cuda" if on_gpu else "cpu"
    card = torch.cuda.get_device_name() if on_gpu else "cpu"
    bf16 = on_gpu and torch.cuda.is_bf16_supported(including_emulation=False)

    def loaded() -> Any:  # in 32 bits: in 16 an adapter that is merged would be rounded
        return load_network(base.name, base.source, dtype=torch.float32, attn_implementation="sdpa").to(device)

    def measured(name: str, network: Any, **more: Any) -> float:
        if given.speed_only:
            return ACCURACY
        begun = time.monotonic()
        value, spread, turns = accuracy(network, tokenizer, given.dev, given.limit, 32 if on_gpu else 4)
        ends = {} if spread is None else {"low": round(spread.low, 2), "high": round(spread.high, 2)}
        seconds = round(time.monotonic() - begun, 1)
        say(f"strategy accuracy, {name}", value, "%", **ends, n=turns, seconds=seconds, card=card, **more)
        return value

    network = loaded()
    measured("base", network)
    del network
    if on_gpu:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    rows = packed(samples.train, given.length, {})
    tokens = sum(map(len, rows["input_ids"]))
    config = TrainingConfig(
        epochs=given.epochs,
        length=given.length,
        rows=given.rows_at_once,
        rows_at_once=given.rows_at_once,
        bf16=bf16 if on_gpu else None,
        checkpoints=1,
    )
    an_epoch = max(1, -(-len(rows) // config.rows))
    clock = Clock(an_epoch, max(1, an_epoch // config.checkpoints), len(rows) % config.rows == 0)
    done = train(base, tokenizer, samples, config, given.out / "training", on_log=clock, resume=False)
    a_step = tokens / len(rows) * min(config.rows, len(rows))
    speed = a_step * len(clock.seconds) / sum(clock.seconds) if clock.seconds else None
    few = {} if clock.seconds else {"reason": "too few steps: all of them warm up or stand behind a checkpoint"}
    about = {"rows_at_once": config.rows_at_once, "length": config.length, "bf16": bf16, "card": card}
    timed = {"timed_steps": len(clock.seconds), "steps": done.steps, "loss": round(done.loss, 4)}
    say("training speed, steps alone", speed, "tokens/s", **timed, **about, **few)
    say("training speed, evaluation and saving included", done.tokens_per_second, "tokens/s", card=card)
    say("tokens in a row of a batch that are no padding", 100 * done.filled, "%", rows=len(rows), target=">= 85 %")
    say("peak memory", done.peak_bytes / 2**30, "GiB", of="GPU" if on_gpu else "process", card=card)
    student = PeftModel.from_pretrained(loaded(), str(given.out / "training" / "model"))
    adapter = sum(weight.numel() for name, weight in student.named_parameters() if "lora_" in name)
    sizes, learned = [len(one.tokens.ids) for one in samples.train], sum(one.learned for one in samples.train)
    student = student.merge_and_unload()
    flops = flops_a_token(student, sizes, learned, adapter)
    counted = {"flops_a_token": {name: round(value) for name, value in flops.items()}, "counted": COUNTED}
    peak = peak_of(card)
    used = None if peak is None or speed is None else 100 * speed * sum(flops.values()) / peak[0]
    if peak is None:
        why = {"reason": f"the peak of {card} is not known: add it to PEAKS" if on_gpu else "no GPU"}
    else:
        why = {"peak": peak[0], "numbers": peak[1], **few}
    say("share of the card's peak (MFU)", used, "%", card=card, target=f">= {MFU:g} %", **why, **counted)
    right = measured("student", student, target=f">= {ACCURACY:g} %")
    missed = right < ACCURACY or (used is not None and used < MFU)
    return int(on_gpu and missed)


COUNTED = "frozen matrices 4 a weight, adapter 6, vocabulary 4 for learned tokens, attention causal in a conversation"


if __name__ == "__main__":
    sys.exit(main())
