"""What a compile will take at most, before it is begun: answers, requests, tokens, money."""

from __future__ import annotations

from statistics import fmean

from csc_dspy.optimizers.options import Compilation
from csc_dspy.pipeline.estimate import Estimate, Prices, Share
from csc_dspy.programs.asking import Program
from csc_dspy.usage import rough_tokens

_JUDGED = 900
"""Tokens that a judge reads: its instructions and a conversation."""
_VERDICT = 40
"""Tokens that it answers."""


def estimate(job: Compilation) -> Estimate:
    """Answers that the budget allows and the measure needs, with what they take; nothing is asked.

    Every candidate counts as one that shows as many worked answers as it may. What the reflection model writes is not
    counted, as nobody knows how often it is asked; that is said.

    Raises:
        InputError: Options or examples do not fit.
    """
    task = job.task()
    job.trained(task)
    models = job.models()
    prices: Prices = {role: models.prices(name) for role, name in job.names().items()}
    sets = job.sets(task)
    answers = sum(job.budget // len(sets) + 2 * len(one.heldout) for one in sets.values())
    examples = [example for one in sets.values() for example in (*one.validation, *one.heldout)]
    shown = fmean(sum(rough_tokens(str(value)) for value in dict(example.inputs()).values()) for example in examples)
    prompts = fmean(_prompt(task.build(lang)) for lang in sets)
    calls = answers * task.requests
    plain = sum(len(one.validation) + len(one.heldout) for one in sets.values())
    worked = min(task.demo_tokens, job.demos * (shown + task.reply_tokens)) * max(0, answers - plain) / answers
    total = Share(calls, calls * (prompts + shown + worked), calls * task.reply_tokens)
    shares: dict[str, Share] = {task.roles[0]: total}
    if task.judged:
        shares["judge"] = Share(answers, answers * (_JUDGED + shown), answers * _VERDICT)
    basis = "the budget, the examples and the prompts at hand"
    if job.recipe.needs == "reflection":
        basis += "; without what the model takes that writes instructions, the one of --reflection-lm or --lm"
    return Estimate.of(answers, "answer", "at most", shares, prices, basis, job.max_cost)


def _prompt(program: Program) -> float:
    """Tokens that stand before an example, on average over the predictors."""
    return fmean(map(rough_tokens, program.prompts().values()))
