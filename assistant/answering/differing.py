"""Evidence that answers otherwise: where articles disagree, a reader has to see both."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from assistant.answering.answer_kind import asks_for_number, asks_for_time
from assistant.answering.context import EvidenceContext
from assistant.facts import Number, content_words, days, numbers

_ANSWERS = 0.4
"""Verifier's probability from which a sentence counts as an answer of its own."""

_GIVES = re.compile(
    r"\b(?:said|says|say|spoke|speaks?|put|puts|gave|gives?|thinks?|estimate[sd]?|claim(?:s|ed)?|"
    r"argued?|report(?:s|ed)?|counted|counts|figure|according to)\b",
    re.IGNORECASE,
)
_BRIEF = 8
"""Content words at most of a sentence that only sets another figure against the last one."""

_YEAR = re.compile(r"\b(?:1\d|20)\d\d\b")

_Time = tuple[str | None, int | None, int | None]
"""Month, day and year, each None where it is not told."""


def find_differing(
    question: str,
    stated: Sequence[str],
    cited: Collection[int],
    contexts: Mapping[int, EvidenceContext],
    chances: Mapping[int, float],
) -> list[int]:
    """Return the numbers of evidence that answers with another value, the likeliest first.

    Only questions for a number or a time have values that can be compared. A sentence differs if
    it is not cited, its values are none of those of the statements, of what they cite, or of the
    question, and the verifier takes it for an answer or it goes on from one that is cited
    ("Organisers spoke of 5,000").
    """
    if asks_for_time(question):
        differs = _other_time
    elif asks_for_number(question):
        differs = _other_number
    else:
        return []
    said = " ".join(stated)
    cited_texts = {contexts[number].evidence.text for number in cited}
    known = " ".join([said, question, *(contexts[number].evidence.reading for number in cited)])
    differing = [
        number
        for number, context in contexts.items()
        if number not in cited
        and (chances[number] >= _ANSWERS or _goes_on(context, cited_texts))
        and differs(context.evidence.reading, said, known)
    ]
    return sorted(differing, key=lambda number: -chances[number])


def _goes_on(context: EvidenceContext, cited: Collection[str]) -> bool:
    """Tell whether a brief sentence lets somebody else speak, right after one that is cited."""
    sentence = context.evidence.text
    return (
        context.predecessor in cited
        and _GIVES.search(sentence) is not None
        and len(content_words(sentence)) <= _BRIEF
    )


def _other_number(text: str, said: str, known: str) -> bool:
    """Tell whether a text has a number in a unit of what was said, and none that is known.

    A number without a unit may be in any; a count ("300 homes") has none.
    """
    units = {number.unit for number in numbers(said)}
    own = [
        number
        for number in numbers(text)
        if units and number.unit in {None, *units} and not _is_year(number)
    ]
    values = {number.value for number in numbers(known)}
    return bool(own) and not any(number.value in values for number in own)


def _is_year(number: Number) -> bool:
    return number.unit is None and _YEAR.fullmatch(number.text) is not None


def _other_time(text: str, said: str, known: str) -> bool:
    """Tell whether a text has a time, and none that could be a known one."""
    own, told = _times(text), _times(known)
    return bool(own and _times(said)) and not any(_may_be(a, b) for a in own for b in told)


def _times(text: str) -> list[_Time]:
    found: list[_Time] = [(day.month, day.day, day.year) for day in days(text)]
    dated = {year for _, _, year in found}
    years = {int(year) for year in _YEAR.findall(text)} - dated
    return [*found, *((None, None, year) for year in years)]


def _may_be(left: _Time, right: _Time) -> bool:
    return all(None in pair or pair[0] == pair[1] for pair in zip(left, right, strict=True))
