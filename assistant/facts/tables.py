"""Rows of tables, as Markdown writes them: a row says little without the names of its columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile

from assistant.facts.dates import calendar_words
from assistant.facts.numbers import numbers
from assistant.facts.words import content_words, found_in

_RULE = re.compile(r"[\s|:+-]+")
_UNIT_IN_NAME = re.compile(r"(?P<name>.+?) \((?P<unit>[^()\d]+)\)")
_SEVERAL = re.compile(
    r"\b(?:all|any|each|every|other|both|between|than|total|sum|average|differ\w*|compar\w*|listed|"
    r"most|least|more|less|fewer|only|first|last|how many of|\w{2,}est)\b",
    re.IGNORECASE,
)
"""A question that may need several rows: they are counted or compared."""


def is_row(line: str) -> bool:
    """Tell whether a line is a row of a table: "| 50 solas | violet | 136 |"."""
    return line.lstrip().startswith("|") and line.count("|") > 1


def is_head(text: str) -> bool:
    """Tell whether a text ends with the rule below the head of a table: "|---|---|"."""
    last = text.rstrip().rsplit("\n", 1)[-1]
    return is_row(last) and bool(_RULE.fullmatch(last))


def read_row(before: str, row: str, *, question: str = "") -> str | None:
    """Write a row with the names of its columns: "Note: 50 solas; Length in mm: 136".

    `before` is the text that leads up to the row. Columns of other times than the `question`
    names are left out. None where the row stands alone, is the table's head or has another
    number of cells than that.
    """
    lines = [line for line in before.split("\n") if line.strip()]
    table = list(takewhile(is_row, reversed(lines)))
    if not table or not is_row(row):
        return None
    names, cells = _cells(table[-1]), _cells(row)
    if len(names) != len(cells) or is_head(row):
        return None
    of_others = _columns_of_others(question, names)
    said = [
        _with_name(name, cell)
        for index, (name, cell) in enumerate(zip(names, cells, strict=True))
        if index not in of_others
    ]
    return "; ".join(said)


def _with_name(name: str, cell: str) -> str:
    """Put the name of its column before a cell, a unit in the name after its number.

    "Harvest (thousand tonnes)" and "488" read "Harvest: 488 thousand tonnes".
    """
    measured = _UNIT_IN_NAME.fullmatch(name)
    if measured:
        with_unit = f"{cell} {measured['unit']}"
        if [number.text for number in numbers(with_unit) if number.unit] == [with_unit]:
            return f"{measured['name']}: {with_unit}"
    return f"{name}: {cell}" if name else cell


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip().strip("|").split("|")]


def rows_of_others(question: str, rows: Sequence[str]) -> set[int]:
    """Return the indices of rows of one table that are not about what the question names.

    Asked for the crop of barley, the row of wheat only leads astray: its cells have nothing of
    the question that the row of barley has not, and lack "barley". Where rows may have to be
    counted or compared, there are none.
    """
    return _outdone(question, [" ".join(_cells(row)) for row in rows])


def _columns_of_others(question: str, names: Sequence[str]) -> set[int]:
    """Return the indices of columns that tell of another time than the question names."""
    timed = [index for index, name in enumerate(names) if calendar_words(name) or numbers(name)]
    return {timed[place] for place in _outdone(question, [names[index] for index in timed])}


def _outdone(question: str, texts: Sequence[str]) -> set[int]:
    """Return the indices of texts beside which another has all they have of a question, and more.

    There are none where the question counts or compares.
    """
    if _SEVERAL.search(question):
        return set()
    asked = [*content_words(question), *calendar_words(question)]
    values = {number.value for number in numbers(question)}

    def named(text: str) -> frozenset[object]:
        there = [*content_words(text), *calendar_words(text)]
        words = {word for word in asked if found_in(word, there)}
        return frozenset(words | (values & {number.value for number in numbers(text)}))

    found = [named(text) for text in texts]
    return {index for index, own in enumerate(found) if any(own < other for other in found)}
