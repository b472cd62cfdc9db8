"""The training itself: TRL's ``SFTTrainer`` on packed conversations, resumable, stopped when it no longer helps."""

from __future__ import annotations

import json
import math
import os
import shutil
import sys
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import torch
from peft import LoraConfig
from safetensors import SafetensorError, safe_open
from torch.nn.functional import cross_entropy
from transformers import EarlyStoppingCallback, PrinterCallback, TrainerCallback
from trl import SFTConfig, SFTTrainer

from csc_dspy.distillation.base import Base
from csc_dspy.distillation.batches import balanced, collate, learned, packed
from csc_dspy.distillation.config import TrainingConfig
from csc_dspy.distillation.dataset import Samples
from csc_dspy.distillation.faults import explained
from csc_dspy.distillation.loading import load_network
from csc_dspy.distillation.processes import count, is_main
from csc_dspy.errors import InputError, RunError
from csc_dspy.files import written_whole
from csc_dspy.metrics.pretrained import quiet

OnLog = Callable[[int, int, dict[str, float]], None]
"""Called with the step, how many there will be, and what was logged there."""


@dataclass(frozen=True)
class Trained:
    """What a training came to.

    Attributes:
        steps: Steps it took.
        epochs: How often it saw each conversation.
        loss: The mean loss of learned tokens over all steps, those before a kill included.
        validation: The best loss on the conversations that were watched; ``None`` without any.
        tokens_per_second: Tokens of conversations a second, those that are not learned included, on all devices;
            ``None`` where a kill came after the last step.
        peak_bytes: Most memory held at once; ``None`` where the system does not say.
        filled: Share of the rows that tokens fill, 0 to 1.
        trainable: Weights that were trained.
        stopped: Whether it ended early, as the validation loss did not fall any more.
    """

    steps: int
    epochs: float
    loss: float
    validation: float | None
    tokens_per_second: float | None
    peak_bytes: int | None
    filled: float
    trainable: int
    stopped: bool


