"""A turn of the conversation as HTML: question, what is happening, statements, sources."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.types import Answer, Check, Citation, Refusal, Statement, Verdict
from assistant.web.exporting import answer_as_text
from assistant.web.rendering.markup import attributes, button, day, joined, plural, text
from assistant.web.turns import TurnView

VERDICTS: dict[Verdict, tuple[str, str]] = {
    "supported": ("✓", "supported"),
    "partly": ("◐", "partly supported"),
    "unsupported": ("✕", "not supported"),
}
"""Each verdict's shape and words: colour is never the only sign."""

REFUSAL_HEADS = {
    "nothing_close": "The articles say nothing close to this",
    "missing_terms": "The articles do not mention this",
    "not_stated": "The articles do not state this",
    "unsupported": "No answer that the articles support",
    "empty_corpus": "There are no articles yet",
    "not_a_question": "This is not a question about the articles",
}

CHECK_WORDS = {
    "cited": "cites evidence that was read",
    "numbers": "numbers and units agree",
    "dates": "dates agree",
    "quotes": "quotations are verbatim",
    "question_numbers": "about the number asked for",
    "question_quotes": "about the words quoted in the question",
    "statement_words": "its words in what is cited",
    "answers": "the verifier: it answers the question",
    "names": "names agree",
    "question_names": "about who and what was asked",
    "grounded": "its words stand in the evidence",
    "counted": "counts only what is listed",
    "answer_type": "the kind of answer asked for",
    "informative": "says something new",
    "polarity": "a yes rests on what says so",
    "aspect": "answers the aspect asked for",
    "attribution": "keeps who said it",
    "model": "the chat model, asked yes or no, agrees",
}

_NUMBERS = re.compile(r"\[(\d+)\]")


def render_turn(view: TurnView, *, after: str | None = None) -> str:
    """Render one turn whole; the same function draws it live and afterwards.

    `after` is the id of the turn before it, by which the page knows what to keep above it.
    """
    body = _question(view) + _outcome(view)
    marks = attributes(
        class_="turn", data_turn=view.turn_id, data_stage=view.stage, data_after=after
    )
    return f"<article{marks}>{body}</article>"


def _question(view: TurnView) -> str:
    rewritten = view.answer.rewritten if view.answer else view.rewritten
    asked = ""
    if rewritten and rewritten != view.question:
        asked = f'<p class="asked">Understood as <q>{text(rewritten)}</q></p>'
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
    return _status(view) + _draft(view)


def _status(view: TurnView) -> str:
    articles = plural(len({item.article.article_id for item in view.evidence}), "article")
    sentences = plural(len(view.evidence), "sentence")
    words = {
        "searching": "Looking for evidence",
        "waiting": f"Place {view.place} in the queue; the evidence is here already",
        "reading": f"Reading {sentences} of {articles}",
        "writing": "Checking each statement" if view.checked else "Drafting from the evidence",
    }[view.stage]
    if view.drafts > 1 and view.stage == "reading":
        words = f"The first draft was not supported; reading {sentences}"
    return f'<p class="status live" role="status"><span class="pulse"></span>{text(words)}</p>'


def _draft(view: TurnView) -> str:
    if not view.draft and not view.checked:
        return '<div class="draft skeleton" aria-hidden="true"></div>'
    checked = "".join(
        _statement(statement, view.turn_id, linked=False) for statement in view.checked
    )
    if view.checked:
        return f'<div class="draft">{checked}</div>'
    drafted = _NUMBERS.sub("", view.draft).strip()
    return (
        f'<div class="draft"><p class="drafted"><span class="sr">Draft, not checked yet: </span>'
        f"{text(drafted)}</p></div>"
    )


def _finished(view: TurnView, answer: Answer) -> str:
    if answer.refusal:
        body = _refusal(view, answer.refusal)
    else:
        statements = "".join(_statement(item, view.turn_id) for item in answer.statements)
        body = f'<div class="answer">{statements}</div>{_sources(answer.citations, view.turn_id)}'
    return f"{body}{_details(answer)}{_acts(view, answer)}"


def _statement(statement: Statement, turn_id: str, *, linked: bool = True) -> str:
    shape, words = VERDICTS[statement.support.verdict]
    numbers = "".join(_number(number, turn_id) for number in statement.citations) if linked else ""
    score = f"{statement.support.score:.0%}"
    marks = attributes(
        class_=f"verdict {statement.support.verdict}",
        title=f"The checks give this a {score} chance of being supported",
    )
    verdict = f'<span{marks}><span class="shape" aria-hidden="true">{shape}</span> {words}</span>'
    kind = statement.support.verdict
    return f'<p class="statement {kind}">{text(statement.text)}{numbers} {verdict}</p>'


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


def _details(answer: Answer) -> str:
    dropped = "".join(
        f'<div class="checked">{_statement(item, "", linked=False)}{_checks(item)}</div>'
        for item in answer.dropped
    )
    if dropped:
        dropped = f'<p class="label">Drafted, but not shown as an answer</p>{dropped}'
    shown = "".join(
        f'<div class="checked"><p>{text(item.text)}</p>{_checks(item)}</div>'
        for item in answer.statements
    )
    notes = "".join(f"<li>{text(note)}</li>" for note in answer.notes)
    notes = f'<ul class="notes">{notes}</ul>' if notes else ""
    facts = joined(
        (
            answer.model,
            f"evidence {answer.timings.retrieve_s:.2f} s",
            None
            if answer.timings.first_token_s is None
            else f"first word {answer.timings.first_token_s:.1f} s",
            f"{answer.timings.total_s:.1f} s in all",
        )
    )
    return (
        f"<details><summary>How this was checked</summary>{shown}{dropped}{notes}"
        f'<p class="facts">{facts}</p></details>'
    )


def _checks(statement: Statement) -> str:
    applied = [
        check
        for check in statement.support.checks
        if check.passed is not None or check.score is not None
    ]
    items = "".join(_check(check) for check in applied)
    return f'<ul class="checks">{items}</ul>' if items else ""


def _check(check: Check) -> str:
    shape, word = ("✓", "passed") if check.passed else ("✕", "failed")
    name = CHECK_WORDS.get(check.name, check.name.replace("_", " "))
    if check.passed is None:
        shape, word = "≈", f"{check.score or 0:.2f}"
    detail = f": {text(check.detail)}" if check.detail else ""
    return (
        f'<li><span class="shape" aria-hidden="true">{shape}</span> {text(name)} <em>{word}</em>'
        f"{detail}</li>"
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
