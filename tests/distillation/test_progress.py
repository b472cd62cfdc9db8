"""What a training says of itself while it runs."""

from __future__ import annotations

import time

import pytest

from csc_dspy.distillation import distill
from csc_dspy.tracking import TrackedRun, tracked_run


@pytest.fixture
def run(tmp_path: object) -> TrackedRun:
    with tracked_run("distill", name="x", params={}, inputs=[], models={}, enabled=False) as found:
        return found


def test_the_time_that_is_left_is_that_of_the_last_steps(
    run: TrackedRun, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    tell = distill._teller(run)
    for step in range(1, 41):
        now += 5000 if step == 2 else 2
        tell(step, 100, {"loss": 1.0})
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "step 1 of 100: loss 1"
    assert said[-1] == "step 40 of 100: loss 1, 2:00 left"
