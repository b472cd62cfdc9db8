"""csc-dspy: a declarative LLM programming pipeline for Customer Support Conversation.

The package's rooms follow the data: ``corpora`` reads and describes conversations, ``lms`` turns
a model name into a ready language model, ``signatures`` and ``programs`` say what is asked of it,
``jobs`` asks it durably for thousands of records, ``tracking`` keeps every run.
"""

__version__ = "0.1.0"
