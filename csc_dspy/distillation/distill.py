"""``distill``: conversations into a student, as one resumable, tracked run."""

from __future__ import annotations

import dataclasses
import json
import shutil
import sys
import time
from collections import deque
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from csc_dspy import __version__
from csc_dspy.chats import FORMAT_VERSION, Side
from csc_dspy.distillation.assembly import assemble, sweep
from csc_dspy.distillation.base import Base, base_name, open_base
from csc_dspy.distillation.config import TrainingConfig
from csc_dspy.distillation.dataset import Samples, read_samples, refuse_empty
from csc_dspy.distillation.masks import shown
from csc_dspy.distillation.processes import count, is_main, main_first
from csc_dspy.errors import InputError, ModelError, RunError
from csc_dspy.files import held, written_whole
from csc_dspy.lms.student import ADAPTER, FILE, Student
from csc_dspy.pipeline.options import left_out
from csc_dspy.tracking import TrackedRun, digest_of, tracked_run, unique
from csc_dspy.wording import amount, clock

TRAINING = "training"
"""The folder of the checkpoints, while there are some."""
LOCK = "training.lock"
"""In that folder: held by the process that trains."""
_BEGUN = "training.json"
"""What is trained there, and how."""
_STEP = "rows of a step"
"""Which more processes make more; what is left of a training is told in steps."""
_LARGEST = 2**31
"""Bytes of a file of the student that is kept with the run at most: adapters, and small models as a whole."""
_LEFT = ("trained.json", "model", "checkpoint-*")
"""By what a training would be taken up; without the file that tells what is trained nobody knows whose they are."""
_RECENT = 20
"""Losses by which it is said how long the rest takes: a machine that slept does not count for long."""


@dataclass(frozen=True, kw_only=True)
class Distillation:
    """What is trained, from what, and how.

    Attributes:
        conversations: What is learned from.
        base: Name of the base; see :func:`~csc_dspy.distillation.base.find_base`.
        output: The student's folder.
        validation: Conversations by which it is seen when to stop; ``None`` sets a twentieth aside.
        side: Whose turns are learned.
        limit: Conversations to learn from at most, drawn from all.
        config: A TOML file with settings; see :class:`~csc_dspy.distillation.config.TrainingConfig`.
        settings: Settings that win over the file.
        merge: Write all weights instead of the adapter.
        resume: Only go on with a training that was begun.
        fresh: Start over.
        skip_bad: Leave out input lines that cannot be read.
        tracking: Whether an MLflow run is made.
    """

    conversations: Path
    base: str
    output: Path
    validation: Path | None = None
    side: Side = "supporter"
    limit: int | None = None
    config: Path | None = None
    settings: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    merge: bool = False
    resume: bool = False
    fresh: bool = False
    skip_bad: bool = False
    tracking: bool = True

    def training(self) -> TrainingConfig:
        """How it is trained.

        Raises:
            InputError: A setting does not fit, or means nothing where all weights are trained.
        """
        config = TrainingConfig.read(self.config, **self.settings)
        if self.resume and self.fresh:
            raise InputError("--resume goes on, --fresh starts over: give one of them")
        if config.full and self.merge:
            raise InputError("--merge is for an adapter: where all weights are trained (full) leave it out")
        if config.full and self.settings.get("rank") is not None:
            raise InputError("--rank is for low-rank matrices: where all weights are trained (full) leave it out")
        if config.four_bit and config.full:
            raise InputError("four_bit holds the base in 4 bits, which cannot be trained: leave out four_bit or full")
        return config

    def adapter(self, config: TrainingConfig) -> bool:
        """Whether the student is an adapter; else its folder holds all weights."""
        return not (config.full or self.merge)

    @property
    def inputs(self) -> list[Path]:
        """The files that are read."""
        return [path for path in (self.conversations, self.validation) if path is not None]

    def data(self) -> dict[str, str]:
        """What is learned from: file name, with how many of its conversations where not all of them, to SHA-256.

        Raises:
            InputError: A file cannot be read.
        """
        drawn = "" if self.limit is None else f"{self.limit:,} of "
        first, *more = (path.name for path in self.inputs)
        names = unique([drawn + first, *more])
        return {name: _sha256_of(path) for name, path in zip(names, self.inputs, strict=True)}


