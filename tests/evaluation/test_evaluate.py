"""Evaluation as a job: what the histories hold, what is scored, what is never asked twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from csc_dspy.cli import cli
from csc_dspy.conversation import Conversation, Turn, read_conversations, write_records
from csc_dspy.errors import FatalModelError, InputError
from csc_dspy.evaluation.baselines import NextStrategy
from csc_dspy.evaluation.compare import compare
from csc_dspy.evaluation.evaluate import Evaluation, estimate, evaluate, reported
from csc_dspy.evaluation.page import as_markdown, write_report
from csc_dspy.evaluation.records import read_answered
from csc_dspy.evaluation.score import score
from csc_dspy.framework import Lang, Stage, Strategy
from csc_dspy.tracking import output_of
from tests.support.actor import schema_of
from tests.support.openai_server import Fault, OpenAIServer

S = Strategy
Job = Callable[..., Evaluation]
PROGRAMS_BY = {"first": "supporter", "second": "direct"}
SAMPLES = Path(__file__).parents[2] / "csc_dspy" / "samples"


def conversation(id_: str = "one", lang: Lang = "en", *labels: Strategy | None) -> Conversation:
    turns = []
    for number, label in enumerate(labels or (S.GREETING, S.PROBLEM_REFINEMENT, None)):
        stage = Stage.CONNECTING if label is S.GREETING else None
        turns.append(Turn(speaker="supporter", text=f"gold line {number}", strategy=label, stage=stage))
        turns.append(Turn(speaker="customer", text=f"customer line {number}"))
    return Conversation(id=id_, lang=lang, topic="other", source="test", turns=tuple(turns))


@pytest.fixture
def job(tmp_path: Path, server: OpenAIServer) -> Job:
    def build(*conversations: Conversation, **changes: Any) -> Evaluation:
        if conversations or not (tmp_path / "in.jsonl").exists():
            write_records(tmp_path / "in.jsonl", conversations or (conversation(),))
        given = {"conversations": tmp_path / "in.jsonl", "output": tmp_path / "out.jsonl", "tracking": False}
        return Evaluation(**{**given, "lm": "openai/x", "api_base": server.api_base, **changes})

    return build


def histories(server: OpenAIServer) -> list[str]:
    """The calls so far of all questions for words, the shortest first; what else a question says varies in length."""
    asked = [str(body["messages"][-1]["content"]) for body in server.bodies if "response" in schema_of(body)]
    return sorted((text.split("##")[1] for text in asked), key=len)


def test_every_supporter_turn_is_answered_beside_what_was_really_said(job: Job) -> None:
    assert evaluate(job()).done == 1
    (row,) = read_answered(job().output)
    assert [turn.at for turn in row.turns] == [0, 2, 4]
    assert [turn.reference for turn in row.turns] == ["gold line 0", "gold line 1", "gold line 2"]
    assert [turn.gold_strategy for turn in row.turns] == [S.GREETING, S.PROBLEM_REFINEMENT, None]
    assert all(turn.response and turn.strategy and turn.stage and not turn.failure for turn in row.turns)
    assert [request.part for request in row.turns[0].requests] == [
        "classify_stage",
        "select_strategy",
        "write_response",
    ]
    assert all(request.prompt_tokens and request.seconds > 0 for turn in row.turns for request in turn.requests)


def test_the_reference_context_shows_the_gold_history_and_never_the_turn_itself(job: Job, server: OpenAIServer) -> None:
    evaluate(job())
    seen = histories(server)
    assert "gold line 0" not in seen[0]
    assert "Supporter [Greeting]: gold line 0" in seen[1]
    assert "gold line 1" not in seen[1]
    assert "Supporter [Problem Refinement]: gold line 1" in seen[2]
    assert "gold line 2" not in seen[2]


def test_the_generated_context_shows_the_supporters_own_turns_only(job: Job, server: OpenAIServer) -> None:
    evaluate(job(context="generated"))
    (row,) = read_answered(job().output)
    seen = histories(server)
    assert not any("gold line" in text for text in seen)
    for turn in row.turns[:2]:
        assert turn.strategy is not None
        assert f"Supporter [{turn.strategy.names.en}]: {turn.response}" in seen[2]
    assert "customer line 1" in seen[2]


def test_a_failed_turn_counts_as_wrong_and_leaves_no_line_in_the_generated_history(
    job: Job, server: OpenAIServer
) -> None:
    good = server.reply
    server.reply = lambda body: "no" if "strategy" in schema_of(body) else good(body)
    evaluate(job(context="generated"))
    found = reported(job(context="generated"))
    assert found is not None
    assert found.failures == {"select_strategy.format": 3}
    assert found.score("accuracy").value == 0  # type: ignore[union-attr]
    assert found.score("accuracy").turns == 2  # type: ignore[union-attr]
    assert found.score("rouge-l").value == 0  # type: ignore[union-attr]
    assert found.unlabelled == 1
    assert "Supporter" not in "".join(str(b["messages"][-1]["content"]).split("##")[1] for b in server.bodies)


def test_half_a_conversation_is_not_asked_again(job: Job, server: OpenAIServer) -> None:
    many = [conversation(f"c{n}") for n in range(3)]
    good, seen = server.reply, []

    def dies(body: Any) -> Any:
        seen.append(json.dumps(body))
        return Fault("error", status=401) if len(seen) == 14 else good(body)

    server.reply = dies
    with pytest.raises(FatalModelError):
        evaluate(job(*many, context="generated", concurrency=1))
    summary = evaluate(job(context="generated", concurrency=1))
    assert summary.done == 3
    assert len(seen) == 27 + 1
    assert seen.count(seen[13]) == 2
    assert len(set(seen)) == 27
    fresh = evaluate(job(context="generated", output=job().output.with_name("fresh.jsonl")))
    assert summary.overall.tokens == fresh.overall.tokens
    rows = (
        {row.id: row for row in read_answered(path)} for path in (job().output, job().output.with_name("fresh.jsonl"))
    )
    interrupted, whole = rows
    for id, row in whole.items():
        assert [len(turn.requests) for turn in interrupted[id].turns] == [len(turn.requests) for turn in row.turns]


def test_nothing_is_asked_again_on_resume_or_scoring(job: Job, server: OpenAIServer) -> None:
    many = [conversation(f"c{n}", "zh" if n % 2 else "en") for n in range(4)]
    evaluate(job(*many, limit=2))
    evaluate(job())
    asked = len(server.log)
    assert asked == 4 * 3 * 3
    evaluate(job())
    found = score(job().output, gold=job().conversations)
    assert len(server.log) == asked
    assert found == reported(job())
    assert (found.conversations, found.turns) == (4, 12)
    assert set(found.by_lang) == {"en", "zh"}


def test_answers_to_other_conversations_are_refused(job: Job, tmp_path: Path) -> None:
    evaluate(job())
    other = tmp_path / "other.jsonl"
    write_records(other, [conversation("two")])
    with pytest.raises(InputError, match="one is not in"):
        score(job().output, gold=other)
    write_records(other, [conversation("one", "en", S.GREETING, S.OTHERS, None)])
    with pytest.raises(InputError, match="one has other words or labels"):
        score(job().output, gold=other)
    second = tmp_path / "second.jsonl"
    evaluate(job(conversations=other, output=second))
    with pytest.raises(InputError, match="cannot be compared"):
        compare(job().output, second)


def test_a_conversation_without_supporter_turns_is_dropped_with_its_reason(job: Job) -> None:
    silent = Conversation(id="s", lang="en", topic="t", source="s", turns=(Turn(speaker="customer", text="Hello?"),))
    summary = evaluate(job(silent, conversation()))
    assert (summary.done, summary.dropped) == (1, 1)
    assert dict(summary.funnel) == {"input.no_supporter_turn": 1}


def test_personal_data_is_masked_for_hosted_models_in_calls_and_references(job: Job, server: OpenAIServer) -> None:
    private = [
        turn.model_copy(update={"text": f"Write to tom.reed@example.org, {turn.text}"}) for turn in conversation().turns
    ]
    evaluate(job(conversation().model_copy(update={"turns": tuple(private)})))
    assert "tom.reed@example.org" not in json.dumps(server.bodies)
    assert "[EMAIL]" in json.dumps(server.bodies)
    (row,) = read_answered(job().output)
    assert all("[EMAIL]" in turn.reference for turn in row.turns)
    assert score(job().output, gold=job().conversations).turns == 3


def test_trivial_baselines_are_run_without_a_model_and_only_name_strategies(
    job: Job, tmp_path: Path, server: OpenAIServer
) -> None:
    train = tmp_path / "train.jsonl"
    write_records(train, [conversation(f"t{n}", "en", S.GREETING, S.PROBLEM_REFINEMENT, S.OTHERS) for n in range(3)])
    many = [conversation(f"c{n}", "en", S.GREETING, S.PROBLEM_REFINEMENT, S.GREETING) for n in range(6)]
    bigram = job(*many, program="trivial:bigram", train=train, lm=None, api_base=None)
    evaluate(bigram)
    assert server.log == []
    found = reported(bigram)
    assert found is not None
    assert found.score("accuracy").value == pytest.approx(200 / 3)  # type: ignore[union-attr]
    assert found.score("bleu-2").value is None  # type: ignore[union-attr]
    assert found.baselines["trivial:bigram"][0].value == pytest.approx(200 / 3)
    assert found.baselines["trivial:majority"][0].value == pytest.approx(200 / 3)
    with pytest.raises(InputError, match="needs --train"):
        evaluate(job(program="trivial:bigram", output=tmp_path / "x.jsonl"))
    with pytest.raises(InputError, match="no such program"):
        evaluate(job(program="oracle", output=tmp_path / "x.jsonl"))


def test_without_words_stage_and_strategy_alone_are_asked_for(job: Job, server: OpenAIServer) -> None:
    labels = job(words=False)
    evaluate(labels)
    (row,) = read_answered(labels.output)
    assert {request.part for turn in row.turns for request in turn.requests} == {"classify_stage", "select_strategy"}
    found = reported(labels)
    assert found is not None
    assert found.score("accuracy").value is not None  # type: ignore[union-attr]
    assert found.score("bleu-2").value is None  # type: ignore[union-attr]
    assert not found.failures
    with pytest.raises(InputError, match="direct gives no words apart"):
        evaluate(job(words=False, program="direct", output=labels.output.with_name("x.jsonl")))


def test_the_next_strategy_falls_back_to_a_shorter_past_and_passes_over_unlabelled_turns() -> None:
    seen = [[S.GREETING, None, S.PROBLEM_REFINEMENT, S.OTHERS], [S.GREETING, S.PROBLEM_REFINEMENT, S.GREETING]] * 2
    trigram, majority = NextStrategy("trigram", seen), NextStrategy("majority", seen)
    assert trigram.next([S.GREETING, S.PROBLEM_REFINEMENT]) is S.GREETING  # of equals the framework's first
    assert trigram.next([S.GREETING, None]) is S.PROBLEM_REFINEMENT
    assert trigram.next([]) is S.GREETING
    assert trigram.next([S.IDENTITY_VERIFICATION]) is majority.next([]) is S.GREETING
    assert majority.fitted == 12


def test_a_train_file_with_the_measured_conversations_is_refused(
    job: Job, server: OpenAIServer, tmp_path: Path
) -> None:
    one, other = conversation("one"), conversation("other", "en", S.GREETING, S.OTHERS)
    write_records(tmp_path / "train.jsonl", [other, one])
    with pytest.raises(InputError, match="one is among the conversations that are measured"):
        evaluate(job(one, train=tmp_path / "train.jsonl"))
    assert server.log == []
    evaluate(job())
    with pytest.raises(InputError, match="one is among the conversations that are measured"):
        score(job().output, train=tmp_path / "train.jsonl")
    write_records(tmp_path / "train.jsonl", [other])
    assert score(job().output, train=tmp_path / "train.jsonl").baselines  # type: ignore[union-attr]


def test_baselines_without_a_train_file_are_fitted_on_the_other_parts(job: Job) -> None:
    evaluate(job(*[conversation(f"c{n}", "en", S.GREETING, S.PROBLEM_REFINEMENT) for n in range(10)]))
    found = reported(job())
    assert found is not None
    assert found.baselines["trivial:bigram"][0].value == 100
    assert found.baselines["trivial:majority"][0].value == 50


def test_two_runs_are_compared_on_what_both_have(job: Job, server: OpenAIServer, tmp_path: Path) -> None:
    many = [conversation(f"c{n}", "en", S.GREETING, S.PROBLEM_REFINEMENT) for n in range(12)]
    evaluate(job(*many))
    good = server.reply
    # The second one is always right.
    gold = {1: "greeting", 0: "problem_refinement"}

    def right(body: Any) -> Any:
        answer = dict(good(body))  # type: ignore[arg-type]
        opening = "has not begun" in str(body["messages"][-1]["content"])
        return {**answer, "strategy": gold[opening]} if "strategy" in answer else answer

    server.reply = right
    second = job(output=tmp_path / "second.jsonl", limit=10)
    evaluate(second)
    found = compare(job().output, second.output)
    assert (found.conversations, found.left_out) == (10, 2)
    accuracy = next(one for one in found.figures if one.name == "accuracy")
    assert accuracy.second == 100
    assert accuracy.difference == pytest.approx(100 - accuracy.first)  # type: ignore[operator]
    assert accuracy.p is not None
    assert accuracy.p < 0.05
    assert found.mcnemar is not None
    assert found.mcnemar.only_first == 0
    assert "second is better" in found.describe()
    stages = next(one for one in found.figures if one.name == "stage-accuracy")
    assert stages.first is not None


def test_runs_are_compared_by_their_names_and_ids(job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    for name in ("first", "second"):
        output = tmp_path / f"{name}.jsonl"
        evaluate(job(conversation("a"), conversation("b"), output=output, tracking=True, program=PROGRAMS_BY[name]))
        output.unlink()
    with output_of("evaluate first.jsonl") as kept:
        assert [row.program for row in read_answered(kept)] == ["supporter", "supporter"]
    done = CliRunner().invoke(cli, ["compare", "evaluate first.jsonl", "evaluate second.jsonl"])
    assert done.exit_code == 0, done.output
    assert "first: supporter on openai/x (evaluate first.jsonl); second: direct on openai/x" in done.output
    with pytest.raises(InputError, match="nobody: neither a file nor a run"), output_of("nobody"):
        pass


def test_masking_on_one_side_and_other_contexts_are_said(job: Job, tmp_path: Path) -> None:
    private = [turn.model_copy(update={"text": f"I am Tom Reed, {turn.text}"}) for turn in conversation().turns]
    evaluate(job(conversation().model_copy(update={"turns": tuple(private)})))
    plain = job(output=tmp_path / "plain.jsonl", masking=False, context="generated")
    evaluate(plain)
    masked, contexts = sorted(compare(job().output, plain.output).notes)
    assert "in 3 of 3 turns the references differ" in masked
    assert "the first answered in the reference context, the second in the generated one" in contexts
    assert not compare(job().output, job().output).notes


def test_figures_do_not_depend_on_what_was_finished_first(job: Job, tmp_path: Path) -> None:
    kinds = [(S.GREETING, S.OTHERS), (S.PROBLEM_REFINEMENT, S.GREETING), (S.OTHERS, S.OTHERS)]
    evaluate(job(*[conversation(f"c{n}", "en", *kinds[n % 3]) for n in range(9)]))
    found = score(job().output)
    rows = list(read_answered(job().output))
    write_records(tmp_path / "turned.jsonl", rows[::-1])
    assert score(tmp_path / "turned.jsonl") == found
    write_records(tmp_path / "twice.jsonl", [*rows, rows[0]])
    with pytest.raises(InputError, match=r"twice\.jsonl: c\d is in it twice"):
        score(tmp_path / "twice.jsonl")


def test_a_report_is_never_written_over_what_is_read(job: Job, tmp_path: Path) -> None:
    evaluate(job())
    answers = job().output.read_text("utf-8")
    for name, message in ((job().output, "ends in .html"), (tmp_path / "r.md", "ends in .html")):
        done = CliRunner().invoke(cli, ["score", str(job().output), "--report", str(name)])
        assert isinstance(done.exception, InputError)
        assert message in str(done.exception)
    page = tmp_path / "in.html"
    page.write_text(job().conversations.read_text("utf-8"), "utf-8")
    done = CliRunner().invoke(cli, ["evaluate", str(page), "-o", str(tmp_path / "o.jsonl"), "--report", str(page)])
    assert "is an input and would be written to" in str(done.exception)
    assert job().output.read_text("utf-8") == answers


def test_lines_that_are_left_out_are_said_once(job: Job, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_records(tmp_path / "train.jsonl", [conversation("other", "en", S.OTHERS)])
    one = job(skip_bad=True, train=tmp_path / "train.jsonl")  # with it the conversations are read twice
    with one.conversations.open("a", encoding="utf-8") as file:
        file.write('{"id": "torn", "lang"')
    evaluate(one)
    assert capsys.readouterr().err.count("left out: ") == 1


def test_nothing_answered_has_no_report(job: Job, server: OpenAIServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "x")
    silent = Conversation(id="c", lang="en", topic="other", source="s", turns=(Turn(speaker="customer", text="Hm?"),))
    given = job(silent)
    files = [str(given.conversations), "-o", str(given.output)]
    done = CliRunner().invoke(cli, ["evaluate", *files, "--lm", "openai/x", "--api-base", server.api_base])
    assert done.exit_code == 0, done.output
    assert "input.no_supporter_turn 1" in done.output
    assert reported(given) is None


def test_the_report_is_one_offline_page_and_a_table_in_the_papers_order(job: Job, tmp_path: Path) -> None:
    gold = [one for lang in ("en", "zh") for one in read_conversations(SAMPLES / f"gold.{lang}.jsonl")][10:14]
    evaluate(job(*gold))
    found = reported(job())
    assert found is not None
    html, markdown = write_report(found, read_answered(job().output), tmp_path / "r.html", tmp_path / "r.md")
    table = markdown.read_text("utf-8")
    assert table == as_markdown(found)
    assert table.index("BLEU-2") < table.index("BLEU-4") < table.index("ROUGE-L") < table.index("strategy accuracy")
    page = html.read_text("utf-8")
    assert "<script" not in page
    assert "http" not in page
    assert "data:image/png;base64," in page
    assert gold[0].supporter_turns[0].text.split(",")[0] in page


def test_the_estimate_is_what_the_run_asks(job: Job, server: OpenAIServer) -> None:
    many = [conversation(f"c{n}") for n in range(3)]
    expected = estimate(job(*many))
    evaluate(job())
    assert expected.calls == len(server.log) == 27
    assert estimate(job()).calls == 0


def test_another_server_behind_the_same_name_is_another_configuration(
    job: Job, server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", server.api_base)
    evaluate(job(api_base=None))
    asked = len(server.log)
    evaluate(job(api_base=None))
    assert len(server.log) == asked > 0
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    with pytest.raises(InputError, match=r"behind\.\w+: .* → .*127\.0\.0\.1:9/v1"):
        evaluate(job(api_base=None))
