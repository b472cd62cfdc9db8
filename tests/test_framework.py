from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from csc_dspy.framework import LANGS, ROLEPLAY_TOPICS, Stage, Strategy, Topic

MEMBERS = [*Stage, *Strategy]
strategies = st.sampled_from(list(Strategy))


def full_width(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else "\u3000" if c == " " else c for c in text)


def names(strategy: Strategy) -> list[str]:
    return [name for name in (strategy.value, *strategy.names, strategy.abbreviation) if name]


def test_the_framework_is_the_papers() -> None:
    assert (len(Stage), len(Strategy), len(Topic), len(ROLEPLAY_TOPICS)) == (5, 12, 8, 7)
    names = ["GT", "IV", "RP", "PR", "EM", "PS", "ID", "RI", "FR", "RC", "AC"]
    assert [strategy.abbreviation for strategy in Strategy] == [*names, ""]
    assert [strategy.number for strategy in Strategy] == list(range(1, 13))
    assert [stage.position for stage in Stage] == list(range(5))


@pytest.mark.parametrize("member", [*Stage, *Strategy, *Topic])
def test_everything_has_a_name_and_a_definition_in_both_languages(member: Stage | Strategy | Topic) -> None:
    for lang in LANGS:
        assert member.names.in_(lang).strip()
        assert member.definition.in_(lang).strip()


@given(st.sampled_from(MEMBERS), st.integers(0, 2), st.sampled_from([str, str.upper, str.title, full_width]))
def test_any_spelling_of_a_name_is_parsed(member: Stage | Strategy, which: int, spell: object) -> None:
    label = (member.value, *member.names)[which]
    assert callable(spell)
    assert type(member).parse(f"  {spell(label)}\n") is member
    assert type(member).parse(spell(label.replace("_", " "))) is member
    assert type(member).parse(spell(label.replace(" ", "-"))) is member


@given(strategies, st.sampled_from([":", "：", " ", "", ": ", "： ", "、", ".", "．", "\u3000", " : "]), st.data())
def test_a_number_and_its_name_are_parsed(strategy: Strategy, separator: str, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(names(strategy)))
    number = data.draw(st.sampled_from([str(strategy.number), full_width(str(strategy.number))]))
    assert Strategy.parse(f"策略{number}{separator}{name}") is strategy
    assert Strategy.parse(f"策略 {number}") is strategy
    assert Strategy.parse(f"策略{number}") is strategy


@given(strategies, strategies)
def test_a_number_with_the_name_of_another_is_refused(one: Strategy, other: Strategy) -> None:
    assume(one is not other)
    with pytest.raises(ValueError, match="disagree"):
        Strategy.parse(f"策略{one.number}: {other.names.zh}")


@given(
    strategies,
    strategies,
    st.sampled_from(["+", "、", "/", "，", "和", ",", ";", "；", " and ", " & ", "\n", " ", "|", "与", "及", "＋"]),
    st.data(),
)
def test_two_labels_in_one_field_are_refused(one: Strategy, other: Strategy, joint: str, data: st.DataObject) -> None:
    first = data.draw(st.sampled_from([*names(one), f"策略{one.number}", f"策略{one.number} {one.names.zh}"]))
    second = data.draw(st.sampled_from([*names(other), f"策略{other.number}", f"策略{other.number} {other.names.zh}"]))
    # "策略3 重述或转述" is one label, a number and its name.
    assume(not (re.fullmatch(r"策略\d+", first) and one is other and joint in ("、", " ", "\n")))
    with pytest.raises(ValueError, match=r"not (a|one) strategy"):
        Strategy.parse(f"{first}{joint}{second}")


@pytest.mark.parametrize(
    "label",
    ["", " ", "策略", "策略0", "策略13", "策略99", "策略-1", "策略1.5", "策略123", "99", "3", "0", "none", "null", "其",
     "礼貌问候策略", "Greetings", "greeting!", "greeting (connecting)", "策略13: 其它",
     "策略3+策略4", "策略３４", "connecting"],
)  # fmt: skip
def test_a_wrong_label_is_refused_and_never_becomes_others(label: str) -> None:
    with pytest.raises(ValueError, match="strategy"):
        Strategy.parse(label)


@pytest.mark.parametrize("label", ["其它", "其他", "Others", "OTHERS", "策略12", "策略12: 其他"])
def test_others_is_parsed_in_both_spellings(label: str) -> None:
    assert Strategy.parse(label) is Strategy.OTHERS


@given(st.text(max_size=40))
def test_any_other_text_is_refused_with_a_value_error(text: str) -> None:
    for kind in (Strategy, Stage):
        known = {unicodedata.normalize("NFKC", name).casefold() for member in kind for name in member.names}
        try:
            member = kind.parse(text)
        except ValueError:
            assert text not in known
        else:
            assert isinstance(member, kind)


@given(st.sampled_from(list(Strategy)))
def test_stage_labels_are_no_strategies_and_the_other_way_round(strategy: Strategy) -> None:
    with pytest.raises(ValueError, match="stage"):
        Stage.parse(strategy.value)
