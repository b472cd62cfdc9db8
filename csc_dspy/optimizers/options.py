"""What a compile is told: which program, by which optimizer, on what, how much."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from csc_dspy import __version__
from csc_dspy.distillation.base import need_trainer
from csc_dspy.distillation.config import TrainingConfig
from csc_dspy.errors import InputError
from csc_dspy.framework import Lang
from csc_dspy.lms.endpoint import is_local
from csc_dspy.optimizers import recipes
from csc_dspy.optimizers.conversing import RewriterTask, RolePlayTask
from csc_dspy.optimizers.data import Sets, read_sets
from csc_dspy.optimizers.labelling import AnnotatorTask, JudgeTask, SupporterTask
from csc_dspy.optimizers.recipes import Recipe
from csc_dspy.optimizers.task import Task
from csc_dspy.optimizers.tuning import bettertogether, least_for_bettertogether
from csc_dspy.pipeline.masking import MaskingOptions
from csc_dspy.pipeline.roles import identities, role_names
from csc_dspy.settings import Role
from csc_dspy.tracking import digest_of

PROGRAMS: dict[str, type[Task]] = {
    task.name: task for task in (SupporterTask, RewriterTask, RolePlayTask, JudgeTask, AnnotatorTask)
}
"""What can be compiled, by name."""
RECIPES = {
    "labeled": Recipe(recipes.labeled, recipes.least, "labels"),
    "knn": Recipe(recipes.knn, recipes.least, "labels"),
    "bootstrap": Recipe(recipes.bootstrap, recipes.least_by_own),
    "miprov2": Recipe(recipes.miprov2, recipes.least_by_own, "reflection"),
    "simba": Recipe(recipes.simba, recipes.least_for_simba, "reflection"),
    "gepa": Recipe(recipes.gepa, recipes.least_for_gepa, "reflection"),
    "copro": Recipe(recipes.copro, recipes.least, "reflection"),
    "bettertogether": Recipe(bettertogether, least_for_bettertogether, "weights"),
}
"""The optimizers by name."""


@dataclass(frozen=True, kw_only=True)
class Compilation(MaskingOptions):
    """What to compile, how, and on what; the options of every job besides.

    Attributes:
        program: Name of the program, one of :data:`PROGRAMS`.
        optimizer: Name of the recipe, one of :data:`RECIPES`.
        train: What to learn from: conversations, or profiles for the role-play.
        validation: By what candidates are chosen; ``None`` sets some of ``train`` aside.
        heldout: What to be measured on; ``None`` sets some of what to choose by aside.
        budget: Answers to examples that the optimizer may ask for, of all languages together; 0 for as many as are
            usual for the program.
        demos: Worked answers a predictor is shown at most.
        validation_size: Examples to choose by; ``None`` takes an eighth of the budget.
        heldout_size: Examples of each language to be measured on; 0 likewise.
        words: Whether the supporter writes its words, too.
        rules: Whether code restricts the supporter's strategies.
        by_turn: Whether the rewriter goes turn by turn; ``None``: on local weights.
        lang: Language in which the role-play plays people who have none of their own.
        training: How a model is tuned (TOML); ``None`` for the defaults.
    """

    program: str
    optimizer: str
    train: Path
    validation: Path | None = None
    heldout: Path | None = None
    budget: int = 0
    demos: int = 8
    validation_size: int | None = None
    heldout_size: int = 0
    words: bool = True
    rules: bool = True
    by_turn: bool | None = None
    lang: Lang = "en"
    training: Path | None = None

    def __post_init__(self) -> None:
        task = PROGRAMS.get(self.program, Task)
        for name, usual in (("budget", task.budget), ("heldout_size", task.measured)):
            object.__setattr__(self, name, getattr(self, name) or usual)

    @property
    def recipe(self) -> Recipe:
        """The optimizer."""
        return RECIPES[self.optimizer]

    @property
    def roles(self) -> tuple[Role, ...]:
        """The roles whose models are needed."""
        task = PROGRAMS[self.program]
        judge: tuple[Role, ...] = ("judge",) if task.judged else ()
        reflection: tuple[Role, ...] = ("reflection",) if self.recipe.needs == "reflection" else ()
        return (*task.roles, *judge, *reflection)

    def task(self) -> Task:
        """What is compiled.

        Raises:
            InputError: There is no such program, or no such recipe.
        """
        if self.program not in PROGRAMS:
            raise InputError(f"{self.program}: no program that can be compiled; there are {', '.join(PROGRAMS)}")
        if self.optimizer not in RECIPES:
            raise InputError(f"{self.optimizer}: no such optimizer; there are {', '.join(RECIPES)}")
        if self.output.suffix != ".json":
            raise InputError(f"{self.output}: give the output a name that ends in .json, by which verbs know a program")
        if self.program == "roleplay" and self.masking:
            raise InputError("--mask: profiles are of invented people, and sent as they are")
        if self.recipe.needs == "labels" and not PROGRAMS[self.program].labelled:
            raise InputError(f"{self.optimizer} makes worked answers of labels, and a {self.program} has none to learn")
        if self.recipe.needs == "weights" and not PROGRAMS[self.program].labelled:
            tuned = ", ".join(name for name, task in PROGRAMS.items() if task.labelled)
            raise InputError(f"{self.optimizer} tunes the model of {tuned}; a {self.program} asks in other ways")
        if self.training is not None and self.recipe.needs != "weights":
            able = ", ".join(name for name, one in RECIPES.items() if one.needs == "weights")
            raise InputError(f"{self.training}: {self.optimizer} trains no model; {able} does")
        task = self._task()
        task.seed = self.seed
        return task

    def _task(self) -> Task:
        if self.program == "supporter":
            return SupporterTask(words=self.words, rules=self.rules)
        if self.program == "rewriter":
            local = is_local(self.models().name_for("rewriter", self.lm, self.role_lms))
            return RewriterTask(by_turn=local if self.by_turn is None else self.by_turn)
        if self.program == "roleplay":
            return RolePlayTask(lang=self.lang)
        return PROGRAMS[self.program]()

    @property
    def masks(self) -> bool:
        """Whether personal data is masked; profiles, which the role-play is tuned on, are sent as they are."""
        return self.program != "roleplay" and super().masks

    @property
    def inputs(self) -> dict[str, Path]:
        """What each file is for.

        Raises:
            InputError: One is not there.
        """
        named = {"train": self.train, "val": self.validation, "test": self.heldout}
        found = {use: path for use, path in named.items() if path is not None}
        if missing := [path for path in found.values() if not path.is_file()]:
            raise InputError(f"{missing[0]}: no such file")
        return found

    def sets(self, task: Task) -> dict[Lang, Sets]:
        """The examples by language.

        Raises:
            InputError: Files cannot be read, share conversations, or hold too little; or the optimizer needs more.
        """
        found = self._read(task)
        for lang, one in found.items():
            budget = self.budget // len(found)
            if (needed := self.recipe.least(one.train, len(one.validation))) > budget:
                raise InputError(
                    f"{self.optimizer} needs a budget of {needed:,} answers for {len(one.validation)} validation "
                    f"examples in {lang}; it has {budget:,}: give a larger --budget, or a smaller --val-size"
                )
        return found

    def _read(self, task: Task) -> dict[Lang, Sets]:
        return read_sets(
            task,
            self.train,
            self.validation,
            self.heldout,
            validation_size=self.validation_size,
            budget=self.budget,
            heldout_size=self.heldout_size,
            seed=self.seed,
            masking=self.masks,
            on_bad=self.on_bad,
            tell=lambda line: print(line, file=sys.stderr),
        )

    def config(self) -> dict[str, Any]:
        """All that decides what comes out."""
        names = self.names()
        return {
            **{name: getattr(self, name) for name in ("program", "optimizer", "budget", "demos", "seed", "lang")},
            **{name: getattr(self, name) for name in ("validation_size", "heldout_size", "words", "rules", "by_turn")},
            "masking": self.masks,
            "models": names,
            **identities(self.models(), names),
            "api_base": self.api_base,
            "inputs": {use: digest_of(path).sha256 for use, path in self.inputs.items()},
            **({"training": self.tuning.model_dump()} if self.recipe.needs == "weights" else {}),
            "limits": [self.max_tokens, self.max_cost],
            "version": __version__,
        }

    def names(self) -> dict[Role, str]:
        """Role to model.

        Raises:
            InputError: A role has none, or a student of plain chats, which no prompt changes; or roles of the program
                have different ones, and the optimizer takes one.
        """
        found = role_names(self.models(), self, self.roles, able=())
        if self.optimizer == "simba" and len({found[role] for role in PROGRAMS[self.program].roles}) > 1:
            raise InputError("simba samples one model's answers: give all roles of the program the same one")
        return found

    def trained(self, task: Task) -> str | None:
        """The model whose weights are tuned; ``None`` if none are.

        Raises:
            InputError: It cannot be.
            ModelError: What trains is not installed.
        """
        if self.recipe.needs != "weights":
            return None
        names = {name for role, name in self.names().items() if role in task.roles}
        name = names.pop()
        if names or not is_local(name) or name.startswith("student:"):
            raise InputError(
                f"{self.optimizer} tunes one local model, which all roles of the {self.program} have: give --lm local/…"
            )
        if self.tuning.full:
            raise InputError(f"{self.optimizer} trains an adapter, which llama.cpp puts on the model: leave out full")
        if self.tuning.four_bit:
            raise InputError(f"{self.optimizer} trains the weights that llama.cpp serves: leave out four_bit")
        need_trainer()
        return name

    @cached_property
    def tuning(self) -> TrainingConfig:
        """How a model is tuned.

        Raises:
            InputError: The file of it cannot be read.
        """
        return TrainingConfig.read(self.training)

    @property
    def tuned(self) -> Path:
        """Where tuned models go."""
        return self.beside.with_name(self.beside.name + ".tuned")

    @property
    def beside(self) -> Path:
        """What the files beside the output begin with."""
        return self.output.with_suffix("")
