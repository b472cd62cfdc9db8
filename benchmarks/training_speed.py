"""What training costs: tokens for each learned reply, how full rows are, and the trainer beside a bare PyTorch loop.

python benchmarks/training_speed.py [--conversations train.jsonl] [--base smollm2-135m-instruct] [--rows 8] [--rounds 3]

Work: the tokens that pass the network for each learned reply, with a conversation as one sample, over those with one
sample a reply (the call up to it, then it). Rows: tokens over places. Speed: the same adapter on the same rows, once
by ``train`` and once by a loop of forward, backward, clip and step, in turns; the best round of each counts. The loop
gets logits of the learned tokens only, as ``train`` does. All on the CPU, also where there is a GPU. Needs the extra
distill. Prints one JSON line per figure.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ["CUDA_VISIBLE_DEVICES"] = ""  # before PyTorch is imported

from csc_dspy.corpora.samples import GOLD  # noqa: E402


def say(figure: str, value: float, unit: str, ok: bool, target: str, **more: Any) -> bool:
    print(
        json.dumps({"figure": figure, "value": round(value, 3), "unit": unit, "target": target, "ok": ok, **more}),
        flush=True,
    )
    return ok


def bare(base: Any, config: Any, rows: list[Any]) -> float:
    """Tokens a second of a loop without a trainer."""
    import torch
    from peft import get_peft_model
    from torch.nn.functional import cross_entropy

    from csc_dspy.distillation.batches import collate, learned
    from csc_dspy.distillation.train import lora, network

    model = get_peft_model(network(base, config), lora(config))
    model.train()
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=config.learning_rate)
    tokens, begun = 0, time.monotonic()
    for row in rows:
        batch = collate([row])
        before, after = learned(batch["labels"])
        logits = model(
            input_ids=batch["input_ids"], position_ids=batch["position_ids"], logits_to_keep=before, use_cache=False
        ).logits
        cross_entropy(logits.float(), batch["labels"][after]).backward()
        torch.nn.utils.clip_grad_norm_(trained, config.clip)
        optimizer.step()
        optimizer.zero_grad()
        tokens += int(batch["sizes"].sum())
    return tokens / (time.monotonic() - begun)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--conversations", type=Path)
    parser.add_argument("--base", default="smollm2-135m-instruct")
    parser.add_argument("--length", type=int, default=1024)
    parser.add_argument("--rows", type=int, default=8, help="Rows to train on.")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    from csc_dspy.distillation.base import open_base
    from csc_dspy.distillation.batches import packed
    from csc_dspy.distillation.config import TrainingConfig
    from csc_dspy.distillation.dataset import Samples, read_samples
    from csc_dspy.distillation.train import train

    base, tokenizer = open_base(given.base)
    samples = read_samples(given.conversations or GOLD["en"], tokenizer, longest=given.length).train
    replies = [reply for one in samples for reply in one.tokens.replies]
    ours = sum(len(one.tokens.ids) for one in samples) / len(replies)
    alone = sum(reply.end for reply in replies) / len(replies)
    rows = list(packed(samples, given.length, {}))
    sizes = [len(row["input_ids"]) for row in rows]
    filled = 100 * sum(sizes) / (len(sizes) * max(sizes))
    many = {"conversations": len(samples), "replies": len(replies)}
    passed = [
        say(
            "tokens a learned reply, over one sample a reply",
            ours / alone,
            "share",
            4 * ours <= alone,
            "<= 0.25",
            **many,
        ),
        say("places of rows that tokens fill", filled, "%", filled >= 85, ">= 85 %", rows=len(rows)),
    ]
    config = TrainingConfig(length=given.length, rows=1, patience=0)
    chosen, left = [], given.rows * given.length
    for one in samples:
        if (left := left - len(one.tokens.ids)) > 0:
            chosen.append(one)
    rows = list(packed(chosen, given.length, {}))
    best = {"train": 0.0, "bare": 0.0}
    for _ in range(given.rounds):
        best["bare"] = max(best["bare"], bare(base, config, rows))
        with tempfile.TemporaryDirectory() as folder:
            done = train(base, tokenizer, Samples(tuple(chosen), ()), config, Path(folder), resume=False)
        best["train"] = max(best["train"], done.tokens_per_second or 0.0)
    share = 100 * best["train"] / best["bare"]
    speeds = {f"{name}_tokens_per_second": round(value, 1) for name, value in best.items()}
    passed.append(say("train beside a bare loop", share, "%", share >= 90, ">= 90 %", rounds=given.rounds, **speeds))
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
