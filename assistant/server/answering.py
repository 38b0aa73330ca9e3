"""One question's way through the server: its turn, its events, what is counted and logged."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING

import structlog

from assistant.errors import BusyError
from assistant.retrieval.asking import check_question
from assistant.streaming import iterate_in_thread
from assistant.tracing import span
from assistant.types import Answer, Event, Finished, Retrieved, SearchFilter, Token, Turn

if TYPE_CHECKING:
    from assistant.admission import Admission, Ticket
    from assistant.assistant import Assistant
    from assistant.server.metrics import Metrics

log = structlog.get_logger(__name__)


class AnswerService:
    """Answers questions for all doors of the server: one queue, one set of counters."""

    def __init__(
        self, assistant: Assistant, admission: Admission, metrics: Metrics, *, log_questions: bool
    ) -> None:
        self.assistant = assistant
        self.admission = admission
        self.metrics = metrics
        self._log_questions = log_questions

    def admit(self, question: str) -> Ticket:
        """Check a question and give it a place; whoever gets the ticket must leave it.

        Raises:
            QuestionError: the question is empty or too long.
            BusyError: the queue is full.
            ClosingError: the server is shutting down.
        """
        check_question(question, limit_chars=self.assistant.settings.question_chars)
        try:
            return self.admission.enter()
        except BusyError:
            self.metrics.count_rejected()
            raise

    async def stream(
        self,
        ticket: Ticket,
        question: str,
        history: Sequence[Turn] = (),
        where: SearchFilter | None = None,
    ) -> AsyncGenerator[Event]:
        """Wait for the turn, then yield the events. Put down at any moment, it frees the place.

        The place is free again when the thread at work has ended, so that no more threads work
        than the admission says.
        """
        stages = _Stages(self.metrics)
        outcome = "abandoned"
        answer: Answer | None = None
        try:
            with span("queue"):
                await ticket.turn()
            self.metrics.observe_stage("queue", ticket.waited_s)
            stages.begin()
            ticket.hand_over()
            events = iterate_in_thread(
                lambda: self.assistant.stream(question, history, where=where),
                ended=ticket.leave_from_thread,
            )
            try:
                async for event in events:
                    stages.see(event)
                    if isinstance(event, Finished):
                        answer = event.answer
                        outcome = "refused" if answer.refusal else "answered"
                    yield event
            finally:
                await events.aclose()
        except Exception:
            outcome = "failed"
            raise
        finally:
            ticket.leave()
            self.metrics.count_outcome(outcome)
            if answer is not None:
                self.metrics.count_answer(answer)
            self._log(outcome, question, answer, ticket)

    async def answer(
        self,
        ticket: Ticket,
        question: str,
        history: Sequence[Turn] = (),
        where: SearchFilter | None = None,
    ) -> Answer:
        """Run the stream to its last event."""
        events = self.stream(ticket, question, history, where)
        try:
            async for event in events:
                if isinstance(event, Finished):
                    return event.answer
        finally:
            await events.aclose()
        raise AssertionError("a stream ends with Finished")

    def _log(self, outcome: str, question: str, answer: Answer | None, ticket: Ticket) -> None:
        facts: dict[str, object] = {
            "outcome": outcome,
            "question_chars": len(question),
            "waited_s": round(ticket.waited_s, 3),
        }
        if self._log_questions:
            facts["question"] = question
        if answer is not None:
            facts |= {
                "refusal": answer.refusal.code if answer.refusal else None,
                "statements": len(answer.statements),
                "dropped": len(answer.dropped),
                "retrieve_s": answer.timings.retrieve_s,
                "first_token_s": answer.timings.first_token_s,
                "total_s": answer.timings.total_s,
                "prompt_tokens": answer.usage.prompt_tokens,
                "cached_tokens": answer.usage.cached_tokens,
                "completion_tokens": answer.usage.completion_tokens,
                "index": answer.index_digest,
            }
        log.info("question", **facts)


class _Stages:
    """Measures the stages of an answer by the times of its events."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._began = self._since = self._last_token = 0.0
        self._stage = "retrieve"

    def begin(self) -> None:
        self._began = self._since = time.monotonic()

    def see(self, event: Event) -> None:
        now = time.monotonic()
        if isinstance(event, Retrieved):
            self._end(now, then="first_token")
        elif isinstance(event, Token):
            if self._stage == "first_token":
                self._end(now, then="draft")
            self._last_token = now
        else:
            if self._stage == "draft":
                self._end(self._last_token, then="verify")
            if isinstance(event, Finished):
                if self._stage == "verify":
                    self._end(now, then="done")
                self._metrics.observe_stage("total", now - self._began)

    def _end(self, now: float, *, then: str) -> None:
        self._metrics.observe_stage(self._stage, now - self._since)
        self._stage, self._since = then, now
