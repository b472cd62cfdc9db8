"""The frame of the demo: what a step is, and how steps are shown and timed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.rule import Rule
from rich.text import Text

from csc_dspy.conversation import Conversation
from csc_dspy.corpora.view import PipeConsole
from csc_dspy.demo.outcome import Dropped, read_dropped, read_kept
from csc_dspy.framework import LANGS, Lang


@dataclass(frozen=True)
class Demo:
    """What the demo works with.

    Attributes:
        folder: Where its files go.
        lm: The model that plays every role and judges.
        count: Conversations played in each language.
        langs: Languages they are played in; two calls, one of each language, are rewritten whatever is here.
        least: Utterances a conversation must have.
        api_base: Base URL for names of OpenAI-compatible servers.
        fresh: Start over; old files are kept aside.
        console: Where it is told.
    """

    folder: Path
    lm: str
    count: int = 1
    langs: Sequence[Lang] = LANGS
    least: int = 10
    api_base: str | None = None
    fresh: bool = False
    console: Console = field(default_factory=PipeConsole)

    def output(self, lang: Lang) -> Path:
        """The file of one language's conversations."""
        return self.folder / f"rolecs.{lang}.jsonl"

    @property
    def calls(self) -> Path:
        """The file of the imported sample calls."""
        return self.folder / "calls.jsonl"

    @property
    def chosen(self) -> Path:
        """The file of the calls that are rewritten."""
        return self.folder / "chosen.jsonl"

    @property
    def csconv(self) -> Path:
        """The file of the rewritten calls."""
        return self.folder / "csconv.jsonl"

    @property
    def compiled(self) -> Path:
        """The file of the compiled program."""
        return self.folder / "annotator.json"

    @property
    def learned(self) -> Path:
        """The file of the conversations that the student learns from."""
        return self.folder / "learned.jsonl"

    @property
    def unseen(self) -> Path:
        """The file of those that it is measured on."""
        return self.folder / "unseen.jsonl"

    @property
    def student(self) -> Path:
        """The student's folder."""
        return self.folder / "student"

    @property
    def wire_report(self) -> Path:
        """The file that keeps what the wire check found."""
        return self.folder / "wire.json"

    @property
    def pictures(self) -> Path:
        """The folder of the pictures."""
        return self.folder / "pictures"

    def kept(self) -> list[Conversation]:
        """The conversations that passed the filter, of all languages."""
        return [conversation for lang in LANGS for conversation in read_kept(self.output(lang))]

    def dropped(self) -> list[Dropped]:
        """The conversations that did not pass, of all languages."""
        return [one for lang in LANGS for one in read_dropped(self.output(lang))]

    def say(self, text: str = "", style: str = "") -> None:
        """A line of plain text; nothing in it is markup."""
        self.console.print(Text(text, style=style))


@dataclass(frozen=True)
class Step:
    """One step: it must be safe to take again, and quick when its work is done already.

    Attributes:
        title: A few words.
        why: What it does and what for, in a sentence or two.
        run: Does it.
        takes: How long that is, where it is more than some seconds.
    """

    title: str
    why: str
    run: Callable[[Demo], None]
    takes: str | None = None


def tour(demo: Demo, steps: Sequence[Step]) -> None:
    """Take the steps in turn, each announced and timed.

    Raises:
        CscError: A step's; what was finished is kept, and the same demo continues there.
    """
    started = time.monotonic()
    demo.folder.mkdir(parents=True, exist_ok=True)
    for number, step in enumerate(steps, start=1):
        demo.say()
        demo.console.print(Rule(Text(f"{number}/{len(steps)} {step.title}", style="bold"), align="left", style="dim"))
        takes = f" Takes {step.takes}." if step.takes else ""
        demo.say(step.why + takes, style="italic")
        begun = time.monotonic()
        step.run(demo)
        demo.say(f"({duration(time.monotonic() - begun)})", style="dim")
    demo.say()
    demo.say(f"The demo took {duration(time.monotonic() - started)}.", style="bold")


def duration(seconds: float) -> str:
    """A duration for people: ``0.3 s``, ``42 s``, ``3 min 05 s``."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
