"""Questions that articles answer, to show somebody who does not know them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import zip_longest

_INTRODUCED = re.compile(
    r"(?<!\w)((?!(?:Mr|Ms|Mrs|Dr)\b)(?:[A-Z][a-z]+ ){1,2}[A-Z][a-z]{2,}), "
    r"(?:the|a|an|its|their) [a-z][\w’'-]*(?: [a-z][\w’'-]*){0,7},"
)
_QUESTION_CHARS = 200
_PER_ARTICLE = 4


def read_questions(content: bytes) -> tuple[str, ...]:
    """Return the questions that a Markdown article names in its front matter."""
    import frontmatter

    try:
        metadata, _ = frontmatter.parse(content.decode("utf-8", errors="replace"))
    except Exception:  # whatever is wrong with it, it only has no examples
        return ()
    named = metadata.get("questions")
    if not isinstance(named, list):
        return ()
    return tuple(item for item in named if isinstance(item, str) and len(item) <= _QUESTION_CHARS)


def find_questions(articles: Iterable[tuple[Sequence[str], str]], *, limit: int) -> list[str]:
    """Return up to `limit` questions of articles, given as (own questions, text).

    Own questions come first; otherwise each article gives one before any gives a second.
    """
    own: list[Sequence[str]] = []
    found: list[Sequence[str]] = []
    for questions, text in articles:
        own.append(questions[:_PER_ARTICLE])
        names = dict.fromkeys(match[1] for match in _INTRODUCED.finditer(text))
        found.append([f"Who is {name}?" for name in names][:_PER_ARTICLE])
    picked: dict[str, None] = {}
    for group in (own, found):
        for row in zip_longest(*group):
            picked.update(dict.fromkeys(question for question in row if question))
    return list(picked)[:limit]
