"""People's judgements: scores in a file, and forms of blind pairs, saved and read again."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from csc_dspy.cli import cli
from csc_dspy.conversation import write_records
from csc_dspy.errors import InputError
from csc_dspy.judging.forms import Key, key_beside, write_form
from csc_dspy.judging.people import read_human
from csc_dspy.judging.records import Compared, ComparedTurn, Rated, RatedTurn, Rating, Vote
from csc_dspy.judging.scored import of_forms, of_judge
from csc_dspy.signatures.criteria import CRITERIA
from tests.judging.test_judging import NAMES, answered

HEAD = "id,at,criterion,score,rater\n"


def rated(path: Path, scores: list[int]) -> Path:
    turns = tuple(
        RatedTurn(at=at, reply="x", ratings={name: Rating(score=score) for name in NAMES})
        for at, score in enumerate(scores)
    )
    row = Rated(id="one", lang="en", digest="d", context="reference", program="p", turns=turns)
    write_records(path, [row])
    return path


def test_a_judge_is_compared_with_the_mean_of_people_and_people_with_each_other(tmp_path: Path) -> None:
    judged = rated(tmp_path / "rated.jsonl", [1, 2, 3, 4, 5])
    lines = [
        f"one,{at},empathy,{score},{rater}\n" for rater in ("ann", "bo") for at, score in enumerate((1, 2, 3, 5, 4))
    ]
    (tmp_path / "people.csv").write_text(HEAD + "".join(lines), "utf-8")
    found = of_judge(judged, tmp_path / "people.csv")
    with_judge, among = found.agreement
    assert (with_judge.criterion, with_judge.between, with_judge.items) == ("empathy", "judge and people (mean)", 5)
    assert with_judge.kappa == pytest.approx(1 - 2 / 20)
    assert with_judge.rho == pytest.approx(0.9)
    assert (among.between, among.kappa, among.alpha) == ("ann and bo", pytest.approx(1), pytest.approx(1))
    assert "| empathy | judge and people (mean) | 5 | 0.90 |" in found.describe()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,at,score\n", r":1: no column criterion"),
        (HEAD + "one,0,empathy,6,ann\n", r":2: score"),
        (HEAD + "one,0,empathy,nan,ann\n", r":2: score"),
        (HEAD + "one,0,charm,3,ann\n", r":2: .*no such criterion; there are resolution"),
        (HEAD, r"people.csv: there are no scores in it"),
        (HEAD + 2 * "one,0,empathy,3,ann\n", r"one, turn 0: ann gave two scores for empathy"),
        (HEAD + "one,0,empathy\n", r":2: 3 cells, the first line has 5"),
        (HEAD + "two,0,empathy,3,ann\n", r"two, turn 0: people scored it, but no such reply was judged"),
    ],
)
def test_people_s_scores_that_do_not_fit_are_refused_with_their_place(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "people.csv").write_text(text, "utf-8")
    with pytest.raises(InputError, match=message):
        of_judge(rated(tmp_path / "rated.jsonl", [3]), tmp_path / "people.csv")


def test_the_mean_of_people_is_rounded_for_kappa_alone(tmp_path: Path) -> None:
    judged = rated(tmp_path / "rated.jsonl", [2, 3, 4])
    scores = {"ann": (1, 2.5, 4), "bo": (2, 3, 4)}
    lines = [f"one,{at},empathy,{score},{who}\n" for who, given in scores.items() for at, score in enumerate(given)]
    (tmp_path / "people.csv").write_text(HEAD + "".join(lines), "utf-8")
    with_judge, _ = of_judge(judged, tmp_path / "people.csv").agreement
    assert (with_judge.kappa, with_judge.rho) == (pytest.approx(1), pytest.approx(1))  # 1.5, 2.75 and 4


def test_a_rater_may_be_left_out_and_quotes_may_stand(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text('\ufeffID,at,criterion,score\n"one, the first",0,fluency,2\n', "utf-8")
    (score,) = read_human(tmp_path / "people.csv")
    assert (score.id, score.rater, score.score) == ("one, the first", "human", 2)


@pytest.fixture
def form(tmp_path: Path) -> Path:
    """A form of six pairs in two languages."""
    for side in ("first", "second"):
        rows = [
            answered(side, f"{side} says 1", f"{side} says 2", "equal", id_=f"c{n}", lang="zh" if n % 2 else "en")
            for n in range(3)
        ]
        write_records(tmp_path / f"{side}.jsonl", rows)
    write_form(tmp_path / "first.jsonl", tmp_path / "second.jsonl", tmp_path / "form.html")
    return tmp_path / "form.html"


def saved(path: Path, who: str, prefer: str, **changes: Any) -> Path:
    """What somebody saves who always finds one side better."""
    key = Key.model_validate_json(key_beside(path).read_text("utf-8"))
    answers = [
        {"pair": pair, "criterion": name, "better": "left" if shown.left == prefer else "right"}
        for pair, shown in key.pairs.items()
        for name in NAMES
    ]
    out = path.parent / f"{who}.json"
    out.write_text(json.dumps({"form": key.form, "rater": who, "answers": answers, **changes}), "utf-8")
    return out


def test_a_form_shows_every_pair_in_its_language_and_names_nobody(form: Path) -> None:
    page = form.read_text("utf-8")
    key = Key.model_validate_json(key_beside(form).read_text("utf-8"))
    assert page.count('<section class="pair"') == len(key.pairs) == 6
    assert "model-of" not in page
    assert "http" not in page
    assert "equal" not in page
    for question in (CRITERIA[0].question.en, CRITERIA[0].question.zh):
        assert question in html.unescape(page)
    assert (key.first, key.second) == ("first on model-of-first", "second on model-of-second")
    assert {shown.left for shown in key.pairs.values()} == {"first", "second"}
    assert [(one.id, one.at) for one in key.pairs.values()] != sorted((one.id, one.at) for one in key.pairs.values())


def test_what_people_say_in_a_page_is_text(tmp_path: Path) -> None:
    for side in ("first", "second"):
        write_records(tmp_path / f"{side}.jsonl", [answered(side, f"<script>alert('{side}')</script>")])
    write_form(tmp_path / "first.jsonl", tmp_path / "second.jsonl", tmp_path / "form.html")
    assert "<script>alert(" not in (tmp_path / "form.html").read_text("utf-8")


def test_saved_forms_become_win_rates_whatever_the_places(form: Path) -> None:
    found = of_forms([saved(form, "ann", "first")], key_beside(form))
    assert found.figures()["resolution.first"] == 100
    assert found.figures()["resolution.second"] == 0
    assert (found.items, found.conversations, found.unscored, found.raters) == (6, 3, 0, ("ann",))
    assert set(found.by_lang) == {"en", "zh"}
    found = of_forms([saved(form, "ann", "first"), saved(form, "bo", "second")], key_beside(form))
    assert found.figures()["fluency.tie"] == 100
    assert found.agreement[0].between == "ann and bo"
    assert found.agreement[0].kappa is not None
    assert found.agreement[0].kappa <= 0


def test_open_questions_are_no_votes(form: Path) -> None:
    found = of_forms([saved(form, "ann", "first", answers=[])], key_beside(form))
    assert found.unscored == 6
    assert found.figures()["resolution.first"] is None


def test_a_judge_s_votes_are_compared_with_the_people_s(form: Path) -> None:
    key = Key.model_validate_json(key_beside(form).read_text("utf-8"))
    order: dict[str, Vote] = dict.fromkeys(NAMES, "first")
    rows = [
        Compared(
            id=shown.id,
            lang=shown.lang,
            digest="d",
            first=key.first,
            second=key.second,
            turns=(ComparedTurn(at=shown.at, first="x", second="y", votes=(order, order)),),
        )
        for shown in key.pairs.values()
    ]
    write_records(form.parent / "votes.jsonl", rows)
    mixed = [
        {
            "pair": pair,
            "criterion": name,
            "better": "tie" if number == 0 else "left" if shown.left == "first" else "right",
        }
        for number, (pair, shown) in enumerate(key.pairs.items())
        for name in NAMES
    ]
    found = of_forms([saved(form, "ann", "first", answers=mixed)], key_beside(form), form.parent / "votes.jsonl")
    (one, *_) = found.agreement
    assert (one.between, one.items) == ("people and judge", 6)
    assert one.kappa == 0  # the judge says the same of all, which chance alone explains
    assert found.figures()["resolution.first"] == pytest.approx(500 / 6)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"form": "other"}, "answers to form other"),
        ({"answers": [{"pair": "p9999", "criterion": "empathy", "better": "left"}]}, "no question 'empathy' of a pair"),
        ({"answers": [{"pair": "p0001", "criterion": "charm", "better": "left"}]}, "no question 'charm'"),
        ({"answers": [{"pair": "p0001", "criterion": "empathy", "better": "both"}]}, r"answers\.0\.better"),
        ({"answers": [{"pair": "p0001", "criterion": "empathy", "better": "tie"}] * 2}, "answered twice"),
        ({"rater": ""}, "rater"),
    ],
)
def test_saved_forms_that_do_not_fit_are_refused(form: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        of_forms([saved(form, "ann", "first", **changes)], key_beside(form))


def test_the_same_rater_twice_is_refused(form: Path) -> None:
    one = saved(form, "ann", "first")
    again = form.parent / "copy.json"
    again.write_text(one.read_text("utf-8"), "utf-8")
    with pytest.raises(InputError, match="rater 'ann' also saved"):
        of_forms([one, again], key_beside(form))


def test_the_key_of_another_form_is_not_written_over(form: Path) -> None:
    sides = [form.parent / f"{side}.jsonl" for side in ("first", "second")]
    write_form(*sides, form)
    before = key_beside(form).read_text("utf-8")
    with pytest.raises(InputError, match="key of another form"):
        write_form(*sides, form, limit=2)
    assert key_beside(form).read_text("utf-8") == before


def test_masking_does_not_tell_the_sides_apart(tmp_path: Path) -> None:
    ours = answered("first", "Thank you, Tom Reed.", "Right.", "equal")
    turns = [turn.model_copy(update={"heard": ("My name is Tom Reed.",)}) for turn in ours.turns]
    theirs = answered("second", "Thanks, [NAME].", "Good.", "equal")
    hidden = [turn.model_copy(update={"heard": ("My name is [NAME].",)}) for turn in theirs.turns]
    write_records(tmp_path / "a.jsonl", [ours.model_copy(update={"turns": tuple(turns)})])
    write_records(tmp_path / "b.jsonl", [theirs.model_copy(update={"turns": tuple(hidden)})])
    write_form(tmp_path / "a.jsonl", tmp_path / "b.jsonl", tmp_path / "form.html")
    assert "Reed" not in (tmp_path / "form.html").read_text("utf-8")


def test_the_way_from_answers_to_win_rates_on_the_command_line(form: Path) -> None:
    def ask(*arguments: object) -> str:
        done = CliRunner().invoke(cli, [str(argument) for argument in arguments], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    sides = [form.parent / f"{side}.jsonl" for side in ("first", "second")]
    key_beside(form).unlink()
    written = ask("corpus", "export", *sides, "--format", "blind-pairs", "-o", form, "--limit", 4)
    assert "4 pairs" in written
    assert "form.key.json says who is who" in written
    people = [saved(form, "ann", "first"), saved(form, "bo", "first")]
    told = ask("score", *people, "--key", key_beside(form))
    assert "first on model-of-first against second on model-of-second, judged by ann, bo" in told
    assert "| problem resolution: first wins | 100.00 |" in told
    refused = CliRunner().invoke(cli, ["score", str(people[0])])
    assert refused.exit_code == 2
    assert "--key" in refused.output
