"""An answer as text for clients that show Markdown."""

from __future__ import annotations

import re

from assistant.types import Answer

_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_HEADING = "\n\nSources:\n"


def render_sources(answer: Answer) -> str:
    """Return a list of an answer's citations, to be put after its text; empty without any."""
    lines = []
    for citation in answer.citations:
        facts = [citation.title]
        if citation.source:
            facts.append(citation.source)
        if citation.published:
            facts.append(citation.published.isoformat())
        line = f"[{citation.number}] “{citation.quote}” — {', '.join(facts)}"
        lines.append(" ".join(line.split()))
    return _HEADING + "\n".join(lines) if lines else ""


def strip_sources(text: str) -> str:
    """Return an earlier answer without its list of sources."""
    return text.partition(_HEADING)[0]


def disarm(text: str) -> str:
    """Break links and images of Markdown and HTML: who loads one tells its host of the chat."""
    return _TAG.sub("< ", text.replace("](", "] (").replace("][", "] ["))


def disarm_piece(text: str) -> str:
    """Do what `disarm` does for a piece of a text, of which the next one is not known."""
    return text.replace("]", "] ").replace("<", "< ")
