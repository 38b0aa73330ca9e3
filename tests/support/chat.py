"""A chat model that says what the test wrote down, through LangChain's public interface."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import Field

Script = Callable[[list[BaseMessage]], str]


class ScriptedChatModel(BaseChatModel):
    """Replies with `script(messages)`; for a reply of "yes" or "no" it is `certainty` sure."""

    script: Script
    certainty: float = 0.97
    logprobs: bool | None = None
    calls: list[list[BaseMessage]] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **_: Any
    ) -> ChatResult:
        self.calls.append(messages)
        text = self.script(messages)
        message = AIMessage(text, response_metadata=self._chances(text))
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **_: Any
    ) -> Iterator[ChatGenerationChunk]:
        self.calls.append(messages)
        text = self.script(messages)
        for index, word in enumerate(text.split(" ")):
            piece = word if index == 0 else f" {word}"
            yield ChatGenerationChunk(message=AIMessageChunk(piece))

    def _chances(self, text: str) -> dict[str, Any]:
        other = "no" if text == "yes" else "yes"
        top = [
            {"token": text, "logprob": math.log(self.certainty)},
            {"token": other, "logprob": math.log(1 - self.certainty)},
        ]
        return {"logprobs": {"content": [{"token": text, "logprob": 0, "top_logprobs": top}]}}
