"""Reported speech keeps its speaker, and an assessment stays one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.answering.context import EvidenceContext
from assistant.facts import STOPWORDS, fold, folded_words
from assistant.types import Check

_ASSESSES = re.compile(
    r"\b(?:our (?:assessment|view|opinion|judg\w+|analysis|expectation)|in our|"
    r"we (?:feel|believe|think|expect|assess|judge|doubt|see|suspect|conclude|anticipate))\b",
    re.IGNORECASE,
)
_SAYS_ASSESSED = re.compile(
    r"\b(?:author\w*|assess\w*|article|editorial|writer\w*|opinion|view|we|our|expects?|"
    r"believes?|feels?|thinks?)\b",
    re.IGNORECASE,
)
_REPORTS = re.compile(
    r"\b(?:said|says|told|claimed|claims|suggested|suggests?|emphasi[sz]ed|stressed|argued|"
    r"according to|alleged|accused|boast\w*|announced|pledged|warned|denied|insisted|cited|"
    r"citing|pointed|described|added|stated|responded|signals?)\b",
    re.IGNORECASE,
)
_SPEAKER = re.compile(
    r"(?P<before>(?:[A-Z][\w.’'-]*\s+){1,4}|\b(?:[Tt]he|[Aa]n?)\s+(?:[a-z][\w’'-]*\s+){1,2}|"
    r"\b(?:she|he|they|(?:some\s+)?analysts|"
    r"(?:[\w.]+\s+)?officials|residents|experts|critics)\s+)(?:\w+ly\s+)?(?:has\s+|have\s+|had\s+)?"
    r"(?:\w+ly\s+)?(?:said|says|told|claimed|suggested|emphasi[sz]ed|stressed|argued|warned|denied|"
    r"insisted|cited|pointed|added|stated)\b",
)


_ACCORDING = re.compile(r"\b[Aa]ccording to (?P<before>(?:[\w.’'-]+ ?){1,3})")


_NO_SPEAKERS = (STOPWORDS - {"he", "she", "they"}) | {"u.s."}


def check_attribution(statement: str, cited: Sequence[EvidenceContext]) -> Check:
    """See that reported speech keeps its speaker and an assessment stays one."""
    for context in cited:
        sentence = re.sub(r"“[^”]*”", " ", context.evidence.reading)
        if _ASSESSES.search(sentence) and not _SAYS_ASSESSED.search(statement):
            return Check("attribution", False, "the author's assessment, not reported fact")
        speakers = [
            word
            for match in (*_SPEAKER.finditer(sentence), *_ACCORDING.finditer(sentence))
            for word in match["before"].split()
            if word.lower() not in _NO_SPEAKERS
        ]
        if re.search(r"\b(?:accus|alleg)", sentence) and not _REPORTS.search(statement):
            return Check("attribution", False, "an accusation, not reported fact")
        if not speakers:
            continue
        named = {fold(word) for word in speakers}
        teller = _SPEAKER.search(statement) or _ACCORDING.search(statement)
        if teller is not None and not named & {fold(word) for word in teller["before"].split()}:
            told = " ".join(speakers)
            if not {word.lower() for word in speakers} & {"he", "she", "they"}:
                return Check("attribution", False, f"reported as said by {told}")
        if _REPORTS.search(statement):
            continue
        if not named & set(folded_words(statement)):
            return Check("attribution", False, f"reported as said by {' '.join(speakers)}")
    applies = any(
        _ASSESSES.search(context.evidence.reading) or _SPEAKER.search(context.evidence.reading)
        for context in cited
    )
    return Check("attribution", True if applies else None)
