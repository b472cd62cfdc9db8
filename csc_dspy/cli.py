"""The ``csc-dspy`` command: a click group that loads a verb's file only when it is called."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import threading
import traceback
from contextlib import suppress
from types import FrameType
from typing import NoReturn

import click

from csc_dspy import __version__
from csc_dspy.errors import CscError

VERBS = {
    "doctor": "What is installed, which models answer, whether json_schema holds on the wire.",
    "models": "The weights catalogue: list, pull, convert.",
    "framework": "The stages and strategies.",
    "corpus": "Import raw calls; check, describe, split, export and view conversation files.",
    "rewrite": "Raw calls -> strategy-rich, annotated conversations (CSConv).",
    "annotate": "Stage and strategy labels for existing conversations.",
    "synthesize": "Profiles x topics -> five-role play -> filtered conversations (RoleCS).",
    "compile": "A program tuned on examples by an optimizer, measured before and after.",
    "distill": "Conversations -> a small local model that speaks as their supporters do.",
    "evaluate": "A supporter's answers to real calls: the paper's figures, intervals, baselines.",
    "judge": "What a model says of saved answers: scores a reply, or which of two is better.",
    "score": "Figures again from saved answers, scores, votes and forms, without one request.",
    "compare": "Which of two sets of answers is better, and whether that is real; what compiling changed in a prompt.",
    "chat": "Talk to a supporter as its customer, or to a customer as its supporter.",
    "serve": "A student behind an OpenAI-compatible endpoint on this machine.",
    "ui": "The MLflow UI on this project's runs.",
    "demo": "All of it, small, on local weights.",
}


class LazyGroup(click.Group):
    """A group whose help needs no verb's imports: ``commands/<verb>.py`` holds ``command``."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs, in the order of the data's path."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the verb's file."""
        if cmd_name not in VERBS:
            return None
        command = importlib.import_module(f"csc_dspy.commands.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs from the table above."""
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "CSC"})
@click.version_option(__version__, prog_name="csc-dspy")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def cli(debug: bool) -> None:
    """A declarative LLM programming pipeline for Customer Support Conversation."""


def _safe(text: str) -> str:
    from csc_dspy.redaction import redact  # only errors need it, and it is slow to import

    return redact(text)


def _end(number: int, frame: FrameType | None) -> None:
    """Let SIGTERM unwind the stack as Ctrl-C does, once: a second one must not disturb the clean end."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def _leave(code: int) -> NoReturn:
    """End without the threads that a job left in the middle of a request: they take minutes, and say nothing more."""
    if any(not one.daemon for one in threading.enumerate() if one is not threading.main_thread()):
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)
    sys.exit(code)


def main() -> None:
    """Run the command line; every error becomes one clear line and an exit code.

    2 for wrong input, 1 for a failed run, 130 for Ctrl-C and SIGTERM.
    """
    signal.signal(signal.SIGTERM, _end)
    # Read by LiteLLM at its first import; without it, start-up waits for a price list from the internet.
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = os.environ["HF_HUB_DISABLE_TELEMETRY"] = "true"
    try:
        code = cli.main(standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("stopped; what was finished is on disk", err=True)
        _leave(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except CscError as error:
        if "--debug" in sys.argv:
            traceback.print_exc()
        click.echo(f"error: {_safe(str(error))}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:  # the reader, say `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        if "--debug" in sys.argv:
            traceback.print_exc()
        text = _safe(f"{type(error).__name__}: {error}")
        click.echo(f"error: {text} (run `csc-dspy --debug …` for the traceback)", err=True)
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)
