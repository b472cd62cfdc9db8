"""Secrets go, ordinary text stays."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from csc_dspy.redaction import SECRET, is_secret_key, redact, redact_file, redact_mapping

# Put together here so that no scanner takes this file for a leak.
SHAPES = [
    "sk-" + "proj-Ab12cd34Ef56gh78",
    "sk-" + "ant-api03-Ab12cd34Ef56gh78_-x",
    "hf_" + "AbCdEfGhIjKlMnOpQrStUvWx",
    "AKIA" + "IOSFODNN7EXAMPLE",
    "ghp_" + "0123456789abcdefghijABCDEFGHIJ",
    "github_pat_" + "0123456789abcdefghij_ABC",
    "xoxb-" + "123456789012-abcdef",
    "AIza" + "SyA0123456789abcdefghijklmnopqrstuv",
    "eyJ" + "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmN",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAK\n-----END RSA PRIVATE KEY-----",
]


@pytest.mark.parametrize("secret", SHAPES)
def test_a_well_known_shape_is_replaced_wherever_it_stands(secret: str) -> None:
    for text in (secret, f"key {secret}.", f'{{"x": "{secret}"}}', f"密钥是{secret}，请保密"):
        clean = redact(text)
        assert secret not in clean
        assert SECRET in clean
    assert redact(f"密钥是{secret}，请保密").endswith("，请保密")


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Authorization: Bearer abc123def456", f"Authorization: Bearer {SECRET}"),
        ("{'Authorization': 'Basic dXNlcjpwYXNzd29yZA1'}", f"{{'Authorization': '{SECRET}'}}"),
        ("https://anna:pa55word@example.org/x", f"https://{SECRET}@example.org/x"),
        ("postgresql://u:p@db:5432/runs", f"postgresql://{SECRET}@db:5432/runs"),
        ("GET /v1?api_key=abcdef&limit=3", f"GET /v1?api_key={SECRET}&limit=3"),
        ('{"api_key": "abc", "limit": 3}', f'{{"api_key": "{SECRET}", "limit": 3}}'),
        (r"{\"password\": \"abc\"}", rf"{{\"password\": \"{SECRET}\"}}"),
        ("LM(api_key='abc', model='x')", f"LM(api_key='{SECRET}', model='x')"),
        ("x-api-key: abcdef", f"x-api-key: {SECRET}"),
    ],
)
def test_a_named_secret_is_replaced_in_text(text: str, clean: str) -> None:
    assert redact(text) == clean
    assert redact(clean) == clean


@pytest.mark.parametrize(
    "text",
    [
        '{"max_tokens": 500, "prompt_tokens": 12, "completion_tokens": 3}',
        '{"api_key_env": "MY_KEY"}',
        '{"token": "Hello", "logprob": -0.1}',
        "Password: please reset it on the page, the key is under the mat.",
        "A sk-learn-like-pipeline and a task-based, risk-free offer.",
        "The bearer of bad news; bearer instruments",
        "hf_hub_download and ghp_ are names",
        "http://127.0.0.1:8000/v1 and mail anna@example.org",
        "客户：我的密码忘记了。",
        "2026-11-22 10:49:59 sha256 " + "0123456789abcdef" * 4,
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    assert redact(text) == text


def test_values_of_telling_environment_variables_are_replaced_in_every_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    value = 'p@ss "wörd"/1'
    monkeypatch.setenv("SHOP_PASSWORD", value)
    monkeypatch.setenv("SHOP_REGION", "eu-central-long")
    monkeypatch.setenv("SORT_KEY", "short")
    for written in (value, quote(value, safe=""), json.dumps(value), json.dumps(value, ensure_ascii=False)):
        assert "rd" not in redact(f"<{written}>"), written
    assert redact("eu-central-long short") == "eu-central-long short"


def test_a_secret_that_begins_another_leaves_no_tail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_KEY", "abcdefgh")
    monkeypatch.setenv("B_KEY", "abcdefghijkl")
    assert redact("abcdefghijkl abcdefgh") == f"{SECRET} {SECRET}"


@pytest.mark.parametrize(
    "key", ["api_key", "apiKey", "X-API-Key", "Authorization", "password", "hf_token", "OPENAI_API_KEY", "token"]
)
def test_telling_keys(key: str) -> None:
    assert is_secret_key(key)
    assert redact_mapping({key: "x"}) == {key: SECRET}
    assert redact_mapping({key: None}) == {key: None}


@pytest.mark.parametrize(
    "key", ["max_tokens", "prompt_tokens", "eos_token", "api_key_env", "sort_key", "key", "cost_per_token", "tokenizer"]
)
def test_keys_that_only_look_telling(key: str) -> None:
    assert not is_secret_key(key)
    assert redact_mapping({key: "x"}) == {key: "x"}


def test_nested_data_is_cleaned_and_made_plain() -> None:
    class Endpoint(BaseModel):
        api_key: str

    @dataclasses.dataclass
    class Job:
        path: Path
        endpoints: list[Endpoint]

    data = {
        "job": Job(Path("a/b"), [Endpoint(api_key="abc")]),
        "names": {"b", "a"},
        "n": 1,
        "f": 0.5,
        "t": (None, True),
    }
    clean = redact_mapping(data)
    assert clean == {
        "job": {"path": "a/b", "endpoints": [{"api_key": SECRET}]},
        "names": ["a", "b"],
        "n": 1,
        "f": 0.5,
        "t": [None, True],
    }
    assert json.dumps(clean)


def test_only_a_text_file_with_a_secret_is_copied(tmp_path: Path) -> None:
    source, target = tmp_path / "in.txt", tmp_path / "out.txt"
    source.write_bytes(f"one\r\nkey {SHAPES[0]}\r\n".encode())
    assert redact_file(source, target)
    assert target.read_bytes() == f"one\r\nkey {SECRET}\r\n".encode()
    target.unlink()
    for content in (b"nothing here\n", b"\xff\xfe\x00" + SHAPES[0].encode()):
        source.write_bytes(content)
        assert not redact_file(source, target)
        assert not target.exists()


@given(st.text(alphabet="abc 123:=/\"'@-_skBearer[]{}\n", max_size=80))
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    once = redact(text)
    assert redact(once) == once
