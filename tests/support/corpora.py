"""Invented articles for index tests."""

from __future__ import annotations

from datetime import date

from assistant.types import Article

_WORDS = "harbour bridge council ferry letter mayor storm market election river".split()


def make_article(number: int, *, revision: int = 0, sentences: int = 6) -> Article:
    """Build one of many articles that differ in every sentence."""
    body = " ".join(
        f"The {_WORDS[(number + i) % 10]} of town {number} had report {revision}-{i} on "
        f"{_WORDS[(number * 3 + i) % 10]} matters."
        for i in range(sentences)
    )
    source = ("Gazette", "Courier", None)[number % 3]
    published = date(2020 + number % 5, 1 + number % 12, 1) if number % 4 else None
    return Article(f"Town {number}", body, source, None, None, published)
