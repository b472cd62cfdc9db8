"""From conversations to a small local model: data, training, the student's folder, its adapter for llama.cpp."""

from csc_dspy.openmp import sleep_soon

sleep_soon()  # before any module here loads PyTorch
