"""How fast `corpus import` reads plain-text calls, in megabytes of text a second of one core, and in how much memory.

python benchmarks/import_speed.py [--megabytes 100]

Writes English and Chinese calls of about 20 turns under numbered headings, in the layouts in which calls are found, and
imports them as a user would, in a process of its own. The figure is user CPU time, so that a busy machine does not
count; the wall time is beside it.
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
from collections.abc import Callable
from pathlib import Path

ENGLISH = """the order parcel refund charge card account app your my please tomorrow really again number still waiting
branch letter two weeks nobody fee statement wrong amount help thank transfer check now"""
CHINESE = """您好 订单 退款 账户 手机 请问 已经 三天 没有 收到 谢谢 麻烦 帮我 查询 银行卡 扣费 重复 短信 客服 申请
处理 明天 可以 到账 金额 不对 网点 转账 投诉 真的"""
WORDS = {"en": ENGLISH.split(), "zh": CHINESE.split()}
Layout = Callable[[str, str, int], str]
LAYOUTS: dict[str, Layout] = {
    "labels": lambda who, text, second: f"{who}: {text}\n",
    "labels, spaced": lambda who, text, second: f"{who}: {text}\n\n",
    "names": lambda who, text, second: f"{who} ({'Ben' if who[0] in 'A客' else 'Juan'}): {text}\n\n",
    "times": lambda who, text, second: f"[00:{second // 60:02d}:{second % 60:02d}] {who}: {text}\n",
}
NAMES = {"en": ("Agent", "Customer"), "zh": ("客服", "客户")}
TARGET_SPEED, TARGET_MB = 20.0, 300


def sentence(rng: random.Random, lang: str) -> str:
    words = rng.choices(WORDS[lang], k=rng.randint(8, 36))
    return "".join(words) + "。" if lang == "zh" else " ".join(words).capitalize() + "."


def call(rng: random.Random, number: int, layout: Layout) -> str:
    lang = "en" if number % 2 else "zh"
    turns = [layout(NAMES[lang][turn % 2], sentence(rng, lang), 7 * turn) for turn in range(20)]
    return f"Call {number}\n{''.join(turns)}\n"


def run(path: Path, output: Path) -> tuple[float, float, float]:
    """User CPU time and wall time in seconds, and peak resident memory in MB, of one import."""
    arguments = [sys.executable, "-m", "csc_dspy", "corpus", "import", str(path), "-o", str(output)]
    start = time.perf_counter()
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{arguments} ended with {process.returncode}")
    megabytes = usage.ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)
    return usage.ru_utime, time.perf_counter() - start, megabytes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=100)
    wanted = parser.parse_args().megabytes * 1_000_000
    rng = random.Random(0)
    with tempfile.TemporaryDirectory() as folder:
        path, output = Path(folder) / "calls.txt", Path(folder) / "calls.jsonl"
        some = [call(rng, number, layout) for layout in LAYOUTS.values() for number in range(500)]
        size = count = 0
        with path.open("w", encoding="utf-8") as file:
            while size < wanted:
                text = some[count % len(some)].split("\n", 1)[1]
                size += len(f"Call {count}\n{text}".encode())
                file.write(f"Call {count}\n{text}")
                count += 1
        user, wall, memory = run(path, output)
        with output.open("rb") as file:
            read = sum(1 for _ in file)
        speed = size / 1e6 / user
        figure = {
            "figure": "corpus import of plain text, speed on one core",
            "value": round(speed, 1),
            "unit": "MB/s",
            "target": f">= {TARGET_SPEED} MB/s",
            "ok": speed >= TARGET_SPEED and memory <= TARGET_MB and read == count,
            "n": count,
            "megabytes": round(size / 1e6, 1),
            "user_s": round(user, 2),
            "wall_s": round(wall, 2),
            "peak_mb": round(memory),
            "command": "csc-dspy corpus import calls.txt -o calls.jsonl",
        }
        print(json.dumps(figure), flush=True)


if __name__ == "__main__":
    main()
