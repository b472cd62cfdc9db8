"""One MLflow run for every verb: what went in, with which models and prompts, what came out.

    with tracked_run("rewrite", params={"limit": 100}, inputs=[calls], models={"rewriter": "local/x"}) as run:
        ...
        run.log_metrics({"kept": 0.93, "judge": None})  # None: unknown, never 0
        run.log_output(out)

Runs live in ``mlruns/mlflow.db`` of the working folder, or where ``MLFLOW_TRACKING_URI`` says.
MLflow is imported when the first run opens, and used through its client only: no global run, so
runs may nest and run side by side. Everything logged passes through :mod:`csc_dspy.redaction`.
"""

from csc_dspy.tracking.digests import FileDigest, digest_of
from csc_dspy.tracking.models import fetch, is_registered, register, registered
from csc_dspy.tracking.outputs import output_of
from csc_dspy.tracking.run import Status, TrackedRun
from csc_dspy.tracking.store import (
    ARTIFACTS,
    EXPERIMENT,
    STORE,
    TrackingError,
    client_of_store,
    prepare_mlflow,
    tracking_uri,
)
from csc_dspy.tracking.tracked import tracked_run
from csc_dspy.tracking.values import unique

__all__ = [
    "ARTIFACTS",
    "EXPERIMENT",
    "STORE",
    "FileDigest",
    "Status",
    "TrackedRun",
    "TrackingError",
    "client_of_store",
    "digest_of",
    "fetch",
    "is_registered",
    "output_of",
    "prepare_mlflow",
    "register",
    "registered",
    "tracked_run",
    "tracking_uri",
    "unique",
]
