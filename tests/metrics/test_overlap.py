"""Overlap with references: cases worked out by hand, in both languages, and sacrebleu's own command on a file."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from csc_dspy.framework import Lang
from csc_dspy.metrics.answers import Answer
from csc_dspy.metrics.overlap import metrics, rouge_l
from csc_dspy.metrics.scoring import Counted, scores
from csc_dspy.metrics.tokens import tokens, words

PAIRS: dict[Lang, list[tuple[str, str]]] = {
    "en": [
        ("Could you tell me your order number, please?", "May I have your order number, please?"),
        ("I have just sent the refund; it arrives in 3-5 days.", "Your refund was sent just now, and takes 3-5 days."),
        ("Goodbye!", "Thank you for calling, goodbye!"),
        ("That costs $12.50 a month.", "It is $12.50 a month, cancelable any time."),
    ],
    "zh": [
        ("请问您的订单号是多少？", "麻烦告诉我您的订单号。"),
        ("退款已经为您办好了，3到5天到账。", "您的退款刚刚办好，预计3-5天到账。"),
        ("感谢您的来电，再见！", "谢谢您的来电，祝您愉快，再见！"),
    ],
}


def figures(pairs: list[tuple[str | None, str]], lang: Lang) -> dict[str, float | None]:
    answers = [Answer(lang, reference, response=said) for said, reference in pairs]
    return {score.name: score.value for score in scores(Counted.of([("one", answers)], metrics()))}


def test_bleu_of_a_worked_case() -> None:
    # "the cat sat" against "the cat sat down": 3 of 3 words, 2 of 2 pairs, brevity exp(1 - 4/3)
    found = figures([("the cat sat", "the cat sat down")], "en")
    assert found["bleu-2"] == pytest.approx(100 * math.exp(1 - 4 / 3))
    # one of two pairs: precision sqrt(3/3 * 1/2), no brevity penalty
    assert figures([("a b c", "a b d c")], "en")["bleu-2"] == pytest.approx(
        100 * math.sqrt(1 * 1 / 2) * math.exp(1 - 4 / 3)
    )


def test_chinese_counts_by_character() -> None:
    # 您好 against 您好吗: 2 of 2 characters, 1 of 1 pair, brevity exp(1 - 3/2)
    found = figures([("您好", "您好吗")], "zh")
    assert found["bleu-2"] == pytest.approx(100 * math.exp(1 - 3 / 2))
    # common subsequence of 2 characters, precision 1, recall 2/3: F1 = 0.8; the usual package has 0 here
    assert found["rouge-l"] == pytest.approx(80)
    assert found["length"] == pytest.approx(100 * 2 / 3)


def test_rouge_l_of_a_worked_case_is_the_mean_of_the_turns() -> None:
    # Lin's example: "police kill the gunman" against "police killed the gunman": LCS 3 of 4 and 4
    one = ("police kill the gunman", "police killed the gunman")
    assert figures([one], "en")["rouge-l"] == pytest.approx(75)
    assert figures([one, ("x", "y")], "en")["rouge-l"] == pytest.approx(37.5)
    assert rouge_l(["a", "b", "c"], ["c", "b", "a"]) == pytest.approx(1 / 3)
    assert rouge_l([], ["a"]) == 0.0


def test_tokens_of_both_languages() -> None:
    assert tokens("您好，VIP客户123！", "zh") == ["您", "好", "，", "vip", "客", "户", "123", "！"]
    assert words("您好，VIP客户123！", "zh") == ["您", "好", "vip", "客", "户", "123"]
    assert words("Don't pay $5_now!", "en") == ["don", "t", "pay", "5", "now"]
    assert tokens("Hello, you!", "en") == ["hello", ",", "you", "!"]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_bleu_and_chrf_are_those_of_sacrebleus_own_command(lang: Lang, tmp_path: Path) -> None:
    said, wanted = tmp_path / "said.txt", tmp_path / "wanted.txt"
    said.write_text("".join(f"{one}\n" for one, _ in PAIRS[lang]), encoding="utf-8")
    wanted.write_text("".join(f"{one}\n" for _, one in PAIRS[lang]), encoding="utf-8")
    found = figures(list(PAIRS[lang]), lang)
    for name, options in {
        "bleu-4": ["-m", "bleu", "--tokenize", "zh" if lang == "zh" else "13a"],
        "chrf": ["-m", "chrf"],
    }.items():
        command = [sys.executable, "-m", "sacrebleu", str(wanted), "-i", str(said), "-w", "8", "-f", "json", *options]
        answer = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        assert found[name] == pytest.approx(answer["score"], abs=1e-6), name


def test_the_same_words_score_full_and_a_failed_answer_counts_as_empty() -> None:
    perfect = figures([("您好，请问有什么可以帮您？", "您好，请问有什么可以帮您？")], "zh")
    assert [perfect[name] for name in ("bleu-2", "bleu-4", "rouge-l", "chrf", "length")] == pytest.approx([100] * 5)
    failed = Answer("en", "Hello there", failed=frozenset({"response"}))
    good = Answer("en", "Hello there", response="Hello there")
    found = {score.name: score for score in scores(Counted.of([("one", [good, failed])], metrics()))}
    assert found["rouge-l"].value == pytest.approx(50)
    assert found["rouge-l"].turns == 2
    assert found["bleu-2"].value == pytest.approx(100 * math.exp(1 - 4 / 2))


def test_what_was_never_answered_or_has_no_reference_is_unscored_and_says_why() -> None:
    nothing = [Answer("en", "Hello there"), Answer("en", "  ", response="Hello")]
    found = scores(Counted.of([("one", nothing)], metrics()))
    by_name = {score.name: score for score in found}
    for name in ("bleu-2", "bleu-4", "rouge-l", "chrf", "length"):
        assert by_name[name].value is None
        assert by_name[name].why == "no turn has both a reference and a response"
        assert by_name[name].turns == 0
