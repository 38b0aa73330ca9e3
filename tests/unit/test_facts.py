"""What a text asserts that can be checked; the cases are in tests/cases/facts.toml."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from assistant.facts import (
    calendar_words,
    content_words,
    flatten,
    fold,
    identifying_names,
    names,
    numbers,
    quoted_phrases,
    read_row,
    rows_of_others,
    same_word,
    states_number,
)

CASES: dict[str, list[dict[str, Any]]] = tomllib.loads(
    (Path(__file__).parents[1] / "cases" / "facts.toml").read_text("utf-8")
)


def number_pairs(key: str) -> list[Any]:
    return [
        pytest.param(case["evidence"], text, id=f"{text} | {case['evidence']}")
        for case in CASES["numbers"]
        for text in case[key]
    ]


@pytest.mark.parametrize(("evidence", "text"), number_pairs("states"))
def test_an_equal_number_is_found_in_whatever_form(evidence: str, text: str) -> None:
    assert [number for number in numbers(text) if not states_number(evidence, number)] == []


@pytest.mark.parametrize(("evidence", "text"), number_pairs("lacks"))
def test_another_number_or_unit_is_not_found(evidence: str, text: str) -> None:
    assert [number for number in numbers(text) if not states_number(evidence, number)] != []


@pytest.mark.parametrize("case", CASES["names"], ids=lambda case: case["text"])
def test_names_are_found_in_order(case: dict[str, Any]) -> None:
    assert [name.text.rstrip(".") for name in names(case["text"])] == case["names"]


def test_a_mere_region_identifies_nothing() -> None:
    found = identifying_names("What Pacific possession of the Asian firm Marlow was sold?")
    assert [name.text for name in found] == ["Marlow"]


@pytest.mark.parametrize("case", CASES["calendar"], ids=lambda case: case["text"])
def test_months_and_weekdays_are_found(case: dict[str, Any]) -> None:
    assert calendar_words(case["text"]) == case["words"]


@pytest.mark.parametrize("case", CASES["quotes"], ids=lambda case: case["text"])
def test_quoted_phrases_are_found(case: dict[str, Any]) -> None:
    assert quoted_phrases(case["text"]) == case["phrases"]


@pytest.mark.parametrize("case", CASES["same"], ids=lambda case: "-".join(case["words"]))
def test_words_are_compared_as_readers_do(case: dict[str, Any]) -> None:
    left, right = (fold(word) for word in case["words"])
    assert same_word(left, right) is case["same"]
    assert same_word(right, left) is case["same"]


def test_verbatim_comparison_is_lenient_about_form_only() -> None:
    assert flatten("“We  WANT this — now.”") == flatten('"We want this, now"')
    assert flatten("we want this") != flatten("we wanted this")


def test_content_words_come_once_and_in_order() -> None:
    assert content_words("The mayor and the mayors of the town") == content_words("mayor town")


@pytest.mark.parametrize("text", ["", " ", "…", "[", "(((", "$", "-", "\u0000", "🚀", "1" * 400])
def test_no_text_is_too_odd_to_be_read(text: str) -> None:
    numbers(text)
    names(text)
    calendar_words(text)
    quoted_phrases(text)
    content_words(text)


_TABLE = "Prices were set.\n\n| Note | Colour | Length |\n|---|---|---|\n| 5 solas | red | 118 |\n"


@pytest.mark.parametrize(
    ("before", "row", "reading"),
    [
        (
            _TABLE,
            "| 50 solas | violet | 136 |",
            "Note: 50 solas; Colour: violet; Length: 136",
        ),
        (
            "| Crop | 2031 (thousand tonnes) | Cases (women) | Price ($) |\n",
            "| Barley | 488 | 12 | 9 |",
            "Crop: Barley; 2031: 488 thousand tonnes; Cases (women): 12; Price ($): 9",
        ),
        (_TABLE, "| 50 solas | violet |", None),
        (_TABLE, "|---|---|---|", None),
        (_TABLE, "It is violet.", None),
        ("Prices were set.\n\n", "| Note | Colour |", None),
        (f"{_TABLE}\nProse between.\n", "| 50 solas | violet | 136 |", None),
    ],
)
def test_a_row_is_read_with_the_names_of_its_columns(
    before: str, row: str, reading: str | None
) -> None:
    assert read_row(before, row) == reading


_CROPS = ["| Barley | 910 | 488 |", "| Wheat | 640 | 415 |", "| Apricots | 75 | 31 |"]


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("What was the barley crop in 2031?", {1, 2}),
        ("Was it barley or wheat that failed?", {2}),
        ("Which crop had 415?", {0, 2}),
        ("What was harvested in 2031?", set()),
        ("Was the barley crop larger than others?", set()),
        ("Which crop was the smallest, barley?", set()),
    ],
)
def test_rows_that_a_question_does_not_name_are_of_others(question: str, wanted: set[int]) -> None:
    assert rows_of_others(question, _CROPS) == wanted


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("What was the barley crop in 2031?", "Crop: Barley; 2031: 488 tonnes"),
        ("What was the barley crop?", "Crop: Barley; 2030: 910 tonnes; 2031: 488 tonnes"),
        (
            "How much more barley was there in 2030?",
            "Crop: Barley; 2030: 910 tonnes; 2031: 488 tonnes",
        ),
    ],
)
def test_columns_of_other_times_than_the_question_names_are_left_out(
    question: str, wanted: str
) -> None:
    before = "| Crop | 2030 (tonnes) | 2031 (tonnes) |\n|---|---|---|\n"
    assert read_row(before, "| Barley | 910 | 488 |", question=question) == wanted
