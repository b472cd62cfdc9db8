"""What code mends in a reply before it is kept: labels, filler, length, and what was said before."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from rapidfuzz import fuzz

from csc_dspy.conversation import Turn
from csc_dspy.programs.guards import CLAUSE_END, ECHO_SIMILARITY, HAN, SIDES, any_of, echoes, is_stub, plain

_LABEL = re.compile(rf"^\s*[\"“]?({SIDES})\s*(\[[^\]]*\]|\([^)]*\)|（[^）]*）)?\s*[:：]\s*", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?])(?<!Mr\.)(?<!Ms\.)(?<!Mrs\.)(?<!Dr\.)\s+|(?<=[。！？])")
_FILLER = any_of(
    r"^(i('d| would) be|i'm|i am|we're|we are) (more than )?(happy|glad|here) to (help|assist)\b.*",
    r"^(please )?(feel free to|let me know if|don't hesitate to)\b.*",
    r"^if you (have any|need any|would like any) (other|further|more)\b.*",
    r"^(请)?(随时|如有|如果您?有)(任何|其他|需要).*",
)


def without_label(text: str) -> str:
    """A reply without a speaker label of its own: ``客服：您好`` → ``您好``; ``客服中心`` stays whole."""
    text = _LABEL.sub("", text.strip(), count=1).strip()
    if len(text) > 1 and text[0] in '"“' and text[-1] in '"”':
        text = text[1:-1].strip()
    return " ".join(text.split())


def sentences_of(text: str) -> list[str]:
    """The sentences of a text."""
    return [part.strip() for part in _SENTENCE.split(text) if part.strip()]


def trimmed(text: str, *, sentences: int = 2, questions: bool = True) -> str:
    """A reply as it is kept: no label, no filler, and no longer than people talk on the phone.

    Args:
        text: What the model said.
        sentences: How many are kept.
        questions: Whether the turn may ask; if not, questions are left out as long as something else remains.
    """
    said = sentences_of(without_label(text))
    kept = [part for part in said if not _FILLER.match(part)] or said
    if not questions:
        telling = [part for part in kept if not part.endswith(("?", "？"))]
        kept = kept if all(map(is_stub, telling)) else telling
    return "".join(f" {part}" if part[0].isascii() and i else part for i, part in enumerate(kept[:sentences]))


def capitalized(text: str) -> str:
    """A text that begins with a capital and is otherwise as it was."""
    return text[:1].upper() + text[1:]


def unsaid(text: str, earlier: Iterable[Turn]) -> str:
    """A reply without what was said before at its beginning, if anything new follows.

    Small models answer a new question with all the old answers in front: "订单号是 12，我叫王芳，是周三到的。"

    Args:
        text: The reply.
        earlier: The turns it should not say again.
    """
    said = [plain(turn.text) for turn in earlier]
    for start, end in _clauses(text):
        if not _was_said(plain(text[start:end]), said):
            rest = re.sub("^and ", "", text[start:])
            return capitalized(rest) if start and _says_something(rest) else text
    return text


_YES = re.compile(
    r"(yes|yeah|yep|right|correct|exactly|sure|ok|okay|fine|good|great|(that|this)s?(is)?(right|correct|it|fine)"
    r"|i(do)?agree|(是|对|好|行|嗯|可以|没错|没问题|同意)[的了啊呀吧]?)+",
    re.IGNORECASE,
)
"""A mere yes, letters only."""
_DENIALS = re.compile(r"not|nt|never|but|没|不|未|别|但|可是")
_NUMERALS = re.compile(r"[0-9零一二两三四五六七八九十百千万]+")


def confirmed(text: str, earlier: Sequence[Turn]) -> str:
    """A mere yes in the place of a yes behind which all is said again: "Yes, my parcel is late." where that is known.

    Args:
        text: An answer to who sums up or proposes something.
        earlier: The turns it should not say again; what differs from them in a number or a denial is none of it.
    """
    clauses = [text[start:end] for start, end in _clauses(text)]
    if len(clauses) < 2 or not _YES.fullmatch(plain(clauses[0])) or not echoes(text, earlier, "customer"):
        return text
    said = [plain(turn.text) for turn in earlier]
    if not all(any(_says_the_same(plain(clause), line) for line in said) for clause in clauses[1:]):
        return text
    return clauses[0].rstrip(" ,，;；.。!！") + ("。" if HAN.search(text) else ".")


def _clauses(text: str) -> list[tuple[int, int]]:
    """Where each clause of a text begins and ends."""
    starts = [0, *(match.end() for match in CLAUSE_END.finditer(text))]
    return [(start, end) for start, end in pairwise([*starts, len(text)]) if start < end]


def _says_the_same(clause: str, line: str) -> bool:
    """Whether a clause stands in a line, letters only, with the same numbers and denials."""
    if len(clause) > len(line):
        return False
    found = fuzz.partial_ratio_alignment(clause, line, score_cutoff=ECHO_SIMILARITY)
    if found is None:
        return False
    there = line[found.dest_start : found.dest_end]
    return all(sorted(marks.findall(clause)) == sorted(marks.findall(there)) for marks in (_DENIALS, _NUMERALS))


def _says_something(rest: str) -> bool:
    """Whether words can stand alone: not a mere "please?"."""
    return len(rest.split()) >= 3 or len(HAN.findall(rest)) >= 5


def _was_said(clause: str, said: Sequence[str]) -> bool:
    return len(clause) >= 5 and any(
        len(clause) <= len(line) and fuzz.partial_ratio(clause, line, score_cutoff=ECHO_SIMILARITY) > 0 for line in said
    )
