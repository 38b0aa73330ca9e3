"""What surrounds the conversation: header, list of conversations, title, welcome."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.web.conversations import LISTED, Conversation
from assistant.web.rendering.answers import render_turn
from assistant.web.rendering.markup import attributes, button, plural, text
from assistant.web.turns import TurnView

PAGES = (("chat", "Chat"), ("corpus", "Articles"), ("evals", "Evals"), ("settings", "Settings"))


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


def render_past(turns: Sequence[TurnView], *, drawing: int, opening: int) -> str:
    """Draw the turns before the last one.

    The page adds finished turns by itself. `drawing` counts the times that they are sent, so that
    no two drawings are equal: Gradio leaves a part alone whose value did not change. `opening`
    is as in `render_turn`.
    """
    drawn = "".join(render_turn(view) for view in turns)
    marks = attributes(class_="turns", data_drawing=drawing, data_opening=opening)
    return f"<div{marks}>{drawn}</div>"


def render_welcome(articles: int, examples: Sequence[str], *, may_edit: bool = True) -> str:
    """Say what this is and offer questions that the articles answer."""
    if not articles and not may_edit:
        return (
            '<section class="welcome"><h2>There are no articles yet</h2><p>Whoever keeps this '
            "assistant adds them; then load this page again.</p></section>"
        )
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


def render_unreadable(problem: str) -> str:
    """Say why there is nothing to ask, and what to do."""
    return (
        '<section class="welcome"><h2>The articles cannot be searched now</h2>'
        f"<p>{text(problem)}</p><p>Then load this page again.</p></section>"
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
    if len(found) >= LISTED:
        listed += f'<p class="none">The newest {LISTED}; search for the others.</p>'
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
        button("↓ Markdown", "export", title="Export as Markdown", form="markdown", **named),
        button("↓ JSON", "export", title="Export as JSON", form="json", **named),
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
