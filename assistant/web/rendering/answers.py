"""A turn of the conversation as HTML: question, what is happening, statements, sources."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.types import Answer, Citation, Refusal, Statement
from assistant.web.exporting import answer_as_text
from assistant.web.rendering.checks import render_checks, render_verdict
from assistant.web.rendering.filters import describe_filter
from assistant.web.rendering.markup import attributes, button, day, joined, plural, text
from assistant.web.turns import TurnView

REFUSAL_HEADS = {
    "nothing_close": "The articles say nothing close to this",
    "missing_terms": "The articles do not mention this",
    "not_stated": "The articles do not state this",
    "unsupported": "No answer that the articles support",
    "empty_corpus": "There are no articles yet",
    "nothing_selected": "No article fits the filters",
    "not_a_question": "This is not a question about the articles",
}

_NUMBERS = re.compile(r"\s*\[(\d+)\]")


def render_turn(view: TurnView, *, after: str | None = None, opening: int | None = None) -> str:
    """Render one turn whole; the same function draws it live and afterwards.

    `after` is the id of the turn before it, by which the page knows what to keep above it;
    `opening` is the number of what it was drawn for, by which the page knows what was left.
    """
    body = _question(view) + _outcome(view)
    marks = attributes(
        class_="turn",
        data_turn=view.turn_id,
        data_stage=view.stage,
        data_after=after,
        data_opening=opening,
    )
    return f"<article{marks}>{body}</article>"


def _question(view: TurnView) -> str:
    rewritten = view.answer.rewritten if view.answer else view.rewritten
    asked = ""
    if rewritten and rewritten != view.question:
        asked = f'<p class="asked">Understood as <q>{text(rewritten)}</q></p>'
    if view.where:
        asked += f'<p class="asked">{text(describe_filter(view.where))}</p>'
    return f'<h3 class="question">{text(view.question)}</h3>{asked}'


def _outcome(view: TurnView) -> str:
    if view.stage == "done" and view.answer is not None:
        return _finished(view, view.answer)
    if view.stage == "failed":
        again = button("Ask again", "again", turn=view.turn_id)
        edit = button("Edit question", "edit", turn=view.turn_id)
        return (
            f'<div class="card failed" role="alert"><p class="card-head">This did not work</p>'
            f'<p>{text(view.problem)}</p></div><p class="turn-acts">{again}{edit}</p>'
        )
    if view.stage == "stopped":
        again = button("Ask again", "again", turn=view.turn_id)
        edit = button("Edit question", "edit", turn=view.turn_id)
        return (
            '<p class="status stopped"><span class="shape">■</span> Stopped. What had been drafted '
            f'was not checked and is not kept.</p><p class="turn-acts">{again}{edit}</p>'
        )
    return _draft(view) + _status(view)  # in this order, nothing moves when the status goes


def _status(view: TurnView) -> str:
    articles = plural(len({item.article.article_id for item in view.evidence}), "article")
    sentences = plural(len(view.evidence), "sentence")
    writing = "Drafting from the evidence" if view.drafted is None else "Checking each statement"
    if view.draft_failed:
        writing = f"The draft was not supported; reading {sentences} again"
    words = {
        "searching": "Looking for evidence",
        "waiting": f"Place {view.place} in the queue; the evidence is here already",
        "reading": f"Reading {sentences} of {articles}",
        "writing": writing,
    }[view.stage]
    return f'<p class="status live" role="status"><span class="pulse"></span>{text(words)}</p>'


def _draft(view: TurnView) -> str:
    if view.drafted is None and not view.draft:
        return '<div class="draft skeleton" aria-hidden="true"></div>'
    checked = "".join(_statement(statement, view.turn_id) for statement in view.checked)
    if view.drafted is None:
        waiting = _unchecked(_NUMBERS.sub("", view.draft).strip())
    else:
        waiting = "".join(_unchecked(item) for item in view.drafted[len(view.checked) :])
    return f'<div class="draft">{checked}{waiting}</div>'


def _unchecked(drafted: str) -> str:
    return f'<p class="drafted"><span class="sr">Draft, not checked yet: </span>{text(drafted)}</p>'


def _finished(view: TurnView, answer: Answer) -> str:
    if answer.refusal:
        body = _refusal(view, answer.refusal)
    else:
        statements = "".join(_statement(item, view.turn_id) for item in answer.statements)
        body = f'<div class="answer">{statements}</div>{_sources(answer.citations, view.turn_id)}'
    return f"{body}{render_checks(answer)}{_acts(view, answer)}"


def _statement(statement: Statement, turn_id: str) -> str:
    numbers = "".join(_number(number, turn_id) for number in statement.citations)
    verdict = render_verdict(statement.support)
    kind = statement.support.verdict
    return f'<p class="statement {kind}">{text(statement.told)}{numbers} {verdict}</p>'


def _number(number: int, turn_id: str) -> str:
    title = f"Open source {number} in its article"
    return " " + button(str(number), "open", title=title, class_="cite", turn=turn_id, n=number)


def _sources(citations: Sequence[Citation], turn_id: str) -> str:
    items = "".join(
        "<li>"
        + button(
            f'<span class="n">{item.number}</span><span class="quote">“{text(item.quote)}”</span>'
            f'<span class="from">{joined((item.title, item.source, day(item.published)))}</span>',
            "open",
            class_="source",
            turn=turn_id,
            n=item.number,
        )
        + "</li>"
        for item in citations
    )
    return f'<ol class="sources" aria-label="Sources">{items}</ol>' if items else ""


def _refusal(view: TurnView, refusal: Refusal) -> str:
    missing = "".join(f"<li>{text(term)}</li>" for term in refusal.missing_terms)
    if missing:
        missing = f'<p class="label">Not in the articles</p><ul class="terms">{missing}</ul>'
    nearest = "".join(
        "<li>"
        + button(
            f'<span class="title">{text(item.title)}</span>'
            f'<span class="from">{joined((item.source, day(item.published)))}</span>',
            "article",
            class_="near",
            turn=view.turn_id,
            article=item.article_id,
        )
        + "</li>"
        for item in refusal.nearest
    )
    if nearest:
        nearest = f'<p class="label">Nearest articles</p><ul class="nearest">{nearest}</ul>'
    head = REFUSAL_HEADS[refusal.code]
    return (
        f'<div class="card refusal"><p class="card-head"><span class="shape" aria-hidden="true">—'
        f"</span> {text(head)}</p><p>{text(refusal.message)}</p>{missing}{nearest}</div>"
    )


def _acts(view: TurnView, answer: Answer) -> str:
    turn = view.turn_id
    copied = attributes(type="button", data_copy=answer_as_text(answer))
    acts = [
        f"<button{copied}>Copy with sources</button>",
        button("Ask again", "again", turn=turn),
        button("Edit question", "edit", turn=turn),
        _thumb(view, up=True),
        _thumb(view, up=False),
    ]
    return f'<p class="turn-acts">{"".join(acts)}</p>{_comment(view)}'


def _thumb(view: TurnView, *, up: bool) -> str:
    label, shape = ("Good answer", "▲") if up else ("Bad answer", "▼")
    marks = attributes(
        type="button",
        class_="thumb",
        data_act="rate",
        data_turn=view.turn_id,
        data_up="yes" if up else "no",
        aria_pressed="true" if view.rated is up else "false",
    )
    return f'<button{marks}><span class="shape" aria-hidden="true">{shape}</span> {label}</button>'


def _comment(view: TurnView) -> str:
    if view.rated is None:
        return ""
    thanks = "Thank you; your comment is kept." if view.note else "Thank you; this is kept."
    label = f"comment-{view.turn_id}"
    name = attributes(id=label, name="comment", value=view.note, maxlength=2000)
    form = attributes(class_="comment", data_act="comment", data_turn=view.turn_id)
    return (
        f'<form{form}><label for="{text(label)}">{thanks} What was right or wrong about it?</label>'
        f'<span><input{name} autocomplete="off"><button type="submit">Send</button></span></form>'
    )
