"""How a student is trained: small on the command line, all of it in a file."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Any, Self

from pydantic import Field, ValidationError, model_validator

from csc_dspy.conversation import Record
from csc_dspy.errors import InputError


class TrainingConfig(Record):
    """Settings of a training.

    Attributes:
        epochs: How often each conversation is seen.
        learning_rate: Of the first step behind the warm-up; where all weights are trained, 5e-5 unless it is given.
        warmup: Share of the steps in which the learning rate rises.
        rank: Of the low-rank matrices (LoRA, Hu et al. 2022).
        alpha: By ``alpha / rank`` their product is scaled.
        dropout: Share of their inputs that is dropped.
        full: Train all weights instead of low-rank matrices.
        four_bit: Hold the base in 4 bits (QLoRA, Dettmers et al. 2023); needs a GPU and bitsandbytes.
        bf16: Multiply in bfloat16; ``None``: where the hardware has instructions for it. On a CPU only frozen weights
            are multiplied so: their sum with what a young adapter adds would be rounded back to theirs.
        length: Tokens of a row, and of a conversation, at most.
        rows: Rows of a step at least, over all devices: a multiple of what they work on at once.
        rows_at_once: Rows a device works on at once; more are added up.
        weight_decay: Of all trained weights.
        clip: Norm at which gradients are clipped.
        balance: 0 to 1: how much more rare strategies count.
        checkpoints: How often an epoch is interrupted to look at the validation loss and to save.
        patience: How often running the validation loss may fail to fall before it ends; 0 for never.
        activation_checkpointing: Work out activations twice to need less memory.
        seed: Of order, dropout and first weights.
    """

    epochs: float = Field(default=1.0, gt=0)
    learning_rate: float = Field(default=1e-3, gt=0)
    warmup: float = Field(default=0.03, ge=0, lt=1)
    rank: int = Field(default=16, ge=1)
    alpha: int = Field(default=32, ge=1)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    full: bool = False
    four_bit: bool = False
    bf16: bool | None = None
    length: int = Field(default=2048, ge=64)
    rows: int = Field(default=2, ge=1)
    rows_at_once: int = Field(default=1, ge=1)
    weight_decay: float = Field(default=0.0, ge=0)
    clip: float = Field(default=1.0, gt=0)
    balance: float = Field(default=0.0, ge=0, le=1)
    checkpoints: int = Field(default=4, ge=1)
    patience: int = Field(default=3, ge=0)
    activation_checkpointing: bool = False
    seed: int = Field(default=0, ge=0, lt=2**32)

    def batches(self, processes: int) -> int:
        """How many batches of a device make a step, so that it has at least as many rows as it should."""
        return math.ceil(self.rows / (self.rows_at_once * processes))

    def rows_of_step(self, processes: int) -> int:
        """Rows of a step, over all processes."""
        return self.batches(processes) * self.rows_at_once * processes

    @model_validator(mode="before")
    @classmethod
    def _gentler(cls, given: Any) -> Any:
        """What low-rank matrices learn by would undo a model's own weights."""
        return {"learning_rate": 5e-5, **given} if isinstance(given, dict) and given.get("full") else given

    @classmethod
    def read(cls, path: Path | None, **changes: Any) -> Self:
        """Settings of a TOML file, with some of them changed.

        Args:
            path: The file; ``None`` for the defaults.
            changes: Settings that win; those that are ``None`` do not count.

        Raises:
            InputError: The file cannot be read, or a setting does not fit.
        """
        try:
            given = {} if path is None else tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise InputError(f"{path}: no configuration: {error}") from None
        try:
            return cls.model_validate(given | {name: value for name, value in changes.items() if value is not None})
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            name = ".".join(map(str, first["loc"]))
            known = f"; there are {', '.join(cls.model_fields)}" if first["type"] == "extra_forbidden" else ""
            raise InputError(f"{path or 'training'}: {name}: {first['msg']}{known}") from None
