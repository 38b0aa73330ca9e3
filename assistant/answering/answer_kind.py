"""Whether a statement is the kind of answer that the question asks for."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from assistant.answering.context import EvidenceContext
from assistant.answering.polarity import asks_yes_or_no
from assistant.facts import (
    STOPWORDS,
    calendar_words,
    content_words,
    fold,
    folded_words,
    found_in,
    names,
    numbers,
    words,
)
from assistant.types import Check

_TYPES: tuple[tuple[re.Pattern[str], str, Callable[[str], bool]], ...] = (
    (
        re.compile(
            r"\bhow (?:many|much|high|tall|far|long|old|large|big|heavy|fast|deep|wide)\b", re.I
        ),
        "a number",
        lambda text: (
            bool(numbers(text))
            or bool(
                re.search(
                    r"\b(one|once|twice|both|no|none|nobody|several|half|thirds?|quarters?|doubled?|most|"
                    r"few|many|dozens?|scores|hundreds|thousands|millions|billions|couple|handful|all|"
                    r"decades?|centur\w+|years?|months?|weeks?|days?|hours?|minutes?|since|ever|"
                    r"always)\b",
                    text,
                    re.I,
                )
            )
        ),
    ),
    (
        re.compile(
            r"\b(?:what|which) (?:year|month|day|date|weekday)\b|"
            r"\bon (?:what|which) (?:day|date)\b",
            re.I,
        ),
        "a date",
        lambda text: bool(numbers(text) or calendar_words(text)),
    ),
    (
        re.compile(r"^\W*(?:and\s+)?when\b|\bsince when\b|\b(?:by|until) when\b", re.I),
        "a time",
        lambda text: (
            bool(numbers(text) or calendar_words(text))
            or bool(
                re.search(
                    r"\b(ago|yesterday|today|tomorrow|week\w*|month\w*|year\w*|day\w*|recent\w*|"
                    r"last|next|before|after|during|when|weekend|while|morning|evening|night|soon|"
                    r"no|not|never|now|current\w*|decade\w*|centur\w*|hour\w*|minute\w*|dawn|dusk|noon|"
                    r"midnight|spring|summer|autumn|winter|once|until|till|upon|if|immediately|later|"
                    r"earlier)\b",
                    text,
                    re.I,
                )
            )
        ),
    ),
)


def asks_for_number(question: str) -> bool:
    """Tell whether a question asks how many, how high and the like."""
    return bool(_NUMBER_ASKED.search(question))


def asks_for_value(question: str) -> bool:
    """Tell whether a question asks for a number or a time: for what can be compared."""
    return asks_for_number(question) or asks_for_time(question)


def asks_for_thing(question: str) -> bool:
    """Tell whether a question asks who, what, which or where: for somebody or something."""
    return bool(_THING_ASKED.search(question))


def asks_for_time(question: str) -> bool:
    """Tell whether a question asks for a date or a time."""
    return any(asks.search(question) for asks, kind, _ in _TYPES if kind in {"a date", "a time"})


_THING_ASKED = re.compile(
    r"^\W*(?:(?:in|on|at|by|from|to|for|with) )?(?:who(?:se|m)?|where|which|what)\b"
    r"(?! (?:did|do|does|reasons?|happen\w*|led|caused)\b)",
    re.IGNORECASE,
)
_MEASURES = (
    "number|percentage|share|proportion|price|cost|sum|amount|turnout|toll|height|range|speed|"
    "weight|length|distance|area|rate|value|temperature|attendance|size|loss|figure|score|age"
)
_NUMBER_ASKED = re.compile(
    rf"{_TYPES[0][0].pattern}|\bwhat (?:{_MEASURES})\b|\bwhat would .{{3,40}} cost\b|"
    rf"\bwhat (?:was|is|were|would be|will be) the (?:[\w-]+ ){{0,3}}?(?:{_MEASURES})\b",
    re.IGNORECASE,
)


def check_answer_type(statement: str, question: str) -> Check:
    """See that a question for a number, a date or a time is answered by one."""
    if _WHO.search(question) and not re.search(r"\bor\b", question):
        asked = set(folded_words(question))
        named = [word for word in words(statement) if word[0].isupper()]
        named += [match.group() for match in _PERSONS.finditer(statement)]
        fresh = any(word.lower() not in STOPWORDS and fold(word) not in asked for word in named)
        return Check("answer_type", fresh, "" if fresh else "asked for a person or group")
    for asks, kind, gives in _TYPES:
        if asks.search(question):
            return Check(
                "answer_type", gives(statement), "" if gives(statement) else f"asked for {kind}"
            )
    return Check("answer_type", None)


_NAMES_ASKED = re.compile(r"\b(?:names?|called)\b", re.IGNORECASE)
_WHICH_NAME = re.compile(r"\b[Ww]hich ([A-Z][\w-]+)")
"""Asks for more of a name: "Which Brandt stood for parliament?" is answered by "Osk Brandt"."""
_WH = re.compile(r"\b(?:who|whom|whose|what|which|when|where|why|how)\b", re.IGNORECASE)
_WHO = re.compile(r"^\W*(?:and\s+)?who(?:se|m)?\b|\bby whom\b", re.IGNORECASE)
_PERSONS = re.compile(
    r"\b(?:\w*(?:officials?|analysts?|experts?|critics?|residents?|authors?|writers?|people|"
    r"president|minister|secretary|spokes\w+|leaders?|government|house|party|police|army|court|"
    r"company|lawyers?|members?|community|council|board|committee|commission|ministry|agency|"
    r"authority|union|federation|association|bank|firm|group|team|crew|farm|\w{2,}(?:er|or|ist|ian)s?|"
    r"man|woman|men|women|he|she|they|nobody|no one|neither|both))\b",
    re.IGNORECASE,
)


def check_informative(statement: str, question: str) -> Check:
    """See that the answer to a wh-question says something that the question does not.

    "Will she start, and if not, why?" is answered in the question's own words as well.
    """
    chooses = re.search(r"\bor\b", question) or asks_yes_or_no(question)
    if not _WH.search(question) or chooses:
        return Check("informative", None)
    said = [*content_words(statement), *calendar_words(statement)]
    said += [number.text for number in numbers(statement)]
    asked = [*content_words(question), *calendar_words(question)]
    asked += [number.text for number in numbers(question)]
    which = content_words(" ".join(_WHICH_NAME.findall(question)))
    for name in names(statement) if not _NAMES_ASKED.search(question) else ():
        # "Mike Pompeo" tells no more than the "Pompeo" that was asked about.
        parts = content_words(name.text)
        if not set(which).isdisjoint(parts):
            continue
        if any(found_in(part, asked) for part in parts):
            asked += parts
    new = [word for word in said if not found_in(word, asked)]
    return Check("informative", bool(new), "" if new else "it only repeats the question")


_ASPECTS = {
    name: re.compile(
        rf"\b(?:how (?:{adjectives})|{nouns})\b|\d\W?[a-z]+ (?:{adjectives})\b", re.IGNORECASE
    )
    for name, adjectives, nouns in (
        ("height", "high|tall", "height|altitude"),
        ("range", "far", "range|distance"),
        ("speed", "fast", "speed|velocity"),
        ("weight", "heavy", r"weigh\w*|mass of"),
        ("width", "wide", "width"),
        ("depth", "deep", "depth"),
    )
}
"""How a question asks for a measure, and how a text tells it: "a height of", "3 metres high"."""


def check_aspect(statement: str, question: str, cited: Sequence[EvidenceContext]) -> Check:
    """See that a question for a measure is not answered by another: a range is no height."""
    asked = {name for name, aspect in _ASPECTS.items() if aspect.search(question)}
    if len(asked) != 1 or not numbers(statement):
        return Check("aspect", None)
    text = " ".join(context.evidence.reading for context in cited)
    told = {name for name, aspect in _ASPECTS.items() if aspect.search(text)}
    wrong = bool(told) and not told & asked
    return Check("aspect", not wrong, f"asked for a {min(asked)}" if wrong else "")
