"""The durable, concurrent map over records: same command again continues, nothing finished is lost."""

from csc_dspy.jobs.blocking import run_job_blocking
from csc_dspy.jobs.files import paths_of
from csc_dspy.jobs.manifest import fingerprint
from csc_dspy.jobs.progress import Progress, Snapshot
from csc_dspy.jobs.rows import Outcome
from csc_dspy.jobs.runner import run_job
from csc_dspy.jobs.store import JobStore
from csc_dspy.jobs.summary import JobSummary

__all__ = [
    "JobStore",
    "JobSummary",
    "Outcome",
    "Progress",
    "Snapshot",
    "fingerprint",
    "paths_of",
    "run_job",
    "run_job_blocking",
]
