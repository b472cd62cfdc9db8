"""Supporters against simulated customers: how calls end, what counts, what does not, and the figures."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from csc_dspy.commands.evaluate import command
from csc_dspy.conversation import Conversation, Turn, write_records
from csc_dspy.errors import InputError
from csc_dspy.evaluation.compare import compare
from csc_dspy.evaluation.evaluate import Evaluation, evaluate
from csc_dspy.evaluation.interactive import Interaction, estimate, interact, reported
from csc_dspy.evaluation.outcomes import pass_k, play_report
from csc_dspy.evaluation.page import as_markdown, write_report
from csc_dspy.evaluation.played import Played, Trial, read_played
from csc_dspy.evaluation.score import score
from csc_dspy.framework import LANGS, Lang, Stage, Strategy
from csc_dspy.metrics.neural import NeuralModels
from csc_dspy.programs.briefs import Brief, CallOutcome
from tests.support.actor import digest, schema_of, sentence
from tests.support.calls import raw_call
from tests.support.openai_server import OpenAIServer

S = Strategy
Job = Callable[..., Interaction]
PLAN = (
    ("connecting", "greeting"),
    ("connecting", "identity_verification"),
    ("identifying", "problem_refinement"),
    ("exploring", "providing_suggestions"),
    ("resolving", "resolution_implementation"),
    ("maintaining", "appreciation_and_closure"),
)


class Actor:
    """Every role of an interactive evaluation by rote; ``changes`` replaces fields of the answers."""

    def __init__(self, closes: bool = True, leaves: bool = False, **changes: Any) -> None:
        self.closes, self.leaves, self.changes = closes, leaves, changes

    def __call__(self, body: Mapping[str, Any]) -> dict[str, Any]:
        properties = schema_of(body)
        user = str(body["messages"][-1]["content"])
        lang = "zh" if "客" in str(body["messages"][0]["content"]) else "en"
        draw = random.Random(digest(body))
        turn = sum(line.startswith(("Supporter", "客服")) for line in user.splitlines())
        stage, strategy = PLAN[min(turn, len(PLAN) - (1 if self.closes else 2))]
        answer: dict[str, Any] = {
            "profile": "你叫田静，说话直接。" if lang == "zh" else "You are Tom Reed, a plain speaker.",
            "facts": [{"question": "型号？" if lang == "zh" else "Which model?", "answer": "40"}],
            "demand": "",
            "stage": stage,
            "strategy": strategy,
            "over": "yes" if self.leaves and "yes" in properties.get("over", ()) else "no",
            "met": 1,
            "declined": 1,
        }
        written = {name: sentence(draw, lang) + ("。" if lang == "zh" else ".") for name in properties}
        return {name: self.changes.get(name, answer.get(name, written[name])) for name in properties}


@pytest.fixture
def job(tmp_path: Path, server: OpenAIServer) -> Job:
    server.reply = Actor()

    def build(*conversations: Conversation, **changes: Any) -> Interaction:
        if conversations or not (tmp_path / "in.jsonl").exists():
            write_records(tmp_path / "in.jsonl", conversations or (raw_call(),))
        given = {"conversations": tmp_path / "in.jsonl", "output": tmp_path / "out.jsonl", "tracking": False}
        return Interaction(**{**given, "lm": "openai/x", "api_base": server.api_base, **changes})

    return build


@pytest.mark.parametrize("lang", LANGS)
def test_a_customer_calls_again_and_the_call_is_judged(job: Job, lang: Lang) -> None:
    assert interact(job(raw_call(lang=lang))).done == 1
    (row,) = read_played(job().output)
    (trial,) = row.trials
    assert trial.stop == "closed"
    assert trial.success is True
    assert [turn.speaker for turn in trial.turns] == ["supporter", "customer"] * 5 + ["supporter"]
    assert trial.turns[-1].strategy is S.APPRECIATION_AND_CLOSURE
    assert {request.part for request in trial.requests} == {
        "classify_stage",
        "select_strategy",
        "write_response",
        "customer",
        "judge",
    }


def test_the_customer_never_sees_what_the_real_agent_said(job: Job, server: OpenAIServer) -> None:
    interact(job())
    lines = [turn.text for turn in raw_call().turns if turn.speaker == "supporter"]
    seen = [str(body) for body in server.bodies if "customer_says" in schema_of(body)]
    assert seen
    assert not any(line in text for line in lines for text in seen)


@pytest.mark.parametrize(
    ("actor", "stop", "held"),
    [
        (Actor(), "closed", {"met": True, "declined": True, "in_order": True, "closed": True}),
        (Actor(met=0), "closed", {"met": False, "declined": True, "in_order": True, "closed": True}),
        (Actor(closes=False), "limit", {"met": True, "declined": True, "in_order": True, "closed": False}),
        (Actor(closes=False, leaves=True), "customer_left", None),
    ],
)
def test_how_a_call_ends_and_what_it_holds(
    job: Job, server: OpenAIServer, actor: Actor, stop: str, held: dict[str, bool] | None
) -> None:
    server.reply = actor
    interact(job(most=14, rules=False))
    ((trial,),) = ([*row.trials] for row in read_played(job().output))
    assert trial.stop == stop
    assert len(trial.turns) <= 14
    if held is not None:
        assert trial.held == held
        assert trial.success is all(held.values())


def test_a_customer_who_cannot_be_played_makes_the_call_void(job: Job, server: OpenAIServer) -> None:
    server.reply = Actor(customer_says="Thank you for calling, how may I help you?")
    interact(job(trials=2))
    found = reported(job())
    assert found is not None
    assert (found.void, found.unjudged, found.trials) == (2, 0, 2)
    assert found.scores[0].value is None
    assert found.scores[0].why == "no call could be judged"
    assert found.causes == {"customer.role": 2}


def test_a_supporter_who_fails_fails_the_call(job: Job, server: OpenAIServer) -> None:
    server.reply = Actor(response=" ")
    interact(job())
    found = reported(job())
    assert found is not None
    assert found.scores[0].value == 0
    assert found.stops == {"supporter_failed": 1}
    assert found.causes == {"write_response.empty": 1}


def test_a_judge_outside_its_scale_leaves_the_call_unjudged(job: Job, server: OpenAIServer) -> None:
    server.reply = Actor(met=7)
    interact(job())
    found = reported(job())
    assert found is not None
    assert (found.void, found.unjudged) == (0, 1)
    assert found.scores[0].value is None


def test_a_brief_without_facts_drops_the_conversation(job: Job, server: OpenAIServer) -> None:
    server.reply = Actor(goal=" ")
    assert interact(job()).funnel == {"simulator.empty": 1}


def test_nothing_is_asked_twice(job: Job, server: OpenAIServer) -> None:
    interact(job(raw_call("a"), raw_call("b"), trials=2))
    server.forget()
    assert interact(job(trials=2)).already == 2
    assert as_markdown(score(job().output)) == as_markdown(reported(job()))  # type: ignore[arg-type]
    assert server.log == []


def test_trials_differ_and_a_seed_gives_others(job: Job, server: OpenAIServer) -> None:
    interact(job(trials=2))
    seeds = [body["seed"] for body in server.bodies if "customer_says" in schema_of(body)]
    assert len({*seeds}) == len(seeds)


def test_personal_data_reaches_no_model(job: Job, server: OpenAIServer) -> None:
    call = raw_call()
    private = call.turns[3].model_copy(update={"text": "The Alto 40. Write to tom.reed@example.org."})
    interact(job(call.model_copy(update={"turns": (*call.turns[:3], private, *call.turns[4:])})))
    assert "[EMAIL]" in str(server.bodies)
    assert "tom.reed@example.org" not in str(server.bodies)


def test_an_estimate_asks_nothing(job: Job, server: OpenAIServer) -> None:
    assert "1 conversation whose customers call" in estimate(job()).describe()
    assert server.log == []


@pytest.mark.parametrize(
    ("successes", "trials", "k", "chance"), [(3, 4, 2, 0.5), (1, 2, 2, 0.0), (4, 4, 4, 1.0), (2, 3, 1, 2 / 3)]
)
def test_pass_k_by_hand(successes: int, trials: int, k: int, chance: float) -> None:
    assert pass_k(successes, trials, k) == pytest.approx(chance)
    assert pass_k(successes, trials, trials + 1) is None


def trial(met: bool | None, stages: str = "12345", last: Strategy = S.APPRECIATION_AND_CLOSURE) -> Trial:
    """A call with one supporter turn a stage; ``None`` is a void one."""
    turns = [
        Turn(speaker="supporter", text="so", stage=list(Stage)[int(stage) - 1], strategy=S.OTHERS) for stage in stages
    ]
    turns[-1] = turns[-1].model_copy(update={"strategy": last})
    outcome = None if met is None else CallOutcome(met=met, declined=True, reasons={})
    return Trial(turns=tuple(turns), stop="simulator_failed" if met is None else "closed", outcome=outcome)


def played(id_: str, *trials: Trial, lang: Lang = "en") -> Played:
    brief = Brief(profile="You are Tom.", scenario="A heater.", goal="Warmth.")
    return Played(
        id=id_, lang=lang, topic="t", source="s", digest="0" * 16, program="supporter", brief=brief, trials=trials
    )


def test_figures_by_hand() -> None:
    rows = [
        played("a", trial(True), trial(False)),
        played("b", trial(True), trial(True)),
        played("c", trial(True), trial(None), lang="zh"),
    ]
    found = play_report(rows)
    value = {score.name: score.value for score in found.scores}
    assert value["success"] == pytest.approx(80)  # 4 of the 5 that count
    assert value["met"] == pytest.approx(80)
    assert value["pass^1"] == pytest.approx(100 * (0.5 + 1 + 1) / 3)
    assert value["pass^2"] == pytest.approx(50)  # c has one call that counts
    assert next(score.turns for score in found.scores if score.name == "pass^2") == 2
    assert found.void == 1
    assert {*found.by_lang} == {"en", "zh"}
    assert found.figures()["pass-2"] == pytest.approx(50)


@pytest.mark.parametrize(
    ("stages", "in_order"), [("12345", True), ("1135", True), ("12325", True), ("1243453", False), ("131", False)]
)
def test_stages_may_step_back_once_and_no_further(stages: str, in_order: bool) -> None:
    assert trial(True, stages).in_order is in_order


def test_only_a_last_goodbye_closes() -> None:
    assert trial(True).closed
    assert not trial(True, last=S.OTHERS).closed
    twice = trial(True)
    assert not twice.model_copy(update={"turns": (*twice.turns, twice.turns[-1])}).closed


def test_two_supporters_are_compared_over_the_same_customers(tmp_path: Path) -> None:
    first, second = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    write_records(first, [played(f"{n}", trial(n % 4 == 0), trial(False)) for n in range(20)])
    write_records(second, [played(f"{n}", trial(True), trial(n % 4 != 0)) for n in range(20)])
    found = compare(first, second)
    success = found.figures[0]
    assert (success.first, success.second, success.difference) == pytest.approx((12.5, 87.5, 75.0))
    assert success.p is not None
    assert success.p < 0.01
    assert found.mcnemar is None
    assert "second is better" in found.describe()


def test_answers_and_calls_are_not_compared(job: Job, tmp_path: Path, server: OpenAIServer) -> None:
    interact(job())
    answers = Evaluation(
        conversations=tmp_path / "in.jsonl",
        output=tmp_path / "answers.jsonl",
        tracking=False,
        lm="openai/x",
        api_base=server.api_base,
    )
    evaluate(answers)
    with pytest.raises(InputError, match="cannot be compared"):
        compare(job().output, answers.output)


def test_other_files_are_refused_with_a_sentence(tmp_path: Path) -> None:
    write_records(tmp_path / "calls.jsonl", [raw_call()])
    (tmp_path / "other.jsonl").write_text("[1]\n", encoding="utf-8")
    with pytest.raises(InputError, match="it holds conversations, which have to be evaluated first"):
        score(tmp_path / "calls.jsonl")
    with pytest.raises(InputError, match="it holds something else"):
        compare(tmp_path / "other.jsonl", tmp_path / "calls.jsonl")


def test_the_page_shows_calls_and_what_they_hold(job: Job, tmp_path: Path) -> None:
    interact(job())
    rows = list(read_played(job().output))
    html, markdown = write_report(play_report(rows), rows, tmp_path / "r.html", tmp_path / "r.md")
    page = html.read_text("utf-8")
    assert "stages in order: yes" in page
    assert rows[0].trials[0].turns[0].text in page
    assert "<script" not in page
    assert "| supporter on openai/x | 100.00" in markdown.read_text("utf-8")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--trials", "2"), "--trials is for --context interactive"),
        (("--judge-lm", "openai/y"), "--judge-lm is for --context interactive"),
        (("--context", "interactive", "--train", "t.jsonl"), "--train is not for --context interactive"),
        (("--context", "interactive", "--bleurt-model", "x"), "--bleurt-model is not for --context interactive"),
    ],
)
def test_options_that_would_do_nothing_are_refused(options: tuple[str, ...], said: str) -> None:
    done = CliRunner().invoke(command, ["calls.jsonl", "-o", "out.jsonl", *options])
    assert done.exit_code == 2
    assert said in done.output


def test_models_that_compare_with_references_are_refused_for_calls(job: Job) -> None:
    interact(job())
    neural = NeuralModels.of(bleurt=["owner/name"])
    for again in (
        lambda: score(job().output, neural=neural),
        lambda: compare(job().output, job().output, neural=neural),
    ):
        with pytest.raises(InputError, match="have no references for BERTScore or BLEURT"):
            again()


def test_a_baseline_cannot_talk_to_anybody(job: Job) -> None:
    with pytest.raises(InputError, match="trivial:bigram cannot talk to anybody"):
        interact(job(program="trivial:bigram"))


def test_the_verb_says_what_calls_came_to(job: Job, server: OpenAIServer, tmp_path: Path) -> None:
    job()
    given = ["--lm", "openai/x", "--api-base", server.api_base, "--no-tracking", "--trials", "2"]
    out = tmp_path / "calls-again.jsonl"
    done = CliRunner().invoke(command, [str(tmp_path / "in.jsonl"), "-o", str(out), "--context", "interactive", *given])
    assert done.exit_code == 0, done.output
    assert "interactive context, 1 customer, 2 calls" in done.output
    assert "pass^2" in done.output
