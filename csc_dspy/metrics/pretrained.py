"""Networks of transformers with their tokenizers, from a folder or the Hugging Face hub; no code of theirs is run."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import huggingface_hub
import torch
import transformers
from huggingface_hub.utils import logging as hub_noise
from transformers.utils import logging as noise

from csc_dspy.errors import InputError, ModelError

PROBE_SECONDS = 10
"""How long the hub may take to say that it has a model."""


class Reader:
    """Reads a model's parts: a folder's, the hub's, or those in the hub's cache if the hub does not give them."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.folder = Path(name).is_dir()
        self.refused: Exception | None = None
        if not self.folder:
            try:  # the readers would ask a silent hub again and again
                huggingface_hub.model_info(name, timeout=PROBE_SECONDS)
            except Exception as error:  # httpx and huggingface_hub share no root
                self.refused = error

    def config(self) -> Any:
        """What kind of model it is.

        Raises:
            InputError: A folder does not say, or it is of no kind that transformers knows.
            ModelError: The hub does not say.
        """
        try:
            return self.read(transformers.AutoConfig)
        except ModelError as error:
            if self.folder:
                raise InputError(str(error)) from error
            raise

    def read(self, auto: Any, **options: Any) -> Any:
        """Read a part.

        Args:
            auto: The class of transformers that reads it.
            options: For its ``from_pretrained``.

        Raises:
            InputError: It is of no kind that transformers knows.
            ModelError: It cannot be read.
        """
        options["local_files_only"] = self.folder or self.refused is not None
        try:
            with quiet():
                return auto.from_pretrained(self.name, trust_remote_code=False, **options)
        except Exception as error:  # safetensors, pickle, tokenizers and transformers share no root
            if self.refused is not None:
                raise ModelError(f"{self.name}: cannot be fetched from the hub: {_first_line(self.refused)}") from error
            if isinstance(error, ValueError):
                raise InputError(f"{self.name}: not for transformers: {_first_line(error)}") from error
            raise ModelError(f"{self.name}: {_first_line(error)}") from error

    @property
    def title(self) -> str:
        """The model's name for people: its hub id, also of a folder in the hub's cache, or its folder's name."""
        if not self.folder:
            return self.name
        path = Path(self.name).resolve()
        cached = path.parent.parent.name if path.parent.name == "snapshots" else ""
        return "/".join(cached.split("--")[1:]) or path.name


class Network:
    """A network with all its weights and its tokenizer, on a GPU if there is one.

    Attributes:
        tokenizer: The tokenizer.
        module: The network, in 32 bits.
        longest: Tokens it takes at most, special ones included.
    """

    def __init__(self, reader: Reader, auto: Any, config: Any, may_lack: str | None = None) -> None:
        """Read it.

        Args:
            reader: Of its parts.
            auto: The class of transformers that reads the weights.
            config: What kind of network to make.
            may_lack: What the names of weights begin with that are not needed.

        Raises:
            InputError: Weights are not those of such a network, or the tokenizer is not its own.
            ModelError: It cannot be read.
        """
        name = reader.name
        self.tokenizer = reader.read(transformers.AutoTokenizer)
        if self.tokenizer.pad_token_id is None:
            raise InputError(f"{name}: its tokenizer cannot fill up short texts, so it is no encoder")
        network, said = reader.read(auto, config=config, dtype=torch.float32, output_loading_info=True)
        # What is lacking is made up at random, and a tokenizer without its file knows special tokens only.
        lacking = sorted(key for key in said["missing_keys"] if not (may_lack and key.startswith(may_lack)))
        if lacking:
            raise InputError(f"{name} is no such model: its weights lack {', '.join(lacking[:3])}")
        known, places = len(self.tokenizer), network.get_input_embeddings().num_embeddings
        if not places / 2 <= known <= places:
            raise InputError(
                f"{name}: its tokenizer has {known:,} tokens and its network {places:,}: files are missing"
            )
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.module = network.eval().to(self._device)
        self.longest = min(self.tokenizer.model_max_length, _places(network))

    def tokens(self, *texts: Sequence[str]) -> Any:
        """Ids and masks, shape (texts, tokens), of texts or of pairs of texts; too many tokens are cut off."""
        rows = self.tokenizer(
            *map(list, texts), padding=True, truncation=True, max_length=self.longest, return_tensors="pt"
        )
        return rows.to(self._device)


def _places(network: Any) -> int:
    """How many tokens a network has places for; RoBERTa leaves the first ones out."""
    for name, module in network.named_modules():
        if name.endswith("position_embeddings") and isinstance(module, torch.nn.Embedding):
            return int(module.num_embeddings) - (0 if module.padding_idx is None else int(module.padding_idx) + 1)
    return int(getattr(network.config, "max_position_embeddings", 512))


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


@contextmanager
def quiet() -> Iterator[None]:
    """Neither progress bars nor remarks: on weights that are left out on purpose, on what libraries will rename."""
    level, hub_level, bars = noise.get_verbosity(), hub_noise.get_verbosity(), noise.is_progress_bar_enabled()
    noise.set_verbosity(logging.CRITICAL)
    hub_noise.set_verbosity(logging.CRITICAL)
    noise.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            yield
    finally:
        noise.set_verbosity(level)
        hub_noise.set_verbosity(hub_level)
        if bars:
            noise.enable_progress_bar()