def distill(job: Distillation) -> Student:
    """Train a student; the same call goes on after a kill, and does nothing when it is done.

    Started by ``torchrun`` or ``accelerate launch``, all processes train it together and the main one writes it.

    Raises:
        InputError: Options, files or the base do not fit.
        ModelError: The extra ``distill`` is not installed, or the base cannot be had.
        RunError: It diverged, it ran out of memory, a file cannot be written, or another process trains it.
    """
    config = job.training()
    data = job.data()
    checkpoints = job.output / TRAINING
    with ExitStack() as alone:
        with main_first():
            if (job.output / FILE).exists() and not (checkpoints / _BEGUN).exists() and not job.fresh:
                return _finished(job, config, data)
            _refuse_strangers(job.output)
            if job.resume and not (checkpoints / _BEGUN).exists():
                raise InputError(f"{job.output}: no training was begun there; leave out --resume to begin one")
            if config.four_bit and find_spec("bitsandbytes") is None:
                raise ModelError("four_bit needs bitsandbytes and a GPU (pip install bitsandbytes)")
            base, tokenizer, samples = prepare(job)
            if is_main():
                alone.enter_context(held(job.output, checkpoints / LOCK))
            given: dict[str, Any] = {"config": config.model_dump(), "side": job.side, "data": data}
            given |= {"base": base.digest, "reading": base.reading, _STEP: config.rows_of_step(count())}
            known = _begun(checkpoints, given, fresh=job.fresh and is_main(), resume=job.resume)
        return _trained(job, config, data, base, tokenizer, samples, known)


def _trained(
    job: Distillation,
    config: TrainingConfig,
    data: dict[str, str],
    base: Base,
    tokenizer: Any,
    samples: Samples,
    known: bool,
) -> Student:
    """Train, and write the student's folder."""
    from csc_dspy.distillation.train import train  # slow to import

    checkpoints = job.output / TRAINING
    if is_main():
        goes_on = "; the training that was begun goes on" if known else ""
        print(f"{base.name}: {samples.described()}{goes_on}", file=sys.stderr)
    with tracked_run(
        "distill",
        name=f"distill {job.output.name}",
        params={**config.model_dump(), "base": base.name, "base_digest": base.digest[:12], "side": job.side},
        inputs=job.inputs,
        models={"base": base.name},
        enabled=job.tracking and is_main(),
    ) as run:
        told, past = (_teller(run), _tracker(run)) if is_main() else (_silence, _silence)
        trained = train(base, tokenizer, samples, config, checkpoints, on_log=told, on_past=past, resume=known)
        figures = {
            **dataclasses.asdict(trained),
            "learned_tokens": sum(one.learned for one in samples.train),
            "replies": sum(len(one.tokens.replies) for one in samples.train),
            "conversations": len(samples.train),
        }
        student = Student(
            package=__version__,
            base=base.identity(),
            adapter=job.adapter(config),
            side=job.side,
            data=data,
            config=config.model_dump(),
            figures=figures,
        )
        if not is_main():
            return student
        student = assemble(job.output, student, base, tokenizer, checkpoints / "model")
        with suppress(OSError):
            (checkpoints / _BEGUN).unlink(missing_ok=True)  # first: without it a kill leaves a finished student
            shutil.rmtree(checkpoints, ignore_errors=True)
        run.log_metrics({_tracked(name): value for name, value in figures.items() if isinstance(value, (int, float))})
        run.log_output(job.output, largest=_LARGEST)
    return student


def prepare(job: Distillation) -> tuple[Base, Any, Samples]:
    """The base, its tokenizer, and the samples.

    Raises:
        InputError: Files or the base do not fit.
        ModelError: The extra ``distill`` is not installed, or the base cannot be had.
    """
    on_bad = left_out() if job.skip_bad else None
    for path in job.inputs:  # before weights are fetched for them
        refuse_empty(path, on_bad)
    base, tokenizer = open_base(job.base)
    samples = read_samples(
        job.conversations,
        tokenizer,
        validation=job.validation,
        side=job.side,
        longest=job.training().length,
        limit=job.limit,
        seed=job.training().seed,
        on_bad=on_bad,
    )
    return base, tokenizer, samples


def masks(job: Distillation, count: int, *, colour: bool = True) -> str:
    """The first samples as text, with what is learned in colour, else in «…»."""
    _, tokenizer, samples = prepare(job)
    return "\n\n".join(
        f"{one.id} ({one.side})\n{shown(one.tokens, tokenizer, colour=colour)}" for one in samples.train[:count]
    )


def _sha256_of(path: Path) -> str:
    try:
        return digest_of(path).sha256
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except OSError as error:
        raise InputError(f"{path}: not readable ({error.strerror or error})") from None


