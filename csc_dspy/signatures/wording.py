"""Signatures in two languages: the English class carries the fields, the Chinese one other words for them."""

from __future__ import annotations

import dspy

from csc_dspy.framework import Lang, Stage, Strategy


def in_chinese(signature: type[dspy.Signature], instructions: str, **fields: str) -> type[dspy.Signature]:
    """The same signature with Chinese instructions and field descriptions.

    Args:
        signature: The English class.
        instructions: The Chinese instructions.
        fields: Field name to its description: the heading of an input, what to write in an output.
    """
    chinese: type[dspy.Signature] = signature.with_instructions(instructions)
    for name, desc in fields.items():
        chinese = chinese.with_updated_fields(name, desc=desc)
    chinese.__name__ = f"{signature.__name__}Zh"
    return chinese


def framework_text(lang: Lang) -> str:
    """Stages and strategies with their definitions, as a prompt shows them: stable, so that it is cached."""
    strategies = "\n".join(f"- {s.value} ({s.names.in_(lang)}): {s.definition.in_(lang)}" for s in Strategy)
    heading = "支持策略：" if lang == "zh" else "Support strategies:"
    return f"{stages_text(lang)}\n\n{heading}\n{strategies}"


def stages_text(lang: Lang) -> str:
    """The stages with their definitions, as a prompt shows them."""
    stages = "\n".join(f"- {s.value} ({s.names.in_(lang)}): {s.definition.in_(lang)}" for s in Stage)
    return f"{'对话阶段：' if lang == 'zh' else 'Stages of a conversation:'}\n{stages}"
