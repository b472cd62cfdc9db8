"""DSPy modules: what the signatures are put together to."""
