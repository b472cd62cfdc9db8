"""A student's folder: what was trained, on what it stands, and what is known of it.

student/
    student.json                 what it is; written last, so its presence means that the folder is complete
    adapter_model.safetensors    the low-rank matrices, with peft's adapter_config.json (or model.safetensors)
    adapter.gguf                 the same for llama.cpp (or model.gguf)
    tokenizer.json …             the base's tokenizer with its chat template
    README.md                    the model card
"""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, JsonValue, ValidationError

from csc_dspy.chats import FORMAT_VERSION, Side, customer_system, question, supporter_system
from csc_dspy.conversation import Record, Turn, fault_of
from csc_dspy.errors import InputError, RunError
from csc_dspy.files import part_of, read_stamped, written_whole
from csc_dspy.jobs.manifest import fingerprint
from csc_dspy.lms.download import Progress, file_sha256
from csc_dspy.lms.weights import CATALOGUE, ensure_weights
from csc_dspy.settings import load_settings

FILE = "student.json"
ADAPTER = "adapter_model.safetensors"
GGUF_ADAPTER = "adapter.gguf"
GGUF_MODEL = "model.gguf"
_FORM = 1
_VLLM_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)
"""What vLLM takes for ``--max-lora-rank``."""
_VLLM = ("--generation-config", "vllm")
"""Without the base's own defaults: a penalty on repetition would fall on the tags and facts of earlier turns."""


class BaseIdentity(Record):
    """The model an adapter belongs to.

    Attributes:
        name: What it is called: a name of the catalogue, a hub id, a file.
        digest: SHA-256 of its weights.
        reading: SHA-256 of its configuration, tokenizer and chat template, where they are no part of the weights;
            students of an earlier version do not know it.
        gguf: Whether the digest is that of a GGUF file, which llama.cpp serves.
    """

    name: str
    digest: str
    reading: str | None = None
    gguf: bool


