"""Registered models: programs as versions of a name, in the run store, made of code and a JSON file."""

from __future__ import annotations

import os
import re
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from csc_dspy.errors import InputError, one_line
from csc_dspy.redaction import redact, redact_mapping
from csc_dspy.tracking.run import TrackedRun
from csc_dspy.tracking.store import STORE, TrackingError, client_of_store, tracking_uri
from csc_dspy.tracking.values import cause_of

_NAMED = re.compile(r"models:/([^/@]+)(?:/(\d+)|@([^/]+))")
PROGRAM = "program.json"
"""What the JSON file is called inside a registered model."""

SHOWN = 10
"""Versions that an error names at most."""


def is_registered(name: str) -> bool:
    """Whether a name is that of a registered model."""
    return name.startswith("models:/")


def register(
    run: TrackedRun,
    name: str,
    code: Path,
    program: Path,
    requirement: str,
    params: Sequence[str] = ("lm", "api_base"),
    *,
    description: str = "",
    tags: Mapping[str, object] = MappingProxyType({}),
) -> str | None:
    """Log a program as a model of a run, and register it as the next version of a name.

    Args:
        run: The open run.
        name: The registered model's name.
        code: The script that MLflow runs to load it.
        program: Its JSON file.
        requirement: What has to be installed to load it, as pip says it.
        params: Parameters that its predictions take: texts, empty unless given.
        description: What people read beside the version.
        tags: By what versions are told apart.

    Returns:
        Its address, ``models:/supporter/3``; ``None`` when tracking is off or could not be reached.
    """
    found: list[str] = []

    def send(client: object) -> None:
        from mlflow import MlflowClient
        from mlflow.exceptions import MlflowException
        from mlflow.models import ModelSignature
        from mlflow.pyfunc import save_model
        from mlflow.types import ParamSchema, ParamSpec

        assert isinstance(client, MlflowClient)
        with tempfile.TemporaryDirectory(prefix="csc-dspy-") as folder:
            state = Path(folder, PROGRAM)
            state.write_bytes(program.read_bytes())
            model = Path(folder, "model")
            # It says that the rows have no schema, and past every filter; they are checked where they are read.
            with warnings.catch_warnings(record=True):
                save_model(
                    str(model),
                    python_model=str(code),
                    artifacts={"program": str(state)},
                    # MLflow passes on only the parameters that are named here; rows without a schema it leaves alone.
                    signature=ModelSignature(params=ParamSchema([ParamSpec(one, "string", "") for one in params])),
                    pip_requirements=[requirement],
                )
            logged = client.create_logged_model(run.experiment_id, name=name, source_run_id=run.run_id)
            client.log_model_artifacts(logged.model_id, str(model))
            client.finalize_logged_model(logged.model_id, "READY")
        try:
            client.create_registered_model(name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        # By its place: an address models:/… would be looked up in MLflow's global store, whatever client asks.
        source = logged.artifact_location
        about = {key: str(value) for key, value in redact_mapping(tags).items()}
        version = client.create_model_version(
            name, source, run.run_id, tags=about, description=redact(description), model_id=logged.model_id
        ).version
        found.append(f"models:/{name}/{version}")

    run.attempt(f"the model {name}", send)
    return found[0] if found else None


def registered(name: str, tags: Mapping[str, object]) -> str | None:
    """The newest version of a registered model that has some tags.

    Args:
        name: The registered model's name.
        tags: What the version was given, see :func:`register`.

    Returns:
        Its address, ``models:/supporter/3``; ``None`` where there is none.

    Raises:
        TrackingError: The store cannot be opened.
    """
    wanted = "".join(f" and tags.{key} = '{value}'" for key, value in tags.items())
    _, client = client_of_store()
    order = ["version_number DESC"]
    try:
        found = client.search_model_versions(f"name = '{name}'{wanted}", max_results=1, order_by=order)
    except Exception as error:  # MLflow's, and what its transports raise
        raise TrackingError(f"cannot read the run store {redact(tracking_uri())}: {cause_of(error)}") from None
    return f"models:/{name}/{found[0].version}" if found else None


def fetch(name: str, folder: Path) -> Path:
    """Copy the program of a registered model.

    Args:
        name: ``models:/supporter/3`` or ``models:/supporter@best``, an alias.
        folder: Where the copy goes.

    Raises:
        InputError: There is no such model, or it is none of this package's.
        TrackingError: The run store cannot be opened.
    """
    if (match := _NAMED.fullmatch(name)) is None:
        form = "a registered model is named models:/NAME/VERSION or models:/NAME@ALIAS"
        raise InputError(f"{name}: {form}{_existing(name)}")
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    uri, client = client_of_store()
    try:
        if match[2]:
            version = client.get_model_version(match[1], match[2])
        else:
            version = client.get_model_version_by_alias(match[1], match[3])
        path = f"{version.source}/artifacts/{PROGRAM}"
        return Path(download_artifacts(artifact_uri=path, dst_path=str(folder), tracking_uri=uri))
    except (MlflowException, OSError) as error:
        raise InputError(f"{name}: no such registered program ({one_line(error)}){_existing(name)}") from None


def _existing(name: str) -> str:
    """What versions a registered model has, the newest first, for an error; nothing where none is known."""
    model = name.removeprefix("models:/").partition("/")[0].partition("@")[0]
    if "'" in model or not (os.environ.get("MLFLOW_TRACKING_URI") or STORE.exists()):
        return ""
    from mlflow.exceptions import MlflowException

    try:
        _, client = client_of_store()
        order = ["version_number DESC"]
        found = client.search_model_versions(f"name = '{model}'", max_results=SHOWN, order_by=order)
    except (MlflowException, TrackingError):
        return ""
    return f"; versions there are: {', '.join(str(one.version) for one in found)}" if found else ""
