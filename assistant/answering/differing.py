"""Evidence that answers otherwise: where articles disagree, a reader has to see both."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from assistant.answering.answer_kind import asks_for_thing, asks_for_time, asks_for_value
from assistant.answering.context import EvidenceContext
from assistant.answering.polarity import asks_yes_or_no, denies, find_denial
from assistant.facts import Number, content_words, days, found_in, numbers

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

    A sentence differs if it is not cited and the verifier takes it for an answer. Of numbers and
    times it has to give one that neither the statements, nor what they cite, nor the question has;
    then it may also go on from a sentence that is cited ("Organisers spoke of 5,000"). Whoever or
    whatever else was asked for, it has to be of another article and share no word of the answer.
    Where yes or no was asked and nothing was denied, it is a denial that fits as well as what is
    cited.
    """
    said = " ".join(stated)
    if asks_yes_or_no(question):
        return _denial(question, said, cited, contexts)
    known = " ".join([said, question, *(contexts[number].evidence.reading for number in cited)])
    texts = {contexts[number].evidence.text for number in cited}
    articles = {contexts[number].article.id for number in cited}

    def differs(number: int) -> bool:
        context = contexts[number]
        reading = context.evidence.reading
        if asks_for_value(question):
            other = _other_time if asks_for_time(question) else _other_number
            answers = chances[number] >= _ANSWERS or _goes_on(context, texts)
            return answers and other(reading, said, known)
        return (
            asks_for_thing(question)
            and chances[number] >= _ANSWERS
            and context.article.id not in articles
            and _shares_nothing(reading, said, question)
        )

    differing = [number for number in contexts if number not in cited and differs(number)]
    return sorted(differing, key=lambda number: -chances[number])


def _denial(
    question: str, said: str, cited: Collection[int], contexts: Mapping[int, EvidenceContext]
) -> list[int]:
    denial = find_denial(question, [context.evidence for context in contexts.values()])
    if denial is None or denial.number in cited or denies(said):
        return []
    fits = max((contexts[number].evidence.relevance for number in cited), default=0.0)
    return [denial.number] if denial.relevance >= fits else []


def _goes_on(context: EvidenceContext, cited: Collection[str]) -> bool:
    """Tell whether a brief sentence lets somebody else speak, right after one that is cited."""
    sentence = context.evidence.text
    return (
        context.predecessor in cited
        and _GIVES.search(sentence) is not None
        and len(content_words(sentence)) <= _BRIEF
    )


def _shares_nothing(text: str, said: str, question: str) -> bool:
    """Tell whether a text has no content word of what was said beyond the question."""
    asked, there = content_words(question), content_words(text)
    new = [word for word in content_words(said) if not found_in(word, asked)]
    return bool(new) and not any(found_in(word, there) for word in new)


def _other_number(text: str, said: str, known: str) -> bool:
    """Tell whether a text has a number in a unit of what was said, and none that is known.

    A bare number may be in any unit; a count ("300 homes") is in none.
    """
    units = {number.unit for number in numbers(said)}
    own = [
        number
        for number in numbers(text)
        if (number.unit in units or (units and number.text[-1].isdigit())) and not _is_year(number)
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
