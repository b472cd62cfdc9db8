"""Judging answers beyond comparison with the reference: by a model, by people, and how far they agree."""
