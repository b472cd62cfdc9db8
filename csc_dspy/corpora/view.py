"""Conversations and statistics in the terminal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Column, Table
from rich.text import Text

from csc_dspy.conversation import Conversation, Speaker, Turn, speaker_name
from csc_dspy.corpora.diversity import Diversity
from csc_dspy.corpora.dropped import REASON
from csc_dspy.corpora.published import beside_the_paper
from csc_dspy.corpora.rules import Check
from csc_dspy.corpora.statistics import CorpusStatistics, Lengths, percent
from csc_dspy.errors import InputError
from csc_dspy.framework import Lang, Stage, Strategy
from csc_dspy.wording import amount

STAGE_COLOURS = {
    Stage.CONNECTING: "blue",
    Stage.IDENTIFYING: "yellow",
    Stage.EXPLORING: "green",
    Stage.RESOLVING: "red",
    Stage.MAINTAINING: "magenta",
}
"""One colour of the terminal's own palette a stage, so that it suits light and dark backgrounds."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_PROFILE = 280  # characters of a profile that the header shows


class PipeConsole(Console):
    """A console whose broken pipe is left to the command line, which ends it quietly."""

    def on_broken_pipe(self) -> None:
        """Raise what rich would turn into exit code 1."""
        raise BrokenPipeError


def find_conversation(
    conversations: Iterable[Conversation], id_: str | None = None, index: int | None = None
) -> Conversation:
    """One conversation of many, reading no further than it.

    Args:
        conversations: Where to look.
        id_: Its id; the first one that has it.
        index: Its place among the conversations, counted from 1. The first, if no id is given either.

    Raises:
        InputError: There is none.
    """
    wanted = 1 if index is None else index
    number = 0
    for number, conversation in enumerate(conversations, start=1):
        if conversation.id == id_ if id_ is not None else number == wanted:
            return conversation
    if number == 0:
        raise InputError("there is no conversation in the file; what a job dropped is in its .dropped.jsonl")
    many = f"only {amount(number, 'conversation')}"
    if id_ is not None:
        raise InputError(f"no conversation has the id {id_!r} ({number:,} read)")
    raise InputError(f"there is no conversation number {wanted}: the file has {many}, counted from 1")


def conversation_view(conversation: Conversation) -> RenderableType:
    """A conversation for the terminal: what it is about, then its turns with stage and strategy coloured."""
    facts = Table.grid(Column(style="bold", no_wrap=True), Column(overflow="fold", ratio=1), padding=(0, 2, 0, 0))
    about = f"{conversation.topic} · {conversation.source} · {conversation.lang} · {len(conversation.turns)} turns"
    facts.add_row("id", _safe(conversation.id))
    facts.add_row("topic", _safe(about))
    for name, value in (("scenario", conversation.scenario), ("goal", conversation.goal)):
        if value:
            facts.add_row(name, _safe(value))
    if conversation.profile:
        profile = conversation.profile
        facts.add_row("profile", _safe(profile if len(profile) <= _PROFILE else profile[:_PROFILE].rstrip() + " …"))
    if (conversation.meta or {}).get(REASON):
        facts.add_row("dropped", _safe(str((conversation.meta or {})[REASON])))
    turns = Table.grid(
        Column(justify="right", style="dim", no_wrap=True),
        Column(no_wrap=True),
        Column(ratio=1, overflow="fold"),
        padding=(0, 2, 1, 0),
        expand=True,
    )
    for number, turn in enumerate(conversation.turns, start=1):
        turns.add_row(str(number), _who(turn, conversation.lang), _safe(turn.text))
    return Group(facts, Rule(style="dim"), turns)


def _who(turn: Turn, lang: Lang) -> Text:
    """The speaker and, under the name, what the turn does."""
    colour = STAGE_COLOURS[turn.stage] if turn.stage else ""
    who = Text(speaker_name(turn.speaker, lang), style="bold" if turn.speaker == "supporter" else "bold cyan")
    if turn.stage:
        who.append(f" · {turn.stage.names.in_(lang)}", style=f"not bold {colour}")
    if turn.strategy:
        name = turn.strategy.names.in_(lang).replace(" or ", " or\n").replace(" and ", " and\n")
        who.append(f"\n{name}", style=f"not bold {colour}")
    return who


def _safe(text: str) -> Text:
    """The text with nothing that a terminal, or rich's markup, would obey."""
    return Text(_CONTROL.sub("\ufffd", text.replace("\r\n", "\n")).strip())


def check_view(check: Check) -> RenderableType:
    """What a check found: the counts, and of each broken rule how often and the first case."""
    lines = f"{amount(check.conversations, 'conversation')}, {amount(check.bad_lines, 'bad line')}"
    if check.violations is None:
        return Text(lines)
    rules = _table("rule", "broken by")
    rules.add_column("first case", overflow="fold")
    for name, count in check.violations.items():
        id_, reason = (check.examples or {}).get(name, ("", ""))
        rules.add_row(name, f"{count:,}" if count else "–", _safe(f"{id_}: {reason}" if count else ""))
    broken = check.conversations - (check.clean or 0)
    return Group(Text(f"{lines}, {broken:,} of the conversations break a rule"), Padding(rules, (1, 0, 0, 0)))


