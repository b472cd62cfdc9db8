"""How fast, and in how much memory, the corpus verbs read 100,000 conversations.

python benchmarks/corpus_speed.py [--conversations 100000]

Writes alternating English and Chinese conversations of about 16 turns, runs each verb as a user would, in a process
of its own, and prints one JSON line per figure.
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

STAGES = {
    "greeting": "connecting",
    "identity_verification": "connecting",
    "emotional_management": "identifying",
    "restatement_or_paraphrasing": "identifying",
    "problem_refinement": "identifying",
    "providing_suggestions": "exploring",
    "information_delivery": "exploring",
    "resolution_implementation": "resolving",
    "feedback_request": "resolving",
    "relationship_continuation": "maintaining",
    "appreciation_and_closure": "maintaining",
}
ENGLISH = """the order parcel refund charge card account app your my please tomorrow really again number still waiting
branch letter two weeks nobody fee statement wrong amount help thank transfer check now"""
CHINESE = """您好 订单 退款 账户 手机 请问 已经 三天 没有 收到 谢谢 麻烦 帮我 查询 银行卡 扣费 重复 短信 客服 申请
处理 明天 可以 到账 金额 不对 网点 转账 投诉 真的"""
WORDS = {"en": ENGLISH.split(), "zh": CHINESE.split()}
TARGET_SECONDS, TARGET_MB = 60, 300


def sentence(rng: random.Random, lang: str) -> str:
    words = rng.choices(WORDS[lang], k=rng.randint(5, 16))
    return "".join(words) + "。" if lang == "zh" else " ".join(words).capitalize() + "."


def conversation(rng: random.Random, number: int) -> dict[str, object]:
    lang = "en" if number % 2 else "zh"
    middle = [name for name in STAGES if name not in ("greeting", "identity_verification", "appreciation_and_closure")]
    plan = ["greeting", "identity_verification", *rng.sample(middle, rng.randint(4, 6)), "appreciation_and_closure"]
    turns: list[dict[str, str]] = []
    for strategy in plan:
        turns.append(
            {"speaker": "supporter", "text": sentence(rng, lang), "strategy": strategy, "stage": STAGES[strategy]}
        )
        turns.append({"speaker": "customer", "text": sentence(rng, lang)})
    scenario = " ".join(sentence(rng, lang) for _ in range(3))
    return {
        "id": f"bench-{number:06d}",
        "lang": lang,
        "topic": rng.choice(["complaints_and_disputes", "technical_support", "product_inquiry"]),
        "source": "benchmark",
        "scenario": scenario,
        "turns": turns[:-1],
    }


def run(arguments: list[str]) -> tuple[float, float]:
    """Wall time in seconds and peak resident memory in MB of one command."""
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "csc_dspy", *arguments], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{arguments} ended with {process.returncode}")
    return time.perf_counter() - start, usage.ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--conversations", type=int, default=100_000)
    count = parser.parse_args().conversations
    rng = random.Random(0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "conversations.jsonl"
        with path.open("w", encoding="utf-8") as file:
            for number in range(count):
                file.write(json.dumps(conversation(rng, number), ensure_ascii=False) + "\n")
        for verb in (["check"], ["check", "--rules"], ["stats", "--json"]):
            seconds, megabytes = run(["corpus", *verb, str(path)])
            for name, value, unit, target in (
                ("wall time", seconds, "s", TARGET_SECONDS),
                ("peak memory", megabytes, "MB", TARGET_MB),
            ):
                figure = {
                    "figure": f"corpus {' '.join(verb)}, {name}",
                    "value": round(value, 2),
                    "unit": unit,
                    "target": f"<= {target} {unit}",
                    "ok": value <= target,
                    "n": count,
                    "command": f"csc-dspy corpus {' '.join(verb)} conversations.jsonl",
                }
                print(json.dumps(figure), flush=True)


if __name__ == "__main__":
    main()
