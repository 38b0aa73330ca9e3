"""Sentences that are understood only with the one beside them."""

from __future__ import annotations

import re

_LEANS = re.compile(
    r"^\W*(?:\w+\W+){0,4}?(?:he|she|it|they|this|these|those|his|her|their|its|such)\b",
    re.IGNORECASE,
)
_QUOTES = re.compile(r"^\s*[“\"‘]")
_SPEAKS = re.compile(
    r"\b(?:said|says|say|told|tells|asked|added|wrote|warned|replied|tweeted|argued|claimed)\b",
    re.IGNORECASE,
)


def leans_on_predecessor(sentence: str) -> bool:
    """Tell whether a sentence needs the one before it to be understood.

    It begins with a pronoun ("He said …") or is a quotation without its speaker.
    """
    unspoken = _QUOTES.match(sentence) and not _SPEAKS.search(sentence)
    return bool(_LEANS.match(sentence) or unspoken)


def announces(sentence: str) -> bool:
    """Tell whether a sentence needs the one after it: a question, or what ends with a colon."""
    return sentence.rstrip("\"'”’ ").endswith(("?", ":"))
