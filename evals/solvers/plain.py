"""What a first attempt does: the nearest passages, one instruction, no checks."""

from __future__ import annotations

import re
import time
from typing import Any

from langchain_core.messages import HumanMessage, SystemMessage

from assistant import Assistant, SearchFilter
from evals.outcomes import CitedSpan, FoundSpan, Outcome, StatementOutcome
from evals.samples import Sample
from evals.solvers.retrieval import DEPTH

_INSTRUCTION = (
    "Answer the question from the passages only, in one or two sentences, and cite passages "
    "like [1]. If the passages do not answer it, say that they do not."
)
_PASSAGES = 4
_SNIPPETS = 5
"""Where a question brings at most so many articles of its own, all are shown."""
_TOKENS = 160
_TEXTS = r"(?:passages?|texts?|articles?|documents?|e-?mails?|contexts?|snippets?|sources?)"
_REFUSES = re.compile(
    # The passages do not mention it; [1] does not say.
    rf"(?:\b{_TEXTS}\b[^.;:]{{0,40}}?|\[\d+\]) (?:(?:do|does|did) not|(?:do|does|did)n['’]t) "
    r"(?:\w+ly )?(?:answer|mention|state|provide|contain|specify|give|say|include|indicate|address|"
    r"discuss)\b|"
    # It is not stated; no price is given in the passages.
    r"\bnot (?:\w+ly )?(?:mentioned|stated|specified|answered)\b|"
    rf"\b(?:not|no|none)\b[^.;:]{{0,40}}?\b(?:provided|given|found)\b[^.;:]{{0,20}}?\b{_TEXTS}\b|"
    r"\b(?:do|does) not answer (?:the|this|your) question|"
    r"\bno (?:information|mention)\b|\bcannot (?:be )?answer",
    re.IGNORECASE,
)
"""Says that the passages do not answer, not that something in them is not so."""


def refuses(text: str) -> bool:
    """Tell whether a reply says that the passages do not answer."""
    return bool(_REFUSES.search(text))


def solve(assistant: Assistant, sample: Sample, where: SearchFilter | None) -> Outcome:
    """Show the nearest passages by meaning and take what the chat model says."""
    began = time.monotonic()
    restriction = where if where is not None else SearchFilter()
    vector = assistant.embeddings.embed_query(sample.question)
    hits = assistant.index.search_dense(vector, k=DEPTH, where=restriction)
    scores = {hit.passage_id: hit.score for hit in hits}
    found = [item.passage for item in assistant.index.passages(list(scores))]
    spans = tuple(FoundSpan(p.article_id, p.start, p.end, round(scores[p.id], 4)) for p in found)
    own = len(sample.articles) if sample.articles is not None else None
    shown = found[: own if own is not None and own <= _SNIPPETS else _PASSAGES]
    retrieved_s = time.monotonic() - began
    context = "\n\n".join(f"[{n}] {passage.text}" for n, passage in enumerate(shown, start=1))
    earlier = "".join(f"Earlier question: {turn.question}\n" for turn in sample.turns)
    messages = [
        SystemMessage(_INSTRUCTION),
        HumanMessage(f"{context}\n\n{earlier}Question: {sample.question}"),
    ]
    text = ""
    first_token_s = last_token_s = None
    usage: dict[str, Any] = {}
    for chunk in assistant.chain.chat.model.stream(messages, max_tokens=_TOKENS):
        piece = str(chunk.text)
        if piece:
            last_token_s = round(time.monotonic() - began, 4)
            first_token_s = last_token_s if first_token_s is None else first_token_s
        text += piece
        usage |= dict(getattr(chunk, "usage_metadata", None) or {})
    cited = sorted({int(n) for n in re.findall(r"\[(\d+)\]", text)})
    citations = [shown[n - 1] for n in cited if 1 <= n <= len(shown)]
    refused = refuses(text)
    statement = StatementOutcome(
        text.strip(), "unchecked", 1.0, not refused, tuple(range(len(citations)))
    )
    return Outcome(
        text=text.strip(),
        refused=refused,
        refusal_code="said_so" if refused else None,
        citations=tuple(CitedSpan(p.article_id, p.start, p.end, p.text) for p in citations),
        statements=() if refused else (statement,),
        passages=spans,
        evidence=spans[: len(shown)],
        retrieved_s=round(retrieved_s, 4),
        first_token_s=first_token_s,
        last_token_s=last_token_s,
        total_s=round(time.monotonic() - began, 4),
        prompt_tokens=usage.get("input_tokens", 0),
        cached_tokens=(usage.get("input_token_details") or {}).get("cache_read", 0),
        completion_tokens=usage.get("output_tokens", 0),
    )
