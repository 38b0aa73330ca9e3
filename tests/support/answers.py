"""Answers of every shape, for views."""

from __future__ import annotations

from datetime import date

from assistant.types import (
    Answer,
    ArticleReference,
    Check,
    Citation,
    Evidence,
    Refusal,
    Statement,
    Support,
    Timings,
    Usage,
)


def make_answer(
    text: str = "The bridge is 7.4 kilometres long.",
    *,
    question: str = "How long is it?",
    quote: str = "It is 7.4 kilometres long.",
    title: str = "A bridge",
    refusal: Refusal | None = None,
) -> Answer:
    """Build an answer of one cited statement, or a refusal."""
    support = Support("supported", 0.93, (Check("numbers", True), Check("dates", None)))
    doubtful = Support("unsupported", 0.1, (Check("names", False, f"{title} is not named"),))
    citation = Citation(1, "a1", title, "Gazette", date(2031, 3, 4), 0, len(quote), quote)
    return Answer(
        question=question,
        rewritten=None,
        statements=() if refusal else (Statement(text, (1,), support),),
        citations=() if refusal else (citation,),
        refusal=refusal,
        timings=Timings(0.1, 1.0, 2.0),
        usage=Usage(10, 5, 3),
        model="m",
        embedding_model="e",
        verifier_model="v",
        prompt_version="p",
        index_digest="i",
        dropped=(Statement(text, (), doubtful),),
        notes=(f"About {title}.",),
    )


def make_refusal(text: str = "Zorbon") -> Refusal:
    """Build a refusal with a missing term and a nearest article."""
    nearest = (ArticleReference("a1", text, text, date(2031, 3, 4)),)
    return Refusal("missing_terms", f"No article mentions “{text}”.", (text,), nearest)


def make_evidence(text: str = "It is 7.4 kilometres long.", number: int = 1) -> Evidence:
    """Build one sentence of evidence."""
    reference = ArticleReference("a1", text, "Gazette", date(2031, 3, 4))
    return Evidence(number, reference, 0, len(text), text, 0.8, 0.9)
