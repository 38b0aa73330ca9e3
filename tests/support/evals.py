"""Outcomes and rows for tests of what is made of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from assistant import Article
from evals.outcomes import CitedSpan, FoundSpan, Outcome, StatementOutcome
from evals.rows import Row, make_row
from evals.samples import Sample
from evals.scorers import score

TEXT = (
    "The bridge opened in 1932. It is 503 metres long, said Mayor Anna Berg. "
    "The tunnel is older. Nobody counted the boats."
)
ARTICLE = Article("The Bridge", TEXT, source="Courier")


def find(article_id: str) -> Article | None:
    return ARTICLE if article_id == ARTICLE.id else None


def span_of(quote: str, score: float = 0.9) -> FoundSpan:
    start = TEXT.index(quote)
    return FoundSpan(ARTICLE.id, start, start + len(quote), score)


def cited(quote: str) -> CitedSpan:
    span = span_of(quote)
    return CitedSpan(span.article_id, span.start, span.end, quote)


def answered(text: str, *quotes: str, score: float = 0.9, **values: Any) -> Outcome:
    statement = StatementOutcome(text, "supported", score, True, tuple(range(len(quotes))))
    return Outcome(
        text=text,
        refused=False,
        citations=tuple(cited(quote) for quote in quotes),
        statements=(statement,),
        evidence=tuple(span_of(quote) for quote in quotes),
        passages=tuple(span_of(quote) for quote in quotes),
        retrieved_s=0.1,
        first_token_s=0.5,
        last_token_s=0.9,
        total_s=1.2,
        **values,
    )


def refused(code: str = "not_stated") -> Outcome:
    return Outcome(text="", refused=True, refusal_code=code, total_s=0.1)


def sample(**values: Any) -> Sample:
    known: dict[str, Any] = {
        "id": "length",
        "question": "How long is the bridge?",
        "answerable": True,
        "answers": ((r"\b503\b",),),
        "evidence": (("It is 503 metres long, said Mayor Anna Berg.",),),
        "kinds": ("number-with-unit",),
    }
    return Sample(**(known | values))


def unanswerable(**values: Any) -> Sample:
    plain: dict[str, Any] = {"answerable": False, "answers": (), "evidence": ()}
    return sample(**({"id": "boats", "question": "How many boats?"} | plain | values))


def row(
    item: Sample,
    outcome: Outcome,
    *,
    suite: str = "own",
    pipeline: str = "assistant",
    find: Callable[[str], Article | None] = find,
) -> Row:
    return make_row(suite, pipeline, item, outcome, score(item, outcome, find), [])