def train(
    base: Base,
    tokenizer: Any,
    samples: Samples,
    config: TrainingConfig,
    folder: Path,
    *,
    on_log: OnLog = lambda step, of, figures: None,
    on_past: OnLog = lambda step, of, figures: None,
    resume: bool = True,
) -> Trained:
    """Train, and write the adapter (or all weights) to ``folder/model`` as safetensors.

    Args:
        base: Where it begins.
        tokenizer: The base's.
        samples: What is learned from.
        config: How.
        folder: Holds the checkpoints, by which the same call goes on after a kill.
        on_log: Told the loss after every step.
        on_past: Told the losses of the steps before a kill, when the training goes on.
        resume: Whether to go on from the last checkpoint.

    Raises:
        InputError: The hardware lacks what a setting needs.
        ModelError: The base's weights cannot be read.
        RunError: It diverged, it ran out of memory, or a file cannot be written.
    """
    if resume and (before := _ended(folder)) is not None:
        return before
    with explained(base.source, folder, config):
        rows = packed(samples.train, config.length, balanced(samples.strategies(), config.balance))
        watched = packed(samples.validation, config.length, {}) if samples.validation else None
    steps = max(1, math.ceil(len(rows) / config.rows_of_step(count())))
    every = max(1, steps // config.checkpoints)
    callbacks: list[TrainerCallback] = [_Diverged(config), _Teller(on_log, on_past)]
    if watched is not None and config.patience:
        callbacks.append(EarlyStoppingCallback(config.patience))
    with explained(base.source, folder, config):
        with quiet():
            trainer = _Trainer(
                model=network(base, config),
                args=_arguments(config, folder, every, watched is not None),
                train_dataset=rows,
                eval_dataset=watched,
                data_collator=collate,
                processing_class=tokenizer,
                peft_config=None if config.full else lora(config),
                callbacks=callbacks,
            )
            trainer.remove_callback(PrinterCallback)
            in_32_bits(trainer.model)
            begun = time.monotonic()
            last = _checkpoint(folder) if resume else None
            trainer.train(resume_from_checkpoint=str(last) if last else None)
            seconds = time.monotonic() - begun
            _refuse_no_numbers(trainer.model, trainer.state.global_step, config)
            trainer.save_model(str(folder / "model"))
    state = trainer.state
    losses, watch = ([entry[name] for entry in state.log_history if name in entry] for name in ("loss", "eval_loss"))
    sizes = [sum(row) for row in rows["seq_lengths"]]
    trained = Trained(
        steps=state.global_step,
        epochs=float(state.epoch or 0.0),
        loss=fmean(losses),
        validation=min(watch) if watch else None,
        tokens_per_second=(trainer.passed() / seconds or None) if seconds else None,
        peak_bytes=_peak(),
        filled=sum(sizes) / (len(sizes) * max(sizes)),
        trainable=sum(weight.numel() for weight in trainer.model.parameters() if weight.requires_grad),
        stopped=state.global_step < state.max_steps,
    )
    if is_main():
        with written_whole(folder / _ENDED) as part:
            part.write_text(json.dumps(asdict(trained)), encoding="utf-8")
    return trained


_ENDED = "trained.json"
"""What a training came to, once it is over: what follows may be killed, too."""


def _ended(folder: Path) -> Trained | None:
    """What it came to before, if that and its weights are there; else the last checkpoint still is."""
    if not ((folder / _ENDED).is_file() and _readable(folder / "model")):
        return None
    try:
        return Trained(**json.loads((folder / _ENDED).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


class _Trainer(SFTTrainer):  # type: ignore[misc]
    """TRL's trainer with logits for learned tokens only, and a weight for each of them.

    Two thirds of a chat's tokens are not learned; the vocabulary's matrix is a quarter of a small model.
    """

    tokens = 0
    _watched: Any = 0.0
    """Of this look at the validation set so far: the sum of the tokens' losses, and how many they are."""

    def _send_telemetry(self) -> None:
        """Tells nobody; TRL reports every training to the hub otherwise."""

    def passed(self) -> float:
        """Tokens that passed the network in training, of all processes."""
        own = torch.tensor(float(self.tokens), device=self.args.device)
        return float(self.accelerator.reduce(own, reduction="sum"))

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """The weighted mean of the learned tokens' negative log-likelihoods."""
        each, after, outputs = self._losses(model, inputs)
        weights = inputs["weights"][after]
        self.tokens += int(inputs["sizes"].sum())
        count = len(each) if num_items_in_batch is None else num_items_in_batch
        loss = (each * weights).sum() / torch.as_tensor(count).clamp(min=1)
        if self.args.average_tokens_across_devices and num_items_in_batch is not None:
            loss = loss * self.accelerator.num_processes
        return (loss, outputs) if return_outputs else loss

    def _losses(self, model: Any, inputs: dict[str, Any]) -> tuple[Any, Any, Any]:
        """The learned tokens' negative log-likelihoods, where they stand in the rows, and what the network says."""
        before, after = learned(inputs["labels"])
        outputs = model(
            input_ids=inputs["input_ids"],
            position_ids=inputs["position_ids"],
            logits_to_keep=before,
            use_cache=False,
        )
        return cross_entropy(outputs.logits.float(), inputs["labels"][after], reduction="none"), after, outputs

    def prediction_step(
        self, model: Any, inputs: dict[str, Any], prediction_loss_only: bool, ignore_keys: Any = None
    ) -> Any:
        """The loss alone: its logits are those of learned tokens, and no two rows have as many."""
        with torch.no_grad():
            inputs = self._prepare_inputs(inputs)
            each, after, _ = self._losses(model, inputs)
        sums = torch.zeros(len(after), device=each.device).index_add(0, after.nonzero()[:, 0], each)
        # Rows that fill up the last batch of several processes are left out by this, and by no plain sum.
        rows = self.accelerator.gather_for_metrics(torch.stack([sums, after.sum(dim=1).float()], dim=1))
        self._watched = self._watched + rows.double().sum(dim=0)
        return each.mean(), None, None

    def evaluation_loop(
        self,
        dataloader: Any,
        description: str,
        prediction_loss_only: bool | None = None,
        ignore_keys: list[str] | None = None,
        metric_key_prefix: str = "eval",
    ) -> Any:
        """A mean over tokens: the trainer's own counts a row with a single short chat like a full one."""
        self._watched = 0.0
        found = super().evaluation_loop(dataloader, description, prediction_loss_only, ignore_keys, metric_key_prefix)
        total, tokens = self._watched.tolist()
        found.metrics[f"{metric_key_prefix}_loss"] = total / max(tokens, 1)
        return found


class _Diverged(TrainerCallback):  # type: ignore[misc]
    """Ends a training whose loss is no number any more: nothing that follows could be of use."""

    def __init__(self, config: TrainingConfig) -> None:
        self._config = config

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **kwargs: Any) -> None:
        """Looks at the losses of a step."""
        found = [value for name, value in (logs or {}).items() if name in ("loss", "eval_loss")]
        if not all(map(math.isfinite, found)):
            raise RunError(_no_number("loss is not a number", state.global_step, self._config))


def _refuse_no_numbers(network: Any, step: int, config: TrainingConfig) -> None:
    """Refuse trained weights that are none: the last step's are in no loss."""
    if not all(bool(weight.isfinite().all()) for weight in network.parameters() if weight.requires_grad):
        raise RunError(_no_number("weights are not numbers", step, config))


def _no_number(what: str, step: int, config: TrainingConfig) -> str:
    return (
        f"the {what} any more at step {step:,}: lower learning_rate (now {config.learning_rate:g}) or clip (now "
        f"{config.clip:g}), and start over (--fresh)"
    )


class _Teller(TrainerCallback):  # type: ignore[misc]
    """Hands on what the trainer logs."""

    def __init__(self, on_log: OnLog, on_past: OnLog) -> None:
        self._on_log = on_log
        self._on_past = on_past

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Those of a checkpoint."""
        for entry in state.log_history:
            if figures := _named(entry):
                self._on_past(entry["step"], state.max_steps, figures)

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **kwargs: Any) -> None:
        """Those of a step."""
        if figures := _named(logs or {}):
            self._on_log(state.global_step, state.max_steps, figures)


_NAMES = {"loss": "loss", "eval_loss": "validation_loss", "learning_rate": "learning_rate", "grad_norm": "grad_norm"}


def _named(logged: Mapping[str, Any]) -> dict[str, float]:
    """Only figures, each under the name people look for."""
    return {_NAMES[name]: float(value) for name, value in logged.items() if name in _NAMES}


def network(base: Base, config: TrainingConfig) -> Any:
    """The base as it is trained.

    Raises:
        InputError: The hardware lacks what a setting needs.
    """
    options: dict[str, Any] = {"dtype": torch.float32}  # bf16 takes only the products in 16 bits
    if config.four_bit:
        if not torch.cuda.is_available():
            raise InputError("four_bit needs a GPU: leave it out of the configuration")
        from transformers import BitsAndBytesConfig

        options["device_map"] = {"": int(os.environ.get("LOCAL_RANK", "0"))}
        options["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16
        )
    found = load_network(base.name, base.source, attn_implementation="sdpa", **options)
    if not torch.cuda.is_available() and not config.full and _in_bf16(config):
        _halve(found)
    return found


def in_32_bits(network: Any) -> None:
    """Let trained weights have 32 bits; TRL gives those of a 4-bit base 16, in which small steps vanish."""
    for weight in network.parameters():
        if weight.requires_grad:
            weight.data = weight.data.float()


def _in_bf16(config: TrainingConfig) -> bool:
    """Whether products are in bfloat16: as asked for, else where the hardware has instructions for them."""
    if config.bf16 is not None:
        return config.bf16
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    has = (getattr(torch.cpu, f"_is_{one}_supported", None) for one in ("avx512_bf16", "amx_tile"))
    return not config.full and any(one is not None and one() for one in has)


def _halve(network: Any) -> None:
    """Let the frozen weights multiply in bfloat16, and nothing else.

    By autocast the sum of a layer and its adapter would be in 16 bits, too, which rounds most of a young adapter away.
    """
    for name, layer in network.named_modules():
        if isinstance(layer, torch.nn.Linear) and "lm_head" not in name:  # which may be the embeddings, too
            layer.to(torch.bfloat16)
            layer.register_forward_pre_hook(lambda layer, given: (given[0].to(torch.bfloat16),))
            layer.register_forward_hook(lambda layer, given, made: made.float())


def lora(config: TrainingConfig) -> LoraConfig:
    """The low-rank matrices: beside every linear layer but the vocabulary's."""
    return LoraConfig(
        r=config.rank,
        lora_alpha=config.alpha,
        lora_dropout=config.dropout,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )


def _arguments(config: TrainingConfig, folder: Path, every: int, watched: bool) -> SFTConfig:
    found = SFTConfig(
        output_dir=str(folder),
        num_train_epochs=config.epochs,
        learning_rate=config.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=config.warmup,
        weight_decay=config.weight_decay,
        max_grad_norm=config.clip,
        per_device_train_batch_size=config.rows_at_once,
        per_device_eval_batch_size=config.rows_at_once,
        gradient_accumulation_steps=config.batches(count()),
        activation_checkpointing=config.activation_checkpointing,
        bf16=_in_bf16(config) and (torch.cuda.is_available() or config.full),
        use_cpu=not torch.cuda.is_available(),
        logging_steps=1,
        logging_nan_inf_filter=False,  # it would show a loss that is not a number as 0
        save_strategy="steps",
        save_steps=every,
        save_total_limit=2,
        eval_strategy="steps" if watched else "no",
        eval_steps=every,
        load_best_model_at_end=watched,
        metric_for_best_model="eval_loss",
        greater_is_better=False,
        restore_callback_states_from_checkpoint=True,
        max_length=config.length,
        dataset_kwargs={"skip_prepare_dataset": True},
        remove_unused_columns=False,
        report_to=[],
        disable_tqdm=True,
        seed=config.seed,
        data_seed=config.seed,
    )
    found._n_gpu = min(1, found.n_gpu)  # a process has one device; `torchrun` starts one for each
    return found


def _checkpoint(folder: Path) -> Path | None:
    """The last whole checkpoint; one that is damaged is thrown away, as its training is done again."""
    found = sorted(folder.glob("checkpoint-*"), key=lambda path: int(path.name.rpartition("-")[2]))
    whole = [path for path in found if (path / _STATE).is_file() and _readable(path)]
    last = whole[-1] if whole else None
    if is_main():
        for path in (path for path in found if path not in whole):
            shutil.rmtree(path, ignore_errors=True)
            then = f"training goes on from {last.name}" if last else "training begins anew"
            print(f"{path}: is damaged or was not finished; {then}", file=sys.stderr)
    return last


_STATE = "trainer_state.json"
"""The file of a checkpoint that is written last."""


def _readable(folder: Path) -> bool:
    """Whether it holds weights, and all its files can be read to their ends."""
    try:
        for path in folder.glob("*.json"):
            json.loads(path.read_text(encoding="utf-8"))
        for path in folder.glob("*.safetensors"):
            with safe_open(path, framework="pt"):  # compares the file's length with what its head says
                pass
        for path in (*folder.glob("*.pt"), *folder.glob("*.pth")):  # PyTorch's files are archives with sums
            with zipfile.ZipFile(path) as archive:
                if archive.testzip() is not None:
                    return False
        return any(folder.glob("*.safetensors"))
    except (OSError, ValueError, SafetensorError, zipfile.BadZipFile):
        return False


def _peak() -> int | None:
    if torch.cuda.is_available():
        return int(torch.cuda.max_memory_allocated())
    try:
        import resource
    except ImportError:  # Windows
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
