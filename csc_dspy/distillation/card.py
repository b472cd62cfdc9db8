"""A student's model card, in the form of the Hugging Face hub."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from csc_dspy.chats import customer_system, supporter_system
from csc_dspy.conversation import Speaker
from csc_dspy.framework import LANGS
from csc_dspy.lms.student import Student
from csc_dspy.lms.weights import CATALOGUE

_FIGURES: Mapping[str, str] = {
    "loss": "mean training loss (nats a learned token)",
    "validation": "best loss on conversations of other customers",
    "steps": "steps",
    "epochs": "epochs",
    "conversations": "chats learned from",
    "replies": "replies learned",
    "learned_tokens": "learned tokens",
    "tokens_per_second": "tokens a second",
}

_SETTINGS: Mapping[str, str] = {
    "rank": "rank",
    "alpha": "alpha",
    "learning_rate": "learning rate",
    "epochs": "epochs at most",
    "length": "tokens of a row",
    "rows": "rows of a step",
    "seed": "seed",
}
_OF_ADAPTERS = ("rank", "alpha")

_DOES: Mapping[str, str] = {
    "supporter": "speaks as the agent of customer support conversations",
    "customer": "speaks as the customer of customer support conversations",
    "both": "speaks as the agent or the customer of customer support conversations",
    "prompts": "answers the prompts of a DSPy program, in the form the program asks for",
}


def card(student: Student, title: str) -> str:
    """The card.

    Args:
        student: What the folder says of itself.
        title: What the student is called.
    """
    entry = CATALOGUE.get(student.base.name.removeprefix("local/"))
    own = Path(student.base.name).is_absolute()
    name = Path(student.base.name).name if own else student.base.name
    licence = entry.licence.lower() if entry else "other"
    head = [
        "---",
        f"license: {licence}",
        *([f"base_model: {student.base.name}"] if "/" in student.base.name and not own else []),
        *(["library_name: peft"] if student.adapter else ["library_name: transformers"]),
        "tags: [customer-support, csc-dspy]",
        "---",
    ]
    unused = _OF_ADAPTERS if student.config.get("full") else ()
    how = {name: value for name, value in student.config.items() if name not in unused}
    frameworks = ", ".join(f"{name} {number}" for name, number in student.frameworks.items())
    what = "A LoRA adapter" if student.adapter else "A model"
    return "\n".join(
        [
            *head,
            "",
            f"# {title}",
            "",
            f"{what} that {_DOES[student.side]}, trained by csc-dspy {student.package} on `{name}` "
            f"(weights {student.base.digest[:12]}).",
            *(line for side in ("supporter", "customer") if student.side in (side, "both") for line in _chats(side)),
            "",
            "## Data",
            "",
            *(f"- {name} (sha256 {digest})" for name, digest in student.data.items()),
            "",
            "## Training",
            "",
            "| | |",
            "|---|---|",
            *_rows(how, _SETTINGS),
            *_rows(student.figures, _FIGURES),
            *([f"| trained with | {frameworks} |"] if frameworks else []),
            "",
            "The licence is that of the base; what the data's owner asks for holds besides.",
            "",
        ]
    )


def _rows(values: Mapping[str, Any], texts: Mapping[str, str]) -> list[str]:
    """Rows of a table, of the values that are known."""
    known = [(text, values[name]) for name, text in texts.items() if values.get(name) is not None]
    return [
        f"| {text} | {value:,.4g} |" if isinstance(value, float) else f"| {text} | {value} |" for text, value in known
    ]


def _chats(side: Speaker) -> list[str]:
    """What a chat looks like where it speaks for a side."""
    told = (
        "As the agent it is a chat model whose user is the customer; every reply begins with its support strategy in "
        "square brackets. The system message it was trained with:"
        if side == "supporter"
        else "As the customer it is a chat model whose user is the agent. The system message it was trained with, to "
        "which is added who the customer is, what happened and what they want, as far as is known:"
    )
    systems = [supporter_system(lang) if side == "supporter" else customer_system(lang) for lang in LANGS]
    return ["", told, *(line for text in systems for line in ("", "```text", text, "```"))]
