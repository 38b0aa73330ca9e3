"""Rows of tables, as Markdown writes them: a row says little without the names of its columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile

from assistant.facts.numbers import numbers
from assistant.facts.words import content_words, same_word

_RULE = re.compile(r"[\s|:+-]+")
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


def read_row(before: str, row: str) -> str | None:
    """Write a row with the names of its columns: "Note: 50 solas; Length in mm: 136".

    `before` is the text that leads up to the row. None where the row stands alone, is the
    table's head or has another number of cells than that.
    """
    lines = [line for line in before.split("\n") if line.strip()]
    table = list(takewhile(is_row, reversed(lines)))
    if not table or not is_row(row):
        return None
    names, cells = _cells(table[-1]), _cells(row)
    if len(names) != len(cells) or is_head(row):
        return None
    said = [f"{name}: {cell}" if name else cell for name, cell in zip(names, cells, strict=True)]
    return "; ".join(said)


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip().strip("|").split("|")]


def rows_of_others(question: str, rows: Sequence[str]) -> set[int]:
    """Return the indices of rows of one table that are not about what the question names.

    Asked for the crop of barley, the row of wheat only leads astray: its cells have nothing of
    the question that the row of barley has not, and lack "barley". Where rows may have to be
    counted or compared, there are none.
    """
    if _SEVERAL.search(question):
        return set()
    asked = content_words(question)
    values = {number.value for number in numbers(question)}

    def named(row: str) -> frozenset[object]:
        cells = " ".join(_cells(row))
        there = content_words(cells)
        words = {word for word in asked if any(same_word(word, other) for other in there)}
        return frozenset(words | (values & {number.value for number in numbers(cells)}))

    names = [named(row) for row in rows]
    return {index for index, own in enumerate(names) if any(own < other for other in names)}
