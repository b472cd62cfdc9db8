"""Which runs still run: those whose process was killed are told from the others by the lock that each run holds.

The system lets go of a process's locks however it ends. Only the store of the working folder has them; of a store
elsewhere nobody here knows who writes to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout


@contextmanager
def marked_running(folder: Path | None, run_id: str) -> Iterator[None]:
    """Hold a run's lock.

    Args:
        folder: Where the locks lie; ``None`` holds none.
        run_id: MLflow's id.
    """
    if folder is None:
        yield
        return
    path = folder / f"{run_id}.lock"
    lock = FileLock(path, timeout=0)
    with suppress(OSError, Timeout):  # a run without its mark is no reason not to run
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    try:
        yield
    finally:
        with suppress(OSError):
            path.unlink(missing_ok=True)
            lock.release()


def end_the_dead(folder: Path, client: Any) -> None:
    """End the runs of processes that are gone, as KILLED.

    Args:
        folder: Where the locks lie.
        client: MLflow's client of the store.
    """
    from mlflow.exceptions import MlflowException

    for path in folder.glob("*.lock"):
        with suppress(OSError, Timeout), FileLock(path, timeout=0):
            with suppress(MlflowException):  # deleted meanwhile
                if client.get_run(path.stem).info.status == "RUNNING":
                    client.set_tag(path.stem, "error", "its process is gone")
                    client.set_terminated(path.stem, "KILLED")
            path.unlink(missing_ok=True)
