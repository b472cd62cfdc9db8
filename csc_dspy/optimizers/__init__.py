"""Compiling: programs tuned on examples, by every optimizer of DSPy that fits, durable and tracked."""
