"""Where spans go: to a collector, in a thread of its own, whatever becomes of it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from importlib.metadata import version
from urllib.parse import urlsplit

import requests
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import (
    SERVICE_NAME,
    SERVICE_VERSION,
    OTELResourceDetector,
    Resource,
)
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult
from opentelemetry.trace import Span, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from assistant.settings import APPLICATION
from assistant.tracing.failures import mark_failed
from assistant.tracing.model_calls import ModelCalls
from assistant.tracing.spans import Value

logger = logging.getLogger(__name__)

_PATH = "/v1/traces"
_REPLY_S = 5.0
_LAST_SPANS_S = 5.0
"""Longest wait for the collector at the end."""


class Tracing:
    """Records the spans of one assistant. Safe to use from several threads.

    It is not OpenTelemetry's global one, so that nothing of the libraries beneath is recorded.
    """

    def __init__(self, processor: SpanProcessor) -> None:
        facts = {SERVICE_NAME: APPLICATION, SERVICE_VERSION: version(APPLICATION)}
        # What the environment says (OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES) counts more.
        resource = Resource.create(facts).merge(OTELResourceDetector().detect())
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("assistant", version(APPLICATION))
        self._calls = ModelCalls(self._tracer)
        self._propagator = TraceContextTextMapPropagator()

    def model_calls(self) -> AbstractContextManager[None]:
        """Record what the block, and what it calls, asks of chat models."""
        return self._calls.listening()

    @contextmanager
    def step(
        self,
        name: str,
        attributes: Mapping[str, Value],
        *,
        kind: SpanKind = SpanKind.INTERNAL,
        parent: Context | None = None,
    ) -> Iterator[Span]:
        """Record a step, below `parent` or else the one that is going on."""
        with self._tracer.start_as_current_span(
            name, parent, kind, attributes, record_exception=False, set_status_on_exception=False
        ) as found:
            try:
                yield found
            except Exception as error:
                mark_failed(found, type(error).__qualname__)
                raise

    @contextmanager
    def request(
        self, method: str, headers: Mapping[str, str], request_id: str
    ) -> Iterator[RecordedRequest]:
        """Record a request to this server."""
        parent = self._propagator.extract(
            {name: headers[name] for name in ("traceparent", "tracestate") if name in headers}
        )
        facts = {"http.request.method": method, "assistant.request_id": request_id}
        with self.step(method, facts, kind=SpanKind.SERVER, parent=parent) as found:
            yield RecordedRequest(found, method)

    def close(self) -> None:
        """Send what is left, within some seconds; what is not sent by then is lost."""
        ending = threading.Thread(target=self._provider.shutdown, daemon=True)
        ending.start()
        ending.join(_LAST_SPANS_S)


class RecordedRequest:
    """The span of a request."""

    def __init__(self, span: Span, method: str) -> None:
        self._span = span
        self._method = method

    def end(self, route: str, status: int) -> None:
        """Note the route's template, which has no words of the caller, and the status."""
        self._span.update_name(f"{self._method} {route}")
        self._span.set_attribute("http.route", route)
        self._span.set_attribute("http.response.status_code", status)
        if status >= 500:
            mark_failed(self._span, str(status))


def sending_to(collector: str) -> SpanProcessor:
    """Return what sends spans to a collector in batches, and drops them where that is too slow."""
    url = collector if urlsplit(collector).path.endswith(_PATH) else f"{collector}{_PATH}"
    return BatchSpanProcessor(_CalmExporter(url))


class _CalmExporter(OTLPSpanExporter):
    """Says once that the collector cannot be reached, and once that it can again."""

    def __init__(self, url: str) -> None:
        session = requests.Session()
        # Proxies of the environment must not catch what goes to loopback.
        session.trust_env = urlsplit(url).hostname not in {"localhost", "127.0.0.1", "::1"}
        super().__init__(endpoint=url, timeout=_REPLY_S, session=session)
        logging.getLogger(OTLPSpanExporter.__module__).setLevel(logging.CRITICAL)
        self._address = url
        self._reached = True

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send spans."""
        result = super().export(spans)
        reached = result is SpanExportResult.SUCCESS
        if reached != self._reached:
            self._reached = reached
            if reached:
                logger.warning("the collector of traces at %s answers again", self._address)
            else:
                logger.warning(
                    "the collector of traces at %s does not take them; they are lost until it does",
                    self._address,
                )
        return result
