"""How the threads of llama.cpp and PyTorch wait for each other, which OpenMP decides when it is loaded."""

from __future__ import annotations

import os

_SPINS = "1000"
"""Rounds that a thread waits by turning before it sleeps (``GOMP_SPINCOUNT``); OpenMP's own are 300,000.

A thread that turns keeps a core from the one it waits for. Beside one other busy process on two cores 60 s were not
enough for an answer of 32 tokens, and a training of 31 s took 305; alone, a training is 1 to 3 % slower with this.
"""


def sleep_soon() -> None:
    """Let threads sleep soon, unless the environment says otherwise; to be called before either is loaded."""
    os.environ.setdefault("GOMP_SPINCOUNT", _SPINS)
