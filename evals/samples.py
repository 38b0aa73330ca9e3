"""Questions with what counts as a right answer; labels are verbatim quotes of articles."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DATASETS = Path(__file__).parent / "datasets"

Groups = tuple[tuple[str, ...], ...]
"""Groups of alternatives: every group counts, any member of a group will do."""


class SampleError(Exception):
    """A line of a question file is not a valid sample."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One question.

    `answers`, `forbidden` and `correction` are regular expressions, matched without regard to
    case anywhere in the answer. `correction` is what may be said instead of refusing where a
    question assumes something wrong. `evidence` quotes the article verbatim.
    """

    id: str
    question: str
    turns: tuple[str, ...]
    answerable: bool
    answers: Groups
    forbidden: tuple[str, ...]
    correction: Groups
    evidence: Groups
    kinds: tuple[str, ...]
    note: str = ""

    @property
    def split(self) -> str:
        """`dev` for tuning, `test` for reporting; half each, fixed by the id."""
        return "dev" if hashlib.sha256(self.id.encode()).digest()[0] < 128 else "test"


def load_samples(path: Path, texts: Sequence[str]) -> list[Sample]:
    """Read JSON Lines and hold every quote and pattern against the articles' texts.

    Raises:
        SampleError: names the line and what is wrong with it.
    """
    samples: list[Sample] = []
    seen: set[str] = set()
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            sample = _read(json.loads(line))
            _validate(sample, texts)
            if sample.id in seen:
                raise ValueError(f"the id {sample.id!r} stands twice")
        except (KeyError, TypeError, ValueError, re.error) as error:
            raise SampleError(f"{path.name}, line {number}: {error}.") from error
        seen.add(sample.id)
        samples.append(sample)
    if not samples:
        raise SampleError(f"{path.name} holds no questions.")
    return samples


def _read(entry: dict[str, Any]) -> Sample:
    return Sample(
        id=entry["id"],
        question=entry["question"],
        turns=tuple(entry.get("turns", ())),
        answerable=entry["answerable"],
        answers=_groups(entry.get("answers", ())),
        forbidden=tuple(entry.get("forbidden", ())),
        correction=_groups(entry.get("correction", ())),
        evidence=_groups(entry.get("evidence", ())),
        kinds=tuple(entry["kinds"]),
        note=entry.get("note", ""),
    )


def _groups(value: Iterable[Iterable[str] | str]) -> Groups:
    return tuple((group,) if isinstance(group, str) else tuple(group) for group in value)


def _validate(sample: Sample, texts: Sequence[str]) -> None:
    if sample.answerable != bool(sample.answers) or sample.answerable != bool(sample.evidence):
        raise ValueError("answers and evidence belong to answerable questions, and only there")
    for pattern in [
        *sample.forbidden,
        *(pattern for group in sample.answers + sample.correction for pattern in group),
    ]:
        re.compile(pattern)
    for quote in (quote for group in sample.evidence for quote in group):
        if not any(quote in text for text in texts):
            raise ValueError(f"no article has the quote {quote!r}")
