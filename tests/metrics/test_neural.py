"""BERTScore and BLEURT: tiny random models, against the definitions written out; without a model they say why."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from csc_dspy.commands.score import command
from csc_dspy.conversation import write_records
from csc_dspy.errors import InputError
from csc_dspy.evaluation.compare import compare
from csc_dspy.evaluation.evaluate import Evaluation, evaluate, reported
from csc_dspy.evaluation.page import as_markdown, write_report
from csc_dspy.evaluation.records import Answered, AnsweredTurn
from csc_dspy.evaluation.score import score
from csc_dspy.framework import Lang
from csc_dspy.metrics.answers import Answer
from csc_dspy.metrics.neural import EXTRA, NeuralModels, Pair, metrics
from csc_dspy.metrics.scoring import Counted, Score, scores
from tests.support.calls import raw_call
from tests.support.command import environment, run
from tests.support.openai_server import OpenAIServer

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = """
the a your order refund number is sent was please hello thank you good ##bye ##s and of that day
, . ! ? 您 好 请 问 订 单 号 退 款 已 经 谢 再 见 ， 。 ： ；
"""
VOCABULARY = [*SPECIAL, *WORDS.split()]
ENGLISH: list[Pair] = [
    ("Hello, thank you please!", "Thank you, goodbye."),
    ("The refund was sent.", "Your refund is sent"),
    ("order", "your orders, please, and the number of the refund that was sent"),
    ("unknown gibberish", "hello"),
]
CHINESE: list[Pair] = [("退款已经好。", "您的退款好，谢谢，再见。"), ("您好", "您好，请问订单号？")]
LAYERS, PLACES = 3, 24


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models: ``encoder``, and ``regression``, which gives one number."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    transformers.utils.logging.disable_progress_bar()
    folder = tmp_path_factory.mktemp("models")
    kinds = {"encoder": transformers.BertForMaskedLM, "regression": transformers.BertForSequenceClassification}
    for name, kind in kinds.items():
        torch.manual_seed(len(name))
        config = transformers.BertConfig(
            vocab_size=len(VOCABULARY),
            hidden_size=32,
            num_hidden_layers=LAYERS,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=PLACES,
            initializer_range=0.5,
            num_labels=1,
        )
        kind(config).save_pretrained(folder / name)
        (folder / name / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n", "utf-8")
    return folder


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A folder that looks like a model's."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text('{"model_type": "bert"}', "utf-8")
    return tmp_path / "model"


def answers(pairs: list[Pair], lang: Lang = "en") -> list[Answer]:
    return [Answer(lang, wanted, response=said) for said, wanted in pairs]


def figures(given: NeuralModels, *conversations: list[Answer]) -> dict[str, Score]:
    found = metrics(given, [answer for one in conversations for answer in one])
    counted = Counted.of([(str(at), one) for at, one in enumerate(conversations)], found)
    return {score.name: score for score in scores(counted)}


def values(folder: Path, pairs: list[Pair], layer: int | None = None) -> list[float]:
    """BERTScores of pairs, 0 to 1."""
    given = NeuralModels.of([str(folder)], [str(layer)] if layer else [])
    found = given.outcome(given.bertscore["en"], pairs)
    assert found.why is None
    return [found.values[pair] for pair in pairs]


def by_definition(folder: Path, pair: Pair, layer: int, before: str = "") -> float:
    """BERTScore's F1 of a pair, token by token (Zhang et al. 2020, section 3; special tokens as in bert-score)."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    vectors, words = [], []
    for text in pair:
        ids = tokenizer(before + text, truncation=True, max_length=PLACES)["input_ids"]
        with torch.no_grad():
            vectors.append(model(torch.tensor([ids]), output_hidden_states=True).hidden_states[layer][0])
        words.append([at for at, id in enumerate(ids) if id not in (tokenizer.cls_token_id, tokenizer.sep_token_id)])

    def mean_of_closest(of: int, other: int) -> float:
        closest = [
            max(torch.cosine_similarity(vectors[of][at], vector, dim=0).item() for vector in vectors[other])
            for at in words[of]
        ]
        return sum(closest) / len(closest)

    precision, recall = mean_of_closest(0, 1), mean_of_closest(1, 0)
    return 2 * precision * recall / (precision + recall)


# Without a model: none of these needs torch.


