"""How threads wait is decided before PyTorch is loaded, and the user's word counts."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.command import ROOT, environment

ASKED = "import os, sys, csc_dspy.distillation; print(os.environ['GOMP_SPINCOUNT'], 'torch' in sys.modules)"


@pytest.mark.parametrize(("told", "waits"), [({}, "1000"), ({"GOMP_SPINCOUNT": "7"}, "7")])
def test_threads_of_a_training_sleep_soon_unless_told_otherwise(told: dict[str, str], waits: str) -> None:
    given = {name: value for name, value in environment(**told).items() if name != "GOMP_SPINCOUNT" or told}
    said = subprocess.run(
        [sys.executable, "-c", ASKED], cwd=ROOT, env=given, capture_output=True, text=True, check=True
    )
    assert said.stdout.split() == [waits, "False"]
