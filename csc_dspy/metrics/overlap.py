"""Overlap with the reference: BLEU-2, BLEU-4 and chrF by sacrebleu, ROUGE-L, and how long answers are beside it.

All figures × 100. BLEU and chrF are corpus figures: counts are summed over all answers first. ROUGE-L is the mean F1 of
the answers. An answer that could not be read counts as an empty text; an empty reference is not scored.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from rapidfuzz.distance import LCSseq

from csc_dspy.framework import LANGS
from csc_dspy.metrics.answers import Answer
from csc_dspy.metrics.metric import Counts, Metric, share
from csc_dspy.metrics.tokens import TOKENIZERS, cut, words

if TYPE_CHECKING:
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

_ORDERS = 4

NOTHING = "no turn has both a reference and a response"
"""Why there is no figure where there is nothing to compare."""


def texts(answer: Answer) -> tuple[str, str] | None:
    """What was said and what should have been; ``None`` where there is nothing to compare."""
    if not answer.reference.strip() or not answer.tried("response"):
        return None
    return answer.response or "", answer.reference


def metrics() -> list[Metric]:
    """The metrics of this file, in the paper's order."""
    import sacrebleu

    by = " and ".join(f"{TOKENIZERS[lang]} ({lang})" for lang in LANGS)
    bleu = f"corpus BLEU of sacrebleu {sacrebleu.__version__}, tokenizers {by}, exp smoothing, case kept"
    chrf = f"corpus chrF2 of sacrebleu {sacrebleu.__version__}"
    rouge = "mean F1; English words and Chinese characters in lower case"
    length = "tokens of the responses per 100 of the references"
    width, none = 2 + 2 * _ORDERS, NOTHING
    return [
        Metric("bleu-2", "BLEU-2", width, _bleu_counts, lambda counts: _bleu_value(counts, 2), none, bleu),
        Metric("bleu-4", "BLEU-4", width, _bleu_counts, lambda counts: _bleu_value(counts, 4), none, bleu),
        Metric("rouge-l", "ROUGE-L", 2, _rouge_counts, share, none, rouge),
        Metric("chrf", "chrF", _chrf_width(), _chrf_counts, _chrf_value, none, chrf),
        Metric("length", "length ratio", width, _bleu_counts, lambda counts: share(counts[:2]), none, length),
    ]


def _bleu_counts(answer: Answer) -> Sequence[float] | None:
    if (compared := texts(answer)) is None:
        return None
    said, wanted = (cut(text, answer.lang) for text in compared)
    return _of_one(_bleu(), said, wanted)


def _bleu_value(counts: Counts, order: int) -> float | None:
    if not counts[1]:
        return None
    from sacrebleu.metrics.bleu import BLEU

    said, wanted, *matches = (int(count) for count in counts)
    found = BLEU.compute_bleu(
        correct=matches[:order],
        total=matches[_ORDERS : _ORDERS + order],
        sys_len=said,
        ref_len=wanted,
        smooth_method="exp",
        max_ngram_order=order,
    )
    return float(found.score)


@cache
def _bleu() -> BLEU:
    from sacrebleu.metrics.bleu import BLEU

    return BLEU(tokenize="none", force=True, max_ngram_order=_ORDERS)  # texts come cut


def _chrf_counts(answer: Answer) -> Sequence[float] | None:
    if (compared := texts(answer)) is None:
        return None
    return _of_one(_chrf(), *compared)


def _chrf_value(counts: Counts) -> float | None:
    if not any(islice(counts, 1, None, 3)):
        return None
    return float(_chrf()._compute_score_from_stats([int(count) for count in counts]).score)


def _chrf_width() -> int:
    return 3 * (_chrf().char_order + _chrf().word_order)


@cache
def _chrf() -> CHRF:
    from sacrebleu.metrics.chrf import CHRF

    return CHRF()


def _of_one(metric: Any, said: str, wanted: str) -> Sequence[float]:
    """Sacrebleu's counts of one segment: what its own bootstrap sums."""
    counts: list[float] = metric._extract_corpus_statistics([said], [[wanted]])[0]
    return counts


def _rouge_counts(answer: Answer) -> Sequence[float] | None:
    if (compared := texts(answer)) is None:
        return None
    said, wanted = (words(text, answer.lang) for text in compared)
    return rouge_l(said, wanted), 1


def rouge_l(said: Sequence[str], wanted: Sequence[str]) -> float:
    """F1 of the longest common subsequence of two token sequences, 0 to 1 (Lin 2004, with equal weights)."""
    common = LCSseq.similarity(said, wanted)
    return 2 * common / (len(said) + len(wanted)) if common else 0.0
