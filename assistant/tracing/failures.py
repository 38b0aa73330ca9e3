"""What a span may say of a failure."""

from __future__ import annotations

from opentelemetry.trace import Span, StatusCode


def mark_failed(span: Span, kind: str) -> None:
    """Note that a step failed and the kind of its error, not what the error says."""
    span.set_attribute("error.type", kind)
    span.set_status(StatusCode.ERROR)
