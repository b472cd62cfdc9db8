"""Whether what people said is masked before a model sees it: whenever it would leave this machine, unless told."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from csc_dspy.lms.endpoint import is_local
from csc_dspy.pipeline.options import JobOptions
from csc_dspy.settings import Role


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
        if self.masking is not None:
            return self.masking
        models = self.models()
        return not all(is_local(models.name_for(role, self.lm, self.role_lms)) for role in self.roles)
