"""Answers and conversations as plain text, Markdown and JSON, with their citations."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from assistant.types import Answer, Citation, to_plain
from assistant.web.rendering.filters import describe_filter
from assistant.web.turns import TurnView

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|!~])")


def answer_as_text(answer: Answer) -> str:
    """Write question, answer and numbered sources as one would paste them into a mail."""
    lines = [answer.question, "", answer.text]
    lines += ["", *(_source(citation) for citation in answer.citations)] if answer.citations else []
    return "\n".join(lines)


def conversation_as_markdown(title: str, turns: Sequence[TurnView]) -> str:
    """Write a conversation as Markdown in which no text of others is markup."""
    parts = [f"# {_plain(title)}"]
    for view in turns:
        parts.append(f"## {_plain(view.question)}")
        if view.where:
            parts.append(_plain(describe_filter(view.where)))
        if view.answer is None:
            parts.append("(not answered)")
            continue
        answer = view.answer
        if answer.rewritten:
            parts.append(f"Understood as: {_plain(answer.rewritten)}")
        if answer.refusal:
            parts.append(_plain(answer.refusal.message))
        parts += [
            f"{_plain(item.told + _numbers(item.citations))} "
            f"({item.support.verdict}, {item.support.score:.2f})"
            for item in answer.statements
        ]
        if answer.citations:
            parts.append("\n".join(f"- {_plain(_source(item))}" for item in answer.citations))
    return "\n\n".join(parts) + "\n"


def conversation_as_json(title: str, turns: Sequence[TurnView]) -> str:
    """Write a conversation as JSON with whole Answers."""
    plain = [
        {
            "question": view.question,
            "stage": view.stage,
            "where": to_plain(view.where),
            "answer": view.answer.to_dict() if view.answer else None,
            "feedback": None if view.rated is None else {"up": view.rated, "comment": view.note},
        }
        for view in turns
    ]
    return json.dumps({"title": title, "turns": plain}, ensure_ascii=False, indent=2)


def _numbers(citations: Sequence[int]) -> str:
    return "".join(f" [{number}]" for number in citations)


def _source(citation: Citation) -> str:
    published = citation.published.isoformat() if citation.published else None
    origin = ", ".join(part for part in (citation.title, citation.source, published) if part)
    place = f"{citation.article_id[:8]} [{citation.start}:{citation.end}]"
    return f"[{citation.number}] “{citation.quote}” — {origin} ({place})"


def _plain(value: str) -> str:
    return _SPECIAL.sub(r"\\\1", " ".join(value.split()))
