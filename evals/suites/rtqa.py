"""RealTime QA 2024 (Kasai et al., arXiv 2207.13332): news quizzes over one corpus of news."""

from __future__ import annotations

from evals.samples import Sample
from evals.suites.hub import not_on_hub
from evals.suites.loading import (
    LoadedSuite,
    Source,
    Suite,
    SuiteArticle,
    distinct,
    fold,
    paragraphs,
    read_lines,
)


def _load(source: Source) -> LoadedSuite:
    if source.hub:
        raise not_on_hub("rtqa", "github.com/realtimeqa/realtimeqa_public")
    articles = [
        SuiteArticle(fold(row["title"]) or "Untitled", paragraphs(row["text"].split("\n")))
        for row in read_lines(source.file("rtqa", "realtimeqa/rtqa2024_articles.jsonl"))
    ]
    samples = tuple(
        Sample(
            id=f"rtqa-{row['id']}",
            question=row["question"],
            answerable=row["answerable"],
            golds=((row["answer"],),) if row["answerable"] else (),
            choices=tuple(row["choices"]) if row["answerable"] else (),
            kinds=("answerable" if row["answerable"] else "left-out",),
        )
        for row in read_lines(source.file("rtqa", "realtimeqa/rtqa2024_questions.jsonl"))
    )
    return LoadedSuite("rtqa", samples, distinct(a for a in articles if a.text))


RTQA = Suite("rtqa", "RealTime QA 2024: 160 news-quiz questions, 923 articles", _load)
