"""Comparing answers with what is accepted."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence

from evals.samples import Groups

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = frozenset(string.punctuation) | frozenset("“”‘’«»–—…")


def normal(text: str) -> str:
    """Return SQuAD's normal form: lower case, no punctuation, no articles, single spaces.

    The official script knows ASCII punctuation only; typographic quotes and dashes are added.
    """
    text = "".join(c for c in text.lower() if c not in _PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", text).split())


def holds(text: str, gold: str) -> bool:
    """Tell whether a text contains a gold answer as whole words, both in normal form."""
    wanted = normal(gold)
    return bool(wanted) and f" {wanted} " in f" {normal(text)} "


def exact(text: str, golds: Sequence[str]) -> bool:
    """Tell whether a text is one of the gold answers, in normal form."""
    return normal(text) in {normal(gold) for gold in golds}


def token_f1(text: str, golds: Sequence[str]) -> float:
    """Return the best token F1 over gold answers, as SQuAD's official script computes it."""
    return max((_f1(normal(text).split(), normal(gold).split()) for gold in golds), default=0.0)


def _f1(said: list[str], wanted: list[str]) -> float:
    if not said or not wanted:
        return float(said == wanted)
    shared = sum((Counter(said) & Counter(wanted)).values())
    return 2 * shared / (len(said) + len(wanted))


def matches_all(groups: Groups, text: str) -> bool:
    """Tell whether every group has a pattern that occurs, without regard to case."""
    return all(matches_one(group, text) for group in groups)


def matches_one(patterns: Sequence[str], text: str) -> bool:
    """Tell whether any pattern occurs, without regard to case."""
    return any(re.search(pattern, text, re.IGNORECASE) for pattern in patterns)
