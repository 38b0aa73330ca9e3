"""What is counted, in the Prometheus text format. No label holds anything that a user wrote."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from assistant.types import Answer

if TYPE_CHECKING:
    from assistant.index import Following

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300)


class Metrics:
    """The counters of one server, in a registry of its own."""

    def __init__(
        self,
        *,
        running: Callable[[], int],
        waiting: Callable[[], int],
        following: Callable[[], Following | None],
    ) -> None:
        registry = self._registry = CollectorRegistry()
        self._requests = Counter(
            "assistant_requests", "Requests.", ("method", "route", "status"), registry=registry
        )
        self._request_seconds = Histogram(
            "assistant_request_seconds",
            "Seconds from a request to the end of its response.",
            ("route",),
            buckets=_SECONDS,
            registry=registry,
        )
        self._answers = Counter(
            "assistant_answers",
            "Questions by outcome: answered, refused, failed, abandoned, sent_away at the end.",
            ("outcome",),
            registry=registry,
        )
        self._stage_seconds = Histogram(
            "assistant_stage_seconds",
            "Seconds of a stage: queue, retrieve, first_token (reading the prompt), draft "
            "(writing), verify, total (without queue).",
            ("stage",),
            buckets=_SECONDS,
            registry=registry,
        )
        self._tokens = Counter(
            "assistant_tokens",
            "Tokens that the chat model read (prompt), had read before (cached) or wrote "
            "(completion).",
            ("kind",),
            registry=registry,
        )
        self._refusals = Counter(
            "assistant_refusals", "Refusals by code.", ("code",), registry=registry
        )
        self._verdicts = Counter(
            "assistant_verdicts",
            "Verdicts of statements, shown or dropped.",
            ("verdict", "shown"),
            registry=registry,
        )
        self._rejected = Counter(
            "assistant_rejected",
            "Questions sent away because the queue is full.",
            registry=registry,
        )
        for name, text, read in (
            ("assistant_queue_running", "Questions that are being answered.", running),
            ("assistant_queue_waiting", "Questions that wait for their turn.", waiting),
        ):
            Gauge(name, text, registry=registry).set_function(read)
        self._following = following
        self._generation = Gauge(
            "assistant_index_generation",
            "Generation of the index on the Chroma server that this process answers from.",
            registry=registry,
        )
        self._behind = Gauge(
            "assistant_index_generations_behind",
            "Generations that this process is behind the Chroma server.",
            registry=registry,
        )
        self._reached = Gauge(
            "assistant_index_server_reached",
            "Whether the Chroma server answered when last asked; 1 where there is none.",
            registry=registry,
        )

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request under its route's template."""
        self._requests.labels(method, route, str(status)).inc()
        self._request_seconds.labels(route).observe(seconds)

    def count_rejected(self) -> None:
        """Count a question that was sent away."""
        self._rejected.inc()

    def count_outcome(self, outcome: str) -> None:
        """Count how a question ended."""
        self._answers.labels(outcome).inc()

    def observe_stage(self, stage: str, seconds: float) -> None:
        """Record the seconds of a stage."""
        self._stage_seconds.labels(stage).observe(seconds)

    def count_answer(self, answer: Answer) -> None:
        """Count tokens, refusal and verdicts of an answer."""
        usage = answer.usage
        self._tokens.labels("prompt").inc(usage.prompt_tokens)
        self._tokens.labels("cached").inc(usage.cached_tokens)
        self._tokens.labels("completion").inc(usage.completion_tokens)
        if answer.refusal is not None:
            self._refusals.labels(answer.refusal.code).inc()
        for shown, statements in (("yes", answer.statements), ("no", answer.dropped)):
            for statement in statements:
                self._verdicts.labels(statement.support.verdict, shown).inc()

    def render(self) -> bytes:
        """Return everything as Prometheus reads it."""
        if (found := self._following()) is not None:
            self._generation.set(found.generation)
            self._behind.set(found.behind)
        self._reached.set(found is None or not found.error)
        return generate_latest(self._registry)
