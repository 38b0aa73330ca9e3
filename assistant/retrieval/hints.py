"""What a question itself says of where to look: an outlet by name, a date, a month, a year."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from datetime import date, timedelta

from assistant.facts import MONTHS, days, folded_words, identifying_names
from assistant.types import SearchFilter

_REPORTED_WITHIN = timedelta(days=2)
"""News of a day is published on it or soon after."""

_LONGEST_NAME = 6
_NAME = re.compile(r"[A-Z][\w.&'’-]*(?:\s+(?:(?:of|the|and|&)\s+)*[A-Z][\w.&'’-]*)*")
_YEARS = range(1000, 9999)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")


def find_hints(question: str) -> list[SearchFilter]:
    """Return restrictions that the question suggests: one for outlets, one for each date.

    None of them is certain: a name may be no outlet's, and an article may tell of another year.
    """
    hints = []
    outlets = tuple(dict.fromkeys(_possible_outlets(question)))
    if outlets:
        hints.append(SearchFilter(sources=outlets))
    hints += [
        SearchFilter(published_from=first, published_to=last)
        for first, last in dict.fromkeys(_periods(question))
    ]
    return hints


def names_author(question: str, author: str | None) -> bool:
    """Tell whether a question has a name that is the author's, or a part of it."""
    known = set(folded_words(author or ""))
    asked = (folded_words(name.text) for name in identifying_names(question))
    return any(name and known.issuperset(name) for name in asked)


def narrow(where: SearchFilter, hint: SearchFilter) -> SearchFilter | None:
    """Return the filter that passes what both pass; None if that is nothing."""
    sources = where.sources or hint.sources
    if where.sources and hint.sources:
        sources = tuple(source for source in hint.sources if source in where.sources)
        if not sources:
            return None
    begin = max(filter(None, (where.published_from, hint.published_from)), default=None)
    end = min(filter(None, (where.published_to, hint.published_to)), default=None)
    if begin and end and begin > end:
        return None
    return SearchFilter(sources, begin, end, where.article_ids)


def _possible_outlets(question: str) -> Iterator[str]:
    """Yield the runs of words within names, with and without "The"."""
    for name in _NAME.findall(question):
        parts = re.sub(r"['’]s\b", "", name).split()
        for begin in range(len(parts)):
            for end in range(begin + 1, min(begin + _LONGEST_NAME, len(parts)) + 1):
                run = " ".join(parts[begin:end])
                yield run
                yield f"The {run}"


def _periods(question: str) -> Iterator[tuple[date, date]]:
    told: set[int] = set()
    for day in days(question):
        if day.year is None or day.year not in _YEARS:
            continue
        told.add(day.year)
        month = MONTHS.index(day.month) + 1
        last = calendar.monthrange(day.year, month)[1]
        if day.day is not None and 1 <= day.day <= last:
            begin = end = date(day.year, month, day.day)
        else:
            begin, end = date(day.year, month, 1), date(day.year, month, last)
        yield begin, end + _REPORTED_WITHIN
    for year in map(int, _YEAR.findall(question)):
        if year not in told:
            yield date(year, 1, 1), date(year, 12, 31)
