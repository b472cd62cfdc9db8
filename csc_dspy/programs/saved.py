"""Compiled programs as files: readable JSON with instructions and worked answers, and nothing that runs.

No model, no key, no path stands in such a file, and none is ever unpickled. A file of another program, or whose fields
are not those of this version, is refused with what differs.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import dspy
from dspy.adapters.utils import serialize_for_json
from pydantic import Field, JsonValue, TypeAdapter, ValidationError

from csc_dspy.conversation import Record, fault_of
from csc_dspy.errors import InputError
from csc_dspy.files import read_stamped, written_whole
from csc_dspy.framework import Lang
from csc_dspy.programs.asking import Program
from csc_dspy.programs.nearest import Choice, Nearest


def may_be_missing(output: str) -> bool:
    """Whether a compiled predictor may do without an output: labels come without reasons."""
    return output == "reason" or output.endswith("_reason")


class SavedNearest(Record):
    """A memory of worked answers, of which each question is shown the nearest.

    Attributes:
        inputs: Names of the inputs that are compared.
        k: How many are shown.
        tokens: Rough tokens that those shown may take.
        choice: What they leave open; see :data:`~csc_dspy.programs.nearest.Choice`.
        demos: The answers.
    """

    inputs: tuple[str, ...] = Field(min_length=1)
    k: int = Field(ge=1)
    tokens: int = Field(ge=1)
    choice: Choice = "open"
    demos: tuple[dict[str, JsonValue], ...]


class SavedPredictor(Record):
    """What compiling decides of one predictor.

    Attributes:
        instructions: What it is told.
        inputs: Names of its inputs.
        outputs: Names of its outputs, in the order they are answered.
        last_lines: Inputs of which only the last lines are shown, and how many.
        demos: Worked answers that are always shown.
        nearest: Worked answers that are chosen for each question.
    """

    instructions: str = Field(min_length=1)
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    last_lines: dict[str, Annotated[int, Field(ge=1)]] = Field(default_factory=dict)
    demos: tuple[dict[str, JsonValue], ...] = ()
    nearest: SavedNearest | None = None

    @classmethod
    def of(cls, program: Program, name: str) -> Self:
        """A program's predictor as it stands."""
        found, nearest = cls.without_memory(program, name), program.memories.get(name)
        if nearest is None:
            return found
        saved = SavedNearest(
            inputs=nearest.inputs, k=nearest.k, tokens=nearest.tokens, choice=nearest.choice, demos=nearest.demos
        )
        return found.model_copy(update={"nearest": saved})

    @classmethod
    def without_memory(cls, program: Program, name: str) -> Self:
        """The same, without its nearest worked answers."""
        signature = getattr(program, name).signature
        kept = {*signature.input_fields, *signature.output_fields}
        return cls(
            instructions=signature.instructions,
            inputs=tuple(signature.input_fields),
            outputs=tuple(signature.output_fields),
            last_lines=dict(program.last_lines.get(name, {})),
            demos=tuple(
                {field: _plain(value) for field, value in dict(demo).items() if field in kept}
                for demo in program.shown(name)
            ),
        )

    def differs(self, signature: type[dspy.Signature]) -> list[str]:
        """What does not fit a signature, a line each."""
        needed = [name for name in signature.output_fields if not may_be_missing(name) or name in self.outputs]
        found = []
        for kind, mine, theirs in (
            ("inputs", list(self.inputs), list(signature.input_fields)),
            ("outputs", list(self.outputs), needed),
        ):
            if mine != theirs:
                found.append(f"{kind} are {', '.join(mine)} in the file, {', '.join(theirs)} here")
        if strange := sorted(self.last_lines.keys() - set(self.inputs)):
            found.append(f"last lines of {', '.join(strange)}, which is no input")
        if strange := sorted({*self.nearest.inputs} - {*self.inputs} if self.nearest else ()):
            found.append(f"nearest worked answers by {', '.join(strange)}, which is no input")
        known = {*self.inputs, *self.outputs}
        for demo in (*self.demos, *(self.nearest.demos if self.nearest else ())):
            if strange := sorted(demo.keys() - known):
                found.append(f"a worked answer has {', '.join(strange)}, which is no field")
                break
        return [*found, *self._strange_labels(signature)]

    def _strange_labels(self, signature: type[dspy.Signature]) -> Iterator[str]:
        """The labels of worked answers that are none; of each memory the first, for thousands may have the same."""
        shown = {"worked answer": self.demos, "nearest worked answer": self.nearest.demos if self.nearest else ()}
        for called, demos in shown.items():
            for number, demo in enumerate(demos, start=1):
                if found := _strange_label(demo, signature):
                    yield f"{called} {number}: {found}"
                    break

    def put_into(self, program: Program, name: str) -> None:
        """Let a program's predictor be as saved."""
        predictor = getattr(program, name)
        signature = predictor.signature
        for output in [one for one in signature.output_fields if one not in self.outputs]:
            signature = signature.delete(output)
        predictor.signature = signature.with_instructions(self.instructions)
        predictor.demos = [dspy.Example(**demo) for demo in self.demos]
        program.last_lines[name] = dict(self.last_lines)
        program.memories.pop(name, None)
        if saved := self.nearest:
            program.memories[name] = Nearest(
                saved.demos, saved.inputs, k=saved.k, tokens=saved.tokens, choice=saved.choice
            )


