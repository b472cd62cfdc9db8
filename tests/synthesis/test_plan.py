"""What is to be played, and what it should take."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest

from csc_dspy.conversation import Profile
from csc_dspy.errors import InputError
from csc_dspy.synthesis.estimate import estimate_play
from csc_dspy.synthesis.plan import parse_topics, parts
from csc_dspy.usage import rough_tokens

PEOPLE = [Profile(id=f"p{number}", text=f"Person number {number}.") for number in range(3)]
TOPICS = ("product_inquiry", "technical_support")


def test_neighbours_differ_in_person_and_topic_until_all_pairs_were_had() -> None:
    plan = list(parts(PEOPLE, TOPICS, "en", 6))
    assert len({(part.profile.id, part.topic) for part in plan}) == 6
    assert all(a.profile != b.profile for a, b in pairwise(plan))
    assert plan[0].topic != plan[1].topic


def test_a_larger_count_only_adds_and_no_id_comes_twice() -> None:
    few, many = list(parts(PEOPLE, TOPICS, "en", 4)), list(parts(PEOPLE, TOPICS, "en", 20))
    assert many[:4] == few
    assert len({part.id for part in many}) == 20
    assert {part.trial for part in many} == {0, 1, 2, 3}


def test_languages_have_ids_of_their_own() -> None:
    assert not {p.id for p in parts(PEOPLE, TOPICS, "en", 6)} & {p.id for p in parts(PEOPLE, TOPICS, "zh", 6)}


def test_topics_are_named_by_id_or_name_and_all_is_seven() -> None:
    assert len(parse_topics("all")) == 7
    assert parse_topics("technical_support, Product inquiry,产品咨询") == ("technical_support", "product_inquiry")


@pytest.mark.parametrize("given", ["", "weather", "technical_support,,", "product inquiry; other"])
def test_a_topic_that_is_none_is_named_with_those_that_are(given: str) -> None:
    with pytest.raises(InputError, match=r"--topics: .*complaints_and_disputes"):
        parse_topics(given)


def test_an_estimate_from_prompts_grows_with_the_work_and_knows_its_price() -> None:
    plan = list(parts(PEOPLE, TOPICS, "en", 6))
    prompts = {"profile_writer": "w " * 50, "planner": "p " * 50, "supporter": "s " * 200, "judge": "j " * 100}
    missing = Path("no such file")
    some = estimate_play(plan[:3], prompts, "en", {"planner": (1.0, 2.0), "supporter": None}, missing)
    all_ = estimate_play(plan, prompts, "en", dict.fromkeys(("planner", "supporter", "judge"), (1.0, 2.0)), missing)
    assert (some.units, all_.units) == (3, 6)
    assert all_.calls == 2 * some.calls > 0
    assert some.cost is None
    assert all_.cost == pytest.approx((all_.prompt_tokens * 1.0 + all_.completion_tokens * 2.0) / 1e6, rel=0.01)
    assert "cost unknown (no price for supporter)" in some.describe()
    assert "$" in all_.describe()


def test_an_estimate_rests_on_conversations_already_played(tmp_path: Path) -> None:
    plan, done = list(parts(PEOPLE, TOPICS, "en", 6)), tmp_path / "out.jsonl"
    usage = {"calls": 20, "prompt_tokens": 1000, "completion_tokens": 100}
    rows = [{"id": part.id, "meta": {"usage": usage}} for part in plan[:2]]
    done.write_text("".join(json.dumps(row) + "\n" for row in rows) + '{"id": "torn', "utf-8")
    found = estimate_play(plan, {"planner": "p"}, "en", {"planner": (1.0, 10.0)}, done)
    assert (found.units, found.calls, found.prompt_tokens) == (4, 80, 4000)
    assert found.cost == pytest.approx(4 * (1000 * 1.0 + 100 * 10.0) / 1e6)
    assert "out.jsonl" in found.basis


def test_roles_of_different_price_have_a_cost_and_a_budget_is_held_against_it() -> None:
    plan = list(parts(PEOPLE, TOPICS, "en", 6))
    prompts, prices = {"planner": "p " * 50, "judge": "j " * 100}, {"planner": (1.0, 2.0), "judge": (10.0, 20.0)}
    cheap = estimate_play(plan, prompts, "en", dict.fromkeys(prices, (1.0, 2.0)), Path("none"))
    dear = estimate_play(plan, prompts, "en", dict.fromkeys(prices, (10.0, 20.0)), Path("none"))
    mixed = estimate_play(plan, prompts, "en", prices, Path("none"), max_cost=1e9)
    assert None not in (cheap.cost, mixed.cost, dear.cost)
    assert cheap.cost < mixed.cost < dear.cost
    assert "max-cost" not in mixed.describe()
    halved = estimate_play(plan, prompts, "en", prices, Path("none"), max_cost=mixed.cost / 2)
    assert "ends it after about 3" in halved.describe()
    assert "cannot be held" in estimate_play(plan, prompts, "en", {"planner": None}, Path("none"), 1.0).describe()


def test_a_chinese_character_is_a_token_and_four_others_are_one() -> None:
    assert rough_tokens("") == 1
    assert rough_tokens("您好吗") == 4
    assert rough_tokens("abcdefgh") == 3
