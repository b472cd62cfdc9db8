"""A student's folder: what it says of its files, and who is blamed when one of them or a port is not right."""

from __future__ import annotations

import json
import shlex
import shutil
import socket
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx
import pytest

from csc_dspy.chats import read_reply, supporter_system
from csc_dspy.errors import InputError, ModelError
from csc_dspy.lms.local import LocalServer
from csc_dspy.lms.student import FILE, BaseIdentity, Student, open_student
from csc_dspy.programs.student import grammar
from csc_dspy.settings import LocalSettings
from tests.support.command import environment, start

pytest.importorskip("trl")
pytestmark = pytest.mark.weights
SMALL = LocalSettings(slots=1, context=512, threads=1)
ADAPTER, CONFIG = "adapter_model.safetensors", "adapter_config.json"


@pytest.fixture(scope="module")
def made(base: Any, tokenizer: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A student that has learned nothing yet."""
    import torch
    from peft import get_peft_model
    from transformers import AutoModelForCausalLM

    from csc_dspy.distillation.assembly import assemble
    from csc_dspy.distillation.config import TrainingConfig
    from csc_dspy.distillation.train import lora

    folder = tmp_path_factory.mktemp("students")
    config = TrainingConfig(rank=1)
    network = AutoModelForCausalLM.from_pretrained(base.source, dtype=torch.bfloat16)
    get_peft_model(network, lora(config)).save_pretrained(folder / "trained")
    student = Student(
        package="0",
        base=base.identity(),
        config=config.model_dump(),
        data={"calls.jsonl": "a" * 64},
        figures={"conversations": 7, "loss": 1.5},
    )
    written = assemble(folder / "student", student, base, tokenizer, folder / "trained")
    assert Student.read(folder / "student") == written
    return folder / "student"


@pytest.fixture
def student(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "student"))


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def without_digests(folder: Path) -> None:
    """As an earlier version wrote it."""
    told = json.loads((folder / FILE).read_text())
    for name in ("files", "frameworks"):
        del told[name]
    (folder / FILE).write_text(json.dumps(told))


def test_a_student_says_what_its_files_are(student: Path) -> None:
    assert set(Student.read(student).files) == {ADAPTER, "adapter.gguf"}
    assert Student.read(student).frameworks["torch"] == version("torch")
    assert open_student(student)[1] == student / "adapter.gguf"
    (student / "adapter.gguf").write_bytes((student / "adapter.gguf").read_bytes()[:-1] + b"!")
    with pytest.raises(InputError, match=r"adapter\.gguf: is damaged or another student's"):
        open_student(student)
    (student / "adapter.gguf").rename(student / "moved.gguf")
    with pytest.raises(InputError, match=r"adapter\.gguf: is missing; put it back"):
        open_student(student)
    (student / "moved.gguf").rename(student / "adapter.gguf")
    without_digests(student)
    assert open_student(student)[1] == student / "adapter.gguf"


def test_the_file_that_llama_cpp_cannot_load_is_named(student: Path, tmp_path: Path) -> None:
    weights, adapter = open_student(student)
    cut_off(adapter)
    with pytest.raises(ModelError, match=r"adapter\.gguf: llama\.cpp cannot load it"):
        LocalServer(weights, SMALL, adapter)
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF")
    with pytest.raises(ModelError, match=r"broken\.gguf: llama\.cpp cannot load it"):
        LocalServer(broken, SMALL, adapter)


def test_a_port_that_is_taken_is_named(student: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(InputError, match=f"port {port}: cannot be listened on .*choose another --port"):
            LocalServer(*open_student(student)[:1], SMALL, port=port)


def test_an_adapter_that_cannot_be_merged_is_named(student: Path, base: Any, tmp_path: Path) -> None:
    from csc_dspy.distillation.merging import merge

    cut_off(student / ADAPTER)
    with pytest.raises(ModelError, match=r"student/adapter_model\.safetensors: its weights cannot be read"):
        merge(base, student, tmp_path)
    with pytest.raises(InputError, match="is damaged or another student's"):
        Student.read(student).refuse_other_file(student / ADAPTER)
    (student / ADAPTER).unlink()
    with pytest.raises(InputError, match=r"adapter_model\.safetensors: is missing; put it back, or train again"):
        merge(base, student, tmp_path)


@pytest.fixture
def served(student: Path) -> Iterator[list[str]]:
    """What ``serve`` says while it serves."""
    process = start("serve", student, "--port", "0", cwd=student, env=environment())
    try:
        assert process.stdout is not None
        yield [process.stdout.readline().strip() for _ in range(3)]
    finally:
        process.terminate()
        process.communicate(timeout=60)


def asked(served: list[str], body: dict[str, Any]) -> str:
    """What is replied to a request, however much else the base would say: the student has learned nothing."""
    address, key = served[0].rpartition(" at ")[2], served[1].removeprefix("key: ")
    reply = httpx.post(
        f"{address}/chat/completions",
        json={"max_tokens": 96, "temperature": 0, **body},
        headers={"Authorization": f"Bearer {key}"},
        timeout=60,
        trust_env=False,
    )
    found: str = reply.raise_for_status().json()["choices"][0]["message"]["content"]
    return found


def test_serving_shows_how_it_was_trained(served: list[str]) -> None:
    body = json.loads(shlex.split(served[2])[-1])
    assert body["messages"][0] == {"role": "system", "content": supporter_system("en")}
    assert body["messages"][1]["role"] == "user"


def test_served_replies_begin_with_a_strategy(served: list[str]) -> None:
    """Of any client, which sends no grammar; unless it sends one, or a schema."""
    body: dict[str, Any] = {"messages": [{"role": "user", "content": "Say only the word banana."}]}
    assert read_reply(asked(served, body))[0] is not None
    answer = {"type": "object", "properties": {"late": {"type": "boolean"}}, "required": ["late"]}
    schema = {"type": "json_schema", "json_schema": {"name": "answer", "schema": answer}}
    assert type(json.loads(asked(served, body | {"response_format": schema}))["late"]) is bool
    assert asked(served, body | {"grammar": 'root ::= "banana"'}) == "banana"


def test_a_student_is_held_to_what_it_learned_where_that_is_known() -> None:
    held = {side: grammar(side) for side in ("supporter", "customer", "both", "prompts")}
    assert [side for side, found in held.items() if found and "[Greeting]" in found] == ["supporter"]
    assert [side for side, found in held.items() if found is None] == ["both", "prompts"]


@pytest.mark.parametrize(("side", "count"), [("supporter", 2), ("customer", 2), ("both", 2), ("prompts", 1)])
def test_every_student_has_an_example(side: Any, count: int) -> None:
    base = BaseIdentity(name="maker/model", digest="0" * 64, gguf=False)
    found = Student(package="0", base=base, side=side).example()
    assert len(found) == count
    assert found[-1] == {"role": "user", "content": "Hello!"}


def test_a_card_tells_how_and_from_what_it_was_trained(student: Path) -> None:
    card = (student / "README.md").read_text()
    for row in ("| rank | 1 |", "| alpha | 32 |", "| learning rate | 0.001 |", "| tokens of a row | 2048 |"):
        assert row in card
    assert f"- calls.jsonl (sha256 {'a' * 64})" in card
    assert "| chats learned from | 7 |" in card