def test_without_a_model_both_are_absent_and_say_what_gives_one() -> None:
    found = figures(NeuralModels(), answers(ENGLISH))
    for name, label in (("bertscore", "BERTScore"), ("bleurt", "BLEURT")):
        assert (found[name].value, found[name].low, found[name].turns) == (None, None, 0)
        assert found[name].label == label
        assert found[name].why == f"no model: --{name}-model gives one"
    nothing = figures(NeuralModels(), [Answer("en", "Hello"), Answer("en", " ", response="Hello")])
    assert nothing["bertscore"].why == "no turn has both a reference and a response"


def test_without_torch_they_are_absent_and_name_the_extra(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "csc_dspy.metrics.encoders", raising=False)
    monkeypatch.setitem(sys.modules, "torch", None)
    given = NeuralModels.of([str(empty)], bleurt=[str(empty)])
    given.check()
    found = figures(given, answers(ENGLISH), answers(CHINESE, "zh"))
    assert found["bertscore"].why == EXTRA == "needs the extra csc-dspy[neural]"
    assert found["bleurt"].why == f"{EXTRA}; no model for zh: --bleurt-model zh=MODEL gives one"
    assert found["bleurt"].value is None


def test_options_name_a_model_for_both_languages_or_for_one(empty: Path) -> None:
    given = NeuralModels.of(["roberta-large", f"zh={empty}"], ["zh=8"], ["Elron/bleurt-base-512"])
    assert [(lang, one.name, one.layer) for lang, one in given.bertscore.items()] == [
        ("en", "roberta-large", None),
        ("zh", str(empty), 8),
    ]
    assert [(lang, one.name) for lang, one in given.bleurt.items()] == [("en", "Elron/bleurt-base-512")]
    assert [*NeuralModels.of(["en=roberta-large"]).bertscore] == ["en"]
    assert [*NeuralModels.of(bleurt=["zh=some/model"]).bleurt] == ["zh"]
    assert not NeuralModels.of()


@pytest.mark.parametrize(
    ("bertscore", "layers", "says"),
    [
        (["./nowhere"], [], "./nowhere: no such folder"),
        (["zh=/nowhere/at/all"], [], "/nowhere/at/all: no such folder"),
        (["{folder}/nowhere"], [], "no such folder"),
        (["{folder}/model/config.json"], [], "no such folder"),
        (["{folder}"], [], "holds no model: there is no config.json in it"),
        (["a", "b"], [], "--bertscore-model is given twice"),
        (["zh=a", "zh=b"], [], "--bertscore-model is given twice for zh"),
        (["a"], ["0"], "0 is not a layer"),
        (["a"], ["zh=last"], "last is not a layer"),
        ([], ["8"], "--bertscore-layer is of no use without --bertscore-model"),
    ],
)
def test_wrong_options_are_named(bertscore: list[str], layers: list[str], says: str, empty: Path) -> None:
    with pytest.raises(InputError) as error:
        NeuralModels.of([name.format(folder=empty.parent) for name in bertscore], layers)
    assert says in str(error.value)


def test_a_folder_that_was_meant_is_not_looked_for_on_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert NeuralModels.of(["models/tiny"])
    (tmp_path / "models").mkdir()
    with pytest.raises(InputError, match="models/tiny: no such folder"):
        NeuralModels.of(["models/tiny"])


# With models.


@pytest.mark.parametrize(("pairs", "layer"), [(ENGLISH, 1), (ENGLISH, 2), (ENGLISH, LAYERS), (CHINESE, 2)])
def test_bertscore_is_the_definition(models: Path, pairs: list[Pair], layer: int) -> None:
    expected = [by_definition(models / "encoder", pair, layer) for pair in pairs]
    assert values(models / "encoder", pairs, layer) == pytest.approx(expected, abs=1e-5)
    assert len({round(value, 4) for value in expected}) == len(pairs)


def test_the_same_text_scores_full_an_empty_one_nothing_and_the_mean_is_taken_over_turns(models: Path) -> None:
    given = NeuralModels.of([str(models / "encoder")])
    same = answers([("Hello, your order!", "Hello, your order!")])
    assert figures(given, same)["bertscore"].value == pytest.approx(100, abs=1e-3)
    failed = Answer("en", "Hello, your order!", failed=frozenset({"response"}))
    blank = Answer("en", "Hello", response=" \n")
    found = figures(given, [*same, failed], [*same, blank])["bertscore"]
    assert found.value == pytest.approx(50, abs=1e-3)
    assert (found.turns, found.low) == (4, found.high)
    assert found.how.startswith("mean F1 of encoder, layer 3, no idf, not rescaled, transformers ")


