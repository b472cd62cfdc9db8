"""Stage and strategy labels for existing conversations, and how well they agree with labels that are there."""
