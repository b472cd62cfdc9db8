"""Students of plain chats in roles that they were not trained for: refused before anything is started."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import pytest

from csc_dspy.annotation.annotate import Annotation, annotate
from csc_dspy.annotation.annotate import estimate as annotating
from csc_dspy.chats import Side
from csc_dspy.conversation import write_records
from csc_dspy.errors import InputError
from csc_dspy.evaluation.chat import Chat
from csc_dspy.evaluation.evaluate import Evaluation, evaluate
from csc_dspy.evaluation.interactive import Interaction, interact
from csc_dspy.evaluation.interactive import estimate as interacting
from csc_dspy.evaluation.options import holds_rules
from csc_dspy.lms.models import Models
from csc_dspy.lms.student import BaseIdentity, Student
from csc_dspy.optimizers.compile import compile_program
from csc_dspy.optimizers.estimate import estimate
from csc_dspy.optimizers.options import Compilation
from csc_dspy.pipeline import Pipeline
from csc_dspy.pipeline.roles import refuse_students
from csc_dspy.programs.saved import SavedProgram
from csc_dspy.programs.supporter import Supporter
from csc_dspy.settings import load_settings
from csc_dspy.synthesis.rolecs import Synthesis, synthesize
from csc_dspy.synthesis.rolecs import estimate as synthesizing
from tests.support.calls import raw_call

CALLS = Path("calls.jsonl")
ABLE = Pipeline.students


@pytest.fixture
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.chdir(tmp_path)
    write_records(CALLS, [raw_call()])
    return {"output": Path("out.jsonl"), "tracking": False}


def student(side: Side | Literal["prompts"]) -> str:
    """A student's name; of its folder there is only what says what it is."""
    folder = Path(side)
    folder.mkdir()
    Student(package="0", base=BaseIdentity(name="base", digest="0" * 64, gguf=True), side=side).write(folder)
    return f"student:{side}"


def test_a_customer_is_no_supporter(given: dict[str, Any]) -> None:
    with pytest.raises(InputError) as error:
        evaluate(Evaluation(conversations=CALLS, lm=student("customer"), **given))
    assert error.value.exit_code == 2
    assert str(error.value) == (
        "student:customer: a student that speaks as the customer and does nothing else; name another model for the "
        "role supporter: --supporter-lm, or models.supporter in csc.toml"
    )
    assert not Path("out.jsonl").exists()


@pytest.mark.parametrize(
    ("side", "role"),
    [("supporter", "supporter"), ("customer", "customer"), ("both", "supporter"), ("both", "customer")]
    + [("prompts", role) for role in ("supporter", "customer", "judge", "planner")],
)
def test_a_student_has_the_role_that_it_was_trained_for(given: dict[str, Any], side: Side, role: str) -> None:
    with Models() as models:
        refuse_students(models, {role: student(side)}, ABLE)


@pytest.mark.parametrize(
    ("side", "role", "says"),
    [
        ("supporter", "customer", "as the supporter"),
        ("customer", "judge", "as the customer"),
        ("both", "customer_assistant", "for both sides of a call"),
    ],
)
def test_and_no_other(given: dict[str, Any], side: Side, role: str, says: str) -> None:
    with Models() as models, pytest.raises(InputError, match=f"{says} and does nothing else; .* the role {role}: --"):
        refuse_students(models, {"planner": "openai/x", role: student(side)}, ABLE)


def test_the_verbs_and_their_estimates_refuse_what_their_roles_cannot_be(given: dict[str, Any]) -> None:
    both = student("both")
    annotation = Annotation(conversations=CALLS, lm=both, **given)
    interaction = Interaction(conversations=CALLS, lm=both, **given)
    # In a role-play the supporter answers more than its words.
    synthesis = Synthesis(lm="openai/x", role_lms={"supporter": both, "customer": both}, **given)
    for role, uses in {
        "annotator": (lambda: annotate(annotation), lambda: annotating(annotation)),
        "judge": (lambda: interact(interaction), lambda: interacting(interaction)),
        "supporter": (lambda: synthesize(synthesis), lambda: synthesizing(synthesis)),
    }.items():
        for use in uses:
            with pytest.raises(InputError, match=f"the role {role}: --{role}-lm"):
                use()


@pytest.mark.parametrize("optimizer", ["knn", "gepa", "bettertogether"])
@pytest.mark.parametrize("run", [compile_program, estimate])
def test_no_program_is_compiled_for_a_student(given: dict[str, Any], run: Any, optimizer: str) -> None:
    job = {"program": "supporter", "optimizer": optimizer, "train": CALLS, **given, "output": Path("supporter.json")}
    with pytest.raises(InputError, match="the role supporter: --supporter-lm"):
        run(Compilation(lm=student("supporter"), **job))
    if optimizer == "gepa":
        with pytest.raises(InputError, match="the role reflection: --reflection-lm"):
            run(Compilation(lm="openai/x", role_lms={"reflection": student("both")}, **job))


@pytest.fixture
def served(given: dict[str, Any]) -> Iterator[str]:
    """The name of a student behind an endpoint."""
    Path("csc.toml").write_text('[endpoints."openai/served"]\nstudent = "supporter"\n')
    load_settings.cache_clear()
    yield "openai/served"
    load_settings.cache_clear()


def test_nor_for_one_that_is_served(given: dict[str, Any], served: str) -> None:
    job = {"program": "supporter", "optimizer": "knn", "train": CALLS, **given, "output": Path("supporter.json")}
    with pytest.raises(InputError, match=rf"{served}: .* the role supporter"):
        compile_program(Compilation(lm=served, **job))


def test_a_student_of_prompts_is_compiled_on(given: dict[str, Any]) -> None:
    job = {"program": "supporter", "optimizer": "knn", "train": CALLS, **given, "output": Path("supporter.json")}
    assert Compilation(lm=student("prompts"), **job).names() == {"supporter": "student:prompts"}


@pytest.mark.parametrize("rules", [None, True])
def test_a_compiled_program_is_nothing_for_a_student(given: dict[str, Any], rules: bool | None) -> None:
    SavedProgram.of("supporter", {"en": Supporter("en")}, {"rules": True}).write(Path("p.json"))
    stud = student("supporter")
    says = f"{stud} is a student, which is asked in its own form: leave --program out"
    roles: Mapping[Any, str] = {"judge": "openai/x", "customer": "openai/x"}
    for use in (
        lambda: evaluate(Evaluation(conversations=CALLS, program="p.json", lm=stud, rules=rules, **given)),
        lambda: interact(Interaction(conversations=CALLS, program="p.json", lm=stud, role_lms=roles, **given)),
        lambda: Chat(lm=stud, program="p.json", rules=rules),
    ):
        with pytest.raises(InputError) as error:
            use()
        assert str(error.value) == says


def test_a_student_of_prompts_takes_compiled_programs(given: dict[str, Any]) -> None:
    saved = SavedProgram.of("supporter", {"en": Supporter("en")}, {"rules": False})
    with Models() as models:
        assert holds_rules(None, models, student("prompts"), saved) is False
        assert holds_rules(None, models, "openai/x", saved) is False
        assert holds_rules(None, models, student("both")) is False
        assert holds_rules(None, models, "openai/x") is True
