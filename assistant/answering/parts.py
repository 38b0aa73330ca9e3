"""A question that asks for several things: "How many struck, and who led them?"."""

from __future__ import annotations

import re

from assistant.facts import content_words, words

_ASKS = r"(?:who|whom|whose|what|which|when|where|why|how)\b"
_JOINT = re.compile(
    rf",? and (?=(?:(?:by|for|in|at|to|from|against|on|with) )?{_ASKS})|"
    r", and (?=(?:is|are|was|were|did|do|does|has|have|had)\b)",
    re.IGNORECASE,
)
_ASKING = re.compile(rf"\b{_ASKS}", re.IGNORECASE)
_QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"|‘[^’]*’")
_TELLING = 3
"""Words at least of what stands before a joint: "How heavy and how long is it?" is one question."""

_OPENING = 2
"""Words among which the question word of a part stands: "For which club did he play"."""

_PAIRED = re.compile(r"\b(?:between|both)\b", re.IGNORECASE)

_TELLING_WORDS = 2
"""Content words at least of a part that may be asked alone."""


def asked_parts(question: str) -> tuple[str, ...]:
    """Return the questions that a question joins, each with a question mark.

    It is one part where nothing is joined, where what stands before the joint tells too little to
    be asked by itself, or where the joint is inside a quotation.
    """
    quoted = [match.span() for match in _QUOTED.finditer(question)]
    parts: list[str] = []
    start = 0
    for joint in _JOINT.finditer(question):
        before = question[start : joint.start()]
        inside = any(begin < joint.start() < end for begin, end in quoted)
        asks = _ASKING.search(question, joint.end())
        if inside or not _tells(before) or _continues(before, asks.group() if asks else ""):
            continue
        parts.append(before)
        start = joint.end()
    if not parts:
        return (question,)
    return tuple(_as_question(part) for part in (*parts, question[start:]))


def answerable_alone(question: str) -> tuple[str, ...]:
    """Return those of several parts that tell what they are about; none of a single question.

    "And how many?" is answered by any number, "and when did it fly?" by any flight.
    """
    parts = asked_parts(question)
    if len(parts) == 1:
        return ()
    return tuple(part for part in parts if len(content_words(part)) >= _TELLING_WORDS)


def _tells(text: str) -> bool:
    long_enough = len(words(text)) >= _TELLING and bool(content_words(text))
    return long_enough and _ASKING.search(text) is not None


def _continues(before: str, asks: str) -> bool:
    """Tell whether a clause goes on: "between when … and when", "people who … and who"."""
    inner = [word.lower() for word in words(before)[_OPENING:]]
    return _PAIRED.search(before) is not None or asks.lower() in inner


def _as_question(part: str) -> str:
    text = part.strip(" ,.;:?!")
    return f"{text[:1].upper()}{text[1:]}?"
