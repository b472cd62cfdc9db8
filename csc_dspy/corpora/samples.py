"""The package's own data, written for it: people, raw calls in many layouts, gold-annotated conversations."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from csc_dspy.framework import Lang

_FOLDER = Path(__file__).parent.parent / "samples"

PROFILES = _FOLDER / "profiles.jsonl"
"""People who may call, twelve of each language."""
CALLS = _FOLDER / "calls"
"""A folder of raw calls as call centres export them, ``en/`` and ``zh/``; ``corpus import`` reads it as it is."""
GOLD: Mapping[Lang, Path] = MappingProxyType({"en": _FOLDER / "gold.en.jsonl", "zh": _FOLDER / "gold.zh.jsonl"})
"""Conversations with stage and strategy of every supporter turn, a dozen of each language."""
