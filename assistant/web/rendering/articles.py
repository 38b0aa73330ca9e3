"""The pane beside the chat: the evidence of an answer, and an article with its spans marked."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from assistant.types import Article
from assistant.web.rendering.markup import attributes, button, day, joined, link, plural, text
from assistant.web.turns import Place, TurnView, places_of, read_for

_SHOWN_CHARS = 60_000
"""Of a longer article so much is shown at a time: a page stays quick to draw."""

EMPTY_PANE = (
    '<section class="pane empty" aria-label="Evidence"><h2>Evidence</h2>'
    "<p>The sentences that an answer rests on appear here before the answer does. Open one to read "
    "it in its article.</p></section>"
)


def render_evidence(view: TurnView) -> str:
    """List what an answer cites or, before there is one, what is being read for it."""
    places = places_of(view)
    if not places:
        if view.stage == "searching":
            return EMPTY_PANE
        return (
            '<section class="pane empty" aria-label="Evidence"><h2>Evidence</h2>'
            "<p>Nothing is cited for this question.</p></section>"
        )
    head = "Cited" if places != read_for(view) else "Read for this answer"
    items = "".join(f"<li>{_evidence(place, view.turn_id)}</li>" for place in places)
    return (
        f'<section class="pane evidence" aria-label="Evidence"><h2>Evidence</h2>'
        f'<p class="label">{head}: {plural(len(places), "sentence")}</p>'
        f'<ol class="places">{items}</ol></section>'
    )


def _evidence(place: Place, turn_id: str) -> str:
    label = (
        f'<span class="n">{place.number}</span><span class="quote">{text(place.quote)}</span>'
        f'<span class="from">{text(place.title)}</span>'
    )
    return button(label, "open", class_="place", turn=turn_id, n=place.key)


def render_article(
    article: Article,
    places: Sequence[Place],
    current: Place | None,
    turn_id: str | None,
    *,
    begin: int = 0,
) -> str:
    """Show an article with the spans of an answer marked and one of them current.

    The browser scrolls to `mark.current`. `places` are all spans of the answer, of other
    articles as well, so that one can step through them. Of a long article the part around the
    current span is shown or, without one, the part from the character `begin` on.
    """
    first, last = shown = _window(len(article.text), current, begin)
    here = [place for place in places if place.article_id == article.id]
    back = button("‹ Evidence", "evidence", class_="back", turn=turn_id or "")
    close = button("✕", "evidence", title="Close the article", class_="close", turn=turn_id or "")
    origin = joined((article.source, article.author, day(article.published)))
    kept = f"<a{attributes(href=f'/originals/{article.id}', download='')}>Original file</a>"
    details = " · ".join(part for part in (origin, link(article.url), kept) if part)
    at = _at(current) if current else f"{article.id}@{first}"
    marks = attributes(
        class_="pane article", aria_label="Article", data_article=article.id, data_at=at
    )
    parts = [
        _part(article, turn_id, "Earlier part", max(first - _SHOWN_CHARS, 0)) if first else "",
        _marked(article.text, here, current, shown),
        _part(article, turn_id, "Later part", last) if last < len(article.text) else "",
    ]
    return (
        f"<section{marks}><div class='pane-bar'>{back}{_steps(places, current, turn_id)}{close}"
        f'</div><div class="pane-head"><h2 tabindex="-1">{text(article.title)}</h2>'
        f'<p class="from">{details}</p></div>'
        f'<div class="scroller" tabindex="0" role="region" aria-label="Text of the article">'
        f'<div class="text">{"".join(parts)}</div></div></section>'
    )


def _at(current: Place) -> str:
    return f"{current.article_id}:{current.start}:{current.end}"


def _part(article: Article, turn_id: str | None, label: str, begin: int) -> str:
    go = button(label, "article", article=article.id, turn=turn_id or "", begin=begin)
    return f"<p class='cut'>… {go} …</p>"


def _steps(places: Sequence[Place], current: Place | None, turn_id: str | None) -> str:
    """Write the buttons that go to the span before and after the current one."""
    if current is None or current not in places:
        return '<span class="steps"></span>'
    index = places.index(current)
    count = f"Source {index + 1} of {len(places)}"
    if len(places) == 1:
        return f'<span class="steps"><span>{count}</span></span>'
    before, after = places[index - 1], places[(index + 1) % len(places)]
    return (
        '<span class="steps">'
        + button("←", "open", title="Previous source", turn=turn_id, n=before.key)
        + f'<span aria-live="polite">{count}</span>'
        + button("→", "open", title="Next source", turn=turn_id, n=after.key)
        + "</span>"
    )


def _marked(
    whole: str, places: Sequence[Place], current: Place | None, shown: tuple[int, int]
) -> str:
    """Write a part of a text with its spans marked; they may touch, overlap, hold one another."""
    first, last = shown
    edges = {first, last}
    for place in places:
        edges |= {min(max(edge, first), last) for edge in (place.start, place.end)}
    pieces: list[str] = []
    for start, end in pairwise(sorted(edges)):
        inside = [place for place in places if place.start <= start and end <= place.end]
        if not inside:
            pieces.append(text(whole[start:end]))
            continue
        is_current = current in inside
        ends = [str(place.number) for place in inside if place.end == end]
        marks = attributes(
            class_="current" if is_current else None,
            tabindex="-1" if is_current else None,
            data_n=" ".join(ends) or None,
        )
        pieces.append(f"<mark{marks}>{text(whole[start:end])}</mark>")
    return "".join(pieces)


def _window(length: int, current: Place | None, begin: int) -> tuple[int, int]:
    first = current.start - _SHOWN_CHARS // 2 if current else begin
    first = min(max(first, 0), max(length - _SHOWN_CHARS, 0))
    return first, min(first + _SHOWN_CHARS, length)
