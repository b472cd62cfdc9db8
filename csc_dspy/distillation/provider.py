"""Fine-tuning for DSPy's own optimizers: a provider that trains on this machine and serves what it trained.

with Models() as models:
    lm = finetunable(models, "local/smollm2-135m-instruct", Path("tuned"), epochs=2)
    program.set_lm(lm)
    dspy.BootstrapFinetune(metric=metric, adapter=LeanJSONAdapter()).compile(program, trainset=examples)

Every fine-tuning makes a student's folder below ``tuned``, named by a digest of what it learned and how, which
``student:tuned/…`` names later on. The same answers again train nothing anew, and after a kill training goes on.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import asdict
from pathlib import Path
from typing import Any

import dspy
from dspy.clients.provider import Provider, TrainingJob
from dspy.clients.utils_finetune import TrainDataFormat, TrainingStatus

from csc_dspy import __version__
from csc_dspy.chats import Message
from csc_dspy.distillation.assembly import assemble
from csc_dspy.distillation.base import open_base
from csc_dspy.distillation.config import TrainingConfig
from csc_dspy.distillation.dataset import Sample, Samples
from csc_dspy.distillation.distill import LOCK, TRAINING
from csc_dspy.distillation.masks import Tokenizer, tokenized
from csc_dspy.errors import InputError, NothingLearnedError
from csc_dspy.files import held
from csc_dspy.lms.lm import CscLM
from csc_dspy.lms.models import Models
from csc_dspy.lms.student import FILE, Student


def finetunable(models: Models, name: str, folder: Path, **settings: Any) -> CscLM:
    """A local model that DSPy's optimizers can fine-tune.

    Args:
        models: Opens it, and what it is tuned into; the tuned models live as long.
        name: Its name, for example ``local/qwen2.5-coder-0.5b-instruct``; the base of what is trained.
        folder: Gets a student's folder for each fine-tuning.
        settings: How it is trained; see :class:`~csc_dspy.distillation.config.TrainingConfig`.

    Raises:
        InputError: A setting does not fit.
        ModelError: The model cannot be had.
    """
    lm = models.open(name)
    lm.provider = StudentProvider(models, name, folder, TrainingConfig.read(None, **settings))
    return lm


class StudentProvider(Provider):  # type: ignore[misc]
    """Trains a base on the prompts and answers that an optimizer gives it.

    Attributes:
        base: Name of the base; every fine-tuning begins there.
        folder: Where the students' folders go.
        config: How they are trained.
    """

    def __init__(self, models: Models, base: str, folder: Path, config: TrainingConfig) -> None:
        super().__init__()
        self.finetunable = True
        self.TrainingJob = lambda **given: _Job(self, models, **given)
        self.base = base
        self.folder = folder
        self.config = config
        self.failure: Exception | None = None
        """What went wrong, if something did: optimizers may only log it."""

    def __deepcopy__(self, memo: dict[int, Any]) -> StudentProvider:
        return self  # copies of a model share it

    def finetune(
        self,
        job: TrainingJob,
        model: str,
        train_data: list[dict[str, Any]],
        train_data_format: TrainDataFormat | str | None,
        train_kwargs: dict[str, Any] | None = None,
    ) -> str:
        """Train on chats of which the last message is the answer.

        Args:
            job: Not used: training is not called off.
            model: Not used: it begins at :attr:`base`.
            train_data: ``{"messages": [{"role": …, "content": …}, …]}`` each.
            train_data_format: ``chat``.
            train_kwargs: Settings that win over :attr:`config`.

        Returns:
            The student's name, ``student:FOLDER``.

        Raises:
            InputError: The data is of another form, or there is none that fits a row.
            ModelError: The base cannot be had.
            RunError: It ran out of memory, or a file cannot be written.
        """
        self.failure = None
        if train_data_format != TrainDataFormat.CHAT:
            raise InputError(f"{train_data_format}: fine-tuning takes chats, each with its answer as the last message")
        config = TrainingConfig.read(None, **{**self.config.model_dump(), **(train_kwargs or {})})
        digest = hashlib.sha256(json.dumps(train_data, sort_keys=True).encode()).hexdigest()
        base, tokenizer = open_base(self.base)
        how = hashlib.sha256(f"{base.digest} {digest} {config.model_dump_json()}".encode()).hexdigest()
        folder = self.folder / how[:12]
        if (folder / FILE).exists():
            return f"student:{folder}"
        samples = samples_of(train_data, tokenizer, config.length)
        from csc_dspy.distillation.train import train  # slow to import

        training = folder / TRAINING
        with held(folder, training / LOCK):
            trained = train(base, tokenizer, samples, config, training)
            student = Student(
                package=__version__,
                base=base.identity(),
                adapter=not config.full,
                side="prompts",
                data={f"{len(train_data)} answers of a program": digest},
                config=config.model_dump(),
                figures={**asdict(trained), "too_long": samples.too_long},
            )
            assemble(folder, student, base, tokenizer, training / "model")
            shutil.rmtree(training, ignore_errors=True)
        return f"student:{folder}"


def samples_of(chats: Sequence[Mapping[str, Any]], tokenizer: Tokenizer, longest: int) -> Samples:
    """Chats as tokens, of which the last message is learned; those longer than a row are left out and counted.

    Raises:
        InputError: None is left, or one does not end with an answer.
    """
    found = []
    for number, one in enumerate(chats, 1):
        messages = [Message(message["role"], message["content"]) for message in one["messages"]]
        if not messages or messages[-1].role != "assistant":
            raise InputError(f"chat {number} of the training data does not end with an answer")
        tokens = tokenized(messages, tokenizer, learns=lambda message, last=messages[-1]: message is last)  # type: ignore[misc]
        if len(tokens.ids) <= longest:
            found.append(Sample(str(number), "prompts", tokens))
    if not chats:
        raise NothingLearnedError("there is nothing to learn from: no answer was right")
    if not found:
        raise InputError(f"of the answers to learn from none fits a row of {longest:,} tokens: raise length")
    return Samples(tuple(found), (), too_long=len(chats) - len(found))


class _Job(TrainingJob):  # type: ignore[misc]
    """A fine-tuning under way, whose result is the tuned model, opened."""

    def __init__(self, provider: StudentProvider, models: Models, **given: Any) -> None:
        super().__init__(**given)
        if self.thread is not None:
            self.thread.daemon = True  # Ctrl-C ends training, too
        self._provider = provider
        self._models = models

    def set_result(self, result: Any) -> None:
        """DSPy hands over a copy of the untuned model that only has the tuned one's name, or what went wrong."""
        if isinstance(result, dspy.LM):
            try:
                tuned = self._models.open(result.model)
                tuned.provider, tuned.replies = result.provider, result.replies
                result = tuned
            except Exception as error:  # whoever waits for the result gets it
                result = error
        if isinstance(result, Exception):
            self._provider.failure = result
        Future.set_result(self, result)

    def status(self) -> TrainingStatus:
        """Whether it is still under way."""
        if not self.done():
            return TrainingStatus.running
        return TrainingStatus.failed if isinstance(self.result(), Exception) else TrainingStatus.succeeded
