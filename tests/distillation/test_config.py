"""Settings of a training."""

from __future__ import annotations

from pathlib import Path

from csc_dspy.distillation.config import TrainingConfig


def test_all_weights_learn_slower_than_matrices_beside_them(tmp_path: Path) -> None:
    assert TrainingConfig().learning_rate == 1e-3
    assert TrainingConfig(full=True).learning_rate == 5e-5
    assert TrainingConfig(full=True, learning_rate=1e-4).learning_rate == 1e-4
    path = tmp_path / "training.toml"
    path.write_text("full = true\nlearning_rate = 2e-4\n")
    assert TrainingConfig.read(path).learning_rate == 2e-4
    assert TrainingConfig.read(None, full=True, learning_rate=None).learning_rate == 5e-5
