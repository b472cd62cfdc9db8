"""What a compile came to, for people."""

from __future__ import annotations

from collections.abc import Mapping

from csc_dspy.framework import Lang
from csc_dspy.optimizers.outcome import Compiled, CompiledLang
from csc_dspy.wording import amount, money


def briefly(done: Mapping[Lang, CompiledLang]) -> str:
    """Which trial was chosen in each language, and the score before and after; a line each."""
    lines = []
    for lang, one in done.items():
        chosen = "the program as it was" if one.best == 0 else f"trial {one.best}"
        lines.append(f"{lang}: {chosen}; {one.gains[0].text() if one.gains else 'not measured'}")
    return "\n".join(lines)


def described(done: Compiled) -> str:
    """The figures before and after, what has to be said loudly, and what it took; some lines."""
    lines = []
    for lang, one in done.langs.items():
        lines.append(
            f"{lang}: {amount(one.trials, 'trial')}, {amount(one.spent, 'answer')}; chosen: trial {one.best}; "
            f"held out, {amount(one.gains[0].examples if one.gains else 0, 'example')}:"
        )
        lines += [f"  {gain.text()}" for gain in one.gains]
        lines += [f"  note: {note}" for note in (*one.notes, *one.troubles)]
        if lang in done.tuned:
            lines.append(f"  chosen with the model tuned for it: use it with --lm {done.tuned[lang]}")
        if one.stopped:
            lines.append(f"  stopped: {one.stopped}; the best so far is kept, and the same command goes on")
    if not done.usage.calls:
        return "\n".join(["nothing to do: it is compiled already", *lines])
    usage = done.usage
    asked = f"{amount(usage.calls, 'request')} on record ({done.asked:,} new)"
    lines.append(f"{asked}, {usage.tokens:,} tokens, {money(usage.cost)}")
    return "\n".join(lines)
