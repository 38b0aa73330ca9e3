"""One sample, one pipeline: what came out and what it is worth, as a line on disk."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.outcomes import Outcome
from evals.samples import Sample
from evals.scorers import Scores
from evals.scorers.judge import expected_text

ROWS = "rows.jsonl"

Row = dict[str, Any]
"""A row as JSON gives it back: see `RowOut` for its names."""
Rows = Sequence[Row]


class RunError(Exception):
    """A folder holds no run, or one that does not fit."""


@dataclass(frozen=True, slots=True)
class RowOut:
    """A row as it is written. `expected` is for readers; scoring never looks at it."""

    suite: str
    sample_id: str
    sample_digest: str
    pipeline: str
    question: str
    turns: tuple[str, ...]
    answerable: bool
    kinds: tuple[str, ...]
    split: str
    group: str
    expected: str
    evidence_expected: tuple[str, ...]
    evidence_texts: tuple[str, ...]
    outcome: Outcome
    scores: Scores


def make_row(
    suite: str,
    pipeline: str,
    sample: Sample,
    outcome: Outcome,
    scores: Scores,
    evidence_texts: Sequence[str],
) -> Row:
    """Return a row as plain values."""
    quotes = tuple(" / ".join(group) for group in sample.evidence)
    row = RowOut(
        suite,
        sample.id,
        sample.digest,
        pipeline,
        sample.question,
        tuple(turn.question for turn in sample.turns),
        sample.answerable,
        sample.kinds,
        sample.split,
        sample.group,
        expected_text(sample),
        quotes,
        tuple(evidence_texts),
        outcome,
        scores,
    )
    plain: Row = json.loads(json.dumps(dataclasses.asdict(row), ensure_ascii=False))
    return plain


def key_of(row: Row) -> tuple[str, str, str]:
    """Return what a row is paired by: suite, pipeline, sample."""
    return row["suite"], row["pipeline"], row["sample_id"]


def read_rows(out: Path) -> list[Row]:
    """Read the rows of a run; a line that was cut off is left out, of twins the last counts."""
    path = out / ROWS
    rows: dict[tuple[str, str, str], Row] = {}
    for line in path.read_text("utf-8").split("\n") if path.is_file() else []:
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            continue
        rows[key_of(row)] = row
    return list(rows.values())


def read_run(out: Path) -> list[Row]:
    """Read the rows of a run that must be there.

    Raises:
        RunError: there are none.
    """
    rows = read_rows(out)
    if not rows:
        raise RunError(f"{out} holds no run.")
    return rows


def names_of(rows: Rows, field: str) -> list[str]:
    """Return the different values of a field, in order of appearance."""
    return list(dict.fromkeys(row[field] for row in rows))


def failures(rows: Iterable[Row]) -> list[Row]:
    """Return the rows that are wrong; what could not be scored is not wrong."""
    return [row for row in rows if row["scores"]["right"] is False]
