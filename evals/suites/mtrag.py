"""MTRAG-UN (Rosenthal et al., arXiv 2602.23184): the last question of a conversation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assistant import Turn
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

_CLARIFIES = (
    (r"\?\s*$", r"\bclarify\b", r"\bdo you mean\b", r"\bplease specify\b", r"\bwhich (?:one|of)\b"),
)


def _load(source: Source) -> LoadedSuite:
    if source.hub:
        raise not_on_hub("mtrag", "github.com/IBM/mt-rag-benchmark")
    samples: list[Sample] = []
    articles: list[SuiteArticle] = []
    for row in read_lines(source.file("mtrag", "mtrag/mtrag_un_public.jsonl")):
        found = [
            SuiteArticle(fold(item.get("title") or "") or "Untitled", text)
            for item in row["contexts"]
            if (text := paragraphs(item["text"].split("\n")))
        ]
        articles += found
        kind = row["answerability"][0].lower()
        answerable = kind in {"answerable", "partial"}
        *earlier, last = row["input"]
        samples.append(
            Sample(
                id=f"mtrag-{row['task_id'].replace('<::>', '-')}",
                question=last["text"],
                answerable=answerable,
                turns=_turns(earlier),
                correction=() if answerable else _CLARIFIES,
                reference=row["targets"][0]["text"].strip() if kind == "answerable" else "",
                articles=tuple(article.key for article in found),
                group=row["conversation_id"],
                kinds=(kind, row["Collection"]),
            )
        )
    return LoadedSuite("mtrag", tuple(samples), distinct(articles))


def _turns(messages: Sequence[dict[str, Any]]) -> tuple[Turn, ...]:
    turns: list[Turn] = []
    for message in messages:
        if message["speaker"] == "user":
            turns.append(Turn(message["text"]))
        elif turns:
            turns[-1] = Turn(turns[-1].question, message["text"].strip())
    return tuple(turns)


MTRAG = Suite("mtrag", "MTRAG-UN: 255 conversations, many of them not answerable", _load)
