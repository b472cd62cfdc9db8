"""The other programs that can be compiled: rewriter, role-play and judge, by what rules and judges say of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from csc_dspy.conversation import Conversation, Profile, write_records
from csc_dspy.errors import InputError
from csc_dspy.framework import LANGS, Lang
from csc_dspy.lms.models import Models
from csc_dspy.optimizers.compile import compile_program
from csc_dspy.optimizers.conversing import RolePlayTask
from csc_dspy.optimizers.options import PROGRAMS, Compilation
from csc_dspy.programs.roleplay import PLAY_ROLES
from csc_dspy.programs.saved import SavedProgram, states
from csc_dspy.rewriting.csconv import Rewriting, rewrite
from csc_dspy.signatures.judging import POINTS
from csc_dspy.synthesis.rolecs import Synthesis, synthesize
from tests.support.actor import RolePlayActor, schema_of
from tests.support.calls import raw_call, rewriting_actor
from tests.support.command import PEOPLE
from tests.support.learner import RULE, calls
from tests.support.openai_server import OpenAIServer


def job(server: OpenAIServer, program: str, optimizer: str, train: str, **changes: Any) -> Compilation:
    given = {
        "program": program,
        "optimizer": optimizer,
        "train": Path(train),
        "output": Path(f"{program}.json"),
        "lm": "openai/x",
        "api_base": server.api_base,
        "budget": 60,
        "validation_size": 3,
        "concurrency": 2,
        "tracking": False,
    }
    return Compilation(**{**given, **changes})


def rule_in(body: Mapping[str, Any]) -> bool:
    return RULE in str(body["messages"][0]["content"])


def proposing(body: Mapping[str, Any]) -> Mapping[str, Any] | str | None:
    """The reflection's answer, if that is who is asked."""
    if not body.get("response_format"):
        return f"```\n{RULE}\n```"
    names = {*schema_of(body)}
    return dict.fromkeys(names, RULE) if any("instruction" in name for name in names) else None


@pytest.mark.parametrize("by_turn", [True, False])
@pytest.mark.parametrize("optimizer", ["gepa", "copro"])
def test_the_rewriter_is_tuned_by_what_the_judge_of_facts_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, optimizer: str, by_turn: bool
) -> None:
    monkeypatch.chdir(tmp_path)

    def reply(body: Mapping[str, Any]) -> Mapping[str, Any] | str:
        """Invents a number unless it is told better."""
        if (proposed := proposing(body)) is not None:
            return proposed
        answer = rewriting_actor(body)
        if "agent_says" in answer and not rule_in(body):
            return {**answer, "agent_says": f"{answer['agent_says']} It costs 99 euros."}
        if "opening" in answer and not rule_in(body):
            return {**answer, "opening": {**answer["opening"], "agent_says": "Hello, it costs 99 euros."}}
        return answer

    every = [raw_call(f"call-{number}") for number in range(24)]
    for number, call in enumerate(every):
        first = call.turns[1].model_copy(update={"text": f"{call.turns[1].text} It is house {chr(97 + number)}."})
        every[number] = call.model_copy(update={"turns": (call.turns[0], first, *call.turns[2:])})
    write_records("calls.jsonl", every)
    with OpenAIServer(reply) as server:
        done = compile_program(job(server, "rewriter", optimizer, "calls.jsonl", by_turn=by_turn))
        (gain,) = [one for one in done.langs["en"].gains if one.figure == "passed"]
        assert (gain.before, gain.after) == (0, 100)
        given: dict[str, Any] = {
            "lm": "openai/x",
            "api_base": server.api_base,
            "tracking": False,
            "by_turn": by_turn,
            "limit": 1,
        }
        given |= {"calls": Path("calls.jsonl")}
        before = rewrite(Rewriting(**given, output=Path("before.jsonl")))
        after = rewrite(Rewriting(**given, output=Path("after.jsonl"), program="rewriter.json"))
        assert (before.done, after.done) == (0, 1)


