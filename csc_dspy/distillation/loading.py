"""A network with all of its weights."""

from __future__ import annotations

from typing import Any

from transformers import AutoModelForCausalLM

from csc_dspy.errors import InputError


def load_network(name: str, source: object, **options: Any) -> Any:
    """A language model of transformers, from safetensors and without code of its own.

    Args:
        name: What it is called in errors.
        source: Where it lies.
        options: As for ``from_pretrained``.

    Raises:
        InputError: Its files lack weights, which transformers would make up at random.
    """
    network, said = AutoModelForCausalLM.from_pretrained(
        source, trust_remote_code=False, use_safetensors=True, output_loading_info=True, **options
    )
    if lacking := sorted(said["missing_keys"]):
        more = f" and {len(lacking) - 3:,} more" if len(lacking) > 3 else ""
        raise InputError(f"{name}: its files lack weights: {', '.join(lacking[:3])}{more}; fetch or make them again")
    return network
