"""The pane beside the chat: the evidence of an answer, and an article with its spans marked."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from assistant.types import Article
from assistant.web.rendering.markup import attributes, button, day, joined, link, plural, text
from assistant.web.turns import Place, TurnView, places_of

_SHOWN_CHARS = 60_000
"""Of a longer article only this much around the span is shown: a page stays quick to draw."""

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
    cited = view.answer is not None and bool(view.answer.citations)
    head = "Cited" if cited else "Read for this answer"
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
    return button(label, "open", class_="place", turn=turn_id, n=place.number)


def render_article(
    article: Article, places: Sequence[Place], current: Place | None, turn_id: str | None
) -> str:
    """Show an article with the spans of an answer marked and one of them current.

    The browser scrolls to `mark.current`. `places` are all spans of the answer, of other
    articles as well, so that one can step through them.
    """
    here = [place for place in places if place.article_id == article.id]
    back = button("‹ Evidence", "evidence", class_="back", turn=turn_id or "")
    close = button("✕", "evidence", title="Close the article", class_="close", turn=turn_id or "")
    origin = joined((article.source, article.author, day(article.published)))
    origin = " · ".join(part for part in (origin, link(article.url)) if part)
    details = f'<p class="from">{origin}</p>' if origin else ""
    marks = attributes(
        class_="pane article", aria_label="Article", data_article=article.id, data_at=_at(current)
    )
    return (
        f"<section{marks}><div class='pane-bar'>{back}{_steps(places, current, turn_id)}{close}"
        f'</div><div class="pane-head"><h2 tabindex="-1">{text(article.title)}</h2>{details}</div>'
        f'<div class="scroller" tabindex="0" role="region" aria-label="Text of the article">'
        f'<div class="text">{_marked(article.text, here, current)}</div></div></section>'
    )


def _at(current: Place | None) -> str:
    return f"{current.article_id}:{current.start}:{current.end}" if current else ""


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
        + button("←", "open", title="Previous source", turn=turn_id, n=before.number)
        + f'<span aria-live="polite">{count}</span>'
        + button("→", "open", title="Next source", turn=turn_id, n=after.number)
        + "</span>"
    )


def _marked(whole: str, places: Sequence[Place], current: Place | None) -> str:
    """Write a text with its spans marked; spans may touch, overlap and hold one another."""
    first, last = _window(len(whole), current)
    edges = {first, last}
    for place in places:
        edges |= {min(max(edge, first), last) for edge in (place.start, place.end)}
    pieces = ["<p class='cut'>… the article begins earlier …</p>"] if first else []
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
    if last < len(whole):
        pieces.append("<p class='cut'>… the article goes on …</p>")
    return "".join(pieces)


def _window(length: int, current: Place | None) -> tuple[int, int]:
    if length <= _SHOWN_CHARS:
        return 0, length
    middle = current.start if current else 0
    first = min(max(middle - _SHOWN_CHARS // 2, 0), length - _SHOWN_CHARS)
    return first, first + _SHOWN_CHARS
