"""Whether a statement says only what its sources say.

On purpose none of the assistant's own checks: those are what is being measured.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from evals.outcomes import FoundSpan, Outcome, StatementOutcome
from evals.scorers.retrieval import FindArticle

_FACT = re.compile(r"\d[\d,.]*\d|\d|\b[A-Z][\w’'-]+")
_MARK = re.compile(r"\[\d+\]")
_WORD = re.compile(r"[a-z]+")
_CALENDAR = frozenset("monday tuesday wednesday thursday friday saturday sunday".split())
_EVERYDAY = frozenset(
    "about after also been before being could does from have into more most much only other over "
    "said says some such than that their them then there these they this those under were what "
    "when where which while will with would according article articles stated states".split()
)
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
    """Return the numbers and capitalised words that none of the spans' articles has."""
    ids = dict.fromkeys(span.article_id for span in spans)
    articles = [article for i in ids if (article := find(i)) is not None]
    known = " ".join(
        f"{a.title} {a.text} {a.source or ''} {a.author or ''} {_day(a.published)}"
        for a in articles
    ).lower()
    found: dict[str, None] = {}
    said = re.sub(r"^\W*\w+", "", _MARK.sub("", text))
    for fact in _FACT.findall(said):
        bare = re.sub(r"[’']s?$", "", fact).strip(".,-").lower()
        if bare and bare not in known and bare not in _CALENDAR:
            found[bare] = None
    return tuple(found)


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
