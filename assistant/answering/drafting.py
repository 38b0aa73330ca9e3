"""One call of the chat model: the draft, streamed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.runnables import Runnable, RunnableLambda

from assistant.answering.refusing import REFUSAL_PHRASE
from assistant.answering.witness import token_entries, top_chances
from assistant.models.chat import LoadedChatModel
from assistant.prompts import Prompt, one_line
from assistant.types import ArticleReference, Evidence, Usage

_TOP = 10


@dataclass
class Draft:
    """What the model wrote so far; the chances are None where the server gives none."""

    text: str = ""
    refusal_chance: float | None = None
    """Probability, before the first word, of the refusal."""
    least_chance: float | None = None
    """Least probability of a token outside citation marks: where the model hesitated most.

    A sign of made-up detail (Varshney et al. 2023, arXiv 2307.03987).
    """
    usage: Usage = field(default_factory=Usage)


def draft_chain(
    chat: LoadedChatModel, prompt: Prompt, *, tokens: int
) -> Runnable[dict[str, str], AIMessage]:
    """Return prompt | model."""
    options: dict[str, Any] = {"max_tokens": tokens}
    if gives_probabilities(chat.model):
        options |= {"logprobs": True, "top_logprobs": _TOP}
    render: RunnableLambda[dict[str, str], list[BaseMessage]] = RunnableLambda(
        lambda values: prompt.render(**values)
    )
    return render | chat.model.bind(**options)


def witness_model(chat: LoadedChatModel) -> Runnable[Any, AIMessage]:
    """Return the chat model bound to one token, with probabilities where it gives them."""
    options: dict[str, Any] = {"max_tokens": 1}
    if gives_probabilities(chat.model):
        options |= {"logprobs": True, "top_logprobs": _TOP}
    return chat.model.bind(**options)


def gives_probabilities(model: BaseChatModel) -> bool:
    """Tell whether the model's class speaks the OpenAI protocol's `logprobs`."""
    return "logprobs" in type(model).model_fields


def stream_draft(
    chain: Runnable[dict[str, str], AIMessage], values: dict[str, str], draft: Draft
) -> Iterator[str]:
    """Fill `draft` and yield its text as it comes.

    Nothing is yielded while the text may still become the refusal phrase.
    """
    held = ""
    in_mark = False
    for chunk in chain.stream(values):
        if draft.refusal_chance is None:
            draft.refusal_chance = _refusal_chance(chunk)
        for entry in token_entries(chunk):
            in_mark = in_mark or "[" in entry["token"]
            if not in_mark and any(letter.isalnum() for letter in entry["token"]):
                chance = math.exp(entry["logprob"])
                draft.least_chance = min(chance, draft.least_chance or 1.0)
            in_mark = in_mark and "]" not in entry["token"]
        draft.usage = add_usage(draft.usage, chunk)
        text = str(chunk.text)
        draft.text += text
        held += text
        if held and not REFUSAL_PHRASE.startswith(held.strip()[: len(REFUSAL_PHRASE)]):
            yield held
            held = ""


def _refusal_chance(chunk: AIMessage | AIMessageChunk) -> float | None:
    content = token_entries(chunk)
    if not content:
        return None
    first = REFUSAL_PHRASE.split()[0]
    return sum(
        chance
        for token, chance in top_chances(content[0]).items()
        if token.strip() and first.startswith(token.strip().upper())
    )


def add_usage(usage: Usage, message: AIMessage) -> Usage:
    """Add what a reply reports about tokens."""
    found = message.usage_metadata
    if not found:
        return usage
    cached = (found.get("input_token_details") or {}).get("cache_read") or 0
    return usage + Usage(found["input_tokens"], cached, found["output_tokens"])


def _origin(article: ArticleReference) -> str:
    known = [one_line(article.source)] if article.source else []
    known += [f"{article.published:%d %B %Y}"] if article.published else []
    return f" ({', '.join(known)})" if known else ""


def render_evidence(evidence: Sequence[Evidence]) -> str:
    """Write the evidence as the prompts show it: articles with source and date, [n] sentences."""
    lines: list[str] = []
    shown: str | None = None
    for item in evidence:
        if item.article.article_id != shown:
            shown = item.article.article_id
            lines.append(f"Article: {one_line(item.article.title)}{_origin(item.article)}")
        lines.append(f"[{item.number}] {one_line(item.reading)}")
    return "\n".join(lines)
