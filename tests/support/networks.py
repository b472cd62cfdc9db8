"""What networks say next: transformers' and llama.cpp's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

from csc_dspy.lms.local import LocalServer
from csc_dspy.settings import LocalSettings

LIKELIEST = 40
SMALL = LocalSettings(slots=1, context=1024, threads=1)


def network(folder: Path | str) -> Any:
    """A folder's network, in 32 bits."""
    import torch
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()


def expected(network: Any, ids: list[int]) -> Any:
    """The logarithms of what comes next with which probability."""
    import torch

    with torch.no_grad():
        return network(torch.tensor([ids])).logits[0, -1].log_softmax(-1)


def apart(wanted: Any, weights: Path, adapter: Path | None, ids: list[int]) -> float:
    """How far llama.cpp's likeliest tokens are from what is expected, in natural logarithms."""
    with LocalServer(weights, SMALL, adapter) as server:
        body = {"prompt": ids, "n_predict": 1, "n_probs": LIKELIEST, "temperature": 0, "dry_multiplier": 0}
        root, headers = server.api_base.removesuffix("/v1"), {"Authorization": f"Bearer {server.api_key}"}
        answer = httpx.post(f"{root}/completion", json=body, headers=headers, timeout=60, trust_env=False).json()
    (first,) = answer["completion_probabilities"]
    found = [(one["id"], one["logprob"]) for one in first["top_logprobs"]]
    assert len(found) == LIKELIEST
    return sum(abs(float(wanted[id]) - value) for id, value in found) / len(found)
