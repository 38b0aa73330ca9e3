"""What the software checked of an answer, statement by statement."""

from __future__ import annotations

from assistant.types import Answer, Check, Statement, Support, Verdict
from assistant.web.rendering.markup import attributes, joined, text

VERDICTS: dict[Verdict, tuple[str, str]] = {
    "supported": ("✓", "supported"),
    "partly": ("◐", "partly supported"),
    "unsupported": ("✕", "not supported"),
}
"""Each verdict's shape and words: colour is never the only sign."""

_MEANINGS: dict[Verdict, str] = {
    "supported": "what is cited states it, and no check found a fault",
    "partly": "it is likely, but a check is in doubt: read what is cited",
    "unsupported": "it is no part of the answer",
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
    "probe": "what the chat model knows beside its word",
}


def render_verdict(support: Support) -> str:
    """Write a verdict by its shape and its words."""
    shape, words = VERDICTS[support.verdict]
    marks = attributes(class_=f"verdict {support.verdict}", title=_chance(support))
    return f'<span{marks}><span class="shape" aria-hidden="true">{shape}</span> {words}</span>'


def render_checks(answer: Answer) -> str:
    """Tell, for those who open it, how an answer came about and what each check said."""
    shown = "".join(_checked(item) for item in answer.statements)
    dropped = "".join(_checked(item) for item in answer.dropped)
    if dropped:
        dropped = f'<p class="label">Drafted, but not shown as an answer</p>{dropped}'
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
        f"<details><summary>How this was checked</summary>{shown}{dropped}{notes}{_legend()}"
        f'<p class="facts">{facts}</p></details>'
    )


def _legend() -> str:
    items = "".join(
        f'<li><span class="shape" aria-hidden="true">{shape}</span> {words}: {_MEANINGS[kind]}</li>'
        for kind, (shape, words) in VERDICTS.items()
    )
    return f'<ul class="legend">{items}</ul>'


def _checked(statement: Statement) -> str:
    support = statement.support
    applied = [item for item in support.checks if item.passed is not None or item.score is not None]
    items = "".join(_check(check) for check in applied)
    items = f'<ul class="checks">{items}</ul>' if items else ""
    return (
        f'<div class="checked"><p class="statement">{text(statement.text)} '
        f'{render_verdict(support)}</p><p class="label">{_chance(support)}, of all checks '
        f"together</p>{items}</div>"
    )


def _chance(support: Support) -> str:
    return f"{support.score:.0%} chance of being supported"


def _check(check: Check) -> str:
    shape, word = ("✓", "passed") if check.passed else ("✕", "failed")
    name = CHECK_WORDS.get(check.name, check.name.replace("_", " "))
    if check.passed is None:
        shape, word = "≈", f"{check.score or 0:.2f}"
    detail = f" <span class='from'>{text(check.detail)}</span>" if check.detail else ""
    return (
        f'<li><span class="shape" aria-hidden="true">{shape}</span><span>{text(name)}{detail}'
        f"</span> <em>{word}</em></li>"
    )
