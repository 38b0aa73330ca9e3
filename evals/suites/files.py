"""Suites that are a file of questions over a folder of articles."""

from __future__ import annotations

from pathlib import Path

from evals.samples import DATASETS
from evals.suites.loading import DataError, LoadedSuite, Source, Suite

_CORPUS = Path(__file__).parents[2] / "corpus"


def own_suite(name: str, questions: Path, corpus: Path) -> Suite:
    """Make a suite of any file of questions and any folder of articles (or one article)."""

    def load(_source: Source) -> LoadedSuite:
        for path in (questions, corpus):
            if not path.exists():
                raise DataError(f"The suite {name} needs {path}, which does not exist.")
        return LoadedSuite(name, questions=questions, corpus=corpus)

    return Suite(name, f"{questions.name} over {corpus.name}", load)


SUMMIT = Suite(
    "summit",
    "183 questions on the article that comes with the project",
    own_suite(
        "summit",
        DATASETS / "second-trump-kim-summit.jsonl",
        _CORPUS / "second-trump-kim-summit.md",
    ).load,
)


def _dataset(name: str, description: str) -> Suite:
    folder = DATASETS / name
    load = own_suite(name, folder / "questions.jsonl", folder / "corpus").load
    return Suite(name, description, load)


BRIEFINGS = _dataset(
    "briefings", "invented news by invented outlets: conflicts, corrections, namesakes, dates"
)
FEATURES = _dataset(
    "features", "longer invented articles: a feature, an interview, a live blog, a table, a report"
)
LONGREADS = _dataset(
    "longreads",
    "64 questions on longer invented articles, by somebody who had not seen the assistant",
)
