"""The assistant as its users meet it."""

from __future__ import annotations

import time
from collections.abc import Sequence

from assistant import (
    Answer,
    Assistant,
    Evidence,
    Finished,
    Retrieved,
    SearchFilter,
    Statement,
    Token,
)
from evals.outcomes import CitedSpan, FoundSpan, Outcome, StatementOutcome
from evals.samples import Sample
from evals.solvers.retrieval import find_passages


def solve(assistant: Assistant, sample: Sample, where: SearchFilter | None) -> Outcome:
    """Ask the sample's question after its turns; a turn without an answer is given none."""
    began = time.monotonic()
    retrieved_s = 0.0
    last_token_s: float | None = None
    evidence: tuple[Evidence, ...] = ()
    answer: Answer | None = None
    for event in assistant.stream(sample.question, sample.turns, where=where):
        if isinstance(event, Retrieved):
            retrieved_s = time.monotonic() - began
            evidence = event.evidence
        elif isinstance(event, Token):
            last_token_s = time.monotonic() - began
        elif isinstance(event, Finished):
            answer = event.answer
    if answer is None:
        raise AssertionError("a stream ends with Finished")
    return Outcome(
        text=" ".join(statement.text for statement in answer.statements),
        refused=answer.refusal is not None,
        refusal_code=answer.refusal.code if answer.refusal else None,
        citations=tuple(CitedSpan(c.article_id, c.start, c.end, c.quote) for c in answer.citations),
        statements=(
            *(_statement(statement, answer, shown=True) for statement in answer.statements),
            *(_statement(statement, answer, shown=False) for statement in answer.dropped),
        ),
        passages=find_passages(assistant, answer.rewritten or sample.question, where),
        evidence=rank_evidence(evidence),
        retrieved_s=round(retrieved_s, 4),
        first_token_s=answer.timings.first_token_s,
        last_token_s=None if last_token_s is None else round(last_token_s, 4),
        total_s=answer.timings.total_s,
        prompt_tokens=answer.usage.prompt_tokens,
        cached_tokens=answer.usage.cached_tokens,
        completion_tokens=answer.usage.completion_tokens,
        details=answer.to_dict(),
    )


def rank_evidence(evidence: Sequence[Evidence]) -> tuple[FoundSpan, ...]:
    """Rank evidence as the reranker does, whose scores decide what is shown; best first."""
    return tuple(
        FoundSpan(item.article.article_id, item.start, item.end, round(item.relevance, 4))
        for item in sorted(evidence, key=lambda item: (-item.relevance, item.number))
    )


def _statement(statement: Statement, answer: Answer, *, shown: bool) -> StatementOutcome:
    positions = {citation.number: index for index, citation in enumerate(answer.citations)}
    return StatementOutcome(
        text=statement.text,
        verdict=statement.support.verdict,
        score=statement.support.score,
        shown=shown,
        cites=tuple(positions[number] for number in statement.citations if shown),
    )
