"""How texts are cut into tokens: by sacrebleu's tokenizers, words in English and characters in Chinese."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache

from csc_dspy.framework import Lang

TOKENIZERS: dict[Lang, str] = {"en": "13a", "zh": "zh"}
"""Names of sacrebleu's tokenizers."""

_WORD = re.compile(r"[^\W_]+")


def tokens(text: str, lang: Lang) -> list[str]:
    """The tokens of a text, in lower case; punctuation marks are tokens."""
    return cut(text, lang).lower().split()


@lru_cache(maxsize=1024)
def cut(text: str, lang: Lang) -> str:
    """A text with blanks between its tokens, case kept; remembered, as several figures of an answer need it."""
    found: str = _tokenizer(lang)(text)
    return found


def words(text: str, lang: Lang) -> list[str]:
    """The tokens of a text that hold a letter, a digit or a Chinese character, in lower case.

    In English they are those of ``rouge-score``; that package's own tokenizer drops every Chinese character.
    """
    if lang == "zh":
        return [token for token in tokens(text, lang) if _WORD.search(token)]
    return _WORD.findall(text.lower())


@cache
def _tokenizer(lang: Lang) -> Callable[[str], str]:
    """Sacrebleu's tokenizer of a language: text in, tokens separated by blanks out."""
    if lang == "zh":
        from sacrebleu.tokenizers.tokenizer_zh import TokenizerZh

        return TokenizerZh()  # type: ignore[no-untyped-call]
    from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a

    return Tokenizer13a()  # type: ignore[no-untyped-call]