def test_the_role_play_is_tuned_by_what_the_judge_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    actor = RolePlayActor()

    def reply(body: Mapping[str, Any]) -> Any:
        if (proposed := proposing(body)) is not None:
            return proposed
        answer = actor(body)
        if {*POINTS} <= {*schema_of(body)}:
            return {**answer, "natural": int("naturally" in str(body["messages"][-1]["content"]))}
        if "scenario" in schema_of(body) and rule_in(body):
            return {**answer, "scenario": f"{answer['scenario']} It goes naturally."}
        return answer

    write_records("people.jsonl", [Profile(id=f"p{n}", text=f"{PEOPLE[n % len(PEOPLE)]} ({n})") for n in range(20)])
    with OpenAIServer(reply) as server:
        done = compile_program(job(server, "roleplay", "copro", "people.jsonl", budget=60, validation_size=2))
        (gain,) = [one for one in done.langs["en"].gains if one.figure == "passed"]
        assert (gain.before, gain.after) == (0, 100)
        played = synthesize(
            Synthesis(
                output=Path("rolecs.jsonl"),
                count=1,
                lm="openai/x",
                api_base=server.api_base,
                program="roleplay.json",
                tracking=False,
            )
        )
        assert played.done == 1


@pytest.mark.parametrize("lang", LANGS)
def test_a_program_from_a_file_asks_as_the_one_that_was_saved(lang: Lang) -> None:
    """Else what is on record of it is asked again, and the answers may be others."""
    task = RolePlayTask(lang=lang)
    asked = []
    with OpenAIServer(RolePlayActor()) as server, Models(api_base=server.api_base) as models:
        lm = models.open("openai/x")
        program, again = task.build(lang), task.build(lang)
        for name, saved in states(program).items():
            saved.put_into(again, name)
        for one in (program, again):
            task.bind(one, dict.fromkeys(PLAY_ROLES, lm))
            one(id="p1", topic="Shopping", notes=PEOPLE[0])
            asked.append(server.bodies)
            server.forget()
    assert len(asked[0]) > 10
    assert asked[0] == asked[1]


def test_what_free_rules_say_is_feedback_and_no_end(tmp_path: Path) -> None:
    task = RolePlayTask()
    write_records(tmp_path / "people.jsonl", [Profile(id="p1", text=PEOPLE[0])])
    (item,) = task.items(tmp_path / "people.jsonl", False, None)
    (example,) = item.examples
    with OpenAIServer(RolePlayActor()) as server, Models(api_base=server.api_base) as models:
        lm = models.open("openai/x")
        program = task.build("en")
        task.bind(program, dict.fromkeys(PLAY_ROLES, lm))
        task.judge(lm)
        task.rules = {"never": lambda conversation: "it may not be"}
        found = task.score(example, task.run(program, example.inputs()))
    assert (found.value, found.passed, found.figures) == (0.2, False, {"passed": 0.0})
    assert "Free rules say: never: it may not be." in found.feedback[""]


def judged(conversation: Conversation, natural: int) -> Conversation:
    points = dict.fromkeys(POINTS, 1) | {"natural": natural}
    return conversation.model_copy(update={"meta": {"judge": {"points": points}}})


