"""RealTime QA (Kasai et al., arXiv 2207.13332): news quizzes over news.

The year 2024 is for reporting, over one corpus. The years 2022 and 2023 are for fitting: each
question has up to four articles of its own, which a search found, and weak labels by words.
"""

from __future__ import annotations

import re
from typing import Any

from assistant.facts import content_words
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
    ranked,
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


def _load_for_fitting(source: Source) -> LoadedSuite:
    """Ask each question of what states its answer and what does not, or only of the latter.

    An article that has a word of the answer without the whole of it is left out: it may state
    it in other words.
    """
    if source.hub:
        raise not_on_hub("rtqa-fit", "github.com/realtimeqa/realtimeqa_public")
    samples: list[Sample] = []
    articles: list[SuiteArticle] = []
    for row in read_lines(source.file("rtqa-fit", "train/realtimeqa_2022_2023.jsonl")):
        stating = [article for article in _own_articles(row) if _states(article, row["answer"])]
        others = [article for article in _own_articles(row) if not _hints(article, row["answer"])]
        answerable = bool(stating) and (not others or ranked(row["id"], 0) < "8")
        own = [*stating, *others] if answerable else others
        if own:
            articles += own
            samples.append(
                Sample(
                    id=f"rtqa-fit-{row['id']}",
                    question=row["question"],
                    answerable=answerable,
                    golds=((row["answer"],),) if answerable else (),
                    articles=tuple(article.key for article in own),
                    kinds=("answerable" if answerable else "left-out",),
                )
            )
    return LoadedSuite("rtqa-fit", tuple(samples), distinct(articles))


def _own_articles(row: dict[str, Any]) -> list[SuiteArticle]:
    found = (
        SuiteArticle(fold(article["title"]) or "Untitled", paragraphs(article["text"].split("\n")))
        for article in row["articles"]
    )
    return [article for article in found if article.text]


def _states(article: SuiteArticle, answer: str) -> bool:
    whole = rf"(?<!\w){re.escape(fold(answer))}(?!\w)"
    return bool(re.search(whole, f"{article.title} {article.text}", re.IGNORECASE))


def _hints(article: SuiteArticle, answer: str) -> bool:
    words = set(content_words(f"{article.title} {article.text}"))
    return _states(article, answer) or bool(words & set(content_words(answer)))


RTQA = Suite("rtqa", "RealTime QA 2024: 160 news-quiz questions, 923 articles", _load)
RTQA_FIT = Suite(
    "rtqa-fit", "RealTime QA 2022 and 2023: news-quiz questions for fitting", _load_for_fitting
)
