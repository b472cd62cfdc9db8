"""The models of a job by role: which, whether they can have it, what they cost, what stands behind their names."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from csc_dspy.chats import only_speaks
from csc_dspy.errors import InputError
from csc_dspy.lms.models import Models
from csc_dspy.lms.student import Student, student_folder
from csc_dspy.pipeline.estimate import Prices
from csc_dspy.pipeline.options import JobOptions
from csc_dspy.settings import Role

SPEAKERS: tuple[Role, ...] = ("supporter", "customer")
"""Roles that a student of plain chats can have, where they only speak."""


def role_names(
    models: Models, options: JobOptions, roles: Sequence[Role], able: Collection[Role] = SPEAKERS
) -> dict[Role, str]:
    """The name of each role's model; nothing is started.

    Args:
        models: What knows the names.
        options: The job's options.
        roles: Roles whose models are needed.
        able: Roles that a student of plain chats can have.

    Raises:
        InputError: A role has none, or a student that was not trained for it.
        UnknownModelError: A name is no model.
    """
    names = {role: models.name_for(role, options.lm, options.role_lms) for role in roles}
    for name in dict.fromkeys(names.values()):
        models.check(name)
    refuse_students(models, names, able)
    return names


def role_prices(options: JobOptions, roles: Sequence[Role], able: Collection[Role] = SPEAKERS) -> Prices:
    """What each role's model costs, for an estimate of what a job would take that refuses what the job does.

    Raises:
        InputError: As :func:`role_names`.
        UnknownModelError: As :func:`role_names`.
    """
    models = options.models()
    return {role: models.prices(name) for role, name in role_names(models, options, roles, able).items()}


def refuse_students(models: Models, names: Mapping[Role, str], able: Collection[Role]) -> None:
    """Refuse students in roles that they were not trained for, before anything is started.

    Args:
        models: What knows the students.
        names: Role to the name of its model.
        able: Roles that a student can have, if it was trained on that side of calls.

    Raises:
        InputError: A student has another role.
    """
    for role, name in names.items():
        side = models.side(name)
        if side is None or (role in able and side in (role, "both")):
            continue
        flag = f"--{role.replace('_', '-')}-lm"
        raise InputError(f"{name}: {only_speaks(side)} the role {role}: {flag}, or models.{role} in csc.toml")


def refuse_unpriced(models: Models, names: Mapping[Role, str]) -> None:
    """Refuse to hold a limit of money where a price is unknown.

    Raises:
        InputError: One is.
    """
    if unknown := [name for name in dict.fromkeys(names.values()) if models.prices(name) is None]:
        raise InputError(
            f"--max-cost cannot be held: no price is known for {', '.join(unknown)}; set input_price and "
            f'output_price in csc.toml under [endpoints."{unknown[0]}"], or give --max-tokens instead'
        )


def identities(models: Models, names: Mapping[Role, str]) -> dict[str, Any]:
    """What may be another tomorrow under the same names, of a job's configuration: students, addresses, files.

    Args:
        models: What knows them.
        names: Role to the name of its model.

    Returns:
        ``students``, role to the digest of a student, and ``behind``, role to an address or the digest of a file; each
        only where there are some.
    """
    folders = {role: student_folder(name) for role, name in names.items()}
    students = {role: Student.read(folder).digest for role, folder in folders.items() if folder is not None}
    behind = {role: what for role, name in names.items() if (what := models.behind(name)) is not None}
    return {name: found for name, found in (("students", students), ("behind", behind)) if found}