class SavedProgram(Record):
    """A compiled program of one or both languages.

    Attributes:
        format: Says what the file is.
        version: Of the form of the file.
        program: Which program it is.
        langs: Language to predictor to what was decided of it.
        made: How it was compiled; of it only ``rules`` and ``words`` say how the program is to be run.
    """

    format: Literal["csc-dspy program"] = "csc-dspy program"
    version: Literal[1] = 1
    program: str
    langs: dict[Lang, dict[str, SavedPredictor]]
    made: dict[str, JsonValue] = Field(default_factory=dict)

    @classmethod
    def of(cls, name: str, programs: Mapping[Lang, Program], made: Mapping[str, Any] | None = None) -> Self:
        """Programs as they stand.

        Args:
            name: Which program it is.
            programs: It in each language that was compiled.
            made: How it was compiled.
        """
        return cls(program=name, langs={lang: states(one) for lang, one in programs.items()}, made=dict(made or {}))

    @classmethod
    def read(cls, path: Path, program: str | None = None, called: str | None = None) -> Self:
        """Read a file.

        Args:
            path: The file.
            program: Which program it has to be; ``None`` for any.
            called: What the file is called in errors; ``None``: as it lies there.

        Raises:
            InputError: There is none, it is no such file, of another version, or of another program.
        """
        named = called or str(path)
        raw = read_stamped(path, "program", "compiled program", made_by="csc-dspy compile", called=called)
        if raw["version"] != 1:
            raise InputError(f"{named}: a compiled program of version {raw['version']}; this is for version 1")
        if raw.get("langs") == {}:
            raise InputError(f"{named}: not a compiled program: there is no language in it")
        try:
            found = cls.model_validate(raw)
        except ValidationError as error:
            raise InputError(f"{named}: not a compiled program: {fault_of(error)}") from None
        if program is not None and found.program != program:
            raise InputError(f"{named}: a compiled {found.program}, but {with_article(program)} is needed")
        return found

    def write(self, path: Path) -> None:
        """Write the file, whole or not at all.

        Raises:
            RunError: It cannot be written.
        """
        with written_whole(path) as part:
            dumped = self.model_dump(mode="json", exclude_none=True)
            part.write_text(json.dumps(dumped, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")

    def put_into(self, programs: Mapping[Lang, Program], source: object = "the file") -> None:
        """Let programs be as saved; languages that were not compiled stay as they are.

        Args:
            programs: The program in each language.
            source: What the file is called, for errors.

        Raises:
            InputError: Its predictors or their fields are others, or a worked answer has a label that is none.
        """
        if found := self.differs(programs):
            raise InputError(f"{source}: does not fit this version's {self.program}:\n  " + "\n  ".join(found))
        for lang, predictors in self.langs.items():
            for name, saved in predictors.items():
                saved.put_into(programs[lang], name)

    def differs(self, programs: Mapping[Lang, Program]) -> list[str]:
        """What does not fit programs, a line each; of languages that are not among them nothing."""
        found = []
        for lang, predictors in self.langs.items():
            if lang not in programs:
                continue
            here = dict(programs[lang].named_predictors())
            found += [f"{lang}.{name}: only in the file" for name in predictors if name not in here]
            found += [f"{lang}.{name}: only in this version" for name in here if name not in predictors]
            for name, saved in predictors.items():
                if name in here:
                    found += [f"{lang}.{name}: {what}" for what in saved.differs(here[name].signature)]
        return found

    def digest(self) -> str:
        """Twelve characters that stand for what it decides."""
        return digest({lang: dict(predictors) for lang, predictors in self.langs.items()})


def states(program: Program) -> dict[str, SavedPredictor]:
    """What compiling decides of a program's predictors, as they stand."""
    return {name: SavedPredictor.of(program, name) for name, _ in program.named_predictors()}


def state_digest(program: Program, tuned: str | None = None) -> str:
    """Twelve characters that stand for a program as it stands, and for the model that was tuned for it.

    Unlike :func:`digest` it does not read memories, which know their own digests: it is asked for with every answer.
    """
    predictors = {name: SavedPredictor.without_memory(program, name) for name, _ in program.named_predictors()}
    memories = {
        name: [one.digest, *one.inputs, one.k, one.tokens, one.choice] for name, one in program.memories.items()
    }
    return digest({"predictors": predictors, "memories": memories, "tuned": tuned})


def digest(states: Mapping[str, Any]) -> str:
    """Twelve characters that stand for what was decided."""
    plain = json.dumps(states, default=lambda one: one.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(plain.encode()).hexdigest()[:12]


def with_article(program: str) -> str:
    """A program's name as a sentence needs it: "a supporter", "an annotator"."""
    return f"{'an' if program[0] in 'aeiou' else 'a'} {program}"


def _plain(value: Any) -> JsonValue:
    """A value of a worked answer as JSON; texts, which nearly all are, without pydantic."""
    found: JsonValue = value if type(value) is str else serialize_for_json(value)
    return found


def _strange_label(demo: Mapping[str, JsonValue], signature: type[dspy.Signature]) -> str | None:
    """A label of a worked answer, alone or in a list, that the signature does not know; ``None`` if there is none."""
    for name, field in signature.fields.items():
        if demo.get(name) is None or field.annotation is str:
            continue
        try:
            _checked(field.annotation).validate_python(demo[name])
        except ValidationError as error:
            for one in error.errors(include_url=False):
                if one["type"] == "literal_error":
                    place = ".".join(map(str, (name, *one["loc"])))
                    label = json.dumps(one["input"], ensure_ascii=False)
                    return f"{place} is {label}, and has to be {one['ctx']['expected']}"
    return None


@lru_cache(maxsize=256)
def _checked(annotation: Any) -> TypeAdapter[Any]:
    return TypeAdapter(annotation)
