"""How many prompt tokens the server's prefix cache saves, in a real local run.

Plays conversations on local weights and adds up what the server reports: prompt tokens sent, and those it had to
evaluate. Then sends the very same requests again, answers cut to one token, in two arrangements to a fresh
server on the small test weights: as they are, and with everything that grows placed before the instructions, as
the published code does.

    python benchmarks/prefix_reuse.py [--count 4] [--lm local/qwen2.5-coder-1.5b-instruct]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from typing import Any

import httpx

from csc_dspy.errors import CscError
from csc_dspy.lms.lm import CscLM
from csc_dspy.lms.local import LocalServer
from csc_dspy.lms.models import Models
from csc_dspy.lms.weights import ensure_weights
from csc_dspy.pipeline.run import LOCAL_CONCURRENCY
from csc_dspy.programs.roleplay import PLAY_ROLES, RolePlay
from csc_dspy.settings import LocalSettings
from csc_dspy.synthesis.plan import notes, parse_topics, parts
from csc_dspy.synthesis.rolecs import Synthesis, load_people
from csc_dspy.usage import Ledger, Usage

Messages = list[dict[str, str]]


class Recording(CscLM):
    """Keeps the messages of every call."""

    sent: list[Messages]

    async def acall(self, prompt: str | None = None, *, messages: Any = None, **kwargs: Any) -> Any:
        """Remember the messages, then call."""
        self.sent.append(messages)
        return await super().acall(prompt, messages=messages, **kwargs)


async def play(count: int, name: str) -> tuple[Usage, list[Messages], int]:
    """Play conversations; their usage, their requests, and how many were played to the end."""
    job = Synthesis(output=None, count=count)  # type: ignore[arg-type]
    todo = list(parts(load_people(job), parse_topics("all"), "en", count))
    ended = 0
    with Models(concurrency=LOCAL_CONCURRENCY) as models:
        lm = models.open(name)
        lm.__class__ = Recording
        lm.sent = []
        program = RolePlay("en")
        program.bind(dict.fromkeys(PLAY_ROLES, lm))
        places = asyncio.Semaphore(LOCAL_CONCURRENCY)

        async def one(part: Any) -> None:
            nonlocal ended
            async with places:
                try:
                    await program.acall(id=part.id, topic=part.topic, notes=notes(part.profile, "en"))
                    ended += 1
                except CscError as error:  # given up by a guard: its calls count all the same
                    print(f"{part.id}: {error}", file=sys.stderr)

        with Ledger() as ledger:
            await asyncio.gather(*map(one, todo))
        return ledger.total, lm.sent, ended


def transcript_first(messages: Messages) -> Messages:
    """The same words with what grows in front: inputs, then worked answers and instructions."""
    return [messages[-1], *messages[1:-1], {"role": "user", "content": messages[0]["content"]}]


def replay(requests: list[Messages], server: LocalServer) -> int:
    """Send requests one after another; prompt tokens the server had to evaluate."""
    evaluated = 0
    headers = {"Authorization": f"Bearer {server.api_key}"}
    with httpx.Client(base_url=server.api_base, headers=headers, timeout=600) as client:
        for messages in requests:
            answer = client.post("/chat/completions", json={"messages": messages, "max_tokens": 1})
            answer.raise_for_status()
            usage = answer.json()["usage"]
            evaluated += usage["prompt_tokens"] - usage["prompt_tokens_details"]["cached_tokens"]
    return evaluated


def show(figure: str, value: float, target: str, ok: bool, **more: Any) -> None:
    command = " ".join(["python", "benchmarks/prefix_reuse.py", *sys.argv[1:]])
    line = {"figure": figure, "value": round(value, 4), "unit": "share", "target": target, "ok": ok, **more}
    print(json.dumps({**line, "command": command}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=4)
    parser.add_argument("--lm", default="local/qwen2.5-coder-1.5b-instruct")
    parser.add_argument("--no-replay", action="store_true", help="Leave out the second arrangement.")
    options = parser.parse_args()
    usage, sent, ended = asyncio.run(play(options.count, options.lm))
    evaluated = usage.prompt_tokens - usage.cached_tokens
    share = evaluated / usage.prompt_tokens
    counts = {"calls": usage.calls, "n": options.count, "ended": ended, "model": options.lm}
    show("prefix_reuse.evaluated_of_sent", share, "<= 0.20", share <= 0.20, sent=usage.prompt_tokens, **counts)
    if options.no_replay:
        return
    weights = ensure_weights("smollm2-135m-instruct")
    spent = {}
    for arrangement, requests in (("stable_first", sent), ("transcript_first", [transcript_first(m) for m in sent])):
        with LocalServer(weights, LocalSettings(context=8192)) as server:
            spent[arrangement] = replay(requests, server)
    ratio = spent["stable_first"] / spent["transcript_first"]
    show("prefix_reuse.of_transcript_first", ratio, "<= 0.25", ratio <= 0.25, evaluated=spent, **counts)


if __name__ == "__main__":
    main()
