from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that `tests.support` is found however pytest starts

from tests.support.openai_server import OpenAIServer


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    """A loopback model server that plays every role, in a thread of its own."""
    with OpenAIServer() as server:
        yield server
