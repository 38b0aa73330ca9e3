"""Deterministic scores of an outcome against its sample."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant import Article
from evals.pipelines import Outcome
from evals.samples import Groups, Sample

_FACT = re.compile(r"\d[\d,.]*\d|\d|\b[A-Z][\w’'-]+")
_CALENDAR = frozenset("Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split())


@dataclass(frozen=True, slots=True)
class Scores:
    """What one outcome is worth; None where a score does not apply.

    `right`: the answer an expert would accept, or a refusal where that is right.
    `citation_precision` and `citation_recall` are shares in [0, 1] over shown citations and
    over evidence groups. `verbatim`: every quote equals its characters of the article.
    `unfounded`: words with capitals or digits shown as supported that the article lacks.
    """

    right: bool
    refused: bool
    citation_precision: float | None
    citation_recall: float | None
    verbatim: bool | None
    unfounded: tuple[str, ...]


def score(sample: Sample, outcome: Outcome, article: Callable[[str], Article]) -> Scores:
    """Score an outcome; `article` finds an article by id."""
    answered = sample.answerable and not outcome.refused
    return Scores(
        right=is_right(sample, outcome),
        refused=outcome.refused,
        citation_precision=citation_precision(sample, outcome, article) if answered else None,
        citation_recall=citation_recall(sample, outcome, article) if answered else None,
        verbatim=_verbatim(outcome, article) if outcome.citations else None,
        unfounded=_unfounded(outcome, article),
    )


def is_right(sample: Sample, outcome: Outcome) -> bool:
    """Tell whether the outcome is what an expert would accept."""
    if any(re.search(pattern, outcome.text, re.IGNORECASE) for pattern in sample.forbidden):
        return False
    if sample.answerable:
        return not outcome.refused and _matches(sample.answers, outcome.text)
    if outcome.refused:
        return True
    return bool(sample.correction) and _matches(sample.correction, outcome.text)


def citation_precision(
    sample: Sample, outcome: Outcome, article: Callable[[str], Article]
) -> float:
    """Return the share of citations that overlap the sample's evidence; 0 without citations."""
    if not outcome.citations:
        return 0.0
    good = 0
    for cited in outcome.citations:
        text = article(cited.article_id).text
        good += any(
            _overlaps(text, quote, cited.start, cited.end)
            for group in sample.evidence
            for quote in group
        )
    return good / len(outcome.citations)


def citation_recall(sample: Sample, outcome: Outcome, article: Callable[[str], Article]) -> float:
    """Return the share of evidence groups of which a member overlaps a citation."""
    found = sum(
        any(
            _overlaps(article(cited.article_id).text, quote, cited.start, cited.end)
            for quote in group
            for cited in outcome.citations
        )
        for group in sample.evidence
    )
    return found / len(sample.evidence)


def _matches(groups: Groups, text: str) -> bool:
    return all(
        any(re.search(pattern, text, re.IGNORECASE) for pattern in group) for group in groups
    )


def _overlaps(text: str, quote: str, start: int, end: int) -> bool:
    at = text.find(quote)
    while at >= 0:
        if start < at + len(quote) and at < end:
            return True
        at = text.find(quote, at + 1)
    return False


def _verbatim(outcome: Outcome, article: Callable[[str], Article]) -> bool:
    return all(
        article(cited.article_id).text[cited.start : cited.end] == cited.quote
        for cited in outcome.citations
    )


def _unfounded(outcome: Outcome, article: Callable[[str], Article]) -> tuple[str, ...]:
    # On purpose not the assistant's own checks: those are what is being measured.
    if outcome.refused:
        return ()
    ids: Sequence[str] = tuple(dict.fromkeys(cited.article_id for cited in outcome.citations))
    known = " ".join(f"{article(i).title} {article(i).text}" for i in ids).lower()
    found: dict[str, None] = {}
    for statement in outcome.statements:
        if statement.verdict == "partly":
            continue
        body = re.sub(r"^\W*\w+", "", statement.text)
        for fact in _FACT.findall(body):
            bare = re.sub(r"[’']s?$", "", fact).strip(".,-")
            if bare and bare.lower() not in known and bare not in _CALENDAR:
                found[bare] = None
    return tuple(found)
