"""Follow-up questions: rewritten only when they lean on an earlier turn."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from langchain_core.messages import BaseMessage
from langchain_core.runnables import Runnable

from assistant.facts import content_words, flatten, found_in, names
from assistant.prompts import Prompt, one_line
from assistant.types import Turn

_PRONOUN = re.compile(
    r"\b(he|him|his|she|her|hers|it|its|they|them|their|theirs|this|that|these|those|there|then|"
    r"one|ones|the same|the (?:latter|former|other|two|second|first)|both|either|neither)\b",
    re.IGNORECASE,
)
_RELATIVE_THAT = re.compile(
    r"\b(?:say|says|said|claim\w*|think\w*|believ\w*|suggest\w*|signal\w*|fear\w*|mean\w*|"
    r"state\w*|announce\w*|show\w*|was it|is it)\s+that\b|\bit\s+(?:true|likely|possible)\b|"
    r"\b(?:is|was|are|were)\s+there\b|\w+\s+that\s+(?:was|were|is|are|had|has|have)\b",
    re.IGNORECASE,
)
_CONTINUES = re.compile(
    r"^\W*(and|but|or|so|also|what about|how about|what else|who else|where else|why not|why|"
    r"when|where|who|how|how so|which|how many|how much|by whom|since when|says who|really|"
    r"according to whom|any (?:reason|details))\b\W*$|^\W*(and|but|what about|how about|what else|"
    r"who else|anything else)\b",
    re.IGNORECASE,
)
EARLIER_TURNS = 3
"""Turns that a follow-up may lean on."""

REWRITTEN_TOKENS = 80
"""Longest that a rewritten question is."""

_TURN_CHARS = 2000
"""Of a longer question or answer the beginning is read."""


def leans_on_history(question: str) -> bool:
    """Tell whether a question needs an earlier turn to be understood.

    It does when it continues ("And why?"), is too short to name anything, or uses a pronoun
    that no name before it in the question can be meant by.
    """
    if _CONTINUES.match(question):
        return True
    plain = _RELATIVE_THAT.sub(" ", question)
    pronoun = _PRONOUN.search(plain)
    if pronoun is None:
        return len(question.split()) <= 3 and not names(question)
    return not names(plain[: pronoun.start()])


def rewrite(
    question: str, history: Sequence[Turn], *, model: Runnable[Any, BaseMessage], prompt: Prompt
) -> str | None:
    """Return the question made independent of `history`, or None if it already is.

    `model` is bound to `REWRITTEN_TOKENS` at most. An outcome that lost what the follow-up
    asks, or took nothing from the turns, gives way to the follow-up with the last question
    beside it.
    """
    if not history or not leans_on_history(question):
        return None
    lines = []
    history = [
        Turn(one_line(turn.question)[:_TURN_CHARS], one_line(turn.answer)[:_TURN_CHARS])
        for turn in history[-EARLIER_TURNS:]
    ]
    for turn in history:
        lines.append(f"Question: {turn.question}")
        if turn.answer:
            lines.append(f"Answer: {turn.answer}")
    messages = prompt.render(turns="\n".join(lines), question=one_line(question))
    reply = model.invoke(messages)
    rewritten = one_line(str(reply.text)).strip("\"'“” ")
    if flatten(rewritten) == flatten(question) and names(question):
        return None
    most = len(question) + sum(len(line) for line in lines) + 40
    if len(rewritten) <= most and _keeps(question, rewritten, history):
        return rewritten
    return f"{one_line(question)} ({history[-1].question})"


def _keeps(question: str, rewritten: str, turns: Sequence[Turn]) -> bool:
    """Tell whether a rewritten question asks the same, and names something of the turns."""
    have = content_words(rewritten)
    asked = content_words(question)
    known = content_words(" ".join(f"{turn.question} {turn.answer}" for turn in turns))
    kept = all(found_in(word, have) for word in asked)
    added = [word for word in have if not found_in(word, asked)]
    taken = [word for word in added if found_in(word, known)]
    return kept and bool(taken) and len(taken) == len(added)
