from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assistant import Turn
from evals.adding import questions_in, read_stored
from evals.rows import ROWS, read_rows
from evals.samples import SampleError, choose, load_samples
from evals.suites.loading import read_lines
from tests.support.evals import TEXT, sample, unanswerable

GOOD: dict[str, Any] = {
    "id": "length",
    "question": "How long is the bridge?",
    "answerable": True,
    "answers": [["503"]],
    "evidence": [["It is 503 metres long"]],
    "kinds": ["plain"],
}


def write(tmp_path: Path, *entries: Any) -> Path:
    path = tmp_path / "questions.jsonl"
    path.write_text("\n".join(json.dumps(entry) for entry in entries), "utf-8")
    return path


def test_a_line_becomes_a_sample(tmp_path: Path) -> None:
    turns = ["Which bridge?", {"question": "Where?", "answer": "Here."}]
    (found,) = load_samples(write(tmp_path, GOOD | {"turns": turns}), [TEXT])
    assert found.turns == (Turn("Which bridge?"), Turn("Where?", "Here."))
    assert found.answers == (("503",),)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"evidence": [["It is 504 metres long"]]}, "no article has the quote"),
        ({"answers": [["(503"]]}, "missing \\)"),
        ({"answers": []}, "answers and evidence belong to answerable"),
        ({"answerable": False}, "answers and evidence belong to answerable"),
        ({"answerable": "yes"}, "answerable is true or false"),
        ({"question": " "}, "question is a text"),
        ({"answer": "503"}, "unknown field answer"),
        ({"kinds": "plain"}, "no list of texts"),
        ({"answers": "503"}, "no list of groups"),
        ({"turns": "ab"}, "no list of turns"),
        ({"turns": [7]}, "no list of turns"),
        ({"articles": "xy"}, "no list of texts"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    with pytest.raises(SampleError, match=rf"questions.jsonl, line 1: .*{said}"):
        load_samples(write(tmp_path, GOOD | change), [TEXT])


def test_a_line_separator_inside_a_question_ends_no_line(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    asked = GOOD | {"question": "How long\u2028is\x85it?"}
    path.write_text(json.dumps(asked, ensure_ascii=False) + "\n", "utf-8")
    assert load_samples(path, [TEXT])[0].question == asked["question"]
    assert read_lines(path) == [asked]
    assert questions_in(path) == {"length": asked["question"]}
    said = json.dumps({"answer": {**asked, "statements": [], "citations": []}}, ensure_ascii=False)
    assert len(read_stored(f"{said}\n{said}\n")) == 2
    row = {"suite": "s", "pipeline": "p", "sample_id": "a", "question": asked["question"]}
    (tmp_path / ROWS).write_text(json.dumps(row, ensure_ascii=False) + "\n", "utf-8")
    assert read_rows(tmp_path) == [row]


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(SampleError, match="'answerable' is missing"):
        load_samples(write(tmp_path, {"id": "x"}), [TEXT])


def test_an_id_stands_once(tmp_path: Path) -> None:
    with pytest.raises(SampleError, match="line 2: the id 'length' stands twice"):
        load_samples(write(tmp_path, GOOD, GOOD), [TEXT])


def test_an_empty_file_and_no_file_are_errors(tmp_path: Path) -> None:
    with pytest.raises(SampleError, match="holds no questions"):
        load_samples(write(tmp_path), [TEXT])
    with pytest.raises(SampleError, match="cannot be read"):
        load_samples(tmp_path / "none.jsonl", [TEXT])


def test_a_draw_keeps_the_proportion_and_begins_a_larger_one() -> None:
    every = [sample(id=f"a{n}") for n in range(20)] + [unanswerable(id=f"u{n}") for n in range(10)]
    small = choose(every, limit=6, seed=3)
    assert sum(item.answerable for item in small) == 4
    assert choose(every, limit=12, seed=3)[:6] == small
    assert choose(every, limit=6, seed=4) != small
    assert choose(every, limit=None, seed=3) == every


def test_samples_that_share_a_base_question_are_in_one_split() -> None:
    shared = [
        sample(id=f"rgb-7-{n}", group="rgb-7", articles=("k",)).split for n in ("a", "b", "c", "d")
    ]
    assert len(set(shared)) == 1


def test_the_digest_changes_with_what_matters() -> None:
    assert sample().digest == sample().digest
    assert sample().digest != sample(forbidden=("x",)).digest
