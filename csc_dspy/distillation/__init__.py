"""From conversations to a small local model: data, training, the student's folder, its adapter for llama.cpp."""
