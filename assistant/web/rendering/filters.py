"""The form that narrows the search: sources, dates, single articles."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.types import ArticleReference, SearchFilter
from assistant.web.filters import listed_articles
from assistant.web.rendering.markup import attributes, button, day, joined, plural, text

_SEARCHED_FROM = 8
"""With fewer articles the list needs no search."""


def render_filters(
    where: SearchFilter,
    articles: Sequence[ArticleReference],
    words: str = "",
    problem: str = "",
    *,
    opened: bool = False,
    serial: int = 0,
) -> str:
    """Let the search be narrowed; `words` are searched for in the list of articles.

    `serial` numbers what the page has sent: it ticks its boxes as they are drawn here only if it
    has sent nothing since.
    """
    marks = attributes(data_act="filter", data_live="yes", data_serial=serial or None)
    clear = button("Search everything", "unfilter", class_="clear") if where else ""
    wrong = f'<p class="problem" role="alert">{text(problem)}</p>' if problem else ""
    narrowed = " narrowed" if where else ""
    return (
        f'<details class="filters{narrowed}"{" open" if opened else ""}><summary>'
        f"{text(_searched(where, len(articles)))}</summary>"
        f"<form{marks}>{wrong}{_sources(where, articles)}"
        f"{_dates(where)}{_articles(where, articles, words)}</form>{clear}</details>"
    )


def _searched(where: SearchFilter, articles: int) -> str:
    if where:
        return describe_filter(where)
    return f"Searching all {plural(articles, 'article')}" if articles else "No articles"


def _sources(where: SearchFilter, articles: Sequence[ArticleReference]) -> str:
    sources = sorted({item.source for item in articles if item.source})
    boxes = "".join(_box("source", name, name, checked=name in where.sources) for name in sources)
    return f"<fieldset><legend>Source</legend>{boxes}</fieldset>" if boxes else ""


def _dates(where: SearchFilter) -> str:
    first = where.published_from.isoformat() if where.published_from else ""
    last = where.published_to.isoformat() if where.published_to else ""
    return (
        "<fieldset><legend>Published</legend>"
        f"<label>from <input{attributes(type='date', name='from', value=first)}></label>"
        f"<label>to <input{attributes(type='date', name='to', value=last)}></label></fieldset>"
    )


def _articles(where: SearchFilter, articles: Sequence[ArticleReference], words: str) -> str:
    listed = listed_articles(articles, where, words)
    boxes = "".join(
        _box(
            "article",
            item.article_id,
            item.title,
            joined((item.source, day(item.published))),
            checked=item.article_id in where.article_ids,
        )
        for item in listed
    )
    boxes = f"<div class='boxes'>{boxes}</div>" if boxes else "<p class='none'>No article fits.</p>"
    search = ""
    if len(articles) >= _SEARCHED_FROM:
        label = "Search titles and sources"
        marks = attributes(
            type="search", name="words", value=words, placeholder=label, aria_label=label
        )
        search = f"<input{marks}>"
    more = len(articles) - len(listed)
    rest = f"<p class='none'>{plural(more, 'article')} not listed</p>" if more else ""
    return f"<fieldset><legend>Articles</legend>{search}{boxes}{rest}</fieldset>"


def _box(name: str, value: str, label: str, more: str = "", *, checked: bool) -> str:
    marks = attributes(type="checkbox", name=name, value=value)
    ticked = " checked" if checked else ""
    more = f' <span class="from">{more}</span>' if more else ""
    return f"<label class='box'><input{marks}{ticked}><span>{text(label)}{more}</span></label>"


def describe_filter(where: SearchFilter) -> str:
    """Say in words to what a search is narrowed, as of a filter that is not empty."""
    parts = []
    if where.sources:
        parts.append("from " + ", ".join(where.sources))
    if where.published_from:
        parts.append(f"since {day(where.published_from)}")
    if where.published_to:
        parts.append(f"until {day(where.published_to)}")
    if where.article_ids:
        parts.append("in " + plural(len(where.article_ids), "chosen article"))
    return "Searching only " + ", ".join(parts)
