"""What every verb that spends has in common: models by role, a durable job over units, one tracked run."""

from csc_dspy.pipeline.options import JobOptions
from csc_dspy.pipeline.run import Pipeline, Work, run_pipeline

__all__ = ["JobOptions", "Pipeline", "Work", "run_pipeline"]
