"""From a model name to a ready language model."""
