"""Models are opened once, share an endpoint's gate, and are named by roles."""

from __future__ import annotations

from pathlib import Path

import pytest

from csc_dspy.errors import InputError, ModelError, UnknownModelError
from csc_dspy.lms.models import Models
from csc_dspy.settings import EndpointSettings, LocalSettings, Settings

BASE = "http://127.0.0.1:9/v1"


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


def test_a_model_is_opened_once_and_two_on_one_endpoint_share_its_gate() -> None:
    with Models(settings=Settings(), api_base=BASE, concurrency=7) as models:
        one, again, other = models.open("openai/a"), models.open("openai/a"), models.open("openai/b")
        assert one is again
        assert one is not other
        assert one.gate is other.gate
        assert one.gate.ceiling == 7


def test_two_endpoints_have_two_gates() -> None:
    settings = Settings(endpoints={"openai/b": EndpointSettings(api_base="http://127.0.0.1:8/v1")})
    with Models(settings=settings) as models:
        first = models.open("openai/b")
        second = models.open("ollama_chat/a")
        assert first.gate is not second.gate


def test_a_role_gets_its_override_then_lm_then_the_settings() -> None:
    models = Models(settings=Settings(models={"judge": "openai/j", "default": "openai/d"}))
    assert models.name_for("judge", "openai/lm", {"judge": "openai/own"}) == "openai/own"
    assert models.name_for("judge", "openai/lm", {}) == "openai/lm"
    assert models.name_for("judge", None, {}) == "openai/j"
    assert models.name_for("customer", None, {}) == "openai/d"


def test_a_role_without_a_model_says_what_to_do() -> None:
    with pytest.raises(InputError, match=r"role customer: give --lm"):
        Models(settings=Settings(models={"judge": "openai/j"})).name_for("customer", None, {})


def test_a_price_is_the_settings_one_or_the_catalogues_and_needs_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    priced = {"openai/a": EndpointSettings(api_base=BASE, input_price=1, output_price=2)}
    elsewhere = {"openai/gpt-4o": EndpointSettings(api_base=BASE)}
    models = Models(settings=Settings(endpoints=priced | elsewhere))
    assert models.prices("openai/a") == (1.0, 2.0)
    assert models.prices("local/smollm2-135m-instruct") == (0.0, 0.0)
    known = models.prices("openai/gpt-4o-mini")
    assert known is not None
    assert 0 < known[0] < known[1]
    assert models.prices("openai/nobody-knows") is None
    assert models.prices("openai/gpt-4o") is None  # the name says nothing of a server of one's own
    assert Models(settings=Settings(), api_base=BASE).prices("openai/gpt-4o-mini") is None


@pytest.mark.parametrize("name", ["local/nobody", "local:/no/such.gguf", "nosuch/foo", "nonsense"])
def test_a_name_that_is_no_model_has_no_price(name: str) -> None:
    with pytest.raises(UnknownModelError):
        Models(settings=Settings()).prices(name)


def test_only_the_models_it_is_meant_for_are_looked_for_at_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-planted-0123456789")
    with Models(settings=Settings(), api_base=BASE, based=("openai/a",)) as models:
        assert models._endpoint("openai/a").api_base == BASE
        assert models._endpoint("openai/b").is_openai


def test_local_names_that_lead_nowhere_are_clear_errors(tmp_path: Path) -> None:
    settings = Settings(local=LocalSettings(slots=1, context=512), cache_dir=tmp_path)
    with Models(settings=settings) as models:
        with pytest.raises(UnknownModelError, match="no weights named"):
            models.open("local/no-such-weights")
        with pytest.raises(ModelError, match="no such weights file"):
            models.open(f"local:{tmp_path}/missing.gguf")


def test_reasoning_models_of_openai_are_sent_neither_temperature_nor_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0123456789abcdef")
    given = {"temperature": 0.8, "max_tokens": 100, "seed": 3}
    with Models(settings=Settings()) as models:
        assert models.open("openai/o3-mini")._fitted(given) == {}
        assert models.open("openai/gpt-4o-mini")._fitted(given) == given


@pytest.mark.parametrize("name", ["hosted_vllm/student", "openai/student"])
def test_a_student_may_be_served_elsewhere(name: str) -> None:
    settings = Settings(endpoints={name: EndpointSettings(api_base=BASE, student="supporter")})
    with Models(settings=settings) as models:
        assert models.open(name).student == "supporter"


@pytest.mark.parametrize("name", ["ollama_chat/student", "together_ai/student"])
def test_a_student_on_a_server_that_does_not_hold_it_is_refused(name: str) -> None:
    settings = Settings(endpoints={name: EndpointSettings(api_base=BASE, student="supporter")})
    with Models(settings=settings) as models, pytest.raises(InputError, match="a student is served by vLLM and called"):
        models.open(name)


def test_what_stands_behind_a_name_is_its_address_if_the_name_does_not_say_it_and_needs_no_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("OPENAI_BASE_URL", "OPENAI_API_BASE", "OLLAMA_API_BASE", "HOSTED_VLLM_API_BASE"):
        monkeypatch.delenv(name, raising=False)
    told = {
        "openai/b": EndpointSettings(api_base=BASE + "/"),
        "openai/c": EndpointSettings(api_base="https://me:hunter2@host/v1?api_key=abcdef123"),
        "openai/d": EndpointSettings(api_base="https://api.openai.com/v1"),
        "anthropic/e": EndpointSettings(api_base=BASE),
    }
    models = Models(settings=Settings(endpoints=told))
    for name in (
        "openai/a",
        "openai/d",
        "ollama_chat/a",
        "hosted_vllm/a",
        "anthropic/a",
        "local/smollm2-135m-instruct",
    ):
        assert models.behind(name) is None
    assert models.behind("openai/b") == models.behind("anthropic/e") == BASE
    assert str(models.behind("openai/c")).startswith("https://[secret]@host/v1")
    assert "abcdef123" not in str(models.behind("openai/c"))
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:8/v1")
    assert models.behind("openai/a") == "http://127.0.0.1:8/v1"
    assert Models(settings=Settings(), api_base=BASE, based=("openai/a",)).behind("openai/a") is None  # is told by it


def test_other_weights_under_the_same_path_are_another_model() -> None:
    path = Path("x.gguf")
    path.write_bytes(b"one")
    before = Models(settings=Settings()).behind("local:x.gguf")
    path.touch()
    assert Models(settings=Settings()).behind("local:x.gguf") == before
    path.write_bytes(b"two")
    assert Models(settings=Settings()).behind("local:x.gguf") != before
    path.unlink()
    with pytest.raises(UnknownModelError, match=r"x\.gguf: no such file"):
        Models(settings=Settings()).behind("local:x.gguf")
