from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that `tests.support` is found however pytest starts

if workers := os.environ.get("PYTEST_XDIST_WORKER_COUNT"):  # as many threads as there are cores, in all processes
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, cores // int(workers))))

from tests.support.openai_server import OpenAIServer
from tests.support.zygote import Zygote

settings.register_profile("house", deadline=None)  # a busy machine is no failure
settings.load_profile("house")
# A shell that starts the tests in the background leaves SIGINT ignored, for the processes they start too.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    """A loopback model server that plays every role, in a thread of its own."""
    with OpenAIServer() as server:
        yield server


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    """Starts the command line as real processes without paying for its imports each time."""
    with Zygote() as zygote:
        yield zygote
