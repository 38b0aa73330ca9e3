"""Filters of the search as the page and the database hold them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from assistant.types import ArticleReference, SearchFilter

_LISTED = 50
"""More articles than that are found by searching for them."""

_WORDS_CHARS = 200


def filter_from_plain(plain: Mapping[str, Any]) -> SearchFilter:
    """Read a filter from its JSON form.

    Raises:
        ValueError: a date is none.
    """
    days = [
        date.fromisoformat(plain[name]) if plain.get(name) else None
        for name in ("published_from", "published_to")
    ]
    return SearchFilter(
        sources=tuple(str(item) for item in plain.get("sources") or ()),
        published_from=days[0],
        published_to=days[1],
        article_ids=tuple(str(item) for item in plain.get("article_ids") or ()),
    )


def listed_articles(
    articles: Sequence[ArticleReference], where: SearchFilter, words: str = ""
) -> list[ArticleReference]:
    """Return the articles that the form lists: the chosen ones, then those with all the words."""
    chosen = [item for item in articles if item.article_id in where.article_ids]
    sought = words.lower().split()
    found = [
        item
        for item in articles
        if item.article_id not in where.article_ids
        and all(word in f"{item.title} {item.source or ''}".lower() for word in sought)
    ]
    return [*chosen, *found[:_LISTED]]


def without_missing(where: SearchFilter, articles: Sequence[ArticleReference]) -> SearchFilter:
    """Leave out chosen articles that are gone: nothing would be found in them."""
    known = {item.article_id for item in articles}
    kept = tuple(name for name in where.article_ids if name in known)
    return dataclasses.replace(where, article_ids=kept)


def words_of_form(said: Any) -> str:
    """Return the words that the form's list of articles is searched for."""
    given = said if isinstance(said, Mapping) else {}
    return str(next(iter(given.get("words", ())), ""))[:_WORDS_CHARS]


def filter_from_form(
    said: Any,
    articles: Sequence[ArticleReference],
    before: SearchFilter,
    listed: Sequence[ArticleReference],
) -> SearchFilter:
    """Read what the form of filters says; unknown sources and articles are left out.

    The form shows only the articles `listed`: of the others, those chosen `before` stay so.

    Raises:
        ValueError: a date is none.
    """
    given = said if isinstance(said, Mapping) else {}
    sources = {item.source for item in articles}
    known = {item.article_id for item in articles}
    ticked = [name for name in given.get("article", ()) if name in known]
    shown = {item.article_id for item in listed}
    kept = [name for name in before.article_ids if name in known and name not in shown]
    days = [str(next(iter(given.get(name, ())), "")) for name in ("from", "to")]
    if all(days):
        days.sort()  # "from" may be the later one: both are as in 2031-01-15
    return filter_from_plain(
        {
            "sources": [name for name in given.get("source", ()) if name in sources],
            "published_from": days[0],
            "published_to": days[1],
            "article_ids": [*kept, *ticked],
        }
    )
