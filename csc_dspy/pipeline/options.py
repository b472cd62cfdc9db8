"""The options that all verbs that spend share."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from csc_dspy.conversation import OnBad
from csc_dspy.errors import LineError
from csc_dspy.lms.models import Models


def left_out() -> OnBad:
    """Says once of each line that cannot be read that it is left out, however often it is read."""
    told: set[str] = set()

    def tell(error: LineError) -> None:
        if (text := str(error)) not in told:
            told.add(text)
            print(f"left out: {text}", file=sys.stderr, flush=True)

    return tell


@dataclass(frozen=True, kw_only=True)
class JobOptions:
    """Where a job's records go, with which models, how much and how fast.

    Attributes:
        output: Where the records go, JSONL; the job's other files lie beside it.
        limit: Units to work on now; ``None`` for all.
        lm: Model of every role that is not overridden.
        role_lms: Role to model.
        api_base: Base URL of the server of ``lm``; the roles' own models are not looked for there.
        seed: Changes every sample.
        concurrency: Units worked on at a time, and requests in flight to one endpoint.
        timeout: Seconds a request may take.
        max_tokens: Token budget of the job.
        max_cost: US dollar budget of the job.
        fresh: Start over; old files are kept aside.
        accept_changes: Continue although the configuration changed.
        retry_failed: Try failed units again, whatever their cause.
        skip_bad: Leave out inputs that cannot be read.
        tracking: Whether an MLflow run is made.
    """

    output: Path
    limit: int | None = None
    lm: str | None = None
    role_lms: Mapping[str, str] = field(default_factory=dict)
    api_base: str | None = None
    seed: int = 0
    concurrency: int | None = None
    timeout: float | None = None
    max_tokens: int | None = None
    max_cost: float | None = None
    fresh: bool = False
    accept_changes: bool = False
    retry_failed: bool = False
    skip_bad: bool = False
    tracking: bool = True

    @cached_property
    def on_bad(self) -> OnBad | None:
        """What readers are given for inputs that cannot be read: say so and pass over them, or raise."""
        return left_out() if self.skip_bad else None

    def models(self) -> Models:
        """The models these options mean; nothing is started yet.

        Raises:
            InputError: An address without ``lm``.
        """
        return Models(timeout=self.timeout, api_base=self.api_base, based=(self.lm,) if self.lm else ())
