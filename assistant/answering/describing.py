"""What a trace says of an answer."""

from __future__ import annotations

from assistant.tracing import Span
from assistant.types import Answer


def describe(answer: Answer, span: Span, *, with_question: bool) -> None:
    """Note how a question ended; its words only `with_question`, those of articles never."""
    span.set_attribute("assistant.outcome", "refused" if answer.refusal else "answered")
    if answer.refusal is not None:
        span.set_attribute("assistant.refusal", answer.refusal.code)
    span.set_attribute("assistant.statements", len(answer.statements))
    span.set_attribute("assistant.dropped", len(answer.dropped))
    span.set_attribute("assistant.rewritten", answer.rewritten is not None)
    span.set_attribute("assistant.index", answer.index_digest)
    if with_question:
        span.set_attribute("assistant.question", answer.question)
        if answer.rewritten is not None:
            span.set_attribute("assistant.question.rewritten", answer.rewritten)
