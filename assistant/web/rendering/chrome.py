"""What surrounds the conversation: header, list of conversations, filters, welcome."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.types import ArticleReference, SearchFilter
from assistant.web.conversations import Conversation
from assistant.web.rendering.answers import render_turn
from assistant.web.rendering.markup import attributes, button, day, joined, plural, text
from assistant.web.turns import TurnView

PAGES = (("chat", "Chat"), ("corpus", "Articles"), ("evals", "Evals"), ("settings", "Settings"))
_LISTED_ARTICLES = 200


def render_header(visitor: str | None, *, may_edit: bool = True) -> str:
    """Write the bar at the top; `visitor` is a name where people log in.

    The form for adding articles is not shown where `may_edit` is false.
    """
    links = "".join(
        button(label, "page", page_link=page, class_="page-link") for page, label in PAGES
    )
    who = ""
    if visitor is not None:
        who = (
            f'<span class="who">{text(visitor)}</span>'
            '<form method="post" action="/logout"><button class="quiet">Log out</button></form>'
        )
    theme = button("◐", "theme", title="Switch between light and dark", class_="quiet")
    bar = attributes(class_="bar", data_may_edit="yes" if may_edit else "no")
    return (
        f'<header{bar}><h1><span class="brand-mark" aria-hidden="true">¶</span>'
        f'Article assistant</h1><nav aria-label="Pages">{links}</nav>'
        f'<span class="bar-end">{who}{theme}</span></header>'
    )


def render_past(turns: Sequence[TurnView], *, drawing: int) -> str:
    """Draw the turns before the last one.

    The page adds finished turns by itself. `drawing` counts the times that they are sent, so that
    no two drawings are equal: Gradio leaves a part alone whose value did not change.
    """
    drawn = "".join(render_turn(view) for view in turns)
    return f'<div class="turns" data-drawing="{drawing}">{drawn}</div>'


def render_welcome(articles: int, examples: Sequence[str]) -> str:
    """Say what this is and offer questions that the articles answer."""
    if not articles:
        return (
            '<section class="welcome"><h2>There are no articles yet</h2><p>Add files or web pages, '
            "then ask about them.</p><p>"
            + button("Add articles", "page", page_link="corpus", class_="primary")
            + "</p></section>"
        )
    items = "".join(
        f"<li>{button(text(question), 'example', question=question, class_='example')}</li>"
        for question in examples
    )
    asked = f'<p class="label">For example</p><ul class="examples">{items}</ul>' if items else ""
    return (
        '<section class="welcome"><h2>Ask the articles</h2>'
        f"<p>Answers come only from {plural(articles, 'article')} on this machine. Each statement "
        "cites the exact sentence it rests on and is checked against it; where the articles do not "
        f"answer, you are told so.</p>{asked}</section>"
    )


def render_conversations(found: Sequence[Conversation], current: str, words: str) -> str:
    """List conversations, with a search field above them."""
    search = attributes(
        type="search", name="words", value=words, placeholder="Search conversations"
    )
    items = "".join(_listed(item, item.conversation_id == current) for item in found)
    nothing = "Nothing found." if words else "Questions you ask are kept here."
    listed = (
        f'<ul class="conversations">{items}</ul>' if items else f'<p class="none">{nothing}</p>'
    )
    new = button("+ New conversation", "new", class_="new")
    return (
        f'<nav class="history" aria-label="Conversations">{new}'
        '<form data-act="search" data-typing="yes" role="search"><label class="sr" for="words">'
        f'Search conversations</label><input id="words"{search}></form>{listed}</nav>'
    )


def _listed(item: Conversation, is_current: bool) -> str:
    marks = attributes(
        type="button",
        data_act="conversation",
        data_id=item.conversation_id,
        aria_current="true" if is_current else None,
    )
    return f"<li><button{marks}>{text(item.title)}</button></li>"


def render_title(current: Conversation | None) -> str:
    """Name the conversation, with what can be done to it."""
    drawer = _toggle("☰", "drawer", "aside", "List of conversations")
    if current is None:
        return f'<div class="named">{drawer}<h2>New conversation</h2></div>'
    named = {"id": current.conversation_id}
    acts = (
        button(
            "Rename",
            "rename",
            ask="Rename this conversation",
            value=current.title,
            action="Rename",
            **named,
        ),
        button("Markdown", "export", title="Export as Markdown", form="markdown", **named),
        button("JSON", "export", title="Export as JSON", form="json", **named),
        button(
            "Delete",
            "delete",
            ask="Delete this conversation for good?",
            action="Delete",
            danger="yes",
            **named,
        ),
    )
    return (
        f'<div class="named">{drawer}<h2>{text(current.title)}</h2>'
        f"{_toggle('⋯', 'acts', 'title-acts', 'More for this conversation')}"
        f'<span class="title-acts" id="title-acts">{"".join(acts)}</span></div>'
    )


def _toggle(sign: str, name: str, controls: str, label: str) -> str:
    """Write a button, for narrow screens, that shows and hides a part of the page."""
    marks = attributes(
        type="button",
        class_=f"toggle {name}",
        data_act="toggle",
        data_toggles=name,
        aria_controls=controls,
        aria_expanded="false",
        aria_label=label,
        title=label,
    )
    return f"<button{marks}>{sign}</button>"


def render_filters(
    where: SearchFilter,
    articles: Sequence[ArticleReference],
    problem: str = "",
    *,
    opened: bool = False,
) -> str:
    """Let the search be narrowed to sources, a range of dates and single articles."""
    sources = sorted({item.source for item in articles if item.source})
    boxes = "".join(_box("source", name, name, checked=name in where.sources) for name in sources)
    boxes = f"<fieldset><legend>Source</legend>{boxes}</fieldset>" if boxes else ""
    first = where.published_from.isoformat() if where.published_from else ""
    last = where.published_to.isoformat() if where.published_to else ""
    dates = (
        "<fieldset><legend>Published</legend>"
        f"<label>from <input{attributes(type='date', name='from', value=first)}></label>"
        f"<label>to <input{attributes(type='date', name='to', value=last)}></label></fieldset>"
    )
    chosen = set(where.article_ids)
    listed = sorted(articles, key=lambda item: item.article_id not in chosen)[:_LISTED_ARTICLES]
    single = "".join(
        _box(
            "article",
            item.article_id,
            item.title,
            joined((item.source, day(item.published))),
            checked=item.article_id in chosen,
        )
        for item in listed
    )
    more = len(articles) - len(listed)
    rest = f"<p class='none'>and {plural(more, 'article')} more</p>" if more else ""
    clear = button("Search everything", "unfilter") if where else ""
    wrong = f'<p class="problem" role="alert">{text(problem)}</p>' if problem else ""
    return (
        f'<details class="filters"{" open" if opened else ""}><summary>'
        f'<span class="funnel" aria-hidden="true">▽</span> {text(describe_filter(where, articles))}'
        f'</summary><form data-act="filter" data-live="yes">{wrong}{boxes}{dates}'
        f"<fieldset><legend>Articles</legend><div class='boxes'>{single}</div>{rest}</fieldset>"
        f"</form>{clear}</details>"
    )


def _box(name: str, value: str, label: str, more: str = "", *, checked: bool) -> str:
    marks = attributes(type="checkbox", name=name, value=value)
    ticked = " checked" if checked else ""
    more = f' <span class="from">{more}</span>' if more else ""
    return f"<label class='box'><input{marks}{ticked}><span>{text(label)}{more}</span></label>"


def describe_filter(where: SearchFilter, articles: Sequence[ArticleReference]) -> str:
    """Say in words what is searched."""
    if not where:
        return f"Searching all {plural(len(articles), 'article')}" if articles else "No articles"
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
