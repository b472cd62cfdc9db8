from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from csc_dspy.conversation import Profile, write_records
from csc_dspy.corpora.profiles import drop_near_duplicates, profile_id, read_profiles
from csc_dspy.errors import InputError, LineError

NURSE = "I am a night nurse from Harbourview, patient and precise, and I am saving for a small house."
DRIVER = "我是一名货车司机，五十二岁，脾气急，手机上网不熟练，最近发现话费被重复扣了两次，想把钱要回来。"


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(path: Path, **options: Any) -> list[Profile]:
    return list(read_profiles(path, **options))


def test_an_array_of_objects_and_bare_strings_is_read(tmp_path: Path) -> None:
    entries = [
        {"profile": {"profile": {"age": "25-34", "traits": ["High", "Low"]}}, "persona": NURSE},
        DRIVER,
        {"id": 7, "description": "A retired baker.", "name": "Ola", "lang": "en"},
        {"profile": "A student of law who lost a card."},
    ]
    path = write(tmp_path / "any.name", json.dumps(entries, indent=2))
    nurse, driver, baker, student = read(path)
    assert (nurse.text, nurse.fields) == (NURSE, {"age": "25-34", "traits": ["High", "Low"]})
    assert (driver.text, driver.fields, driver.lang) == (DRIVER, None, None)
    assert (baker.id, baker.lang, baker.fields) == ("7", "en", {"name": "Ola"})
    assert student.text.startswith("A student")


def test_json_lines_of_profiles_survive_a_round_trip(tmp_path: Path) -> None:
    profiles = [
        Profile(id="a", text=NURSE, lang="en", fields={"age": 31, "pets": None, "home": {"town": "Harbourview"}}),
        Profile(id="b", text=DRIVER, lang="zh"),
    ]
    path = tmp_path / "profiles.jsonl"
    write_records(path, [profiles[1]])
    assert read(path) == [profiles[1]]
    path.write_text("\n\n".join(profile.model_dump_json() for profile in profiles) + "\n")
    assert read(path) == profiles


def test_json_lines_of_strings_are_read(tmp_path: Path) -> None:
    path = write(tmp_path / "p", f"{json.dumps(NURSE)}\n{json.dumps({'persona': DRIVER})}\n")
    assert [profile.text for profile in read(path)] == [NURSE, DRIVER]


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_plain_text_is_one_profile_a_line(tmp_path: Path, mark: str) -> None:
    path = write(tmp_path / "p.txt", f"{mark}  {NURSE}\r\n\n{DRIVER}\n")
    assert [profile.text for profile in read(path)] == [NURSE, DRIVER]


@pytest.mark.parametrize("line", ['"Hello," says Maria, a florist.', "[Maria] is a florist.", "34, a florist"])
def test_text_that_begins_like_json_is_still_text(tmp_path: Path, line: str) -> None:
    assert read(write(tmp_path / "p", line))[0].text == line


def test_an_id_is_stable_and_made_of_the_text_alone(tmp_path: Path) -> None:
    text = read(write(tmp_path / "a", NURSE))[0]
    entry = read(write(tmp_path / "b", json.dumps([{"persona": f" {NURSE} ", "age": 3}])))[0]
    assert text.id == entry.id == profile_id(NURSE)
    assert text.id.startswith("p-")
    assert len(text.id) == 14


def test_the_language_asked_for_fills_in_and_never_overrules(tmp_path: Path) -> None:
    path = write(tmp_path / "p", json.dumps([{"text": DRIVER, "lang": "zh"}, NURSE]))
    assert [profile.lang for profile in read(path, lang="en")] == ["zh", "en"]


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"profile": {"age": 3}}, "no text"),
        ({"persona": "   "}, "no text"),
        ({"persona": ["I am"]}, "no text"),
        ("  ", "text is empty"),
        (3, "an object or a text, not int"),
        (None, "not NoneType"),
        ({"text": "x", "lang": "fr"}, "lang must be one of"),
        ({"text": "x", "id": True}, "id must be"),
        ({"text": "x", "id": ""}, "id must be"),
        ({"text": "x", "id": "first"}, "already that of another profile"),
        ({"text": "half \ud800"}, "half a character"),
    ],
)
def test_a_bad_entry_is_named_by_its_number(tmp_path: Path, entry: object, reason: str) -> None:
    path = write(tmp_path / "p.json", json.dumps([{"id": "first", "text": NURSE}, entry, DRIVER]))
    with pytest.raises(LineError, match=reason) as caught:
        read(path)
    assert caught.value.line == 2
    bad: list[LineError] = []
    assert [profile.text for profile in read(path, on_bad=bad.append)] == [NURSE, DRIVER]
    assert [error.line for error in bad] == [2]


