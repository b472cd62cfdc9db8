"""What a verb wrote, by its file or by its run."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from csc_dspy.errors import InputError
from csc_dspy.redaction import redact
from csc_dspy.tracking.store import EXPERIMENT, STORE, TrackingError, client_of_store, tracking_uri
from csc_dspy.tracking.values import cause_of

_RUN_ID = re.compile(r"[0-9a-f]{32}")


@contextmanager
def output_of(given: str) -> Iterator[Path]:
    """The output file that is meant by a path, or by a run's id or name, whose output is fetched from the store.

    Args:
        given: A path; or, where there is no such file, a run. Of several runs of one name the newest.

    Yields:
        The file; a fetched one is gone afterwards.

    Raises:
        InputError: There is neither such a file nor such a run, or the run kept no output.
        TrackingError: The run store cannot be read.
    """
    if Path(given).exists() or not _store_exists():
        yield Path(given)
        return
    with tempfile.TemporaryDirectory(prefix="csc-dspy-") as folder:
        try:
            found = _fetched(given, folder)
        except (InputError, TrackingError):
            raise
        except Exception as error:
            raise TrackingError(f"cannot read the run store {redact(tracking_uri())}: {cause_of(error)}") from error
        yield found


def _store_exists() -> bool:
    return bool(os.environ.get("MLFLOW_TRACKING_URI")) or STORE.exists()


def _fetched(given: str, folder: str) -> Path:
    _, client = client_of_store()
    run = _run(client, given)
    if run is None:
        raise InputError(f"{given}: neither a file nor a run (`csc-dspy ui` shows the runs)")
    name = Path(run.data.params.get("output", "")).name
    kept = {Path(one.path).name: one.path for one in client.list_artifacts(run.info.run_id, "outputs")}
    if name not in kept:
        raise InputError(f"{given}: the run kept no output")
    return Path(client.download_artifacts(run.info.run_id, kept[name], folder))


def _run(client: Any, given: str) -> Any:
    experiment = client.get_experiment_by_name(EXPERIMENT)
    if experiment is None:
        return None
    what = "attributes.run_id" if _RUN_ID.fullmatch(given) else "attributes.run_name"
    quoted = given.replace("\\", "\\\\").replace('"', '\\"')
    found = client.search_runs(
        [experiment.experiment_id], f'{what} = "{quoted}"', max_results=1, order_by=["attributes.start_time DESC"]
    )
    return found[0] if found else None
