"""RAMDocs (Wang et al., arXiv 2504.13079): documents that disagree, mislead or are noise."""

from __future__ import annotations

from evals.samples import Sample
from evals.suites.hub import load_from_hub
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


def _load(source: Source) -> LoadedSuite:
    if source.hub:
        rows = load_from_hub("ramdocs", "HanNight/RAMDocs", "test")
    else:
        rows = read_lines(source.file("ramdocs", "ramdocs/ramdocs_public.jsonl"))
    samples: list[Sample] = []
    articles: list[SuiteArticle] = []
    for row in rows:
        found = [SuiteArticle("Document", fold(document["text"])) for document in row["documents"]]
        articles += found
        golds = tuple((gold,) for gold in row["gold_answers"])
        types = {document["type"] for document in row["documents"]}
        name = ranked(row["question"] + "|".join(row["gold_answers"]), 0)[:12]
        samples.append(
            Sample(
                id=f"ramdocs-{name}",
                question=row["question"],
                answerable=True,
                golds=golds,
                wrong=tuple(row["wrong_answers"]),
                articles=tuple(dict.fromkeys(article.key for article in found)),
                group=f"ramdocs-{name}",
                kinds=(
                    "several-answers" if len(golds) > 1 else "one-answer",
                    *(kind for kind in ("misinfo", "noise") if kind in types),
                ),
            )
        )
    return LoadedSuite("ramdocs", tuple(samples), distinct(articles))


RAMDOCS = Suite("ramdocs", "RAMDocs: 250 questions whose documents disagree", _load)
