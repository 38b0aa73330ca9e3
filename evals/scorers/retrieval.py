"""How well ranked spans cover the evidence of a sample."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant import Article
from evals.outcomes import CitedSpan, FoundSpan
from evals.samples import Sample
from evals.scorers.text import holds

RECALL_AT = (1, 2, 3, 4, 5, 8, 10, 20)
_NDCG_AT = 10

FindArticle = Callable[[str], Article | None]
"""Finds an article by id; None where the index has no such article."""

Target = Callable[[FoundSpan], bool]
"""Tells whether a span covers one group of evidence."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Shares and means in [0, 1] over the groups of evidence of one sample.

    `recall` is by k; `reciprocal_rank` that of the first span that covers any group; `ndcg`
    counts a group at the first span that covers it, cut at 10, and 1 at most.
    """

    recall: dict[str, float]
    recall_all: float
    reciprocal_rank: float
    ndcg: float


def evidence_targets(sample: Sample, find: FindArticle) -> list[Target]:
    """Return a test for each group of evidence.

    A quote is covered by a span that shares at least half of the shorter of both. Without
    quotes, the sentence that holds the gold answer is the evidence: any span that contains it.
    """
    if sample.evidence:
        return [_quoted(group, find) for group in sample.evidence]
    return [_holding(group, find) for group in sample.golds]


def rank_scores(targets: Sequence[Target], spans: Sequence[FoundSpan]) -> Ranking:
    """Score a ranking, best first."""
    first = [next((n for n, span in enumerate(spans) if hit(span)), None) for hit in targets]
    found = [rank for rank in first if rank is not None]
    gain = sum(1 / math.log2(rank + 2) for rank in found if rank < _NDCG_AT)
    ideal = sum(1 / math.log2(rank + 2) for rank in range(min(len(targets), _NDCG_AT)))
    return Ranking(
        recall={str(k): sum(rank < k for rank in found) / len(targets) for k in RECALL_AT},
        recall_all=len(found) / len(targets),
        reciprocal_rank=1 / (1 + min(found)) if found else 0.0,
        ndcg=min(1.0, gain / ideal),
    )


def citation_precision(targets: Sequence[Target], cited: Sequence[CitedSpan]) -> float:
    """Return the share of citations that cover some evidence; 0 without citations."""
    if not cited:
        return 0.0
    return sum(any(hit(_span(one)) for hit in targets) for one in cited) / len(cited)


def citation_recall(targets: Sequence[Target], cited: Sequence[CitedSpan]) -> float:
    """Return the share of groups of evidence that a citation covers."""
    return sum(any(hit(_span(one)) for one in cited) for hit in targets) / len(targets)


def text_of(find: FindArticle, article_id: str) -> str:
    """Return an article's text; nothing for an unknown article."""
    article = find(article_id)
    return article.text if article is not None else ""


def _span(cited: CitedSpan) -> FoundSpan:
    return FoundSpan(cited.article_id, cited.start, cited.end, 0.0)


def _quoted(group: Sequence[str], find: FindArticle) -> Target:
    def hit(span: FoundSpan) -> bool:
        text = text_of(find, span.article_id)
        return any(_overlaps(text, quote, span.start, span.end) for quote in group)

    return hit


def _overlaps(text: str, quote: str, start: int, end: int) -> bool:
    at = text.find(quote)
    while at >= 0:
        shared = min(end, at + len(quote)) - max(start, at)
        if shared > 0 and 2 * shared >= min(len(quote), end - start):
            return True
        at = text.find(quote, at + 1)
    return False


def _holding(group: Sequence[str], find: FindArticle) -> Target:
    def hit(span: FoundSpan) -> bool:
        text = text_of(find, span.article_id)[span.start : span.end]
        return any(holds(text, gold) for gold in group)

    return hit
