"""The chat model as one witness among several: does the text state the answer?"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.runnables import Runnable

_WITHOUT_PROBABILITIES = 0.9
"""Belief in a plain "yes" from a server that gives no token probabilities."""


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
    content = token_entries(reply)
    return top_chances(content[0]) if content else {}


def token_entries(message: AIMessage) -> list[dict[str, Any]]:
    """Return the OpenAI `logprobs.content` list of a message or chunk; empty where not given."""
    return (message.response_metadata.get("logprobs") or {}).get("content") or []


def top_chances(entry: Mapping[str, Any]) -> dict[str, float]:
    """Read one entry of an OpenAI `logprobs.content` list."""
    return {item["token"]: math.exp(item["logprob"]) for item in entry.get("top_logprobs", ())}


def ask_witness(
    model: Runnable[Sequence[BaseMessage], AIMessage], messages: Iterable[BaseMessage]
) -> tuple[float, AIMessage]:
    """Put the yes/no question and return P(yes) with the raw reply."""
    reply = model.invoke(list(messages))
    return yes_probability(reply), reply
