"""Calls of chat models as spans, by OpenTelemetry's conventions for generative AI.

LangChain tells a handler of each call, whichever part makes it and whichever provider answers.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, LLMResult
from langchain_core.tracers.context import register_configure_hook
from opentelemetry.trace import Span, SpanKind, Tracer
from opentelemetry.util.types import AttributeValue

from assistant.tracing.failures import mark_failed

_listening: ContextVar[ModelCalls | None] = ContextVar("assistant_model_calls", default=None)


@dataclass
class _Call:
    span: Span
    began: float
    has_begun: bool = False
    """Whether words of its reply have come."""


class ModelCalls(BaseCallbackHandler):
    """Opens a span when a chat model is called and closes it when it has answered."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        self._open: dict[UUID, _Call] = {}

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Be told of what the block, and what it calls, asks of chat models."""
        _register()
        token = _listening.set(self)
        try:
            yield
        finally:
            _listening.reset(token)

    def on_chat_model_start(
        self,
        serialized: dict[str, Any],
        messages: list[list[BaseMessage]],
        *,
        run_id: UUID,
        metadata: dict[str, Any] | None = None,
        **given: Any,
    ) -> None:
        """Open a span; the messages are not looked at."""
        del serialized, messages
        known = metadata or {}
        asked = given.get("invocation_params") or {}
        model = str(known.get("ls_model_name") or "unknown")
        facts = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": known.get("ls_provider"),
            "gen_ai.request.model": model,
            "gen_ai.request.max_tokens": known.get("ls_max_tokens") or asked.get("max_tokens"),
            "gen_ai.request.temperature": known.get("ls_temperature"),
        }
        span = self._tracer.start_span(
            f"chat {model}",
            kind=SpanKind.CLIENT,
            attributes={name: fact for name, fact in facts.items() if fact is not None},
        )
        self._open[run_id] = _Call(span, time.monotonic())

    def on_llm_new_token(
        self, token: str | list[str | dict[str, Any]], *, run_id: UUID, **_: Any
    ) -> None:
        """Note when the first words of a stream came."""
        call = self._open.get(run_id)
        if call is not None and token and not call.has_begun:
            call.has_begun = True
            seconds = time.monotonic() - call.began
            call.span.set_attribute("gen_ai.response.time_to_first_chunk", seconds)

    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **_: Any) -> None:
        """Note the tokens, and close the span."""
        call = self._open.pop(run_id, None)
        if call is None:
            return
        for generation in response.generations[0]:
            if isinstance(generation, ChatGeneration) and isinstance(generation.message, AIMessage):
                call.span.set_attributes(_reply_facts(generation.message))
        call.span.end()

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        """Close the span of a call that failed, or whose words nobody waits for any more."""
        call = self._open.pop(run_id, None)
        if call is not None:
            if isinstance(error, Exception):
                mark_failed(call.span, type(error).__qualname__)
            call.span.end()


def _reply_facts(reply: AIMessage) -> dict[str, AttributeValue]:
    usage, metadata = reply.usage_metadata, reply.response_metadata
    facts: dict[str, AttributeValue] = {}
    if usage is not None:
        facts["gen_ai.usage.input_tokens"] = usage["input_tokens"]
        facts["gen_ai.usage.output_tokens"] = usage["output_tokens"]
        cached = (usage.get("input_token_details") or {}).get("cache_read")
        if cached is not None:
            facts["gen_ai.usage.cache_read.input_tokens"] = cached
    if "model_name" in metadata:
        facts["gen_ai.response.model"] = str(metadata["model_name"])
    if "finish_reason" in metadata:
        facts["gen_ai.response.finish_reasons"] = (str(metadata["finish_reason"]),)
    return facts


@cache
def _register() -> None:
    register_configure_hook(_listening, inheritable=True)
