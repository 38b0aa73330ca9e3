"""The chat model as one witness among several: does the text state the answer?"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.runnables import Runnable

from assistant.models.chat import LoadedChatModel
from assistant.prompts import Prompt, one_line

_TOP = 10
_LIFT = 100
_LEAST = 1e-30
_WITHOUT_PROBABILITIES = 0.9
"""Belief in a plain "yes" from a server that gives no token probabilities."""


def render_yes_no(
    prompt: Prompt, *, evidence: str, question: str, statement: str
) -> list[BaseMessage]:
    """Ask whether the evidence states this answer to the question; each on one line."""
    return prompt.render(
        evidence=one_line(evidence), question=one_line(question), statement=one_line(statement)
    )


def witness_model(chat: LoadedChatModel) -> Runnable[Any, AIMessage]:
    """Return the chat model bound to one token, with probabilities where it gives them."""
    options = chat.limit(1)
    if "logprobs" in type(chat.model).model_fields:  # It speaks the OpenAI protocol's.
        options |= {"logprobs": True, "top_logprobs": _TOP}
    return chat.model.bind(**options)


def logits_model(
    chat: LoadedChatModel, tokens: Sequence[int], words: Sequence[int]
) -> Runnable[Any, AIMessage]:
    """Return the embedded chat model bound to one token, with logits; see `read_logits`.

    A bias lifts the `tokens`, and the `words` that are to be said, above all others; the
    logarithms of their probabilities are their logits but for one constant.
    """
    wanted = [*tokens, *words]
    return chat.model.bind(
        max_tokens=1,
        temperature=1,
        logprobs=True,
        top_logprobs=len(wanted),
        extra_body={
            "logit_bias": [[token, _LIFT] for token in wanted],
            "post_sampling_probs": True,
            "samplers": ["top_k", "temperature"],
            "top_k": len(wanted),
        },
    )


def read_logits(reply: AIMessage, tokens: Sequence[int]) -> np.ndarray | None:
    """Return the tokens' logits about their mean; shape (len(tokens),). None if one is missing."""
    chances = {entry["id"]: entry.get("prob", 0.0) for entry in _likeliest(reply) if "id" in entry}
    if any(token not in chances for token in tokens):
        return None
    logits = np.log(np.clip([chances[token] for token in tokens], _LEAST, None))
    centred: np.ndarray = logits - logits.mean()
    return centred


def yes_probability(reply: AIMessage) -> float:
    """Return P(yes) / (P(yes) + P(no)) of the reply's first token, in [0, 1].

    A reply without log-probabilities counts 0.9 for yes, 0.1 for no and 0.5 for neither.
    """
    chances = first_token_chances(reply)
    yes = sum(chance for token, chance in chances.items() if token.strip().lower() == "yes")
    no = sum(chance for token, chance in chances.items() if token.strip().lower() == "no")
    if yes + no > 0:
        return yes / (yes + no)
    word = str(reply.text).strip().lower()
    if word.startswith("yes"):
        return _WITHOUT_PROBABILITIES
    return 1 - _WITHOUT_PROBABILITIES if word.startswith("no") else 0.5


def first_token_chances(reply: AIMessage) -> dict[str, float]:
    """Return the likeliest first tokens with their probabilities; empty where not given."""
    return {
        entry["token"]: entry["prob"] if "prob" in entry else math.exp(entry["logprob"])
        for entry in _likeliest(reply)
    }


def _likeliest(reply: AIMessage) -> Sequence[dict[str, Any]]:
    content = (reply.response_metadata.get("logprobs") or {}).get("content") or []
    first: dict[str, Any] = content[0] if content else {}
    return first.get("top_probs") or first.get("top_logprobs") or ()


def ask_witness(
    model: Runnable[Sequence[BaseMessage], AIMessage], messages: Iterable[BaseMessage]
) -> tuple[float, AIMessage]:
    """Put the yes/no question and return P(yes) with the raw reply."""
    reply = model.invoke(list(messages))
    return yes_probability(reply), reply
