"""Whether what people said is masked before a model sees it: whenever it would leave this machine, unless told."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from csc_dspy.lms.endpoint import is_local
from csc_dspy.lms.models import Models
from csc_dspy.pipeline.options import JobOptions
from csc_dspy.settings import Role


def is_masked(
    told: bool | None, models: Models, roles: Iterable[Role], lm: str | None, role_lms: Mapping[str, str]
) -> bool:
    """Whether personal data is masked: as told, else unless the models of all roles are local."""
    if told is not None:
        return told
    return not all(is_local(models.name_for(role, lm, role_lms)) for role in roles)


@dataclass(frozen=True, kw_only=True)
class MaskingOptions(JobOptions, ABC):
    """The options of a job whose input real people may have said.

    Attributes:
        masking: Whether personal data is masked before a model sees it; ``None`` unless all models are local.
    """

    masking: bool | None = None

    @property
    @abstractmethod
    def roles(self) -> tuple[Role, ...]:
        """The roles whose models are needed."""

    @property
    def masks(self) -> bool:
        """Whether personal data is masked before a model sees it."""
        return is_masked(self.masking, self.models(), self.roles, self.lm, self.role_lms)
