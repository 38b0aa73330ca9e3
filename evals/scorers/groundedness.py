"""Whether a statement says only what its sources say.

On purpose none of the assistant's own checks: those are what is being measured.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from datetime import date

from evals.outcomes import FoundSpan, Outcome, StatementOutcome
from evals.scorers.retrieval import FindArticle

_TOKEN = re.compile(r"\d[\d,.]*\d|\d|[^\W\d_][\w’'-]*")
_INITIALS = re.compile(r"\b(?:[A-Z]\.){2,}")
_BEGINS = re.compile(r"(?:^|[.!?:][”\"’')\]]*\s+|[“\"‘(])\W*$")
"""Text before a word that begins a sentence or a quotation."""
_MARK = re.compile(r"\[\d+\]")
_WORD = re.compile(r"[a-z]+")
_CALENDAR = frozenset("monday tuesday wednesday thursday friday saturday sunday".split())
_EVERYDAY = frozenset(
    "about after also been before being could does from have into more most much only other over "
    "said says some such than that their them then there these they this those under were what "
    "when where which while will with would according article articles stated states".split()
)
_OPENERS = _EVERYDAY | frozenset(
    "a although an and are as at because both but by did do during each either few for had has he "
    "her his however i if in is it its many neither no nobody none nor not of on one or our she "
    "since so the to until was we who whose yes yet you your".split()
)
"""Words that often begin a sentence, and then have a capital without being names."""
_COUNTS = dict(
    zip(
        "two three four five six seven eight nine ten eleven twelve".split(),
        map(str, range(2, 13)),
        strict=True,
    )
)
_INFLECTION = re.compile(r"(?<=\w{4})(?:ese|ns|n|s)$")
_STEM_CHARS = 5
_CONTEXT_CHARS = 300
_SHARE = 0.6
"""Share of a statement's content words that its sources must have."""


def is_grounded(statement: StatementOutcome, outcome: Outcome, find: FindArticle) -> bool | None:
    """Tell whether the sources of a statement have its facts and most of its words.

    Sources are what it cites, with 300 characters around; where it cites nothing, all that
    the model was shown. Every number and capitalised word must occur in the cited articles.
    None where there is neither.
    """
    spans = [
        FoundSpan(cited.article_id, cited.start, cited.end, 0.0)
        for cited in (outcome.citations[index] for index in statement.cites)
    ] or list(outcome.evidence)
    if not spans:
        return None
    if unfounded_facts(statement.text, spans, find):
        return False
    known = {_stem(word) for word in _words(" ".join(_around(span, find) for span in spans))}
    words = [word for word in _words(statement.text) if len(word) > 3 and word not in _EVERYDAY]
    if not words:
        return True
    return sum(_stem(word) in known for word in words) / len(words) >= _SHARE


def unfounded_facts(text: str, spans: Sequence[FoundSpan], find: FindArticle) -> tuple[str, ...]:
    """Return the numbers and capitalised words that none of the spans' articles has.

    Whole tokens are compared: numbers without the commas of thousands, words without the
    endings of plurals and peoples. A word that has its capital from the beginning of a sentence
    may be no name: there its stem will do, and everyday words need none.
    """
    ids = dict.fromkeys(span.article_id for span in spans)
    articles = [article for i in ids if (article := find(i)) is not None]
    known = _forms(
        " ".join(
            f"{a.title} {a.text} {a.source or ''} {a.author or ''} {_day(a.published)}"
            for a in articles
        )
    )
    stems = {_stem(form) for form in known}
    said = _joined(_MARK.sub("", text))
    found: dict[str, None] = {}
    for match in _TOKEN.finditer(said):
        token = match.group()
        if token[0].isdigit():
            found |= dict.fromkeys(number for number in _numbers(token) if number not in known)
            continue
        word = _bare(token)
        if not token[0].isupper() or len(word) < 2 or word in _CALENDAR or _has(known, word):
            continue
        begins = _BEGINS.search(said[: match.start()])
        if not (begins and (word in _OPENERS or _stem(word) in stems)):
            found[word] = None
    return tuple(found)


def _forms(text: str) -> set[str]:
    """Return the numbers of a text, its words, and the parts of words with hyphens."""
    found: set[str] = set()
    for token in _TOKEN.findall(_joined(text)):
        if token[0].isdigit():
            found |= {*_numbers(token)}
        else:
            word = _bare(token)
            found |= {_singular(word), *map(_singular, word.split("-"))}
            if word in _COUNTS:
                found.add(_COUNTS[word])
    return found


def _has(known: Set[str], word: str) -> bool:
    return _singular(word) in known or (
        "-" in word and all(_singular(part) in known for part in word.split("-"))
    )


def _joined(text: str) -> str:
    """Write abbreviations of initials without their points: "U.S." as "US"."""
    return _INITIALS.sub(lambda match: match.group().replace(".", ""), text)


def _numbers(token: str) -> list[str]:
    whole = re.sub(r",(?=\d{3}(?!\d))", "", token)
    return [re.sub(r"\.0+$", "", number.strip(".")) for number in whole.split(",") if number]


def _bare(word: str) -> str:
    return re.sub(r"[’']s?$", "", word.strip("-")).lower()


def _singular(word: str) -> str:
    return _INFLECTION.sub("", word)


def _day(published: date | None) -> str:
    return f"{published.isoformat()} {published.day} {published:%B}" if published else ""


def _around(span: FoundSpan, find: FindArticle) -> str:
    article = find(span.article_id)
    if article is None:
        return ""
    start = max(0, span.start - _CONTEXT_CHARS)
    return f"{article.title} {article.text[start : span.end + _CONTEXT_CHARS]}"


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _stem(word: str) -> str:
    return word[:_STEM_CHARS]