def test_neither_batches_nor_order_change_a_value(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from csc_dspy.metrics import encoders

    pairs = [*ENGLISH, *CHINESE, *((b, a) for a, b in ENGLISH), *((a[0], b[1]) for a, b in pairwise(ENGLISH))]
    together = values(models / "encoder", pairs)
    for size, order in ((1, pairs), (3, pairs[::-1]), (5, sorted(pairs))):
        monkeypatch.setattr(encoders, "BATCH", size)
        found = dict(zip(order, values(models / "encoder", order), strict=True))
        assert [found[pair] for pair in pairs] == pytest.approx(together, abs=1e-5)


def test_long_texts_are_cut_where_the_model_ends(models: Path) -> None:
    long = "please " * (PLACES - 2)
    expected = by_definition(models / "encoder", (long, "the order"), LAYERS)
    assert values(models / "encoder", [(long + "refund " * 50, "the order")]) == pytest.approx([expected], abs=1e-5)


def test_a_byte_level_model_reads_the_first_word_like_any_other(tmp_path: Path) -> None:
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    from tokenizers import ByteLevelBPETokenizer

    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    trained = ByteLevelBPETokenizer()
    trained.train_from_iterator([" the refund was sent, your order is sent"] * 9, 320, 1, special_tokens=special)
    trained.save_model(str(tmp_path))
    torch.manual_seed(1)
    config = transformers.RobertaConfig(
        vocab_size=320, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=PLACES + 2, initializer_range=0.5,
    )  # fmt: skip
    transformers.RobertaModel(config).save_pretrained(tmp_path)
    pair = ("order sent", "the order is sent")
    expected = [by_definition(tmp_path, pair, 2, before) for before in (" ", "")]
    assert values(tmp_path, [pair]) == pytest.approx(expected[:1], abs=1e-5)
    assert abs(expected[0] - expected[1]) > 1e-3
    assert values(tmp_path, [("", "the order"), ("the refund was sent " * 40, "order")])[0] == 0


def test_a_known_model_has_the_layer_of_bert_scores_table_unless_another_is_given(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from csc_dspy.metrics import encoders

    cached = tmp_path / "models--bert--tiny" / "snapshots" / "0123"
    shutil.copytree(models / "encoder", cached)
    monkeypatch.setitem(encoders.LAYERS, "tiny", 2)
    assert values(cached, ENGLISH) == values(models / "encoder", ENGLISH, 2)
    assert values(cached, ENGLISH, 1) == values(models / "encoder", ENGLISH, 1)
    given = NeuralModels.of([str(cached)])
    assert "mean F1 of bert/tiny, layer 2," in figures(given, answers(ENGLISH))["bertscore"].how
    with pytest.raises(InputError, match="encoder has 3 layers, there is no layer 4"):
        values(models / "encoder", ENGLISH, 4)
    assert (encoders.LAYERS["roberta-large"], encoders.LAYERS["bert-base-chinese"]) == (17, 8)


def test_bleurt_is_what_the_model_says_of_reference_and_candidate(models: Path) -> None:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    folder = models / "regression"
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()

    def direct(first: str, second: str) -> float:
        with torch.no_grad():
            # As lists: an empty text by itself would not count as the second of a pair.
            rows = tokenizer([first], [second], truncation=True, max_length=PLACES, return_tensors="pt")
            return float(model(**rows).logits[0, 0])

    given = NeuralModels.of(bleurt=[str(folder)])
    pairs = [*ENGLISH, ("", "Hello"), ("please " * 40, "order")]
    expected = [direct(wanted, said) for said, wanted in pairs]
    assert [given.outcome(given.bleurt["en"], pairs).values[pair] for pair in pairs] == pytest.approx(
        expected, abs=1e-5
    )
    assert direct(*ENGLISH[0]) != pytest.approx(expected[0], abs=1e-3)
    found = figures(given, answers(ENGLISH))["bleurt"]
    assert found.value == pytest.approx(100 * sum(expected[: len(ENGLISH)]) / len(ENGLISH), abs=1e-3)
    failed = figures(given, [Answer("en", "Hello", failed=frozenset({"response"}))])["bleurt"]
    assert (failed.value, failed.turns) == (pytest.approx(100 * direct("Hello", ""), abs=1e-3), 1)


def test_a_language_without_a_model_is_not_scored_but_counted(models: Path) -> None:
    given = NeuralModels.of([f"en={models / 'encoder'}"], bleurt=[str(models / "regression")])
    found = figures(given, answers(ENGLISH), answers(CHINESE, "zh"))
    alone = figures(given, answers(ENGLISH))
    for name in ("bertscore", "bleurt"):
        assert (found[name].value, found[name].turns) == (alone[name].value, len(ENGLISH))
        assert found[name].how.endswith(
            f"2 turns in zh are not scored: no model for zh: --{name}-model zh=MODEL gives one"
        )
        assert figures(given, answers(CHINESE, "zh"))[name].value is None
    both = figures(NeuralModels.of([str(models / "encoder")]), answers(ENGLISH), answers(CHINESE, "zh"))
    assert both["bertscore"].turns == len(ENGLISH) + len(CHINESE)


@pytest.mark.parametrize(
    ("option", "spoil", "says"),
    [
        ("bertscore", {"config.json": '{"model_type": "bleurt"}'}, "does not recognize this architecture"),
        ("bertscore", {"config.json": '{"model_type": "none", "auto_map": {"AutoConfig": "a.B"}}'}, "custom code"),
        ("bertscore", {"config.json": "{"}, "not a valid JSON file"),
        ("bertscore", {"vocab.txt": None}, "its tokenizer has 5 tokens and its network"),
        ("bleurt", {}, "its weights lack bert.pooler.dense.bias"),
        ("bleurt", {"config.json": '{"model_type": "bert", "num_labels": 2}'}, "it gives 2 numbers, not one"),
    ],
)
def test_a_folder_without_such_a_model_is_wrong_input(
    option: str, spoil: dict[str, str | None], says: str, models: Path, tmp_path: Path
) -> None:
    shutil.copytree(models / "encoder", tmp_path / "model")
    for name, text in spoil.items():
        (tmp_path / "model" / name).unlink() if text is None else (tmp_path / "model" / name).write_text(text, "utf-8")
    given = NeuralModels.of(**{option: [str(tmp_path / "model")]})
    for attempt in (given.check, lambda: figures(given, answers(ENGLISH))):
        with pytest.raises(InputError, match=says):
            attempt()


def test_weights_that_cannot_be_read_make_a_figure_absent_with_the_reason(models: Path, tmp_path: Path) -> None:
    shutil.copytree(models / "encoder", tmp_path / "model")
    weights = tmp_path / "model" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    found = figures(NeuralModels.of([str(tmp_path / "model")]), answers(ENGLISH))["bertscore"]
    assert found.value is None
    assert str(found.why).startswith(f"{tmp_path / 'model'}: Error while deserializing")


# The verbs.


@pytest.fixture
def saved(tmp_path: Path) -> Callable[..., Path]:
    """Writes answers as ``evaluate`` does, two conversations of each language; ``said`` replaces their first one."""

    def save(name: str = "answers.jsonl", said: str | None = None) -> Path:
        rows = []
        for number, (lang, pairs) in enumerate([("en", ENGLISH), ("zh", CHINESE)] * 2):
            turns = [
                AnsweredTurn(at=2 * at, reference=wanted, response=said if said and not at else answer)
                for at, (answer, wanted) in enumerate(pairs)
            ]
            about = {
                "topic": "other",
                "source": "test",
                "digest": "0" * 16,
                "context": "reference",
                "program": "direct",
            }
            rows.append(Answered(id=f"c{number}", lang=lang, turns=tuple(turns), **about))
        write_records(tmp_path / name, rows)
        return tmp_path / name

    return save


def scored(path: Path, *options: object) -> dict[str, Any]:
    done = CliRunner().invoke(command, [str(path), "--json", *map(str, options)])
    assert done.exit_code == 0, done.output + repr(done.exception)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_score_takes_models_and_changes_no_other_figure(models: Path, saved: Callable[..., Path]) -> None:
    without = scored(saved())
    options = ("--bertscore-model", models / "encoder", "--bertscore-layer", 2, "--bleurt-model", models / "regression")
    found = scored(saved(), *options)
    by_name = {one["name"]: one for one in found["scores"]}
    pairs = (ENGLISH + CHINESE) * 2
    expected = 100 * sum(by_definition(models / "encoder", pair, 2) for pair in pairs) / len(pairs)
    assert by_name["bertscore"]["value"] == pytest.approx(expected, abs=1e-3)
    assert by_name["bertscore"]["low"] <= expected <= by_name["bertscore"]["high"]
    assert by_name["bleurt"]["turns"] == 2 * len(ENGLISH)
    assert "layer 2" in by_name["bertscore"]["how"]
    of_zh = {one["name"]: one for one in found["by_lang"]["zh"]}
    assert of_zh["bertscore"]["turns"] == 2 * len(CHINESE)
    assert of_zh["bleurt"]["why"] == "no model for zh: --bleurt-model zh=MODEL gives one"
    neural = ("bertscore", "bleurt")
    assert [one for one in found["scores"] if one["name"] not in neural] == [
        one for one in without["scores"] if one["name"] not in neural
    ]
    assert [one.get("value") for one in without["scores"] if one["name"] in neural] == [None, None]


def test_the_table_has_both_columns_in_the_papers_order_and_says_what_is_absent(
    saved: Callable[..., Path], tmp_path: Path
) -> None:
    found = score(saved())
    table = as_markdown(found)
    assert "| BLEU-2 | BLEU-4 | ROUGE-L | BERTScore | BLEURT | strategy accuracy |" in table
    assert "- BERTScore: no model: --bertscore-model gives one" in table
    html, _ = write_report(found, [], tmp_path / "r.html", tmp_path / "r.md")
    assert "no model: --bleurt-model gives one" in html.read_text("utf-8")


def test_the_table_says_by_which_model_and_which_turns_it_leaves_out(models: Path, saved: Callable[..., Path]) -> None:
    table = as_markdown(score(saved(), neural=NeuralModels.of([f"en={models / 'encoder'}"])))  # type: ignore[arg-type]
    assert "- BERTScore: mean F1 of encoder, layer 3, no idf, not rescaled, transformers" in table
    assert "; 4 turns in zh are not scored: no model for zh" in table


def test_score_without_models_imports_neither_torch_nor_transformers(
    saved: Callable[..., Path], tmp_path: Path
) -> None:
    code = (
        "import sys; from csc_dspy.commands.score import command; command.main(sys.argv[1:], standalone_mode=False); "
        "print({'torch', 'transformers'} & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(saved())], capture_output=True, text=True, env=environment(), cwd=tmp_path
    )
    assert done.stderr == "set()\n"
    assert "| BERTScore |" in done.stdout


def test_a_model_the_hub_does_not_give_is_absent_with_the_reason(saved: Callable[..., Path], tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    offline = environment(HF_HUB_OFFLINE="1", HF_HOME=str(tmp_path / "cache"))
    done = run("score", saved(), "--bertscore-model", "roberta-large", cwd=tmp_path, env=offline)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "- BERTScore: roberta-large: cannot be fetched from the hub: " in done.stdout


def test_a_folder_that_does_not_exist_ends_the_verb_with_2(saved: Callable[..., Path], tmp_path: Path) -> None:
    for verb in (("score", saved()), ("compare", saved(), saved()), ("evaluate", "x.jsonl", "-o", "y", "--dry-run")):
        done = run(*verb, "--bleurt-model", "zh=./nowhere", cwd=tmp_path)
        assert done.returncode == 2
        assert done.stderr == "error: --bleurt-model: ./nowhere: no such folder\n"


def test_compare_compares_by_models_too(models: Path, saved: Callable[..., Path]) -> None:
    first, second = saved(), saved("better.jsonl", said="Thank you, goodbye.")
    given = NeuralModels.of([str(models / "encoder")])
    found = {one.name: one for one in compare(first, second, neural=given).figures}
    each = [score(path, neural=given).score("bertscore").value for path in (first, second)]  # type: ignore[union-attr]
    assert [found["bertscore"].first, found["bertscore"].second] == pytest.approx(each)
    assert found["bertscore"].difference == pytest.approx(each[1] - each[0])
    assert found["bertscore"].p is not None
    assert (found["bleurt"].first, found["bleurt"].difference) == (None, None)


def test_evaluate_scores_by_models_and_they_are_no_part_of_the_job(
    models: Path, server: OpenAIServer, tmp_path: Path
) -> None:
    write_records(tmp_path / "in.jsonl", [raw_call("one"), raw_call("two", "zh")])

    def job(*bertscore: str) -> Evaluation:
        paths = {"conversations": tmp_path / "in.jsonl", "output": tmp_path / "out.jsonl"}
        neural = NeuralModels.of(bertscore)
        return Evaluation(lm="openai/x", api_base=server.api_base, tracking=False, neural=neural, **paths)

    assert evaluate(job()).done == 2
    asked = len(server.log)
    again = job(str(models / "encoder"))
    evaluate(again)
    assert len(server.log) == asked
    found = reported(again)
    assert found is not None
    assert found.score("bertscore").turns == found.turns  # type: ignore[union-attr]
    assert found == reported(again) == score(again.output, neural=again.neural)
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "config.json").write_text("{}", "utf-8")
    with pytest.raises(InputError, match="none"):
        evaluate(job(str(tmp_path / "none")))
