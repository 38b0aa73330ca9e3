"""Checks of a statement that need no model.

Each returns a `Check`; `passed` is None where there was nothing to check. Checks named in
`GATES` are hard: a statement that fails one is unsupported whatever else speaks for it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence

from assistant.answering.answer_kind import (
    check_answer_type,
    check_aspect,
    check_informative,
)
from assistant.answering.attribution import check_attribution
from assistant.answering.context import EvidenceContext
from assistant.answering.naming import absent_names, unknown_opening
from assistant.answering.parts import asked_parts
from assistant.answering.polarity import check_negation, check_polarity
from assistant.facts import (
    STOPWORDS,
    WEEKDAYS,
    Number,
    calendar_words,
    content_words,
    days,
    flatten,
    fold,
    folded_words,
    found_in,
    identifying_names,
    names,
    numbers,
    quoted_phrases,
    states_number,
    word_share,
    words,
)
from assistant.types import Check

GATES = frozenset(
    "cited numbers dates quotes names question_names question_numbers question_quotes counted "
    "answer_type aspect informative grounded polarity".split()
)


def failed_gates(checks: Iterable[Check]) -> frozenset[str]:
    """Return the names of the hard checks that failed."""
    return frozenset(check.name for check in checks if check.passed is False) & GATES


def check_statement(
    statement: str, question: str, cited: Sequence[EvidenceContext]
) -> tuple[Check, ...]:
    """Run every check on a statement against the evidence that it cites.

    Where the question asks for several things, the statement has to count, and be, what one of
    them asks for.
    """
    if not cited:
        return (Check("cited", False, "no sentence of the evidence states it"),)
    return (
        Check("cited", True),
        check_numbers(statement, question, cited),
        check_dates(statement, cited),
        check_quotes(statement, cited),
        check_names(statement, question, cited),
        check_question_names(question, cited),
        check_question_numbers(question, cited),
        check_question_quotes(question, cited),
        _check_counted_parts(statement, question, cited),
        _check_types_of_parts(statement, question),
        check_aspect(statement, question, cited),
        check_informative(statement, question),
        check_polarity(statement, question, cited),
        check_negation(statement, cited),
        check_grounded(statement, question, cited),
        check_attribution(statement, cited),
        measure_words(statement, cited),
    )


def _check_types_of_parts(statement: str, question: str) -> Check:
    """See that the statement is what some part of the question asks for."""
    found = [check_answer_type(statement, part) for part in asked_parts(question)]
    return next((one for one in found if one.passed is not False), found[0])


def _check_counted_parts(statement: str, question: str, cited: Sequence[EvidenceContext]) -> Check:
    """See that the statement counts what the parts of the question that it speaks of ask for."""
    parts = asked_parts(question)
    found = [
        check_counted(statement, part, cited)
        for part in parts
        if len(parts) == 1 or _speaks_of_counted(statement, part)
    ]
    failed = [one for one in found if one.passed is False]
    passed = [one for one in found if one.passed]
    return next(iter([*failed, *passed]), Check("counted", None))


def _speaks_of_counted(statement: str, question: str) -> bool:
    said = content_words(statement)
    wanted = content_words(" ".join(_counted_words(question) or ()))
    return any(found_in(word, said) for word in wanted)


def _counted_words(question: str) -> list[str] | None:
    """Return the words for what "how many …" asks for; None where nothing is counted."""
    match = _COUNTED.search(question)
    if match is None:
        return None
    found = words(match.group(1))
    return list(itertools.takewhile(lambda word: word.lower() not in STOPWORDS, found))


def check_numbers(statement: str, question: str, cited: Sequence[EvidenceContext]) -> Check:
    """Look for every number of the statement, with its unit, in the cited sentences.

    Those of a date may also come from the article's heading. A number that the question gave is
    no news; `check_question_numbers` looks for it.
    """
    given = {number.value for number in numbers(question)}
    text = " ".join(f"{context.close} {context.article.title}" for context in cited)
    wide = " ".join(context.wide for context in cited)
    dates = " ".join(day.text for day in days(statement))
    plain = statement
    for day in days(statement):
        plain = plain.replace(day.text, " ")
    wanted = [(number, text) for number in numbers(plain)]
    wanted += [(number, wide) for number in numbers(dates)]
    missing = [
        number.text
        for number, source in wanted
        if number.value not in given and not states_number(source, number)
    ]
    return _verdict("numbers", bool(wanted), missing)


def check_dates(statement: str, cited: Sequence[EvidenceContext]) -> Check:
    """Look for every date and weekday of the statement in the cited text.

    A date must be one of the text's own dates, not made of parts of two.
    """
    wide = " ".join(context.wide for context in cited)
    known = days(wide)
    wanted = days(statement)
    missing = [day.text for day in wanted if not any(day.is_part_of(other) for other in known)]
    weekdays = [word for word in calendar_words(statement) if word in WEEKDAYS]
    have = calendar_words(wide)
    missing += [word for word in weekdays if word not in have]
    return _verdict("dates", bool(wanted or weekdays), missing)


def check_quotes(statement: str, cited: Sequence[EvidenceContext]) -> Check:
    """Look for every quoted phrase, verbatim, in the cited sentences."""
    wanted = quoted_phrases(statement)
    text = f" {flatten(' '.join(context.close for context in cited))} "
    missing = [phrase for phrase in wanted if f" {flatten(phrase)} " not in text]
    return _verdict("quotes", bool(wanted), missing)


def check_names(statement: str, question: str, cited: Sequence[EvidenceContext]) -> Check:
    """Look for every name of the statement near the cited sentences.

    A capital may stand for its country only where the question itself uses that name.
    """
    asked = {part for name in names(question) for part in folded_words(name.text)}
    own = names(statement)
    strict = [name for name in own if not set(folded_words(name.text)) <= asked]
    lenient = [name for name in own if name not in strict]
    missing = absent_names(strict, cited, stands_for=False) + absent_names(
        lenient, cited, stands_for=True
    )
    missing += unknown_opening(statement, question, cited)
    return _verdict("names", bool(own or missing), missing)


def check_question_names(question: str, cited: Sequence[EvidenceContext]) -> Check:
    """Look for the question's own names near the cited sentences.

    Asked about the Hwasong-14, a sentence about the Hwasong-15 is no evidence.
    """
    wanted = identifying_names(question)
    return _verdict("question_names", bool(wanted), absent_names(wanted, cited, stands_for=True))


def check_question_numbers(question: str, cited: Sequence[EvidenceContext]) -> Check:
    """Look for the question's own numbers and dates near the cited sentences.

    Where a question compares years or months, one of them has to be there.
    """
    text = " ".join(context.wide for context in cited)
    wanted = [number for number in numbers(question) if not _counts_loosely(number)]
    spoken = set(folded_words(question))
    designated = {
        number.value
        for number in numbers(text)
        if (number.unit or "").startswith("-") and fold((number.unit or "")[1:]) in spoken
    }
    absent = [
        number
        for number in wanted
        if number.value not in designated and not states_number(text, number)
    ]
    years = [number for number in wanted if number.unit is None and _YEAR.match(number.text)]
    if any(number not in absent for number in years):
        absent = [number for number in absent if number not in years]
    missing = [number.text for number in absent]
    dates = calendar_words(question)
    have = calendar_words(text)
    months = [word for word in dates if word not in WEEKDAYS]
    if any(month in have for month in months):
        dates = [word for word in dates if word in WEEKDAYS]
    missing += [word for word in dates if word not in have]
    return _verdict("question_numbers", bool(wanted or dates or months), missing)


_YEAR = re.compile(r"(?:19|20)\d\d\b")

_FEW = frozenset({2.0, 3.0})
_LISTED = frozenset("things reasons points words sentences examples facts ways lines".split())


def _counts_loosely(number: Number) -> bool:
    """Tell whether a number says nothing of the articles: "the two leaders", "in 50 words"."""
    worded = number.text[0].isalpha() and number.value in _FEW
    return worded or number.text.lower().split()[-1] in _LISTED


_GROUNDED = 0.5

_COUNTED = re.compile(r"\b(?:how many|number of) ((?:[\w-]+ ){0,3}[\w-]+)", re.IGNORECASE)

_OF_HOW_MANY = re.compile(
    r"\b(?P<part>\d[\d,.]*|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|half|most|"
    r"some|none|several|few|many) (?:of (?:the|its|their|all)|out of) \d[\d,.]*\b",
    re.IGNORECASE,
)
"""What a count is a part of: "five of the 14 ministries" counts five."""

_DEATHS = frozenset(content_words("death dead die died kill killed fatality victim"))
_INJURIES = frozenset(content_words("injury injured wounded hurt"))
_PERSONS = frozenset(content_words("people person"))
_KINDS_OF_PERSONS = frozenset(
    content_words("passenger crew resident worker man men woman women guest")
)
_COUNTED_BY = ((_DEATHS, _DEATHS), (_INJURIES, _INJURIES), (_PERSONS, _KINDS_OF_PERSONS))
"""What is asked for, and what tells the same count: passengers are people, not all the reverse."""


def check_question_quotes(question: str, cited: Sequence[EvidenceContext]) -> Check:
    """Look for every phrase that the question quotes, verbatim, in the cited text."""
    wanted = [phrase for phrase in quoted_phrases(question) if len(phrase.split()) > 1]
    text = flatten(" ".join(f"{context.close} {context.after}" for context in cited))
    return _verdict("question_quotes", bool(wanted), [q for q in wanted if flatten(q) not in text])


def check_counted(statement: str, question: str, cited: Sequence[EvidenceContext]) -> Check:
    """See that evidence and statement count the very things that "how many …" asks for.

    The text has to speak of them, by one of their words at least ("people protested" is
    "people demonstrated") or by one that tells the same count ("nine died" is nine deaths). Of
    "23 missiles in 16 tests" only the 16 answers how many tests there were.
    """
    counted = _counted_words(question)
    if counted is None:
        return Check("counted", None)
    wanted = content_words(" ".join(counted))
    text = " ".join(context.wide for context in cited)
    near = content_words(text)
    spoken = any(found_in(word, near) for word in wanted) or any(
        not asked.isdisjoint(wanted) and not told_by.isdisjoint(near)
        for asked, told_by in _COUNTED_BY
    )
    missing = [] if spoken else list(wanted)
    head = counted[-1:]
    close = " ".join(context.close for context in cited)
    told = numbers(_OF_HOW_MANY.sub(r"\g<part>", close))
    counts = {
        number.value for number in told if found_in(fold(number.text.split()[-1]), map(fold, head))
    }
    if counts:  # "300 homes were flooded. Officials gave a figure of 450."
        counts |= {number.value for number in told if number.text[-1].isdigit()}
    said = [number for number in numbers(statement) if not (number.unit or "").startswith("-")]
    if counts and said and not any(number.value in counts for number in said):
        missing.append(f"{said[0].text} as the number of {head[0]}")
    return _verdict("counted", bool(wanted), missing)


def check_grounded(statement: str, question: str, cited: Sequence[EvidenceContext]) -> Check:
    """Measure how much of what a statement adds to the question the cited text has.

    `score` is that share in [0, 1]; below a half the statement tells what was not read. Beside a
    number one other word ("reached", for "was … high") is no news.
    """
    near = content_words(" ".join(context.wide for context in cited))
    asked = [*content_words(question), *_HEDGES]
    counted = {word for number in numbers(statement) for word in content_words(number.text)}
    new = [
        word
        for word in content_words(statement)
        if word not in counted and not found_in(word, asked)
    ]
    if not new:
        return Check("grounded", None)
    missing = [word for word in new if not found_in(word, near)]
    share = 1 - len(missing) / len(new)
    detail = f"not in the cited text: {', '.join(missing)}" if missing else ""
    told = share >= _GROUNDED or (bool(counted) and len(missing) == 1)
    return Check("grounded", told, detail, round(share, 4))


_HEDGES = content_words("yes approximately around nearly almost roughly currently reportedly")


def measure_words(statement: str, cited: Sequence[EvidenceContext]) -> Check:
    """Measure how much of the statement the cited text speaks of; it never decides alone.

    The score is the share of its content words, in [0, 1].
    """
    near = " ".join(context.wide for context in cited)
    return Check("statement_words", None, score=round(word_share(statement, near), 4))


def _verdict(name: str, applies: bool, missing: Sequence[str]) -> Check:
    if not applies:
        return Check(name, None)
    detail = f"not in the cited text: {', '.join(missing)}" if missing else ""
    return Check(name, not missing, detail)
