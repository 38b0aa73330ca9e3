"""Traces of the stages of a question, by OpenTelemetry; nothing where nobody asked for them."""

from assistant.tracing.opening import open_tracing
from assistant.tracing.spans import RequestSpan, Span, request_span, span, stream_traced, use

__all__ = ["RequestSpan", "Span", "open_tracing", "request_span", "span", "stream_traced", "use"]
