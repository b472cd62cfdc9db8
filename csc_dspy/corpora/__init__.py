"""Conversation and profile files: reading them, checking them by rule, describing and showing them."""
