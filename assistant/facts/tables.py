"""Rows of tables, as Markdown writes them: a row says little without the names of its columns."""

from __future__ import annotations

import re
from itertools import takewhile

_RULE = re.compile(r"[\s|:+-]+")


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
