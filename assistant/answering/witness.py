"""The chat model as one witness among several: does the text state the answer?"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.runnables import Runnable

from assistant.models.chat import LoadedChatModel

_TOP = 10
_WITHOUT_PROBABILITIES = 0.9
"""Belief in a plain "yes" from a server that gives no token probabilities."""


def witness_model(chat: LoadedChatModel) -> Runnable[Any, AIMessage]:
    """Return the chat model bound to one token, with probabilities where it gives them."""
    options: dict[str, Any] = {"max_tokens": 1}
    if "logprobs" in type(chat.model).model_fields:  # It speaks the OpenAI protocol's.
        options |= {"logprobs": True, "top_logprobs": _TOP}
    return chat.model.bind(**options)


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
    content = (reply.response_metadata.get("logprobs") or {}).get("content") or []
    likeliest = content[0].get("top_logprobs", ()) if content else ()
    return {entry["token"]: math.exp(entry["logprob"]) for entry in likeliest}


def ask_witness(
    model: Runnable[Sequence[BaseMessage], AIMessage], messages: Iterable[BaseMessage]
) -> tuple[float, AIMessage]:
    """Put the yes/no question and return P(yes) with the raw reply."""
    reply = model.invoke(list(messages))
    return yes_probability(reply), reply
