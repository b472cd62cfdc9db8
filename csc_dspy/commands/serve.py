"""``csc-dspy serve``: a student behind an OpenAI-compatible endpoint on this machine."""

from __future__ import annotations

import json
import shlex
import signal
import threading
from pathlib import Path

import click

from csc_dspy.commands.options import FILE


@click.command()
@click.argument("student", type=FILE)
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0: any that is free.")
@click.option("--key-env", metavar="NAME", help="Environment variable with the key to ask for (default: a random key).")
def command(student: Path, port: int, key_env: str | None) -> None:
    """Serve the student in the folder STUDENT with llama.cpp, on 127.0.0.1 only, until Ctrl-C.

    It is a chat model: the customer is the user. Its chats begin with the system message of its README.md. Replies of a
    supporter begin with one of the twelve strategies, whatever is asked, unless a request brings a schema or grammar.
    """
    import os

    from csc_dspy.errors import InputError
    from csc_dspy.lms.download import show_progress
    from csc_dspy.lms.local import LocalServer
    from csc_dspy.lms.student import Student, open_student
    from csc_dspy.programs.student import grammar
    from csc_dspy.settings import load_settings

    key = os.environ.get(key_env) if key_env else None
    if key_env and not key:
        raise InputError(f"--key-env: {key_env} is not set")
    with show_progress(str(student)) as progress:
        weights, adapter = open_student(student, progress)
    ended = threading.Event()
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, lambda *_: ended.set())
    told = Student.read(student)
    settings, held = load_settings().local, grammar(told.side)
    with LocalServer(weights, settings, adapter, student=student, port=port, key=key, grammar=held) as server:
        click.echo(f"serving {student} at {server.api_base}")
        click.echo(f"key: {f'the value of {key_env}' if key_env else server.api_key}")
        click.echo(_curl(server.api_base, f"${key_env}" if key_env else server.api_key, told.example()))
        ended.wait()


def _curl(address: str, bearer: str, messages: list[dict[str, str]]) -> str:
    """A command that asks it, as it was trained: with its system message."""
    body = shlex.quote(json.dumps({"messages": messages}))
    return (
        f'curl {address}/chat/completions -H "Authorization: Bearer {bearer}" '
        f"-H 'Content-Type: application/json' -d {body}"
    )