@pytest.mark.parametrize("optimizer", ["labeled", "copro"])
def test_the_judge_is_tuned_to_the_points_that_people_gave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, optimizer: str
) -> None:
    """People find calls in which somebody is furious unnatural; the judge does not, unless it is shown or told."""
    monkeypatch.chdir(tmp_path)

    def reply(body: Mapping[str, Any]) -> Any:
        if (proposed := proposing(body)) is not None:
            return proposed
        answer = {name: 1 if name in POINTS else "fine" for name in schema_of(body)}
        question = str(body["messages"][-1]["content"])
        knows = rule_in(body) or any('"natural": 0' in str(m["content"]) for m in body["messages"][1:-1])
        return {**answer, "natural": int(not (knows and "furious" in question))}

    def furious(number: int) -> Conversation:
        (call,) = calls(1, start=number, turns=3)
        return judged(call, int("furious" not in str(call)))

    write_records("judged.jsonl", [furious(number) for number in range(40)])
    with OpenAIServer(reply) as server:
        done = compile_program(job(server, "judge", optimizer, "judged.jsonl", validation_size=5))
    figures = {gain.figure: gain for gain in done.langs["en"].gains}
    assert figures["verdict"].before < 100 == figures["verdict"].after
    saved = SavedProgram.read(Path("judge.json"), "judge")
    assert bool(saved.langs["en"]["judge"].demos) is (optimizer == "labeled")


def test_a_judge_is_shown_whole_conversations_that_are_like_the_one_at_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their points are not copied: the judge is asked, and every question shows at least one of them."""
    monkeypatch.chdir(tmp_path)
    long = [judged(one, number % 2) for number, one in enumerate(calls(40, turns=5))]
    long = [one.model_copy(update={"turns": one.turns * 2}) for one in long]
    write_records("judged.jsonl", long)
    shown: list[int] = []

    def reply(body: Mapping[str, Any]) -> Any:
        shown.append(len(body["messages"]))
        return {name: 0 if name in POINTS else "fine" for name in schema_of(body)}

    with OpenAIServer(reply) as server:
        compile_program(job(server, "judge", "knn", "judged.jsonl", validation_size=5, heldout_size=5))
    assert {*shown[:4]} == {2}
    assert min(shown[4:12]) > 2


@pytest.mark.parametrize("program", ["rewriter", "roleplay"])
@pytest.mark.parametrize("optimizer", ["labeled", "knn"])
def test_what_has_no_labels_is_not_tuned_by_them(program: str, optimizer: str) -> None:
    compilation = Compilation(
        program=program, optimizer=optimizer, train=Path("x"), output=Path("y.json"), lm="openai/x"
    )
    with pytest.raises(InputError, match=f"a {program} has none"):
        compilation.task()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_program_that_was_compiled_for_another_language_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lang: Lang
) -> None:
    monkeypatch.chdir(tmp_path)
    from csc_dspy.programs.roleplay import RolePlay

    SavedProgram.of("roleplay", {lang: RolePlay(lang)}).write(Path("p.json"))
    other: Lang = "zh" if lang == "en" else "en"
    with pytest.raises(InputError, match=f"compiled for {lang}, but {other} is needed"):
        synthesize(Synthesis(output=Path("o.jsonl"), lang=other, lm="openai/x", program="p.json", tracking=False))


@pytest.mark.parametrize("program", PROGRAMS)
def test_another_seed_asks_for_other_samples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    monkeypatch.chdir(tmp_path)
    points = {"judge": {"points": dict.fromkeys(POINTS, 1)}}
    write_records("calls.jsonl", [one.model_copy(update={"meta": points}) for one in calls(1)])
    write_records("people.jsonl", [Profile(id="p1", text=PEOPLE[0])])
    path = Path("people.jsonl" if program == "roleplay" else "calls.jsonl")
    asked: dict[int, list[Any]] = {}
    with OpenAIServer(RolePlayActor()) as server, Models(api_base=server.api_base) as models:
        lm = models.open("openai/x")
        for seed in (0, 1):
            task = job(server, program, "gepa", str(path), seed=seed, by_turn=True).task()
            (item,) = task.items(path, False, None)
            built = task.build(item.lang)
            task.bind(built, dict.fromkeys(PLAY_ROLES + task.roles, lm))
            if task.judged:
                task.judge(lm)
            task.run(built, item.examples[0].inputs())
            asked[seed] = [body["seed"] for body in server.bodies]
            server.forget()
    assert asked[0]
    assert asked[1]
    assert not {*asked[0]} & {*asked[1]}
