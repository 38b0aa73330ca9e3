"""What a suite is made of before it is opened, and reading the public files."""

from __future__ import annotations

import hashlib
import json
import os
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.samples import Sample

DATA_VARIABLE = "EVALS_DATA"
"""Names the folder of the public sets. Not ASSISTANT_…, which the settings would refuse."""


class DataError(Exception):
    """A suite's data is not where it was looked for, or not what it should be."""


@dataclass(frozen=True, slots=True)
class SuiteArticle:
    """An article that a suite brings along. Equal texts with equal titles are one article."""

    title: str
    text: str
    source: str = ""

    @property
    def key(self) -> str:
        """Content hash; samples name their articles by it."""
        content = json.dumps([self.title, self.text, self.source], ensure_ascii=False)
        return hashlib.sha256(content.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class LoadedSuite:
    """Samples with the articles they are asked of, or files that hold both.

    Either `samples` and `articles` are filled, or `questions` and `corpus` are.
    """

    name: str
    samples: tuple[Sample, ...] = ()
    articles: tuple[SuiteArticle, ...] = ()
    questions: Path | None = None
    corpus: Path | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where public data comes from: a folder, or the hub where that was asked for."""

    folder: Path | None = None
    hub: bool = False
    seed: int = 0

    def file(self, suite: str, name: str) -> Path:
        """Return a file of the data folder.

        Raises:
            DataError: no folder was named, or it lacks the file.
        """
        named = self.folder
        if named is None and os.environ.get(DATA_VARIABLE):
            named = Path(os.environ[DATA_VARIABLE])
        if named is None:
            raise DataError(
                f"The suite {suite} needs public data: name its folder with --data or "
                f"{DATA_VARIABLE}, or give --hub to load it from the hub."
            )
        path = named / name
        if not path.is_file():
            raise DataError(f"The suite {suite} needs {path}, which is no file.")
        return path


@dataclass(frozen=True, slots=True)
class Suite:
    """A named question set and how to load it."""

    name: str
    summary: str
    load: Callable[[Source], LoadedSuite]


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Read JSON Lines.

    Raises:
        DataError: a line is no JSON object.
    """
    rows = []
    for number, line in enumerate(path.read_text("utf-8").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise DataError(f"{path.name}, line {number}: {error}.") from error
        if not isinstance(row, dict):
            raise DataError(f"{path.name}, line {number}: no JSON object.")
        rows.append(row)
    return rows


def fold(text: str) -> str:
    """Return a text on one line in the form in which the corpus keeps it."""
    visible = "".join(c for c in text if c.isspace() or unicodedata.category(c) != "Cc")
    return unicodedata.normalize("NFC", " ".join(visible.replace("\ufeff", "").split()))


def paragraphs(texts: Iterable[str]) -> str:
    """Join paragraphs by blank lines, each folded, empty ones left out."""
    return "\n\n".join(folded for text in texts if (folded := fold(text)))


def ranked(key: str, seed: int) -> str:
    """Return a sorting key that shuffles by seed, the same on every machine."""
    return hashlib.sha256(f"{seed}:{key}".encode()).hexdigest()


def distinct(articles: Iterable[SuiteArticle]) -> tuple[SuiteArticle, ...]:
    """Keep the first of equal articles, in order."""
    return tuple({article.key: article for article in articles}.values())