class Student(Record):
    """What a student's folder says of itself.

    Attributes:
        format: Says what the file is.
        version: Of the form of the folder.
        chat_format: Of the chats it was trained on; see :mod:`csc_dspy.chats`.
        package: Version of csc-dspy that trained it.
        base: What it stands on.
        adapter: Whether it is an adapter; else the folder holds all weights.
        side: Whose turns it learned: ``supporter``, ``customer`` or ``both``; or ``prompts``, where it learned to
            answer the prompts of DSPy programs, and is asked like any other model.
        data: File name to SHA-256 of what it learned from.
        config: How it was trained.
        figures: What training came to: losses, tokens, time.
        frameworks: Package to version of what it was trained with.
        files: File name to SHA-256 of its weights; a student of an earlier version has none.
    """

    format: Literal["csc-dspy student"] = "csc-dspy student"
    version: int = _FORM
    chat_format: int = FORMAT_VERSION
    package: str
    base: BaseIdentity
    adapter: bool = True
    side: Side | Literal["prompts"] = "supporter"
    data: dict[str, str] = Field(default_factory=dict)
    config: dict[str, JsonValue] = Field(default_factory=dict)
    figures: dict[str, JsonValue] = Field(default_factory=dict)
    frameworks: dict[str, str] = Field(default_factory=dict)
    files: dict[str, str] = Field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read a folder.

        Raises:
            InputError: It is no student's, was not finished, or is of another version.
        """
        path = folder / FILE
        if not os.path.lexists(path):
            unfinished = f"; `csc-dspy distill … -o {folder}` goes on with it" if folder.is_dir() else ""
            raise InputError(f"{folder}: not a student: there is no {FILE} in it{unfinished}")
        raw = read_stamped(path, "student", "student", made_by="csc-dspy distill")
        if type(chats := raw.get("chat_format")) is not int:
            told = json.dumps(chats)
            raise InputError(f"{path}: not a student: its chat format is {told}, which is not a whole number")
        if (raw["version"], raw["chat_format"]) != (_FORM, FORMAT_VERSION):
            package = raw.get("package")
            raise InputError(
                f"{path}: a student of form {raw['version']} and chat format {raw['chat_format']}; this version serves "
                f"{_FORM} and {FORMAT_VERSION}: train it again"
                + (f", or take csc-dspy {package}" if isinstance(package, str) else "")
            )
        try:
            found = cls.model_validate(raw)
        except ValidationError as error:
            raise InputError(f"{path}: not a student: {fault_of(error)}") from None
        return found

    @property
    def digest(self) -> str:
        """Twelve characters that stand for all that is told of it."""
        return fingerprint(self.model_dump(mode="json", exclude_none=True))[:12]

    def write(self, folder: Path) -> None:
        """Write :data:`FILE`, as the last of the folder's files.

        Raises:
            RunError: It cannot be written.
        """
        with written_whole(folder / FILE) as part:
            part.write_text(self.model_dump_json(indent=2, exclude_none=True) + "\n", encoding="utf-8")

    def refuse_other_base(self, folder: Path, digest: str) -> None:
        """Refuse a base that the adapter was not trained on.

        Raises:
            InputError: It is another one.
        """
        if digest != self.base.digest:
            raise InputError(
                f"{folder}: trained on {self.base.name} ({self.base.digest[:12]}), and this base is another one "
                f"({digest[:12]}): an adapter only fits the weights it was trained on"
            )

    def refuse_other_file(self, path: Path) -> None:
        """Refuse a file of its folder that is not the one that was written there.

        Raises:
            InputError: It is another one, was cut off, or is not there.
        """
        asked = self.files.get(path.name)
        if not path.is_file():
            raise InputError(f"{path}: is missing; put it back, or train again (--fresh)")
        if asked is not None and file_sha256(path) != asked:
            raise InputError(
                f"{path}: is damaged or another student's: {FILE} names other contents ({asked[:12]}); put the file "
                "back, or train again (--fresh)"
            )

    def example(self) -> list[dict[str, str]]:
        """Messages to try it with, as it was trained: in English."""
        turn = Turn(speaker="supporter" if self.side == "customer" else "customer", text="Hello!")
        if self.side == "prompts":
            return [{"role": "user", "content": turn.text}]
        if self.side == "customer":
            return question(customer_system("en"), [turn], "en", "customer")
        return question(supporter_system("en"), [turn], "en")

    def vllm(self, folder: Path) -> str:
        """The command that serves it with vLLM."""
        if not self.adapter:
            return shlex.join(["vllm", "serve", str(folder), *_VLLM, "--served-model-name", "student"])
        rank = self.config.get("rank", 16)
        most = next((one for one in _VLLM_RANKS if isinstance(rank, int) and one >= rank), _VLLM_RANKS[-1])
        base = str(dequantized(self.base.digest)) if self.base.gguf else self.base.name
        lora = ["--enable-lora", "--max-lora-rank", str(most), "--lora-modules", f"student={folder}"]
        return shlex.join(["vllm", "serve", base, *_VLLM, *lora])

    def weights(self, folder: Path, progress: Progress | None = None) -> Path:
        """The GGUF file of the base, fetched if need be.

        Args:
            folder: The student's.
            progress: Told how much of it is fetched.

        Raises:
            InputError: There is none, or it is another base's.
            ModelError: It cannot be fetched.
        """
        name = self.base.name.removeprefix("local/")
        entry = CATALOGUE.get(name)
        if entry is not None:
            self.refuse_other_base(folder, entry.sha256)
            return ensure_weights(entry, progress=progress)
        path = Path(name.removeprefix("local:"))
        if not self.base.gguf or not path.is_file():
            path = converted(self.base.digest, self.base.reading)
        others = sorted(path.parent.glob(f"{self.base.digest[:16]}-*.gguf")) if not path.is_file() else []
        if others and self.base.reading is None:  # of an earlier version, which did not ask how it reads
            path = others[0]
        if path.suffix != ".gguf" or not path.is_file():
            source = "FILE" if self.base.gguf else shlex.quote(self.base.name)
            made = f"; `csc-dspy models convert {source}` {'puts it into the cache' if self.base.gguf else 'makes it'}"
            made += ", but what is here has another tokenizer or chat template" if others else ""
            raise InputError(
                f"{folder}: llama.cpp needs the GGUF file of its base {self.base.name}, which is not here{made}; "
                f"with vLLM: {self.vllm(folder)}"
            )
        if self.base.gguf:
            self.refuse_other_base(folder, file_sha256(path))
        return path

    @property
    def served(self) -> str:
        """The file of its folder that llama.cpp loads, if there is one."""
        return GGUF_ADAPTER if self.adapter else GGUF_MODEL


def dequantized(digest: str) -> Path:
    """The folder with the safetensors that a GGUF file was made into, for training and for servers that need them."""
    return load_settings().cache_dir.expanduser() / "bases" / digest[:16]


def converted(digest: str, reading: str | None = None) -> Path:
    """The GGUF file for llama.cpp: what safetensors were made into, or a file that was put there.

    Args:
        digest: Of the base.
        reading: Of what it reads by, where the digest does not hold that.
    """
    name = digest[:16] + (f"-{reading[:8]}" if reading else "")
    return load_settings().cache_dir.expanduser() / "bases" / f"{name}.gguf"


def keep_base(path: Path) -> Path:
    """Link a GGUF file into the cache, where students find it by its digest that were trained on it elsewhere.

    Raises:
        InputError: There is no such file.
        RunError: It cannot be linked.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    link, file = converted(file_sha256(path)), path.resolve()
    if file == link.resolve():
        return link
    part = part_of(link)
    try:
        link.parent.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        part.symlink_to(file)
        part.replace(link)
    except OSError as error:
        raise RunError(f"{link}: cannot be written ({error.strerror or error})") from None
    return link


def open_student(folder: Path, progress: Progress | None = None) -> tuple[Path, Path | None]:
    """The base's GGUF file and the adapter's, as llama.cpp takes them; of one without adapter its own file.

    Args:
        folder: The student's.
        progress: Told how much of the base is fetched.

    Raises:
        InputError: It is no student's folder, not one for llama.cpp, or its file for it is damaged.
        ModelError: The base cannot be fetched.
    """
    student = Student.read(folder)
    file = folder / student.served
    if not file.is_file() and file.name not in student.files:
        raise InputError(
            f"{folder}: holds no {file.name} for llama.cpp, which does not know its base, or an earlier version made "
            f"it; serve it with vLLM ({student.vllm(folder)}) and name it hosted_vllm/student"
        )
    student.refuse_other_file(file)
    return (student.weights(folder, progress=progress), file) if student.adapter else (file, None)


def student_folder(name: str) -> Path | None:
    """The folder of a ``student:/path`` name."""
    return Path(name.removeprefix("student:")).expanduser() if name.startswith("student:") else None
