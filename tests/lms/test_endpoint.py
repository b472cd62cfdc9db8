"""From a model's name to its endpoint: what is understood, and what is refused with a clear line."""

from __future__ import annotations

from pathlib import Path

import pytest

from csc_dspy.errors import UnknownModelError
from csc_dspy.lms.endpoint import Endpoint, is_local, local_endpoint, local_file, remote_endpoint, weights_path
from csc_dspy.settings import EndpointSettings, Settings

VARIABLES = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_API_BASE", "HOSTED_VLLM_API_BASE", "HOSTED_VLLM_API_KEY")


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (*VARIABLES, "OLLAMA_API_BASE"):
        monkeypatch.delenv(name, raising=False)


def found(name: str, base: str | None = None, known: EndpointSettings | None = None) -> Endpoint:
    return remote_endpoint(name, Settings(endpoints={name: known} if known else {}), base)


@pytest.mark.parametrize(
    "name",
    ["", " ", "gpt-4o-mini", "/", "openai/", "/gpt-4o", "openai/gpt 4o", "openai /gpt", "local/", "local:",
     "openai/gpt-4o\n", "策略"],
)  # fmt: skip
def test_what_is_no_model_name_is_refused_in_one_line_that_says_how_names_look(name: str) -> None:
    with pytest.raises(UnknownModelError) as caught:
        found(name, "http://127.0.0.1:1/v1")
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)
    assert "openai/gpt-4o-mini" in str(caught.value)


@pytest.mark.parametrize("name", ["student:", "student:distilled", "student:/srv/student", "student/x"])
def test_students_are_named_as_not_served_yet(name: str) -> None:
    with pytest.raises(UnknownModelError, match="student"):
        found(name)


def test_openai_without_a_key_says_which_variable_to_set() -> None:
    with pytest.raises(UnknownModelError, match="OPENAI_API_KEY"):
        found("openai/gpt-4o-mini")


def test_openai_itself_is_known_by_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0123456789abcdef")
    endpoint = found("openai/gpt-4o-mini")
    assert (endpoint.api_base, endpoint.model, endpoint.is_openai) == ("https://api.openai.com/v1", "gpt-4o-mini", True)
    assert endpoint.dialect == "openai"
    assert "sk-test" not in repr(endpoint)


def test_another_server_under_openais_name_needs_no_key() -> None:
    endpoint = found("openai/Qwen/Qwen3-8B", "http://127.0.0.1:8000/v1/")
    assert (endpoint.api_base, endpoint.model, endpoint.api_key) == ("http://127.0.0.1:8000/v1", "Qwen/Qwen3-8B", None)
    assert endpoint.json_schema is True
    assert not endpoint.is_openai


@pytest.mark.parametrize("variable", ["OPENAI_BASE_URL", "OPENAI_API_BASE"])
def test_the_environment_may_say_where_openai_is(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "http://127.0.0.1:9/v1")
    assert found("openai/x").api_base == "http://127.0.0.1:9/v1"
    assert found("openai/x", "http://127.0.0.1:10/v1").api_base == "http://127.0.0.1:10/v1"


def test_vllm_without_an_address_says_where_to_give_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnknownModelError, match="HOSTED_VLLM_API_BASE"):
        found("hosted_vllm/x")
    monkeypatch.setenv("HOSTED_VLLM_API_BASE", "http://127.0.0.1:9/v1")
    assert found("hosted_vllm/x").api_base == "http://127.0.0.1:9/v1"


@pytest.mark.parametrize(
    ("given", "base"),
    [
        (None, "http://127.0.0.1:11434/v1"),
        ("http://127.0.0.1:9", "http://127.0.0.1:9/v1"),
        ("http://127.0.0.1:9/", "http://127.0.0.1:9/v1"),
        ("http://127.0.0.1:9/v1", "http://127.0.0.1:9/v1"),
    ],
)
def test_ollama_is_found_with_or_without_v1(monkeypatch: pytest.MonkeyPatch, given: str | None, base: str) -> None:
    if given:
        monkeypatch.setenv("OLLAMA_API_BASE", given)
    endpoint = found("ollama_chat/qwen3")
    assert (endpoint.api_base, endpoint.dialect, endpoint.model) == (base, "ollama", "qwen3")


def test_settings_say_what_the_name_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    known = EndpointSettings(
        api_base="http://127.0.0.1:9/v1", api_key_env="MY_OWN_KEY", json_schema=False, input_price=1, output_price=2
    )
    with pytest.raises(UnknownModelError, match="MY_OWN_KEY is not set"):
        found("openai/mine", known=known)
    monkeypatch.setenv("MY_OWN_KEY", "secret-value")
    endpoint = found("openai/mine", known=known)
    assert (endpoint.api_base, endpoint.api_key) == ("http://127.0.0.1:9/v1", "secret-value")
    assert (endpoint.json_schema, endpoint.prices) == (False, (1.0, 2.0))


def test_one_price_alone_is_no_price() -> None:
    assert found("openai/x", "http://127.0.0.1:9/v1", EndpointSettings(input_price=1)).prices is None


def test_other_providers_are_left_to_dspy() -> None:
    endpoint = found("anthropic/some-model")
    assert (endpoint.model, endpoint.api_base, endpoint.json_schema) == ("anthropic/some-model", None, None)


def test_addresses_and_capabilities_have_providers_of_their_own() -> None:
    one, other = found("openai/x", "http://127.0.0.1:1/v1"), found("openai/x", "http://127.0.0.1:2/v1")
    assert one.provider != other.provider
    assert one.provider == found("openai/y", "http://127.0.0.1:1/v1").provider


def test_local_names_and_files() -> None:
    assert weights_path("local/smol") == "smol"
    assert weights_path("local:/models/smol.gguf") == "/models/smol.gguf"
    assert local_file("local:~/x.gguf") == Path("~/x.gguf").expanduser()
    assert local_file("local/smol") is None
    assert [is_local(name) for name in ("local/x", "local:x", "local/", "openai/local")] == [True, True, False, False]
    endpoint = local_endpoint("local:/models/smol.gguf", "http://127.0.0.1:9/v1", "key")
    assert (endpoint.model, endpoint.prices, endpoint.json_schema) == ("smol", (0.0, 0.0), True)
