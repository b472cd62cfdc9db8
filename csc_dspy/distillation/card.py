"""A student's model card, in the form of the Hugging Face hub."""

from __future__ import annotations

from collections.abc import Mapping

from csc_dspy.chats import supporter_system
from csc_dspy.lms.student import Student
from csc_dspy.lms.weights import CATALOGUE

_FIGURES: Mapping[str, str] = {
    "loss": "mean training loss (nats a learned token)",
    "validation": "best loss on conversations of other customers",
    "steps": "steps",
    "epochs": "epochs",
    "learned_tokens": "learned tokens",
    "tokens_per_second": "tokens a second",
}


def card(student: Student, title: str) -> str:
    """The card.

    Args:
        student: What the folder says of itself.
        title: What the student is called.
    """
    entry = CATALOGUE.get(student.base.name.removeprefix("local/"))
    licence = entry.licence.lower() if entry else "other"
    head = [
        "---",
        f"license: {licence}",
        *([f"base_model: {student.base.name}"] if "/" in student.base.name and not entry else []),
        *(["library_name: peft"] if student.adapter else ["library_name: transformers"]),
        "tags: [customer-support, csc-dspy]",
        "---",
    ]
    known = [(text, student.figures[name]) for name, text in _FIGURES.items() if student.figures.get(name) is not None]
    rows = [
        f"| {text} | {value:,.4g} |" if isinstance(value, float) else f"| {text} | {value} |" for text, value in known
    ]
    what = "A LoRA adapter" if student.adapter else "A model"
    sides = {"supporter": "the agent", "customer": "the customer", "both": "the agent and the customer"}
    return "\n".join(
        [
            *head,
            "",
            f"# {title}",
            "",
            f"{what} that speaks as {sides[student.side]} of customer support conversations, trained by csc-dspy "
            f"{student.package} on `{student.base.name}` (weights {student.base.digest[:12]}).",
            "",
            "It is a chat model: the customer is the user, the agent the assistant, and every reply begins with its "
            "support strategy in square brackets. The system message it was trained with:",
            "",
            "```text",
            supporter_system("en"),
            "```",
            "",
            "```text",
            supporter_system("zh"),
            "```",
            "",
            "## Data",
            "",
            *(f"- {name} (sha256 {digest[:12]})" for name, digest in student.data.items()),
            "",
            "## Training",
            "",
            "| | |",
            "|---|---|",
            *rows,
            "",
            "The licence is that of the base; what the data's owner asks for holds besides.",
            "",
        ]
    )