def test_a_bad_line_is_named_by_its_number(tmp_path: Path) -> None:
    path = write(
        tmp_path / "p.jsonl", b'{"text": "one"}\n{"text": \n\xff\xfe\n' + b"[" * 100_000 + b'\n{"text": "two"}\n'
    )
    bad: list[LineError] = []
    assert [profile.text for profile in read(path, on_bad=bad.append)] == ["one", "two"]
    assert [error.line for error in bad] == [2, 3, 4]


@pytest.mark.parametrize("content", ["", "\n \n", "\ufeff", "[]", "[\n]", b"\xff\xfe\n"])
def test_a_file_without_profiles_says_so(tmp_path: Path, content: str | bytes) -> None:
    with pytest.raises(InputError, match=r"no profile|empty"):
        read(write(tmp_path / "p", content))


@pytest.mark.parametrize("content", ['[{"text": "a"},', '[\n{"text": "a"}\n{"text": "b"}]', '["a", nonsense]'])
def test_a_broken_array_is_reported_where_it_breaks(tmp_path: Path, content: str) -> None:
    with pytest.raises(LineError, match="not JSON"):
        read(write(tmp_path / "p", content), on_bad=lambda _: None)


def test_a_missing_file_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read(tmp_path / "nowhere")


def people(*texts: str) -> list[Profile]:
    return [Profile(id=str(number), text=text) for number, text in enumerate(texts)]


def test_the_first_of_near_duplicates_is_kept_and_named() -> None:
    given = people(
        NURSE,
        DRIVER,
        NURSE.replace("night nurse", "day nurse"),
        DRIVER.replace("五十二", "五十三"),
        "I am a retired teacher who plays chess, and I was charged twice for one parcel.",
    )
    kept, dropped = drop_near_duplicates(given)
    assert [profile.id for profile in kept] == ["0", "1", "4"]
    assert [(pair.dropped.id, pair.resembles) for pair in dropped] == [("2", "0"), ("3", "1")]
    assert all(0.85 < pair.cosine <= 1 for pair in dropped)


def test_equal_texts_have_cosine_one_and_resemble_a_kept_profile() -> None:
    kept, dropped = drop_near_duplicates(people(NURSE, NURSE, NURSE), threshold=1.0)
    assert [profile.id for profile in kept] == ["0"]
    assert [(pair.resembles, round(pair.cosine, 4)) for pair in dropped] == [("0", 1.0), ("0", 1.0)]


def test_the_same_style_of_another_person_is_no_duplicate() -> None:
    texts = [
        "I am a 34-year-old florist from Millbrook, cheerful and quick, and I want to open a savings account.",
        "I am a 61-year-old plumber from Eastcliff, stubborn and slow, and I want to return a broken kettle.",
        "张丽，三十四岁，花店老板，住在临江，想开储蓄账户。",
        "王强，六十一岁，水管工人，住在东山，想退掉坏的水壶。",
    ]
    assert drop_near_duplicates(people(*texts))[1] == []


def test_pruning_never_changes_what_the_whole_matrix_says() -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = NURSE.split()
    texts = [" ".join([*words[i % 7 :], DRIVER[i % 20 : i % 20 + 4], str(i % 13)]) for i in range(60)]
    vectors = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True).fit_transform(texts)
    cosines = (vectors @ vectors.T).toarray()
    kept: list[int] = []
    for row in range(len(texts)):
        if not any(cosines[row, other] > 0.85 for other in kept):
            kept.append(row)
    assert [int(profile.id) for profile in drop_near_duplicates(people(*texts))[0]] == kept


def test_nothing_and_blank_texts_do_not_crash() -> None:
    assert drop_near_duplicates([]) == ([], [])
    assert len(drop_near_duplicates(people(" ", " "))[0]) == 2
    assert len(drop_near_duplicates(people(NURSE, " ", "\u200b", "!"))[0]) == 4


@pytest.mark.parametrize("threshold", [0.0, -1.0, 1.1, float("nan")])
def test_a_threshold_out_of_range_is_refused(threshold: float) -> None:
    with pytest.raises(InputError, match="threshold"):
        drop_near_duplicates(people(NURSE, DRIVER), threshold)
