"""A student trained and measured on a GPU, in one command, without a network.

python benchmarks/distill_gpu.py --base FOLDER --train train.jsonl --dev dev.jsonl [--rolecs rolecs.jsonl] [--out DIR]

The base is a folder of transformers (config.json, safetensors, tokenizer). Trains an adapter on all conversations, then
lets base and student choose the strategy of every labelled supporter turn of ``--dev`` in the reference context, among
the twelve tags by their likelihood. Prints one JSON line per figure: tokens a second, the share of the card's peak in
bfloat16 (model FLOPs utilization), memory, and strategy accuracy with a 95 % interval over conversations.
"""

from __future__ import annotations

import argparse
import json
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

PEAKS = {"H200": 989e12, "H100": 989e12, "A100": 312e12, "L40": 181e12, "4090": 165e12}
"""Dense bfloat16 FLOP/s of cards, by a part of their name, from their makers' data sheets."""


def say(figure: str, value: float, unit: str, **more: Any) -> None:
    print(json.dumps({"figure": figure, "value": round(value, 4), "unit": unit, **more}), flush=True)


def flops_a_token(network: Any, length: float) -> float:
    """Forward and backward FLOPs of a token: 2 a weight forward, 2 backward to the inputs; without 2 a trained weight.

    Attention adds 4 × layers × width × mean visible tokens forward, and twice that backward. The vocabulary's matrix is
    left out, as only learned tokens pass it; so the share is a lower bound.
    """
    config = network.config
    body = sum(
        weight.numel() for name, weight in network.named_parameters() if "embed" not in name and "lm_head" not in name
    )
    attention = 4 * config.num_hidden_layers * config.hidden_size * length / 2
    return 4 * body + 3 * attention


def accuracy(network: Any, tokenizer: Any, dev: Path, batch: int = 64) -> tuple[float, Any, int]:
    """Strategy accuracy × 100, its interval, and the turns."""
    import numpy as np
    import torch

    tags = {
        lang: [tokenizer.encode(tag(one, lang), add_special_tokens=False) for one in Strategy] for lang in ("en", "zh")
    }
    rows: dict[str, list[int]] = {}
    asked: list[tuple[str, list[int], str, int]] = []
    for one in read_conversations(dev):
        for at, turn in enumerate(one.turns):
            if turn.speaker == "supporter" and turn.strategy:
                messages = question(supporter_system(one.lang), one.turns[:at], one.lang)
                text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
                ids = tokenizer.encode(text, add_special_tokens=False)
                asked.append((one.id, ids, one.lang, list(Strategy).index(turn.strategy)))
    asked.sort(key=lambda row: len(row[1]))
    network.eval()
    for start in range(0, len(asked), max(1, batch // 12)):
        group = asked[start : start + max(1, batch // 12)]
        sequences = [ids + option for _, ids, lang, _ in group for option in tags[lang]]
        sizes = [len(option) for _, _, lang, _ in group for option in tags[lang]]
        longest = max(map(len, sequences))
        pad = tokenizer.pad_token_id or 0
        inputs = torch.tensor([[pad] * (longest - len(row)) + row for row in sequences], device=network.device)
        seen = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in sequences], device=network.device)
        with torch.no_grad():
            keep = max(sizes) + 1
            logits = network(input_ids=inputs, attention_mask=seen, logits_to_keep=keep).logits.float().log_softmax(-1)
        for number, (id, _, _, gold) in enumerate(group):
            likely = []
            for option in range(len(Strategy)):
                row, size = number * len(Strategy) + option, sizes[number * len(Strategy) + option]
                wanted = inputs[row, -size:]
                likely.append(float(logits[row, -size - 1 : -1].gather(1, wanted[:, None]).sum()))
            rows.setdefault(id, [0, 0])
            rows[id][0] += int(np.argmax(likely)) == gold
            rows[id][1] += 1
    table = np.array(list(rows.values()), dtype=float)
    found = share(table.sum(axis=0))
    assert found is not None
    return found, interval(table, [share])[0], int(table[:, 1].sum())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", required=True)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--dev", type=Path, required=True)
    parser.add_argument("--rolecs", type=Path, nargs="*", default=[])
    parser.add_argument("--out", type=Path, default=Path("distill-gpu"))
    parser.add_argument("--epochs", type=float, default=3)
    given = parser.parse_args()
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from csc_dspy.distillation.base import find_base
    from csc_dspy.distillation.config import TrainingConfig
    from csc_dspy.distillation.dataset import read_samples
    from csc_dspy.distillation.train import train

    given.out.mkdir(parents=True, exist_ok=True)
    merged = given.out / "train.jsonl"
    parts = [path.read_text("utf-8").rstrip("\n") for path in (given.train, *given.rolecs)]
    merged.write_text("\n".join([*parts, ""]), "utf-8")
    base = find_base(given.base)
    tokenizer = AutoTokenizer.from_pretrained(base.source)
    samples = read_samples(merged, tokenizer)
    device = "cuda" if torch.cuda.is_available() else "cpu"

    def loaded() -> Any:
        return AutoModelForCausalLM.from_pretrained(base.source, dtype=torch.bfloat16).to(device)

    def measured(name: str, network: Any) -> None:
        begun = time.monotonic()
        value, spread, turns = accuracy(network, tokenizer, given.dev)
        ends = {} if spread is None else {"low": round(spread.low, 2), "high": round(spread.high, 2)}
        say(f"strategy accuracy, {name}", value, "%", **ends, n=turns, seconds=round(time.monotonic() - begun, 1))

    network = loaded()
    measured("base", network)
    mean = sum(len(one.tokens.ids) for one in samples.train) / len(samples.train)
    fixed = flops_a_token(network, mean)
    del network
    if device == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    config = TrainingConfig(epochs=given.epochs, length=4096, rows=4, rows_at_once=4)
    done = train(base, tokenizer, samples, config, given.out / "training", resume=False)
    say("training speed", done.tokens_per_second, "tokens/s", n=done.steps, loss=round(done.loss, 4))
    say("tokens in a row of a batch that are no padding", 100 * done.filled, "%")
    say("peak memory", done.peak_bytes / 2**30, "GiB")
    card = torch.cuda.get_device_name() if device == "cuda" else "cpu"
    peak = next((peak for name, peak in PEAKS.items() if name in card), None)
    if peak is not None:
        used = done.tokens_per_second * (fixed + 2 * done.trainable)
        say("share of the card's peak (MFU)", 100 * used / peak, "%", card=card, target=">= 35 %")
    student = PeftModel.from_pretrained(loaded(), str(given.out / "training" / "model")).merge_and_unload()
    measured("student", student)
    return 0


if __name__ == "__main__":
    sys.exit(main())
