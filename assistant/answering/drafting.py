"""One call of the chat model: the draft, streamed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.runnables import Runnable, RunnableLambda

from assistant.answering.refusing import REFUSAL_PHRASE
from assistant.models.chat import LoadedChatModel
from assistant.prompts import Prompt, one_line
from assistant.retrieval import names_author
from assistant.types import Evidence, Usage

_REASONS = ("finish_reason", "stop_reason", "done_reason")
"""Where providers say why a model stopped: OpenAI's protocol and Google, Anthropic, Ollama."""

_CUT = {"length", "max_tokens", "max_output_tokens"}
"""What they say where the limit of tokens ended it, in small letters."""


@dataclass
class Draft:
    """What the model wrote so far."""

    text: str = ""
    usage: Usage = field(default_factory=Usage)
    cut: bool = False
    """Whether the model stopped at the limit of tokens."""


def draft_chain(
    chat: LoadedChatModel, prompt: Prompt, *, tokens: int
) -> Runnable[dict[str, str], AIMessage]:
    """Return prompt | model."""
    render: RunnableLambda[dict[str, str], list[BaseMessage]] = RunnableLambda(
        lambda values: prompt.render(**values)
    )
    return render | chat.model.bind(**chat.limit(tokens))


def stream_draft(
    chain: Runnable[dict[str, str], AIMessage], values: dict[str, str], draft: Draft
) -> Iterator[str]:
    """Fill `draft` and yield its text as it comes.

    Nothing is yielded while the text may still become the refusal phrase.
    """
    held = ""
    for chunk in chain.stream(values):
        draft.usage = add_usage(draft.usage, chunk)
        draft.cut |= _stopped_for(chunk) in _CUT
        text = str(chunk.text)
        draft.text += text
        held += text
        if held and not REFUSAL_PHRASE.startswith(held.strip()[: len(REFUSAL_PHRASE)]):
            yield held
            held = ""


def _stopped_for(message: AIMessage) -> str:
    """Return why the provider says that it stopped; empty where it does not say."""
    told = message.response_metadata
    incomplete = told.get("incomplete_details") or {}  # of OpenAI's Responses API
    said = (incomplete.get("reason"), *(told.get(name) for name in _REASONS))
    return str(next(filter(None, said), "")).lower()


def add_usage(usage: Usage, message: AIMessage) -> Usage:
    """Add what a reply reports about tokens."""
    found = message.usage_metadata
    if not found:
        return usage
    cached = (found.get("input_token_details") or {}).get("cache_read") or 0
    return usage + Usage(found["input_tokens"], cached, found["output_tokens"])


def render_evidence(evidence: Sequence[Evidence], question: str) -> str:
    """Write the evidence as the prompts show it: articles with source and date, [n] sentences.

    An author is shown where the question has the name.
    """
    lines: list[str] = []
    shown: str | None = None
    for item in evidence:
        if item.article.article_id != shown:
            shown = item.article.article_id
            asked_of = names_author(question, item.article.author)
            told = (f"by {item.article.author}" if asked_of else "", item.article.origin)
            origin = ", ".join(filter(None, told))
            heading = f"{item.article.title} ({origin})" if origin else item.article.title
            lines.append(f"Article: {one_line(heading)}")
        lines.append(f"[{item.number}] {one_line(item.reading)}")
    return "\n".join(lines)
