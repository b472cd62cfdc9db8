"""llama.cpp inside this process, with the real SmolLM2-135M."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from csc_dspy.errors import ModelError
from csc_dspy.lms.local import LocalServer
from csc_dspy.lms.models import Models
from csc_dspy.lms.weights import ensure_weights
from csc_dspy.lms.wire import check_wire
from csc_dspy.settings import LocalSettings, Settings

SMALL = LocalSettings(slots=2, context=1024, threads=1)
SCHEMA = {
    "type": "json_schema",
    "json_schema": {
        "name": "Colour",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"colour": {"type": "string", "enum": ["ultramarine", "vermilion"]}},
            "required": ["colour"],
            "additionalProperties": False,
        },
    },
}


@pytest.fixture(scope="module")
def smol() -> Iterator[LocalServer]:
    with LocalServer(ensure_weights("smollm2-135m-instruct"), SMALL) as server:
        yield server


def test_a_server_can_be_stopped_at_once() -> None:
    """Where it had not begun to listen, its end never came."""
    for _ in range(8):
        LocalServer(ensure_weights("smollm2-135m-instruct"), SMALL).close()


def ask(server: LocalServer, text: str, *, key: str | None = None) -> httpx.Response:
    body = {
        "model": "smol",
        "messages": [{"role": "user", "content": text}],
        "response_format": SCHEMA,
        "max_tokens": 24,
        "temperature": 0,
    }
    headers = {"Authorization": f"Bearer {server.api_key if key is None else key}"}
    return httpx.post(f"{server.api_base}/chat/completions", json=body, headers=headers, timeout=120, trust_env=False)


@pytest.mark.weights
def test_it_answers_within_the_schema(smol: LocalServer) -> None:
    answer = ask(smol, "What colour is a ripe banana?").json()
    assert json.loads(answer["choices"][0]["message"]["content"])["colour"] in ("ultramarine", "vermilion")


@pytest.mark.weights
def test_what_was_said_before_can_be_said_again_word_for_word(smol: LocalServer) -> None:
    said = json.dumps({"text": "Please read me the number on the back of your blue card."})
    asked = [{"role": "user", "content": "Say it."}, {"role": "assistant", "content": said}]
    text = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
    form = {"type": "json_schema", "json_schema": {"name": "Say", "schema": text}}
    body = {"messages": [*asked * 4, asked[0]], "response_format": form, "max_tokens": 60, "temperature": 0}
    headers = {"Authorization": f"Bearer {smol.api_key}"}
    answer = httpx.post(f"{smol.api_base}/chat/completions", json=body, headers=headers, timeout=120, trust_env=False)
    assert json.loads(answer.json()["choices"][0]["message"]["content"]) == json.loads(said)


@pytest.mark.weights
def test_without_its_key_it_answers_nobody(smol: LocalServer) -> None:
    assert ask(smol, "Hello?", key="wrong").status_code == 401
    body = {"model": "smol", "messages": [{"role": "user", "content": "Hello?"}]}
    assert httpx.post(f"{smol.api_base}/chat/completions", json=body, trust_env=False).status_code == 401


@pytest.mark.weights
def test_it_listens_on_the_loopback_address_only(smol: LocalServer) -> None:
    assert smol.api_base.startswith("http://127.0.0.1:")
    assert len(smol.api_key) >= 24


@pytest.mark.weights
def test_a_prefix_it_has_seen_is_reported_as_cached(smol: LocalServer) -> None:
    story = " ".join(f"Line {number} of a long story about a parcel." for number in range(10))
    ask(smol, f"{story} First question?")
    usage = ask(smol, f"{story} Second question?").json()["usage"]
    assert usage["prompt_tokens"] > 80
    assert usage["prompt_tokens_details"]["cached_tokens"] > 0.8 * usage["prompt_tokens"]


@pytest.mark.weights
def test_a_local_model_goes_the_same_way_over_the_wire_and_ends_with_the_block(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = ensure_weights("smollm2-135m-instruct")
    monkeypatch.chdir(tmp_path)
    with Models(settings=Settings(local=SMALL)) as models:
        lm = models.open(f"local:{path}")
        found = check_wire(lm)
        assert (found.answers, found.json_schema) == (True, True)
        assert lm.prices == (0.0, 0.0)
        assert lm.gate.ceiling == SMALL.slots
        base = lm.direct.address if lm.direct else ""
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{base}/models", timeout=5, trust_env=False)


@pytest.mark.parametrize("content", [b"", b"GGUF", b"this is no model" * 100])
def test_a_file_that_is_no_model_is_a_clear_error(tmp_path: Path, content: bytes) -> None:
    pytest.importorskip("xllamacpp")
    path = tmp_path / "broken.gguf"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="cannot load it") as caught:
        LocalServer(path, SMALL)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp")
    with pytest.raises(ModelError, match="no such weights file"):
        LocalServer(tmp_path / "missing.gguf", SMALL)
