"""What a compile does where something is wrong: with its input, its models, its record."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from dspy.teleprompt.copro_optimizer import BasicGenerateInstruction
from dspy.teleprompt.simba_utils import OfferFeedback

from csc_dspy.conversation import write_records
from csc_dspy.errors import BudgetError, InputError, ModelError, RunError
from csc_dspy.files import held
from csc_dspy.framework import LANGS, Lang
from csc_dspy.lms.replies import USABLE_ATTEMPTS, Replies
from csc_dspy.optimizers.compile import compile_program
from csc_dspy.optimizers.options import RECIPES
from csc_dspy.optimizers.recipes import MISSED
from csc_dspy.optimizers.reflecting import ReflectingAdapter
from csc_dspy.optimizers.report import described
from csc_dspy.optimizers.work import Compiling
from csc_dspy.programs.saved import SavedProgram
from csc_dspy.settings import load_settings
from csc_dspy.usage import Usage, record
from tests.optimizers.conftest import Job, write_both_languages
from tests.support.actor import schema_of
from tests.support.learner import RULE, SIGNS, calls, learner
from tests.support.openai_server import Fault, OpenAIServer

FIRST = "First half of the rule."


def answers(body: Mapping[str, Any]) -> bool:
    """Whether a request asks for labels."""
    return bool({"stage", "strategy"} & {*schema_of(body)}) if body.get("response_format") else False


def in_two_steps(body: Mapping[str, Any]) -> Any:
    """A reflection model that finds the rule only where it has found half of it, and a model half right by half."""
    told = str(body["messages"][0]["content"])
    if answers(body):
        asked = str(body["messages"][-1]["content"])
        half = FIRST in told and any(sign in asked.rsplit("Customer", 1)[-1] for sign in [*SIGNS["en"]][:2])
        rule = [{"role": "system", "content": RULE}] if half else []
        return learner({**body, "messages": [*rule, *body["messages"][len(rule) :]]})
    shown = " ".join(str(message["content"]) for message in body["messages"])
    text = f"{FIRST} {RULE}" if FIRST in shown else FIRST
    return dict.fromkeys(schema_of(body), text) if body.get("response_format") else f"```\n{text}\n```"


def test_gepa_improves_on_what_it_wrote_itself(job: Job, server: OpenAIServer) -> None:
    server.reply = in_two_steps
    done = compile_program(job("gepa", budget=400, validation_size=10))
    told = SavedProgram.read(Path("supporter.json")).langs["en"]["select_strategy"].instructions
    assert FIRST in told
    assert RULE in told
    assert done.langs["en"].gains[0].after == 100


@pytest.mark.parametrize(("lang", "other"), [("en", "zh"), ("zh", "en")])
def test_what_one_language_came_to_is_kept_where_another_fails(
    job: Job, server: OpenAIServer, lang: Lang, other: Lang
) -> None:
    write_both_languages()

    def of_the_other(body: Mapping[str, Any]) -> bool:
        return ("客户" in str(body["messages"])) is (other == "zh")

    server.reply = lambda body: Fault("error", status=401) if of_the_other(body) else learner(body)
    first = compile_program(job("labeled", budget=200))
    assert [*first.langs] == ["en", "zh"]
    assert not first.complete
    assert first.langs[lang].stopped is None
    assert first.langs[lang].gains[0].difference > 0
    assert "API key" in str(first.langs[other].stopped)
    assert SavedProgram.read(Path("supporter.json")).langs[lang]["select_strategy"].demos
    server.reply = learner
    asked = len(server.bodies)
    done = compile_program(job("labeled", budget=200))
    assert done.complete
    assert done.langs[other].gains[0].difference > 0
    assert all(map(of_the_other, server.bodies[asked:]))


@pytest.mark.parametrize("lang", LANGS)
def test_nor_is_it_lost_by_an_error_of_ours(job: Job, monkeypatch: pytest.MonkeyPatch, lang: Lang) -> None:
    def failing(self: Compiling, *given: Any) -> list[str]:
        if self.lang == lang:
            raise ValueError("no such number")
        return []

    write_both_languages()
    monkeypatch.setattr(Compiling, "_notes", failing)
    done = compile_program(job("labeled", budget=200))
    assert (
        [one.stopped for one in done.langs.values() if one.stopped] == [done.langs[lang].stopped] == ["no such number"]
    )
    (other,) = {*LANGS} - {lang}
    assert SavedProgram.read(Path("supporter.json")).langs[other]["select_strategy"].demos


def test_where_no_language_comes_to_anything_the_error_is_raised(job: Job, server: OpenAIServer) -> None:
    write_both_languages()
    server.reply = lambda body: Fault("error", status=401)
    with pytest.raises(ModelError, match="API key"):
        compile_program(job("labeled", budget=200))
    assert not Path("supporter.json").exists()


@pytest.mark.parametrize("error", [ValueError("no such  number"), ModelError("gone")])
def test_the_best_program_is_kept_where_measuring_fails(
    job: Job, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def failing(*given: Any) -> Any:
        raise error

    compilation = job("labeled")
    with monkeypatch.context() as patch:
        patch.setattr("csc_dspy.optimizers.work.gains", failing)
        done = compile_program(compilation)
    assert done.langs["en"].stopped == f"while measuring: {' '.join(str(error).split())}"
    assert "what it gained is not known" in str(done.langs["en"].notes)
    assert SavedProgram.read(Path("supporter.json")).langs["en"]["select_strategy"].demos
    assert compile_program(compilation).complete


def test_a_refused_question_is_a_wrong_answer_and_no_end(job: Job, server: OpenAIServer) -> None:
    refused = next(iter(SIGNS["en"]))
    server.reply = lambda body: (
        Fault("error", status=400) if refused in str(body["messages"][-1]["content"]) else learner(body)
    )
    done = compile_program(job("labeled"))
    assert done.complete
    told = "refused by the endpoint, which counts as wrong"
    assert any(told in note for note in done.langs["en"].notes)
    assert told in described(compile_program(job("labeled")))
    assert 0 < done.langs["en"].gains[0].after < 100


def test_where_every_question_is_refused_it_ends(job: Job, server: OpenAIServer) -> None:
    server.reply = lambda body: Fault("error", status=400)
    with pytest.raises(ModelError, match="refused the request"):
        compile_program(job("labeled"))


@pytest.mark.parametrize("optimizer", ["gepa", "miprov2", "copro"])
def test_a_reflection_model_that_is_gone_is_said(job: Job, server: OpenAIServer, optimizer: str) -> None:
    server.reply = lambda body: learner(body) if answers(body) else Fault("error", status=401)
    done = compile_program(job(optimizer))
    assert not done.complete
    assert "API key" in str(done.langs["en"].stopped)
    assert "openai/x" not in Path("supporter.json").read_text()
    assert SavedProgram.read(Path("supporter.json")).made["complete"] is False
    server.reply = learner
    assert compile_program(job(optimizer)).complete


REFLECTING = """
[endpoints."openai/y"]
api_base = "{}"
json_schema = {}
"""


def written(body: Mapping[str, Any]) -> Any:
    """A reflection model that puts the rule into every field it is asked for, in words where there is no schema."""
    if answers(body):
        return learner(body)
    shown = "".join(str(message["content"]) for message in body["messages"])
    fields = re.findall(r"`(\w+)`", shown.rsplit("Respond with a JSON object", 1)[-1])
    advice = dict.fromkeys(re.findall(r"program\.\w+", shown), RULE)
    return json.dumps(dict.fromkeys(fields, RULE) | ({"module_advice": advice} if "module_advice" in fields else {}))


@pytest.mark.parametrize("schema", [True, False])
@pytest.mark.parametrize("optimizer", ["gepa", "copro", "miprov2"])
def test_a_reflection_model_that_writes_nothing_usable_is_said_and_asked_anew(
    job: Job, server: OpenAIServer, optimizer: str, schema: bool
) -> None:
    Path("csc.toml").write_text(REFLECTING.format(server.api_base, str(schema).lower()))
    load_settings.cache_clear()
    compilation = job(optimizer, role_lms={"reflection": "openai/y"})
    server.reply = lambda body: learner(body) if answers(body) else "I would rather not say."
    first = compile_program(compilation)
    assert not first.complete
    assert "nothing usable in 3 answers" in str(first.langs["en"].stopped)
    assert first.langs["en"].gains[0].difference >= 0
    if optimizer == "gepa":  # it does not spend what is left on answers that nobody learns from, nor asks twice
        assert first.langs["en"].spent < 60
        assert sum(not answers(body) for body in server.bodies) == MISSED * USABLE_ATTEMPTS
    server.reply = written
    second = compile_program(compilation)
    assert second.langs["en"].stopped is None
    assert second.langs["en"].gains[0].difference > 0


@pytest.mark.parametrize(
    ("said", "fits"),
    [
        ("", False),
        ("{}", False),
        ("I would rather not say.", False),
        ('{"proposed_instruction": " ", "proposed_prefix_for_output_field": "Stage:"}', False),
        ('{"other": "It is so."}', False),
        ('{"proposed_instruction": "Look.", "proposed_prefix_for_output_field": "Stage:"}', True),
        ("Here: {'proposed_instruction': 'Look.', 'proposed_prefix_for_output_field': 'Stage:'}", True),
        (r'{"proposed_instruction": "Look \ud83d", "proposed_prefix_for_output_field": "Stage:"}', False),
    ],
)
def test_what_does_not_fill_in_a_form_is_told(said: str, fits: bool) -> None:
    adapter = ReflectingAdapter()
    assert adapter.fills_in(BasicGenerateInstruction, said) is fits
    assert adapter.fills_in(BasicGenerateInstruction, {"text": said}) is fits
    assert not adapter.fills_in(BasicGenerateInstruction, None)


@pytest.mark.parametrize(("fields", "fits"), [({"a": "Ask first."}, True), ({}, False)])
def test_a_form_of_open_fields_is_filled_in_by_one_of_them(fields: dict[str, str], fits: bool) -> None:
    said = json.dumps({"discussion": "One was right.", "module_advice": fields})
    assert ReflectingAdapter().fills_in(OfferFeedback, said) is fits


def test_one_useless_answer_of_a_reflection_model_is_asked_for_again(job: Job, server: OpenAIServer) -> None:
    asked: Counter[str] = Counter()

    def sometimes(body: Mapping[str, Any]) -> Any:
        if answers(body) or not body.get("response_format"):
            return learner(body)
        asked[str(body["messages"])] += 1
        return "not json" if asked[str(body["messages"])] == 1 else learner(body)

    server.reply = sometimes
    assert compile_program(job("copro")).complete


def test_equal_ids_are_told_apart(job: Job, server: OpenAIServer) -> None:
    for path, count, start in (("train.jsonl", 16, 0), ("val.jsonl", 4, 100), ("test.jsonl", 6, 200)):
        some = [one.model_copy(update={"id": "1"}) for one in calls(count, start=start)]
        write_records(path, some)
    sets = job(budget=120).sets(job().task())["en"]
    for name in ("id", "place"):
        assert len({one[name] for part in vars(sets).values() for one in part}) == 80 + 15 + 30
    assert len({one.group for one in sets.heldout}) == 6
    done = compile_program(job("bootstrap")).langs["en"]
    assert done.gains[0].examples == 30
    assert done.gains[0].difference > 0


def test_the_same_files_for_other_uses_are_another_compile(job: Job) -> None:
    first = compile_program(job("labeled"))
    swapped = compile_program(job("labeled", validation=Path("test.jsonl"), heldout=Path("val.jsonl")))
    assert swapped.usage.calls
    assert swapped.langs["en"].gains != first.langs["en"].gains


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"optimizer": "gepa", "budget": 40, "validation_size": 20}, "gepa needs a budget of 112 answers for 20"),
        ({"train": Path("gone.jsonl")}, r"gone\.jsonl: no such file"),
        ({"output": Path("best")}, r"best: give the output a name that ends in \.json"),
        ({"program": "roleplay", "optimizer": "gepa", "masking": True}, "--mask: profiles are of invented people"),
        (
            {"program": "roleplay", "optimizer": "simba", "role_lms": {"customer": "openai/y"}},
            "simba samples one model's answers",
        ),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_asked(
    job: Job, server: OpenAIServer, changes: dict[str, Any], says: str
) -> None:
    with pytest.raises(InputError, match=says):
        compile_program(job(**changes))
    assert server.bodies == []


def test_two_at_a_time_do_not_write_one_program(job: Job, server: OpenAIServer) -> None:
    with held(Path("supporter.json")), pytest.raises(RunError, match="another process is writing it"):
        compile_program(job("labeled"))
    assert server.bodies == []


def test_a_folder_for_the_output_is_made(job: Job) -> None:
    compile_program(job("labeled", output=Path("new/folder/supporter.json")))
    assert Path("new/folder/supporter.json").exists()


def test_who_asks_what_is_being_asked_waits_for_the_answer(tmp_path: Path) -> None:
    replies = Replies(tmp_path / "replies.jsonl")
    begun, go = threading.Event(), threading.Event()
    found: list[Any] = []

    def ask() -> list[str]:
        begun.set()
        assert go.wait(10)
        return ["yes"]

    both = [threading.Thread(target=lambda: found.append(replies.answer({"q": 1}, ask))) for _ in range(2)]
    for one in both:
        one.start()
    assert begun.wait(10)
    go.set()
    for one in both:
        one.join(10)
    assert found == [["yes"], ["yes"]]
    assert replies.asked == 1


def test_who_waited_for_a_question_that_failed_asks_it(tmp_path: Path) -> None:
    replies = Replies(tmp_path / "replies.jsonl")
    with pytest.raises(ModelError):
        replies.answer({"q": 1}, _gone)
    assert replies.answer({"q": 1}, lambda: ["yes"]) == ["yes"]


def test_answers_that_were_paid_for_in_vain_are_in_the_budget(tmp_path: Path) -> None:
    def in_vain() -> Any:
        record(Usage(calls=1, prompt_tokens=40, completion_tokens=2))
        raise ModelError("of no use")

    replies = Replies(tmp_path / "replies.jsonl", max_tokens=50)
    for _ in range(2):
        with pytest.raises(ModelError):
            replies.answer({"q": 1}, in_vain)
    assert replies.ledger.total.tokens == 84
    replies = Replies(tmp_path / "replies.jsonl", max_tokens=50)
    assert replies.ledger.total.tokens == 84
    with pytest.raises(BudgetError):
        replies.answer({"q": 1}, lambda: ["yes"])


@pytest.mark.parametrize("optimizer", RECIPES)
def test_a_model_to_reflect_is_needed_where_one_is_asked(job: Job, optimizer: str) -> None:
    given = job(optimizer, lm=None, api_base=None, role_lms={"supporter": "openai/x"})
    if RECIPES[optimizer].needs == "reflection":
        with pytest.raises(InputError, match="no model for the role reflection"):
            given.names()
    else:
        assert given.names() == {"supporter": "openai/x"}


def _gone() -> Any:
    raise ModelError("gone")
