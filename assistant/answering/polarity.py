"""Yes or no: what is affirmed, what is denied, and whether the evidence bears that out."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.answering.context import EvidenceContext
from assistant.facts import content_words, fold, word_share
from assistant.types import Check, Evidence

_YES_OR_NO = re.compile(
    r"(?:^|[,:;]|\b\d{4})\W*(?:(?:and|so|but|now) )?(?:did|do|does|was|were|is|are|has|have|had|"
    r"will|would|can|could|should)\b",
    re.IGNORECASE,
)


_WH_FIRST = re.compile(r"^\W*\b(?:who|whom|whose|what|which|when|where|why|how)\b", re.IGNORECASE)


def asks_yes_or_no(question: str) -> bool:
    """Tell whether a question may be answered by yes or no."""
    return bool(_YES_OR_NO.search(question)) and not _WH_FIRST.match(question)


def denies(text: str) -> bool:
    """Tell whether a text denies something."""
    return _NEGATES.search(text) is not None


def find_denial(question: str, evidence: Sequence[Evidence]) -> Evidence | None:
    """Return the sentence by which a yes/no question is most likely denied; None if none is close.

    A small verifier takes "The host city has not been picked" for no answer to "Has a host been
    chosen?"; the reranker sees that it fits.
    """
    if not asks_yes_or_no(question):
        return None

    def closeness(item: Evidence) -> float:
        return item.relevance * (_SHARE_AT_LEAST + word_share(question, item.reading))

    denying = [item for item in evidence if item.relevance >= _DENIAL_FITS and denies(item.reading)]
    return max(denying, key=closeness, default=None)


def drop_unproven_yes(statement: str, question: str) -> str:
    """Take a leading "Yes" off a statement that does not bear it out; what it tells remains.

    "Yes, a dealer was released without charge" does not say that the dealer was charged: it
    negates, or it does not speak of what was asked.
    """
    match = _YES.match(statement)
    if match is None:
        return statement
    rest = statement[match.end() :]
    unasked = denies(rest) and not denies(question)
    if not content_words(rest) or (not unasked and word_share(question, rest) >= _RESTATED):
        return statement
    return rest[:1].upper() + rest[1:]


def check_polarity(statement: str, question: str, cited: Sequence[EvidenceContext]) -> Check:
    """See that a plain "Yes" does not rest on sentences that all deny something.

    "Yes, missiles were on show" is not borne out by "the decision not to include missiles".
    """
    if not _YES.match(statement) or denies(question) or denies(statement):
        return Check("polarity", None)
    denied = all(denies(context.evidence.reading) for context in cited)
    return Check("polarity", not denied, "the cited text denies something" if denied else "")


def check_negation(statement: str, cited: Sequence[EvidenceContext]) -> Check:
    """See that a statement does not leave away the "not" of what it cites.

    "The mayor did not resign" does not say that he did. Only the word that is denied counts.
    """
    readings = [context.evidence.reading for context in cited]
    denied = [
        {fold(match["denied"]) for match in _DENIES_WORD.finditer(reading)} for reading in readings
    ]
    if not all(denied) or denies(statement):
        return Check("negation", True if any(denied) else None)
    said = content_words(statement)
    lost = sorted(set.intersection(*denied) & set(said))
    return Check("negation", not lost, f"the cited text denies: {', '.join(lost)}" if lost else "")


_DENIES_WORD = re.compile(
    r"(?:\b(?:not|never)|n['’]t)\s+(?!only\b)(?:(?:yet|been|be|have|even|\w+ly)\s+)*(?P<denied>[a-z]+)",
    re.IGNORECASE,
)
_YES = re.compile(r"^yes\s*[,;:.–—-]\s*(?=\w)", re.IGNORECASE)
_NEGATES = re.compile(
    r"\b(?:not(?! only\b)|no(?!\.\s*\d)|never|none|nobody|neither|nor|without|"
    r"den(?:y|ies|ied)|(?:declin|refus)(?:e[sd]?|ing)|rul(?:es?|ed|ing) out|fail(?:s|ed)?|yet to|"
    r"unlikely|unclear|unknown)\b|n['’]t\b",
    re.IGNORECASE,
)
_RESTATED = 0.5
"""Share of the question's content words that a statement repeats if it answers yes."""

_DENIAL_FITS = 0.35
"""Relevance from which a sentence that denies something may deny what was asked."""

_SHARE_AT_LEAST = 0.25
"""Added to the share of words, for a denial may use none of the question's."""
