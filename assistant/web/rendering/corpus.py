"""The page of articles: table, timeline, the state of the index."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from assistant.types import ArticleEntry
from assistant.web.rendering.markup import (
    attributes,
    button,
    day,
    plural,
    short_day,
    text,
)

_ROWS = 50
_SORTS = {
    "title": "Title",
    "published": "Newest first",
    "added": "Last added",
    "passages": "Longest",
}


CORPUS_HEAD = (
    '<h2>Articles</h2><button type="button" class="jump" data-act="jump" data-to="add">'
    "+ Add articles</button>"
)
"""On narrow screens the form is below the table: a button leads there."""


@dataclass(frozen=True, slots=True)
class TableView:
    """What of the table is shown. `page` counts from 1."""

    words: str = ""
    source: str = ""
    sort: str = "title"
    page: int = 1


@dataclass(frozen=True, slots=True)
class Health:
    """One thing that was looked at, and what to do where it is not well."""

    ok: bool
    subject: str
    message: str
    remedy: str = ""


def select_entries(entries: Sequence[ArticleEntry], view: TableView) -> list[ArticleEntry]:
    """Return the articles that a table view names, in its order."""
    words = view.words.lower().split()
    found = [
        entry
        for entry in entries
        if (not view.source or entry.source == view.source)
        and all(word in f"{entry.title} {entry.source or ''}".lower() for word in words)
    ]
    if view.sort == "published":
        found.sort(key=lambda entry: entry.published or date.min, reverse=True)
    elif view.sort == "added":
        found.sort(key=lambda entry: entry.added.timestamp() if entry.added else 0, reverse=True)
    elif view.sort == "passages":
        found.sort(key=lambda entry: -entry.passages)
    return found


def render_table(entries: Sequence[ArticleEntry], view: TableView, *, may_edit: bool) -> str:
    """Draw the table of articles with its search."""
    found = select_entries(entries, view)
    pages = max(1, -(-len(found) // _ROWS))
    page = min(max(view.page, 1), pages)
    rows = "".join(
        _row(entry, may_edit=may_edit) for entry in found[(page - 1) * _ROWS : page * _ROWS]
    )
    if not rows:
        rows = '<tr><td colspan="6" class="none">No article fits.</td></tr>'
    steps = "".join(
        button(
            label,
            "table",
            class_="quiet",
            words=view.words,
            source=view.source,
            sort=view.sort,
            page=target,
        )
        for label, target in (("← Earlier", page - 1), ("Further →", page + 1))
        if 1 <= target <= pages
    )
    steps = f'<p class="pages"><span>Page {page} of {pages}</span>{steps}</p>' if pages > 1 else ""
    return (
        f'<section aria-label="Articles">{_search(entries, view)}'
        f'<p class="label" role="status">{plural(len(found), "article")}</p>'
        '<div class="table" tabindex="0" role="region" aria-label="Table of articles"><table>'
        "<thead><tr><th>Title</th><th>Source</th><th>Published</th><th>Added</th>"
        "<th class='num'>Passages</th><th><span class='sr'>Actions</span></th></tr></thead>"
        f"<tbody>{rows}</tbody></table></div>{steps}</section>"
    )


def _search(entries: Sequence[ArticleEntry], view: TableView) -> str:
    words = attributes(
        type="search",
        name="words",
        value=view.words,
        placeholder="Search titles and sources",
        aria_label="Search titles and sources",
    )
    sources = sorted({entry.source for entry in entries if entry.source})
    choices = "".join(_option(name, name, view.source) for name in ("", *sources))
    choices = choices.replace("></option>", ">All sources</option>", 1)
    sorts = "".join(_option(name, label, view.sort) for name, label in _SORTS.items())
    return (
        f'<form class="find" data-act="table" data-typing="yes" role="search"><input{words}>'
        f'<select name="source" aria-label="Source">{choices}</select>'
        f'<select name="sort" aria-label="Order">{sorts}</select></form>'
    )


def _option(value: str, label: str, chosen: str) -> str:
    picked = " selected" if value == chosen else ""
    return f"<option{attributes(value=value)}{picked}>{text(label)}</option>"


def _row(entry: ArticleEntry, *, may_edit: bool) -> str:
    title = button(text(entry.title), "read", class_="title", article=entry.article_id)
    added = short_day(entry.added.date()) if entry.added else ""
    remove = ""
    if may_edit:
        remove = button(
            "Remove",
            "remove",
            class_="quiet danger",
            title=f"Remove {entry.title}",
            article=entry.article_id,
            ask=f"Remove “{entry.title}” from the articles?",
            action="Remove",
            danger="yes",
        )
    return (
        f"<tr><td>{title}</td><td>{text(entry.source or '')}</td>"
        f"<td class='date'>{short_day(entry.published)}</td><td class='date'>{added}</td>"
        f"<td class='num'>{entry.passages}</td><td>{remove}</td></tr>"
    )


def render_timeline(entries: Sequence[ArticleEntry]) -> str:
    """Draw how many articles were published when: by month, or by year over long times."""
    dated = sorted(entry.published for entry in entries if entry.published)
    undated = len(entries) - len(dated)
    rest = f"{plural(undated, 'article')} without a date" if undated else ""
    if not dated:
        return (
            '<figure class="timeline"><figcaption>No article says when it was published.'
            "</figcaption></figure>"
        )
    first, last = dated[0], dated[-1]
    by_year = (last.year - first.year) * 12 + last.month - first.month > 60
    bins = _bins(first, last, by_year=by_year)
    counts = Counter((item.year, 0 if by_year else item.month) for item in dated)
    tallest = max(counts.values())
    width = 720 / len(bins)
    bars = []
    for index, key in enumerate(bins):
        count = counts[key]
        if not count:
            continue
        height = 4 + 76 * count / tallest
        left = index * width + min(width * 0.1, 2)
        wide = max(min(width * 0.8, 40), 2)
        bars.append(
            f'<rect x="{left:.1f}" y="{80 - height:.1f}" width="{wide:.1f}" '
            f'height="{height:.1f}" rx="2"><title>{_bin_name(key)}: {plural(count, "article")}'
            "</title></rect>"
        )
    caption = (
        f"Published {day(first)} to {day(last)}" if first != last else f"Published {day(first)}"
    )
    table = ", ".join(f"{_bin_name(key)}: {counts[key]}" for key in bins if counts[key])
    return (
        f'<figure class="timeline"><figcaption>{caption}{"; " + rest if rest else ""}</figcaption>'
        f'<svg viewBox="0 0 720 84" role="img" aria-label="{text("Articles by date. " + table)}" '
        f'preserveAspectRatio="none"><line x1="0" x2="720" y1="81" y2="81"/>{"".join(bars)}</svg>'
        f'<p class="axis"><span>{_bin_name(bins[0])}</span><span>{_bin_name(bins[-1])}</span></p>'
        "</figure>"
    )


def _bins(first: date, last: date, *, by_year: bool) -> list[tuple[int, int]]:
    if by_year:
        return [(year, 0) for year in range(first.year, last.year + 1)]
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return [(month // 12, month % 12 + 1) for month in months]


def _bin_name(key: tuple[int, int]) -> str:
    year, month = key
    return f"{date(year, month, 1):%B %Y}" if month else str(year)


def render_add_head(suffixes: Sequence[str]) -> str:
    """Say what can be added."""
    kinds = ", ".join(suffix.lstrip(".") for suffix in suffixes)
    return (
        f"<h3>Add articles</h3><p class='label'>Files ({text(kinds)}), or addresses of web pages. "
        "The originals are kept beside the text that was read from them.</p>"
    )


def render_health(findings: Sequence[Health] | None, looked: datetime | None = None) -> str:
    """Show the state of everything that answers rest on, and when it was looked at."""
    look = button("Check now", "check")
    if findings is None:
        return (
            f'<section class="health" aria-label="State of the index"><h3>State</h3>'
            f"<p>Looks at models, articles, index and disk, as <code>assistant doctor</code> does."
            f"</p>{look}</section>"
        )
    when = f'<p class="label" role="status">Looked at {looked:%H:%M:%S}</p>' if looked else ""
    items = "".join(
        f'<li class="{"ok" if item.ok else "bad"}"><span class="shape" aria-hidden="true">'
        f"{'✓' if item.ok else '✕'}</span> <strong>{text(item.subject)}</strong> "
        f'<span class="sr">{"well" if item.ok else "not well"}:</span> {text(item.message)}'
        f"{'' if item.ok or not item.remedy else f'<br><em>{text(item.remedy)}</em>'}</li>"
        for item in findings
    )
    return (
        '<section class="health" aria-label="State of the index"><h3>State</h3>'
        f"<ul>{items}</ul>{look}{when}</section>"
    )
