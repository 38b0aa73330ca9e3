"""RGB (Chen et al., arXiv 2309.01431): news questions among noise, without and with lies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evals.samples import Groups, Sample
from evals.suites.hub import not_on_hub
from evals.suites.loading import (
    LoadedSuite,
    Source,
    Suite,
    SuiteArticle,
    distinct,
    fold,
    ranked,
    read_lines,
)

_CONDITIONS = {
    "noise": (("positive", 2), ("negative", 3)),
    "rejection": (("negative", 5),),
    "counterfactual": (("positive", 1), ("positive_wrong", 1), ("negative", 3)),
}
"""Which snippets, and at most how many of each; some questions have fewer."""


def _load(source: Source) -> LoadedSuite:
    if source.hub:
        raise not_on_hub("rgb", "github.com/chen700564/RGB")
    samples: list[Sample] = []
    articles: list[SuiteArticle] = []
    for row in read_lines(source.file("rgb", "rgb/en_fact_public.jsonl")):
        for condition, parts in _CONDITIONS.items():
            snippets = [
                SuiteArticle("News", fold(text))
                for field, count in parts
                for text in _drawn(row, field, count, source.seed)
            ]
            articles += snippets
            answerable = condition != "rejection"
            samples.append(
                Sample(
                    id=f"rgb-{row['id']}-{condition}",
                    question=row["query"],
                    answerable=answerable,
                    golds=_golds(row["answer"]) if answerable else (),
                    articles=tuple(snippet.key for snippet in snippets),
                    group=f"rgb-{row['id']}",
                    kinds=(condition,),
                )
            )
    return LoadedSuite("rgb", tuple(samples), distinct(articles))


def _drawn(row: dict[str, Any], field: str, count: int, seed: int) -> list[str]:
    texts: Sequence[str] = [text for text in dict.fromkeys(row[field]) if text.strip()]
    return sorted(texts, key=lambda text: ranked(f"{row['id']}:{field}:{text}", seed))[:count]


def _golds(answer: Any) -> Groups:
    """Read RGB's answers: a text, or a list of texts (all count) and of lists (any will do)."""
    if isinstance(answer, str):
        return ((answer,),)
    return tuple((item,) if isinstance(item, str) else tuple(item) for item in answer)


RGB = Suite("rgb", "RGB: 50 news questions under noise, rejection, counterfactual", _load)
