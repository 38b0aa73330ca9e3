"""What OpenAI's clients send, and the question and turns in it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from assistant.server.api import examples
from assistant.server.api.errors import ApiError
from assistant.server.api.schemas import FilterBody
from assistant.server.api.text import strip_sources
from assistant.types import Turn

MODEL = "article-assistant"
MODEL_BODY = {
    "id": MODEL,
    "object": "model",
    "created": 1_735_689_600,  # a model has to have a date
    "owned_by": "article-assistant",
}


class ContentPart(BaseModel):
    """A part of a message; only text can be read."""

    model_config = ConfigDict(extra="ignore")

    type: str
    text: str | None = None


class Message(BaseModel):
    """One message of a conversation."""

    model_config = ConfigDict(extra="ignore")

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[ContentPart] | None = None


class StreamOptions(BaseModel):
    """What a stream should hold beside the message."""

    model_config = ConfigDict(extra="ignore")

    include_usage: bool = False


class ChatRequest(BaseModel):
    """A conversation. Unknown parameters are ignored, as clients send many."""

    model_config = ConfigDict(
        extra="ignore",
        json_schema_extra=examples.shown(
            {"model": MODEL, "messages": [{"role": "user", "content": examples.QUESTION}]}
        ),
    )

    model: str
    messages: list[Message] = Field(min_length=1, max_length=200)
    stream: bool = False
    stream_options: StreamOptions | None = None
    n: int | None = None
    tools: list[Any] | None = None
    response_format: dict[str, Any] | None = None
    where: FilterBody | None = Field(None, description="Not of OpenAI: which articles to search.")
    source_list: bool | None = Field(
        None, description="Not of OpenAI: whether the text ends with a list of sources."
    )
    draft: bool = Field(
        False, description="Not of OpenAI: stream the unverified draft as `reasoning_content`."
    )


class ModelBody(BaseModel):
    """A model, as OpenAI describes one."""

    model_config = ConfigDict(json_schema_extra=examples.shown(MODEL_BODY))

    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class ModelsBody(BaseModel):
    """A list of models."""

    model_config = ConfigDict(
        json_schema_extra=examples.shown({"object": "list", "data": [MODEL_BODY]})
    )

    object: Literal["list"]
    data: list[ModelBody]


def read_conversation(body: ChatRequest) -> tuple[str, list[Turn]]:
    """Return the last user message and the turns before it.

    Raises:
        ApiError: the conversation does not end with a question, or asks for what the assistant
            cannot do.
    """
    if body.n not in {None, 1}:
        raise _unsupported("n", "Only one choice is made for a conversation.")
    if body.tools:
        raise _unsupported("tools", "The assistant calls no tools.")
    if body.response_format and body.response_format.get("type") not in {None, "text"}:
        raise _unsupported("response_format", "Answers are text.")
    turns: list[Turn] = []
    question: str | None = None
    for place, message in enumerate(body.messages):
        if message.role == "user":
            if question is not None:
                turns.append(Turn(question))
            question = _text_of(message, place)
        elif message.role == "assistant" and question is not None:
            turns.append(Turn(question, strip_sources(_text_of(message, place))))
            question = None
    if question is None:
        raise ApiError(
            400,
            "no_question",
            "The conversation does not end with a message of the user.",
            hint="Put the question last, with the role user.",
            param="messages",
        )
    return question, turns


def _text_of(message: Message, place: int) -> str:
    if message.content is None:
        return ""
    if isinstance(message.content, str):
        return message.content
    if any(part.type != "text" for part in message.content):
        raise _unsupported(f"messages.{place}.content", "Only text can be read.")
    return "\n".join(part.text for part in message.content if part.text is not None)


def _unsupported(param: str, message: str) -> ApiError:
    return ApiError(400, "unsupported", message, hint=f"Leave out {param}.", param=param)
