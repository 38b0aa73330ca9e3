"""What is measured: the assistant, and the plain pipeline it is compared with."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import Any, Protocol

from langchain_core.messages import HumanMessage, SystemMessage

from assistant import Answer, Assistant, Finished, Retrieved, Turn
from evals.samples import Sample

_PLAIN_INSTRUCTION = (
    "Answer the question from the passages only, in one or two sentences, and cite passages "
    "like [1]. If the passages do not answer it, say that they do not."
)
_PLAIN_PASSAGES = 3
_PLAIN_TOKENS = 160
_PLAIN_REFUSES = re.compile(
    r"\b(?:do|does|did) not (?:answer|mention|state|provide|contain|specify|give|say|include|"
    r"indicate|address|discuss)|\bnot (?:mentioned|stated|provided|specified|answered|given)\b|"
    r"\bno (?:information|mention)\b|\bcannot (?:be )?answer",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class CitedSpan:
    """A citation as it was shown: article, range and quote."""

    article_id: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class StatementOutcome:
    """A statement as it was shown, or as it was dropped."""

    text: str
    verdict: str
    score: float
    quotes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a pipeline gave for one sample. `first_token_s` is None where nothing was written."""

    text: str
    refused: bool
    citations: tuple[CitedSpan, ...] = ()
    statements: tuple[StatementOutcome, ...] = ()
    retrieved_s: float = 0.0
    first_token_s: float | None = None
    total_s: float = 0.0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    details: dict[str, Any] = field(default_factory=dict)


class Pipeline(Protocol):
    """Answers a sample."""

    def __call__(self, assistant: Assistant, sample: Sample) -> Outcome:
        """Return what is shown to a user."""


def run_assistant(assistant: Assistant, sample: Sample) -> Outcome:
    """Ask the assistant as its users do; earlier turns are asked without their answers."""
    began = time.monotonic()
    retrieved_s = 0.0
    answer: Answer | None = None
    for event in assistant.stream(sample.question, [Turn(turn) for turn in sample.turns]):
        if isinstance(event, Retrieved):
            retrieved_s = time.monotonic() - began
        if isinstance(event, Finished):
            answer = event.answer
    if answer is None:
        raise AssertionError("a stream ends with Finished")
    quotes = {citation.number: citation.quote for citation in answer.citations}
    return Outcome(
        text=" ".join(statement.text for statement in answer.statements),
        refused=answer.refusal is not None,
        citations=tuple(CitedSpan(c.article_id, c.start, c.end, c.quote) for c in answer.citations),
        statements=tuple(
            StatementOutcome(
                statement.text,
                statement.support.verdict,
                statement.support.score,
                tuple(quotes[number] for number in statement.citations),
            )
            for statement in answer.statements
        ),
        retrieved_s=retrieved_s,
        first_token_s=answer.timings.first_token_s,
        total_s=answer.timings.total_s,
        prompt_tokens=answer.usage.prompt_tokens,
        cached_tokens=answer.usage.cached_tokens,
        completion_tokens=answer.usage.completion_tokens,
        details=answer.to_dict(),
    )


def run_plain(assistant: Assistant, sample: Sample) -> Outcome:
    """Do what a first attempt does: the nearest three passages, one instruction, no checks."""
    began = time.monotonic()
    vector = assistant.embeddings.embed_query(sample.question)
    hits = assistant.index.search_dense(vector, k=_PLAIN_PASSAGES)
    passages = [item.passage for item in assistant.index.passages([hit.passage_id for hit in hits])]
    retrieved_s = time.monotonic() - began
    context = "\n\n".join(f"[{n}] {passage.text}" for n, passage in enumerate(passages, start=1))
    earlier = "".join(f"Earlier question: {turn}\n" for turn in sample.turns)
    messages = [
        SystemMessage(_PLAIN_INSTRUCTION),
        HumanMessage(f"{context}\n\n{earlier}Question: {sample.question}"),
    ]
    text = ""
    first_token_s: float | None = None
    usage: dict[str, Any] = {}
    for chunk in assistant.chain.chat.model.stream(messages, max_tokens=_PLAIN_TOKENS):
        piece = str(chunk.text)
        if piece and first_token_s is None:
            first_token_s = time.monotonic() - began
        text += piece
        usage |= dict(getattr(chunk, "usage_metadata", None) or {})
    cited = sorted({int(n) for n in re.findall(r"\[(\d+)\]", text)})
    spans = [passages[n - 1] for n in cited if 1 <= n <= len(passages)]
    return Outcome(
        text=text.strip(),
        refused=bool(_PLAIN_REFUSES.search(text)),
        citations=tuple(CitedSpan(p.article_id, p.start, p.end, p.text) for p in spans),
        statements=(StatementOutcome(text.strip(), "unchecked", 1.0, ()),),
        retrieved_s=retrieved_s,
        first_token_s=first_token_s,
        total_s=time.monotonic() - began,
        prompt_tokens=usage.get("input_tokens", 0),
        cached_tokens=(usage.get("input_token_details") or {}).get("cache_read", 0),
        completion_tokens=usage.get("output_tokens", 0),
    )


PIPELINES: dict[str, Pipeline] = {"assistant": run_assistant, "plain": run_plain}
