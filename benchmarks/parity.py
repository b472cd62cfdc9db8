"""Whether a student is the same on llama.cpp as where it was trained.

python benchmarks/parity.py --student FOLDER --conversations dev.jsonl [--turns 200] [--base NAME]

Both choose the strategy of the same supporter turns in the reference context, greedily among the twelve tags: the
base with the adapter by transformers and peft in 32 bits, and the base's GGUF file with the adapter by llama.cpp, as
`csc-dspy evaluate --lm student:FOLDER` asks it. Needs the extras local and distill, and an adapter. Prints
one JSON line per figure: the share of questions with the same tokens, that of the same tags, and both accuracies.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from csc_dspy.chats import CONTEXT, question, supporter_system, tag  # noqa: E402
from csc_dspy.conversation import Conversation, Turn, read_conversations  # noqa: E402
from csc_dspy.framework import Lang, Strategy  # noqa: E402
from csc_dspy.lms.local import LocalServer  # noqa: E402
from csc_dspy.lms.student import open_student  # noqa: E402
from csc_dspy.settings import load_settings  # noqa: E402


def say(figure: str, value: float, unit: str, ok: bool, target: str, **more: Any) -> bool:
    print(json.dumps({"figure": figure, "value": round(value, 2), "unit": unit, "target": target, "ok": ok, **more}))
    return ok


class Transformers:
    """The student where it was trained."""

    def __init__(self, folder: Path, base: str | None) -> None:
        import torch
        from peft import PeftModel
        from transformers import AutoModelForCausalLM

        from csc_dspy.distillation.base import open_base
        from csc_dspy.lms.student import Student

        student = Student.read(folder)
        found, self.tokenizer = open_base(base or student.base.name)
        student.refuse_other_base(folder, found.digest)
        network = AutoModelForCausalLM.from_pretrained(found.source, dtype=torch.float32, use_safetensors=True)
        self.network = PeftModel.from_pretrained(network, str(folder)).merge_and_unload().eval()
        self.texts = [self.tokenizer.decode([id]) for id in range(len(self.tokenizer))]
        self.ids: dict[str, list[int]] = {}
        for id, piece in enumerate(self.texts):
            self.ids.setdefault(piece, []).append(id)

    def asked(self, turns: tuple[Turn, ...], lang: Lang) -> list[int]:
        """The question as tokens."""
        messages = question(supporter_system(lang), turns, lang)
        text = self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        ids: list[int] = self.tokenizer.encode(text, add_special_tokens=False)
        return ids

    def choice(self, turns: tuple[Turn, ...], lang: Lang) -> Strategy:
        """The tag that is spelled by the likeliest token that still spells one, and the next, and so on."""
        import torch

        left, said, past = {tag(one, lang): one for one in Strategy}, "", None
        ids = self.asked(turns, lang)
        while len(left) > 1:
            with torch.no_grad():
                made = self.network(torch.tensor([ids]), past_key_values=past, use_cache=True, logits_to_keep=1)
            past = made.past_key_values
            rests = [one.removeprefix(said) for one in left]
            pieces = {rest[:end] for rest in rests for end in range(1, len(rest) + 1)}
            fits = [id for piece in pieces for id in self.ids.get(piece, ())]
            best = max(fits, key=made.logits[0, -1].tolist().__getitem__)
            said, ids = said + self.texts[best], [best]
            left = {one: strategy for one, strategy in left.items() if one.startswith(said)}
        return next(iter(left.values()))


def served_tokens(server: LocalServer, turns: tuple[Turn, ...], lang: Lang) -> list[int]:
    """The question as llama.cpp reads it."""
    root, headers = server.api_base.removesuffix("/v1"), {"Authorization": f"Bearer {server.api_key}"}

    def post(path: str, body: dict[str, Any]) -> Any:
        answer = httpx.post(f"{root}/{path}", json=body, headers=headers, timeout=60, trust_env=False)
        return answer.raise_for_status().json()

    prompt = post("apply-template", {"messages": question(supporter_system(lang), turns, lang)})["prompt"]
    ids: list[int] = post("tokenize", {"content": prompt, "add_special": True, "parse_special": True})["tokens"]
    return ids


def asked(path: Path, count: int) -> list[tuple[Conversation, int]]:
    """The first labelled supporter turns of a file."""
    found = [
        (one, at)
        for one in read_conversations(path)
        for at, turn in enumerate(one.turns)
        if turn.speaker == "supporter" and turn.strategy
    ]
    return found[:count]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--student", type=Path, required=True)
    parser.add_argument("--conversations", type=Path, required=True)
    parser.add_argument("--turns", type=int, default=200)
    parser.add_argument("--base", help="The base, where it lies elsewhere than the student says.")
    given = parser.parse_args()
    from csc_dspy.lms.models import Models
    from csc_dspy.programs.supporter import Supporter

    places = asked(given.conversations, given.turns)
    if not places:
        parser.error(f"{given.conversations}: no supporter turn has a strategy")
    gold = [one.turns[at].strategy for one, at in places]
    with Models(concurrency=1) as models:
        lm = models.open(f"student:{given.student}")
        programs = {lang: Supporter(lang, rules=False, words=False) for lang in ("en", "zh")}
        for program in programs.values():
            program.set_lm(lm)
        begun = time.monotonic()
        served = [programs[one.lang](turns=one.turns[:at]).strategy for one, at in places]
        print(f"llama.cpp: {time.monotonic() - begun:.0f} s", file=sys.stderr)
    trained = Transformers(given.student, given.base)
    begun = time.monotonic()
    chosen = [trained.choice(one.turns[:at][-CONTEXT:], one.lang) for one, at in places]
    print(f"transformers: {time.monotonic() - begun:.0f} s", file=sys.stderr)
    n = len(places)
    with LocalServer(open_student(given.student)[0], load_settings().local) as server:
        calls = [(one.turns[:at][-CONTEXT:], one.lang) for one, at in places]
        alike = 100 * sum(served_tokens(server, *call) == trained.asked(*call) for call in calls) / n
    ok = say("questions with the same tokens", alike, "%", alike == 100, "100", n=n)
    same = 100 * sum(a is b for a, b in zip(served, chosen, strict=True)) / n
    right = [100 * sum(a is b for a, b in zip(found, gold, strict=True)) / n for found in (served, chosen)]
    ok &= say("same tag by llama.cpp and transformers", same, "%", same >= 90, ">= 90", n=n)
    apart = abs(right[0] - right[1])
    ok &= say("accuracies apart", apart, "points", apart <= 2, "<= 2", n=n, llama_cpp=right[0], transformers=right[1])
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
