"""One question's way through the server: its turn, its events, what is counted and logged."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING

import structlog

from assistant.errors import BusyError, ClosingError
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
        record = self.record(question)
        outcome = "abandoned"
        try:
            with span("queue"):
                await ticket.turn()
            record.admit(ticket.waited_s)
            ticket.hand_over()
            events = iterate_in_thread(
                lambda: self.assistant.stream(question, history, where=where),
                ended=ticket.leave_from_thread,
            )
            try:
                async for event in events:
                    record.see(event)
                    yield event
            finally:
                await events.aclose()
        except ClosingError:
            outcome = "sent_away"
            raise
        except Exception:
            outcome = "failed"
            raise
        finally:
            ticket.leave()
            record.close(outcome)

    def record(self, question: str) -> QuestionRecord:
        """Begin to count and log a question, by whichever door it came."""
        return QuestionRecord(question, self.metrics, with_question=self._log_questions)

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


class QuestionRecord:
    """Counts and logs one question; measures its stages by the times of its events."""

    def __init__(self, question: str, metrics: Metrics, *, with_question: bool) -> None:
        self._question = question
        self._metrics = metrics
        self._with_question = with_question
        self._began = self._since = time.monotonic()
        self._last_token = 0.0
        self._stage = "retrieve"
        self._waited_s: float | None = None
        self._answer: Answer | None = None

    def admit(self, waited_s: float) -> None:
        """Note that the question has its place; what it waited for counts to no other stage."""
        self._waited_s = waited_s
        self._metrics.observe_stage("queue", waited_s)
        self._began += time.monotonic() - self._since
        self._since = time.monotonic()

    def see(self, event: Event) -> None:
        """Note an event of the answer."""
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
                self._answer = event.answer

    def reject(self) -> None:
        """Count that the queue was full."""
        self._metrics.count_rejected()

    def close(self, outcome: str) -> None:
        """Count and log what became of it: `outcome`, if there is no answer."""
        answer = self._answer
        if answer is not None:
            outcome = "refused" if answer.refusal else "answered"
            self._metrics.count_answer(answer)
        self._metrics.count_outcome(outcome)
        facts: dict[str, object] = {
            "outcome": outcome,
            "question_chars": len(self._question),
            "waited_s": round(self._waited_s or 0.0, 3),
        }
        if self._with_question:
            facts["question"] = self._question
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

    def _end(self, now: float, *, then: str) -> None:
        self._metrics.observe_stage(self._stage, now - self._since)
        self._stage, self._since = then, now
