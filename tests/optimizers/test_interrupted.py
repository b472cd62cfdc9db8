"""Ctrl-C while a program is compiled: the best so far is on disk, and the same command goes on."""

from __future__ import annotations

import itertools
import signal
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tqdm import tqdm

from csc_dspy.optimizers.compile import compile_program
from csc_dspy.optimizers.trials import Trials
from csc_dspy.programs.saved import SavedProgram
from tests.optimizers.conftest import OF_PROMPTS, Job, write_both_languages
from tests.support.command import start
from tests.support.learner import learner
from tests.support.openai_server import Fault, OpenAIServer


class Interrupting:
    """Answers as the learner does, and interrupts the compile once, while it waits for one of the answers."""

    def __init__(self, at: int) -> None:
        self.at = at

    def __call__(self, body: Mapping[str, Any]) -> Any:
        self.at -= 1
        if self.at == 0:
            signal.raise_signal(signal.SIGINT)
        return learner(body)


@pytest.mark.parametrize("concurrency", [1, 4])
def test_ctrl_c_leaves_the_best_so_far_and_the_same_command_goes_on(
    job: Job, server: OpenAIServer, concurrency: int
) -> None:
    server.reply = Interrupting(at=90)
    with pytest.raises(KeyboardInterrupt):
        compile_program(job("labeled", concurrency=concurrency))
    asked = len(server.bodies)
    found = SavedProgram.read(Path("supporter.json"))
    assert found.made["complete"] is False
    assert found.langs["en"]["select_strategy"].demos
    done = compile_program(job("labeled", concurrency=concurrency))
    assert done.complete
    assert done.langs["en"].gains[0].difference > 20
    assert done.asked <= len(server.bodies) - asked
    assert done.asked < done.usage.calls - 60


def test_before_anything_is_known_nothing_is_written(job: Job, server: OpenAIServer) -> None:
    server.reply = Interrupting(at=5)
    with pytest.raises(KeyboardInterrupt):
        compile_program(job("labeled"))
    assert not Path("supporter.json").exists()
    assert compile_program(job("labeled")).complete


def test_while_it_measures_the_program_is_kept(job: Job, server: OpenAIServer) -> None:
    compile_program(job("knn", output=Path("whole.json")))
    last = len(server.bodies)
    server.reply = Interrupting(at=last - 3)
    with pytest.raises(KeyboardInterrupt):
        compile_program(job("knn"))
    found = SavedProgram.read(Path("supporter.json"))
    assert found.langs["en"]["select_strategy"].nearest
    assert "what it gained is not known" in str(found.made)
    assert compile_program(job("knn")).complete


def test_a_fresh_compile_that_is_interrupted_leaves_the_whole_one(job: Job, server: OpenAIServer) -> None:
    compile_program(job("labeled"))
    whole = Path("supporter.json").read_text()
    server.reply = Interrupting(at=90)
    with pytest.raises(KeyboardInterrupt):
        compile_program(job("labeled", fresh=True))
    assert SavedProgram.read(Path("supporter.json")).made["complete"] is False
    assert Path("supporter.old.json").read_text() == whole
    assert compile_program(job("labeled")).complete
    assert not Path("supporter.old-2.json").exists()


def test_where_a_whole_one_cannot_be_used_an_incomplete_one_is_written_beside_it(
    job: Job, server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    compile_program(job("labeled"))
    whole = Path("supporter.json").read_text()
    Path("supporter.replies.jsonl").unlink()
    monkeypatch.setattr("csc_dspy.optimizers.compile.finished", lambda job, config: None)  # its tuned model is gone
    server.reply = Interrupting(at=90)
    with pytest.raises(KeyboardInterrupt):
        compile_program(job("labeled"))
    assert Path("supporter.old.json").read_text() == whole


@pytest.mark.parametrize("optimizer", OF_PROMPTS)
def test_no_optimizer_goes_on_after_a_ctrl_c(job: Job, server: OpenAIServer, optimizer: str) -> None:
    server.reply = Interrupting(at=100)
    with pytest.raises(KeyboardInterrupt):
        compile_program(job(optimizer, budget=400))
    asked = len(server.bodies)
    assert asked < 120
    assert Path("supporter.json").exists()


def test_what_one_language_came_to_is_kept_where_another_is_interrupted(job: Job, server: OpenAIServer) -> None:
    write_both_languages()
    compile_program(job("labeled", budget=200, output=Path("whole.json")))
    first = sum("客户" not in str(body["messages"]) for body in server.bodies)
    server.reply = Interrupting(at=first + 3)
    with pytest.raises(KeyboardInterrupt):
        compile_program(job("labeled", budget=200))
    found = SavedProgram.read(Path("supporter.json"))
    assert found.langs["en"]["select_strategy"].demos
    assert found.made["langs"]["en"]["gains"]
    assert compile_program(job("labeled", budget=200)).complete


def test_ctrl_c_while_it_waits_for_the_last_answers_after_an_error(
    job: Job, server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = itertools.count()
    server.reply = lambda body: learner(body) if next(left) < 70 else Fault("error", status=401)
    monkeypatch.setattr(Trials, "settle", _interrupted)
    with pytest.raises(KeyboardInterrupt):
        compile_program(job("labeled"))
    found = SavedProgram.read(Path("supporter.json"))
    assert found.made["complete"] is False
    assert found.langs["en"]["select_strategy"].demos


def test_in_a_second_language_it_is_no_other_end(
    job: Job, server: OpenAIServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_both_languages()
    server.reply = lambda body: Fault("error", status=401) if "客户" in str(body["messages"]) else learner(body)
    monkeypatch.setattr(Trials, "settle", _interrupted)
    with pytest.raises(KeyboardInterrupt):
        compile_program(job("labeled", budget=200))
    assert SavedProgram.read(Path("supporter.json")).made["complete"] is False
    assert "the best so far; the same command goes on" in capsys.readouterr().err


def _interrupted(trials: Trials) -> None:
    raise KeyboardInterrupt


def test_a_bar_that_was_interrupted_holds_up_no_other_compile(job: Job) -> None:
    left = threading.Thread(target=tqdm.get_lock().acquire)  # as a Ctrl-C in the middle of it leaves it
    left.start()
    left.join()
    done: list[Any] = []
    compiling = threading.Thread(target=lambda: done.append(compile_program(job("labeled"))), daemon=True)
    compiling.start()
    compiling.join(60)
    assert done


def test_who_is_interrupted_waits_for_no_answer(job: Job, server: OpenAIServer) -> None:
    waiting, go = threading.Event(), threading.Event()
    left = iter(range(20))

    def slow(body: Mapping[str, Any]) -> Any:
        if next(left, None) is None:
            waiting.set()
            go.wait(60)
        return learner(body)

    server.reply = slow
    files = ("--train", "train.jsonl", "--val", "val.jsonl", "--test", "test.jsonl", "-o", "supporter.json")
    model = ("--lm", "openai/x", "--api-base", server.api_base, "--concurrency", "4")
    process = start("compile", "supporter", "--optimizer", "labeled", *files, *model, "--no-tracking", cwd=Path.cwd())
    try:
        assert waiting.wait(60)
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        _, told = process.communicate(timeout=30)
    finally:
        go.set()
        process.kill()
    assert process.returncode == 130, told
    assert time.monotonic() - began < 20
