"""How fast 100,000 answered turns are scored, with intervals and baselines, on one core.

python benchmarks/metrics_speed.py [--turns 100000]

Writes answers to alternating English and Chinese conversations, as ``evaluate`` writes them, and runs
``csc-dspy score`` on them in a process of its own, bound to one core where the system can. Prints one JSON line per
figure.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.corpus_speed import STAGES, sentence  # noqa: E402
from tests.support.command import environment  # noqa: E402

TURNS, TARGET_SECONDS = 10, 60


def answered(rng: random.Random, number: int) -> str:
    """A conversation's answers as a line: about half of the words are those of the reference."""
    lang = "en" if number % 2 else "zh"
    turns = []
    for at in range(TURNS):
        gold, said = rng.choices(list(STAGES), k=2)
        reference = sentence(rng, lang)
        words = list(reference) if lang == "zh" else reference.split()
        kept = [word for word in words if rng.random() < 0.6] + [sentence(rng, lang)[:20]]
        turns.append(
            {
                "at": 2 * at,
                "reference": reference,
                "gold_strategy": gold,
                "gold_stage": STAGES[gold],
                "stage": STAGES[said],
                "strategy": said,
                "response": "".join(kept) if lang == "zh" else " ".join(kept),
                "requests": [],
            }
        )
    row = {"id": f"c{number:06d}", "lang": lang, "topic": "other", "source": "benchmark", "digest": "0" * 16}
    return json.dumps({**row, "context": "reference", "program": "supporter", "turns": turns}, ensure_ascii=False)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=100_000)
    given = parser.parse_args()
    rng = random.Random(0)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "answers.jsonl"
        lines = (answered(rng, number) for number in range(given.turns // TURNS))
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        before = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "csc_dspy", "score", str(path), "--json"],
            env=environment(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1"),
            stdout=subprocess.PIPE,
        )
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(process.pid, {min(os.sched_getaffinity(0))})
        out, _ = process.communicate()
        seconds = time.monotonic() - before
    turns = json.loads(out)["turns"] if process.returncode == 0 else 0
    ok = turns == given.turns and seconds <= TARGET_SECONDS
    line = {
        "figure": f"scoring {given.turns:,} answered turns, start-up included",
        "value": round(seconds, 1),
        "unit": "s",
        "target": f"<= {TARGET_SECONDS} s",
        "ok": ok,
        "n": turns,
    }
    print(json.dumps(line), flush=True)
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
