"""``csc-dspy demo``: the whole pipeline, small, on local weights, explained step by step."""

from csc_dspy.demo.steps import STEPS
from csc_dspy.demo.tour import Demo, Step, tour

__all__ = ["STEPS", "Demo", "Step", "tour"]