def statistics_view(
    statistics: CorpusStatistics,
    diversity: Mapping[Speaker, Diversity] | None = None,
    before: CorpusStatistics | None = None,
) -> RenderableType:
    """Statistics for the terminal: the corpus, its strategies, their stages and chains, and the paper's figures.

    Args:
        statistics: Of the corpus.
        diversity: By speaker, where it was measured.
        before: Of the calls before they were rewritten, where they are at hand.
    """
    facts = Table.grid(Column(style="bold"), Column(overflow="fold"), padding=(0, 2, 0, 0))
    facts.add_row("conversations", f"{statistics.conversations:,}")
    for name, counts in (
        ("languages", statistics.by_lang),
        ("sources", statistics.by_source),
        ("topics", statistics.by_topic),
    ):
        facts.add_row(name, _safe(_counts(counts)))
    facts.add_row("alternating", percent(statistics.alternating))
    facts.add_row("utterances", _lengths(statistics.utterances))
    for speaker, lengths in statistics.characters.items():
        facts.add_row(f"{speaker} turns", f"{lengths.count:,}; characters {_lengths(lengths)}")
    facts.add_row("with a strategy", f"{percent(statistics.labelled)} of the supporter turns")
    facts.add_row("other than Others", f"{percent(statistics.labelled_not_others)} of the supporter turns")
    for speaker, varied in (diversity or {}).items():
        facts.add_row(f"{speaker} variety", _varied(varied))
    if not statistics.strategy_shares:
        return facts
    lang = _lang(statistics)
    strategies = _table("strategy", "turns", "%")
    strategies.add_column("most often followed by")
    for strategy, share in statistics.strategy_shares.items():
        name, followed = strategy.names.in_(lang), _following(statistics.transitions[strategy], lang)
        strategies.add_row(name, f"{statistics.strategies[strategy]:,}", f"{100 * share:.1f}", followed)
    stages = _table("stage", "turns")
    stages.add_column("strategies", overflow="fold")
    for stage, found in statistics.strategies_by_stage.items():
        ordered = sorted(found.items(), key=lambda pair: -pair[1])
        names = _counts({strategy.names.in_(lang): count for strategy, count in ordered}) or "–"
        stages.add_row(Text(stage.names.in_(lang), style=STAGE_COLOURS[stage]), f"{sum(found.values()):,}", names)
    tables = [strategies, stages] if any(statistics.strategies_by_stage.values()) else [strategies]
    tables += [_chains(statistics, lang), _beside(statistics, before)]
    return Group(facts, *(Padding(table, (1, 0, 0, 0)) for table in tables))


def _lang(statistics: CorpusStatistics) -> Lang:
    """The language that strategies are named in: Chinese where every conversation is."""
    return "zh" if set(statistics.by_lang) == {"zh"} else "en"


def _chains(statistics: CorpusStatistics, lang: Lang) -> Table:
    """The commonest chains of strategies of each length."""
    chains = _table("turns running", "times")
    chains.add_column("the commonest chains", overflow="fold")
    for size, found in statistics.chains.items():
        for place, chain in enumerate(found[:3]):
            names = " → ".join(strategy.names.in_(lang) for strategy in chain.strategies)
            chains.add_row("" if place else str(size), f"{chain.count:,}", names)
    return chains


def _beside(statistics: CorpusStatistics, before: CorpusStatistics | None) -> Table:
    """The corpus's figures beside the paper's."""
    beside = _table("beside the paper", *(["before"] if before else []), "here", "paper's calls", "CSConv")
    for figure in beside_the_paper(statistics, before):
        beside.add_row(figure.name, *figure.texts()[0 if before else 1 :])
    return beside


def _varied(one: Diversity) -> str:
    if one.distinct_1 is None or one.distinct_2 is None or one.self_bleu is None:
        return "–"
    return (
        f"distinct-1 {one.distinct_1:.3f}, distinct-2 {one.distinct_2:.3f} of {one.turns:,} turns; "
        f"self-BLEU {one.self_bleu:.1f} of {one.compared}"
    )


def _table(first: str, *numbers: str) -> Table:
    """A table without lines whose first column is never broken."""
    right = [Column(name, justify="right", no_wrap=True) for name in numbers]
    return Table(Column(first, no_wrap=True), *right, box=None, pad_edge=False)


def _counts(counts: dict[str, int], most: int = 12) -> str:
    shown = ", ".join(f"{name} {count:,}" for name, count in list(counts.items())[:most])
    return f"{shown}, and {len(counts) - most:,} more" if len(counts) > most else shown


def _lengths(lengths: Lengths) -> str:
    return "–" if lengths.mean is None else f"mean {lengths.mean:.1f}, from {lengths.min:,} to {lengths.max:,}"


def _following(following: dict[Strategy, int], lang: Lang) -> str:
    if not following:
        return "–"
    strategy, count = max(following.items(), key=lambda pair: pair[1])
    return f"{strategy.names.in_(lang)} ({100 * count / sum(following.values()):.0f} %)"
