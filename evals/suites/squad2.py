"""SQuAD 2.0 (Rajpurkar et al. 2018) as an open corpus of its articles."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from evals.samples import Sample
from evals.suites.hub import load_from_hub
from evals.suites.loading import (
    LoadedSuite,
    Source,
    Suite,
    SuiteArticle,
    fold,
    paragraphs,
    ranked,
)

_EACH = 200
"""So many answerable and so many unanswerable questions are drawn."""


def _load(source: Source) -> LoadedSuite:
    if source.hub:
        data = _grouped(load_from_hub("squad2", "rajpurkar/squad_v2", "validation"))
    else:
        data = json.loads(source.file("squad2", "squad2/dev_public.json").read_text("utf-8"))[
            "data"
        ]
    articles = [
        SuiteArticle(_title(entry), paragraphs(p["context"] for p in entry["paragraphs"]))
        for entry in data
    ]
    samples = [
        _sample(_title(entry), paragraph["context"], question)
        for entry in data
        for paragraph in entry["paragraphs"]
        for question in paragraph["qas"]
    ]
    drawn: list[Sample] = []
    for answerable in (True, False):
        of_kind = [sample for sample in samples if sample.answerable is answerable]
        drawn += sorted(of_kind, key=lambda sample: ranked(sample.id, source.seed))[:_EACH]
    return LoadedSuite("squad2", tuple(drawn), tuple(articles))


def _title(entry: dict[str, Any]) -> str:
    return str(entry["title"]).replace("_", " ")


def _sample(title: str, context: str, question: dict[str, Any]) -> Sample:
    answerable = not question["is_impossible"]
    texts = tuple(dict.fromkeys(answer["text"] for answer in question["answers"]))
    return Sample(
        id=f"squad2-{question['id']}",
        question=question["question"].strip(),
        answerable=answerable,
        golds=(texts,) if answerable else (),
        evidence=((fold(context),),) if answerable else (),
        group=title,
        kinds=("answerable" if answerable else "looks-answerable",),
    )


def _grouped(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Turn the hub's flat rows into the shape of the official file."""
    found: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for row in rows:
        texts = [{"text": text} for text in row["answers"]["text"]]
        question = {
            "id": row["id"],
            "question": row["question"],
            "answers": texts,
            "is_impossible": not texts,
        }
        found.setdefault(row["title"], {}).setdefault(row["context"], []).append(question)
    return [
        {
            "title": title,
            "paragraphs": [{"context": context, "qas": qas} for context, qas in contexts.items()],
        }
        for title, contexts in found.items()
    ]


SQUAD2 = Suite("squad2", "SQuAD 2.0: 200 answerable, 200 written to look answerable", _load)
