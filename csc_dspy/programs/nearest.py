"""Worked answers chosen for each question anew: those whose inputs are most like it.

Nearest neighbours of character n-grams (hashed, without weights), so that nothing has to be fitted or kept besides the
answers themselves, and Chinese needs no word boundaries.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, get_args

import dspy

from csc_dspy.usage import rough_tokens

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import HashingVectorizer

Choice = Literal["open", "among", "commonest"]
"""What the answers shown leave open of an answer that is one of several labels: everything, the labels that they have,
or only the label that most of them have; where several are as common, these."""
CHOICES: tuple[Choice, ...] = get_args(Choice)
LINES = 3
"""Lines of an input that are compared and shown, the last ones: in a growing transcript they decide."""
_FEATURES = 2**18


def tail(text: str, lines: int = LINES) -> str:
    """The last lines of an input."""
    return "\n".join(text.splitlines()[-lines:])


class Nearest:
    """A memory of worked answers.

    Attributes:
        demos: The answers, each with the inputs and outputs of one signature.
        inputs: Names of the inputs that are compared.
        k: How many are shown.
        tokens: Rough tokens that those shown may take together.
        choice: What they leave open.
    """

    def __init__(
        self,
        demos: Sequence[Mapping[str, Any]],
        inputs: Sequence[str],
        *,
        k: int = 5,
        tokens: int = 600,
        choice: Choice = "open",
    ) -> None:
        self.demos = tuple(dict(demo) for demo in demos)
        self.inputs = tuple(inputs)
        self.k = k
        self.tokens = tokens
        self.choice = choice
        self._examples = [dspy.Example(**demo) for demo in self.demos]
        self._sizes = [sum(rough_tokens(str(value)) for value in demo.values()) for demo in self.demos]

    def __deepcopy__(self, memo: dict[int, Any]) -> Nearest:
        return self  # it never changes, and copies of a program share it

    def __call__(self, inputs: Mapping[str, str]) -> list[dspy.Example]:
        """The answers to the most alike questions, the nearest last; as many as fit."""
        if not self.demos:
            return []
        alike = (self._vectors @ self._vectorizer.transform([self._text(inputs)]).T).toarray().ravel()
        found: list[int] = []
        left = self.tokens
        for place in alike.argsort(kind="stable")[::-1][: self.k]:
            if self._sizes[place] <= left:
                left -= self._sizes[place]
                found.append(int(place))
        return [self._examples[place] for place in reversed(found)]

    def narrowed(self, output: str, allowed: Sequence[str], shown: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
        """The labels that may be answered.

        Args:
            output: The output.
            allowed: Those allowed anyway; empty where it is no choice among labels.
            shown: The answers that are shown.

        Returns:
            Those of ``allowed`` that are left; all of them where the answers have none of them.
        """
        votes = Counter(str(demo[output]) for demo in shown if output in demo)
        least = max(votes.values(), default=0) if self.choice == "commonest" else 1
        kept = tuple(label for label in allowed if votes[label] >= least)
        return tuple(allowed) if self.choice == "open" or not kept else kept

    def described(self) -> str:
        """What is shown, in a line, with a digest of the whole memory."""
        return f"(the {self.k} nearest of {len(self.demos)} worked answers, {self.digest}, choice {self.choice})"

    @cached_property
    def digest(self) -> str:
        """Twelve characters that stand for the answers, which may be thousands."""
        return hashlib.sha256(json.dumps(self.demos, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:12]

    def _text(self, inputs: Mapping[str, Any]) -> str:
        return "\n".join(tail(str(inputs[name])) for name in self.inputs if name in inputs)

    @cached_property
    def _vectorizer(self) -> HashingVectorizer:
        from sklearn.feature_extraction.text import HashingVectorizer  # slow to import

        return HashingVectorizer(
            analyzer="char_wb", ngram_range=(2, 4), n_features=_FEATURES, alternate_sign=False, norm="l2"
        )

    @cached_property
    def _vectors(self) -> csr_matrix:
        return self._vectorizer.transform([self._text(demo) for demo in self.demos])
