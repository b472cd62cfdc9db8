"""The description of a corpus: chains, variety, the paper's figures beside one's own, and the page."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from csc_dspy.conversation import Conversation, Turn
from csc_dspy.corpora.diversity import Reservoir, diversity
from csc_dspy.corpora.page import EXAMPLES, write_page
from csc_dspy.corpora.published import beside_the_paper
from csc_dspy.corpora.statistics import describe
from csc_dspy.framework import Lang, Stage, Strategy

GT, IV, PR, AC, OT = (
    Strategy.GREETING,
    Strategy.IDENTITY_VERIFICATION,
    Strategy.PROBLEM_REFINEMENT,
    Strategy.APPRECIATION_AND_CLOSURE,
    Strategy.OTHERS,
)


def conversation(
    strategies: list[Strategy | None], id_: str = "one", lang: Lang = "en", text: str = "Hello there, friend"
) -> Conversation:
    turns = []
    for number, strategy in enumerate(strategies):
        stage = Stage.CONNECTING if strategy else None
        turns.append(Turn(speaker="supporter", text=f"{text} {number}", strategy=strategy, stage=stage))
        turns.append(Turn(speaker="customer", text=f"yes {number}"))
    return Conversation(id=id_, lang=lang, topic="other", source="sample", turns=tuple(turns))


def test_chains_do_not_run_over_an_unlabelled_turn_or_from_one_conversation_to_the_next() -> None:
    found = describe([conversation([GT, IV, PR, None, PR, AC]), conversation([GT, IV, PR, AC])])
    chains = {size: {chain.strategies: chain.count for chain in ones} for size, ones in found.chains.items()}
    assert chains[2] == {(GT, IV): 2, (IV, PR): 2, (PR, AC): 2}
    assert chains[3] == {(GT, IV, PR): 2, (IV, PR, AC): 1}
    assert chains[4] == {(GT, IV, PR, AC): 1}
    assert [chain.count for chain in found.chains[3]] == [2, 1]


def test_a_reservoir_keeps_all_of_a_small_file_and_a_uniform_part_of_a_large_one() -> None:
    ones = [conversation([GT], f"c{n}") for n in range(1000)]
    small = Reservoir(50)
    assert list(small.through(ones[:40])) == ones[:40]
    assert small.kept == ones[:40]
    places = []
    for seed in range(40):
        drawn = Reservoir(50, seed)
        assert sum(1 for _ in drawn.through(ones)) == 1000
        assert len(drawn.kept) == 50
        places += [int(one.id[1:]) for one in drawn.kept]
    assert sum(places) / len(places) == pytest.approx(499.5, abs=30)


def test_distinct_counts_words_in_english_and_characters_in_chinese() -> None:
    english = Conversation(
        id="e", lang="en", topic="t", source="s", turns=(Turn(speaker="customer", text="the cat and The dog"),)
    )
    found = diversity([english], "customer")
    assert (found.tokens, found.distinct_1, found.distinct_2) == (5, 4 / 5, 4 / 4)
    chinese = Conversation(id="z", lang="zh", topic="t", source="s", turns=(Turn(speaker="customer", text="好的好的"),))
    found = diversity([chinese], "customer")
    assert (found.tokens, found.distinct_1, found.distinct_2) == (4, 2 / 4, 2 / 3)
    assert found.self_bleu is None


def test_self_bleu_is_higher_for_turns_that_are_alike() -> None:
    alike = [conversation([GT, IV, PR], "a")]
    words = ["a quick brown fox jumps", "my parcel never came home", "please tell us your name"]
    other = [
        Conversation(
            id="b",
            lang="en",
            topic="t",
            source="s",
            turns=tuple(Turn(speaker="supporter", text=text) for text in words),
        )
    ]
    high, low = diversity(alike, "supporter").self_bleu, diversity(other, "supporter").self_bleu
    assert high is not None
    assert low is not None
    assert high > 60 > 20 > low


def test_nobody_who_said_anything_is_no_figure() -> None:
    found = diversity([], "supporter")
    assert (found.distinct_1, found.distinct_2, found.self_bleu, found.turns) == (None, None, None, 0)


def test_figures_stand_beside_the_papers() -> None:
    here, before = describe([conversation([GT, OT])]), describe([conversation([None])])
    figures = {figure.name: figure.texts() for figure in beside_the_paper(here, before)}
    assert figures["utterances of a conversation"] == ("2.0", "4.0", "19.0", "27.0")
    assert figures["supporter turns with a strategy other than Others"] == ("0.0 %", "50.0 %", "55.3 %", "97.8 %")
    assert figures["Information Delivery"] == ("–", "0.0 %", "–", "14.9 %")
    assert beside_the_paper(here)[0].before is None


class Page(HTMLParser):
    """What a browser would load, and whether every element is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]
        assert tag != "script"
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_holds_all_it_needs_and_obeys_no_text(tmp_path: Path) -> None:
    evil = conversation([GT, IV, AC], "<script>alert(1)</script>", text='<img src="http://example.com/x"> 您好')
    ones = [evil, *(conversation([GT, PR, AC], f"c{n}") for n in range(20))]
    varied = {speaker: diversity(ones, speaker) for speaker in ("customer", "supporter")}
    write_page(tmp_path / "page.html", "a & b", describe(ones), varied, ones, describe(ones))  # type: ignore[arg-type]
    page = Page()
    page.feed((tmp_path / "page.html").read_text("utf-8"))
    assert page.open == []
    assert len(page.links) == 4
    assert all(link.startswith("data:image/png;base64,") for link in page.links)
    assert "a & b" in page.text
    assert '<img src="http://example.com/x"> 您好 0' in page.text
    assert page.text.count(" utterances\n") + len(re.findall(r"· 6 utterances", page.text)) >= EXAMPLES


def test_a_corpus_without_labels_has_a_page_too(tmp_path: Path) -> None:
    ones = [conversation([None, None])]
    varied = {"supporter": diversity(ones, "supporter")}
    write_page(tmp_path / "page.html", "raw", describe(ones), varied, ones)  # type: ignore[arg-type]
    text = (tmp_path / "page.html").read_text("utf-8")
    assert "What follows what" not in text
    assert "lengths" in text.lower()


def test_labels_without_stages_leave_no_empty_table(tmp_path: Path) -> None:
    for stages, said in ((True, False), (False, True)):
        ones = [conversation([GT, PR, AC])]
        if not stages:
            turns = tuple(turn.model_copy(update={"stage": None}) for turn in ones[0].turns)
            ones = [ones[0].model_copy(update={"turns": turns})]
        varied = {"supporter": diversity(ones, "supporter")}
        write_page(tmp_path / "page.html", "labelled", describe(ones), varied, ones)  # type: ignore[arg-type]
        assert ("names its stage" in (tmp_path / "page.html").read_text("utf-8")) is said