def _finished(job: Distillation, config: TrainingConfig, data: Mapping[str, str]) -> Student:
    """The student that is there, whole, if it is the one that is asked for; merged now, if only that is missing."""
    there = Student.read(job.output)
    asked = {"side": job.side, "data": dict(data), "config": config.model_dump(), "adapter": job.adapter(config)}
    other = [name for name, value in asked.items() if getattr(there, name) != value]
    if base_name(there.base.name) != base_name(job.base):
        other.insert(0, "base")
    if other == ["adapter"] and there.adapter:
        return _merged(job)
    if other:
        raise InputError(
            f"{job.output}: holds another student ({', '.join(other)}); name another folder, or give --fresh"
        )
    for name in there.files:
        there.refuse_other_file(job.output / name)
    if is_main():  # what a kill left there
        sweep(job.output, there)
        if (job.output / TRAINING).is_dir():
            with suppress(RunError), held(job.output, job.output / TRAINING / LOCK):
                shutil.rmtree(job.output / TRAINING, ignore_errors=True)
    return there


def _merged(job: Distillation) -> Student:
    """The finished student without its adapter; another process may have merged it meanwhile."""
    checkpoints = job.output / TRAINING
    with held(job.output, checkpoints / LOCK):
        there = Student.read(job.output)
        if there.adapter:
            base, tokenizer = open_base(job.base)
            there.refuse_other_base(job.output, base.digest)
            there.refuse_other_file(job.output / ADAPTER)
            whole = there.model_copy(update={"adapter": False})
            there = assemble(job.output, whole, base, tokenizer, job.output)
        shutil.rmtree(checkpoints, ignore_errors=True)
    return there


def _refuse_strangers(folder: Path) -> None:
    """Refuse to fill a folder that holds something else."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: is a file; name a folder")
    if folder.is_dir() and any(folder.iterdir()) and not ((folder / TRAINING).is_dir() or (folder / FILE).is_file()):
        raise InputError(f"{folder}: is not empty and no student's; name another folder")


def _begun(folder: Path, given: Mapping[str, Any], *, fresh: bool, resume: bool = False) -> bool:
    """Whether a training with these settings was begun; one with others is refused, or thrown away."""
    path = folder / _BEGUN
    asked = {**given, "chats": FORMAT_VERSION}
    if fresh:
        _throw_away(folder, "*")
    if path.is_file():
        try:
            there = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            if resume:
                raise InputError(f"{path}: is damaged, so that nothing can go on; leave out --resume") from None
            print(f"{path}: is damaged, so that nobody knows what is trained there; it begins anew", file=sys.stderr)
            return _begun(folder, given, fresh=True)
        for name in ("reading", _STEP):  # an earlier version did not ask for them
            there.setdefault(name, asked[name])
        other = [name for name in asked if there.get(name) != asked[name]]
        if other == [_STEP]:
            raise InputError(
                f"{folder}: its steps were of {there[_STEP]} rows, and with {amount(count(), 'process', 'processes')} "
                f"they are of {asked[_STEP]}: go on with as many as before, or --fresh begins anew"
            )
        if other:
            raise InputError(
                f"{folder}: a training with another {' and '.join(other)} was begun there; --fresh throws it away"
            )
        return True
    _throw_away(folder, *_LEFT)
    with written_whole(path) as part:
        part.write_text(json.dumps(asked, indent=1), encoding="utf-8")
    return False


def _throw_away(folder: Path, *patterns: str) -> None:
    for old in [one for pattern in patterns for one in folder.glob(pattern) if one.name != LOCK]:
        shutil.rmtree(old, ignore_errors=True) if old.is_dir() else old.unlink()


def _silence(step: int, of: int, figures: dict[str, float]) -> None:
    """What all processes but the main one say."""


def _tracked(figure: str) -> str:
    """The name of a figure beside the curves, which have the plain ones."""
    return {"loss": "mean_loss", "validation": "best_validation_loss"}.get(figure, figure)


def _tracker(run: TrackedRun) -> Any:
    """Tracks the losses of the steps before a kill, so that a run has its whole curve."""
    return lambda step, of, figures: run.log_metrics(figures, step)


def _teller(run: TrackedRun) -> Any:
    """Tracks and prints the losses, with the time that is left, as the last steps took it."""
    recent: deque[tuple[float, int]] = deque(maxlen=_RECENT)

    def tell(step: int, of: int, figures: dict[str, float]) -> None:
        run.log_metrics(figures, step)
        now = time.monotonic()
        recent.append((now, step))
        then, first = recent[0]
        left = f", {clock((of - step) * (now - then) / (step - first))} left" if first < step < of else ""
        if "loss" in figures or "validation_loss" in figures:
            said = ", ".join(f"{name} {value:.4g}" for name, value in figures.items() if name.endswith("loss"))
            print(f"step {step:,} of {of:,}: {said.replace('_', ' ')}{left}", file=sys.stderr, flush=True)

    return tell
