"""``csc-dspy doctor``: what it shows, and when it is not content."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command import environment
from tests.support.openai_server import OpenAIServer
from tests.support.zygote import Done, Zygote


@pytest.fixture
def doctor(zygote: Zygote, tmp_path: Path):  # type: ignore[no-untyped-def]
    def run(*options: str, **env: str) -> Done:
        return zygote.run("doctor", *options, cwd=tmp_path, env=environment(**env))

    return run


def line(done: Done, *parts: str) -> str:
    """The one line of the output that holds all these."""
    (found,) = [line for line in done.stdout.splitlines() if all(part in line for part in parts)]
    return found


def test_without_models_it_shows_versions_weights_and_roles(doctor) -> None:  # type: ignore[no-untyped-def]
    done = doctor()
    assert done.returncode == 0, done.stderr
    for name in ("csc-dspy", "dspy", "mlflow", "xllamacpp"):
        assert any(row.strip(" │┃|").startswith(name) for row in done.stdout.splitlines())
    assert line(done, "local/smollm2-135m-instruct")
    for role in ("planner", "supporter_assistant", "customer", "judge", "reflection"):
        assert role in done.stdout
    assert "No model was asked" in done.stdout


def test_a_schema_that_holds_is_proven_with_one_request(doctor, server: OpenAIServer) -> None:  # type: ignore[no-untyped-def]
    done = doctor("--lm", "openai/x", "--api-base", server.api_base)
    assert done.returncode == 0, done.stderr
    assert "yes" in line(done, "openai/x", "holds")
    assert len(server.log) == 1


def test_a_server_that_ignores_the_schema_is_found_out(doctor, server: OpenAIServer) -> None:  # type: ignore[no-untyped-def]
    server.reply = lambda body: {"colour": "yellow"}
    done = doctor("--lm", "openai/x", "--api-base", server.api_base)
    assert "does not hold" in done.stdout
    assert done.returncode == 1  # a script can tell


def test_the_models_of_the_settings_are_asked_once_each(doctor, server: OpenAIServer) -> None:  # type: ignore[no-untyped-def]
    env = {"CSC_MODELS__DEFAULT": "openai/x", "CSC_MODELS__JUDGE": "openai/y"}
    assert "give --lm" in doctor("--api-base", server.api_base, **env).stderr
    done = doctor(OPENAI_BASE_URL=server.api_base, **env)
    assert done.returncode == 0, done.stderr
    assert sorted(body["model"] for body in server.bodies) == ["x", "y"]
    assert "openai/y" in line(done, "judge")


def test_a_model_that_cannot_be_had_makes_it_end_with_1(doctor, server: OpenAIServer) -> None:  # type: ignore[no-untyped-def]
    server.models = ("x",)
    done = doctor("--lm", "openai/x", "--lm", "openai/gone", "--lm", "nonsense", "--api-base", server.api_base)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "yes" in line(done, "openai/x", "holds")
    assert "not tried" in line(done, "openai/gone")
    assert "not tried" in line(done, "nonsense", "is not a model")


def test_no_wire_asks_nothing(doctor, server: OpenAIServer) -> None:  # type: ignore[no-untyped-def]
    done = doctor("--no-wire", "--lm", "openai/x", "--api-base", server.api_base)
    assert done.returncode == 0
    assert server.log == []


def test_settings_that_do_not_fit_are_named_with_their_place(doctor, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "csc.toml").write_text('[models]\nguru = "openai/x"\n', "utf-8")
    done = doctor()
    assert done.returncode == 2
    assert "models.guru" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_key_in_the_environment_is_never_shown(doctor, server: OpenAIServer) -> None:  # type: ignore[no-untyped-def]
    server.key = "another"
    done = doctor("--lm", "openai/x", "--api-base", server.api_base, OPENAI_API_KEY="sk-test-planted-0123456789")
    assert done.returncode == 1
    assert "sk-test-planted" not in done.stdout + done.stderr
