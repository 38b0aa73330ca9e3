"""A chat model that says what the test wrote down, through LangChain's public interface."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import Field

Script = Callable[[list[BaseMessage]], str]


class ScriptedChatModel(BaseChatModel):
    """Replies with `script(messages)`, streamed word by word, at most `max_tokens` of them.

    For a reply of "yes" or "no" it is `certainty` sure; of others it gives no probabilities.
    """

    script: Script
    certainty: float = 0.97
    logprobs: bool | None = None
    """Its presence tells that the class speaks the OpenAI protocol's `logprobs`."""

    pause_s: float = 0.0
    """Seconds before each word of a stream, for those who watch a draft grow."""

    fails_with: Exception | None = None
    calls: list[list[BaseMessage]] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **_: Any
    ) -> ChatResult:
        text = self._reply(messages)
        message = AIMessage(
            text, response_metadata=self._metadata(text), usage_metadata=_usage(messages, text)
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: Any = None,
        run_manager: Any = None,
        max_tokens: int | None = None,
        **_: Any,
    ) -> Iterator[ChatGenerationChunk]:
        text = self._reply(messages)
        written = text.split(" ")
        for index, word in enumerate(written[:max_tokens]):
            time.sleep(self.pause_s)
            piece, metadata = (word, self._metadata(text)) if index == 0 else (f" {word}", {})
            message = AIMessageChunk(piece, response_metadata=metadata)
            yield ChatGenerationChunk(message=message)
        cut = max_tokens is not None and len(written) > max_tokens
        ending = {"finish_reason": "length" if cut else "stop"}
        last = AIMessageChunk("", response_metadata=ending, usage_metadata=_usage(messages, text))
        yield ChatGenerationChunk(message=last)

    def _reply(self, messages: list[BaseMessage]) -> str:
        self.calls.append(messages)
        if self.fails_with is not None:
            raise self.fails_with
        return self.script(messages)

    def _metadata(self, text: str) -> dict[str, Any]:
        if text not in {"yes", "no"}:
            return {}
        other = "no" if text == "yes" else "yes"
        return logprobs_of({text: self.certainty, other: 1 - self.certainty})


class PlainChatModel(BaseChatModel):
    """A scripted model of a provider that gives no token probabilities."""

    script: Script

    @property
    def _llm_type(self) -> str:
        return "plain"

    def _generate(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **options: Any
    ) -> ChatResult:
        assert "logprobs" not in options
        message = AIMessage(self.script(messages))
        return ChatResult(generations=[ChatGeneration(message=message)])


def logprobs_of(chances: dict[str, float]) -> dict[str, Any]:
    """Return the response metadata of a first token with these probabilities."""
    top = [{"token": token, "logprob": math.log(chance)} for token, chance in chances.items()]
    first = max(top, key=lambda item: item["logprob"])
    return {"logprobs": {"content": [{**first, "top_logprobs": top}]}}


def _usage(messages: list[BaseMessage], text: str) -> UsageMetadata:
    read = sum(len(str(message.content).split()) for message in messages)
    wrote = len(text.split())
    return UsageMetadata(input_tokens=read, output_tokens=wrote, total_tokens=read + wrote)
