"""What an answer's worth is put into words for a model that improves the prompt."""

from __future__ import annotations

from csc_dspy.framework import Lang, Stage, Strategy


def about_strategy(gold: Strategy, said: Strategy | None, turn: str, lang: Lang) -> str:
    """What was right, what was chosen, and what tells the two apart."""
    right = f"{gold.value} ({gold.names.in_(lang)}: {gold.definition.in_(lang)})"
    if said is gold:
        return f"Right: {right}"
    real = " ".join(turn.split())
    if said is None:
        return f'No strategy was chosen. Right would have been {right} The agent really said: "{real}"'
    wrong = f"{said.value} ({said.names.in_(lang)}: {said.definition.in_(lang)})"
    return (
        f'Wrong: {wrong} was chosen, right would have been {right} The agent really said: "{real}" '
        f"Say in the instructions by which sign in the call one tells when it is {gold.value} and not {said.value}."
    )


def about_stage(gold: Stage | None, said: Stage | None, strategy: Strategy, lang: Lang) -> str:
    """What was right and what was chosen; without a label, whether the stage is one of the right strategy's own."""
    chosen = "none" if said is None else said.value
    if gold is not None:
        if said is gold:
            return f"The stage is right: {gold.value}."
        return f"The stage is wrong: {chosen} instead of {gold.value} ({gold.definition.in_(lang)})"
    if not strategy.stages:
        return "The stage has no label here."
    own = " or ".join(stage.value for stage in strategy.stages)
    if said in strategy.stages:
        return f"The stage fits: {strategy.value}, which was right, belongs to {own}."
    return f"The stage is wrong: {chosen}, but {strategy.value}, which was right, belongs to {own}."


def about_response(reference: str, said: str | None, strategy: Strategy | None, in_form: bool, lang: Lang) -> str:
    """What was really said beside what was written, and whether that has the form of its strategy."""
    real = " ".join(reference.split())
    if said is None:
        return f'No words were written. The agent really said: "{real}"'
    told = "" if strategy is None else f" The strategy was {strategy.names.in_(lang)}."
    if strategy is not None and not in_form:
        told += f" The words are none of it: {strategy.definition.in_(lang)}"
    return f'Written: "{said}". The agent really said: "{real}".{told} Come closer to its matter, length and manner.'
