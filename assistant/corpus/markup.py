"""Markdown to the text that a reader sees: no asterisks, hashes or targets of links."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it.token import Token

_MARKED = re.compile(r"[*_`\[<>&\\~]|^ {0,3}#|^ {0,3}(?:=+|-+) *$", re.MULTILINE)
"""What a text without markup has none of; lists and tables stay as they are."""

_HEADING = re.compile(r"^ {0,3}#{1,6}(?:[ \t]+|$)|[ \t]+#+[ \t]*$")
_QUOTED = re.compile(r"^ {0,3}(?:> ?)+")


def strip_markup(text: str) -> str:
    """Return a Markdown text as it reads when it is rendered, line by line.

    Emphasis, code marks, escapes, rules and the targets of links and images go; headings and
    quotations lose their marks. Marks of list items and the bars of tables stay, which tell items
    and cells apart, and so does HTML.
    """
    if not _MARKED.search(text):
        return text
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    lines = text.split("\n")
    dropped: set[int] = set()
    quotes = 0
    tokens = parser.parse(text)
    for token, before in zip(tokens, [None, *tokens], strict=False):
        quotes += token.nesting if token.type.startswith("blockquote") else 0
        if token.map is None:
            continue
        first, last = token.map
        if token.type == "fence":
            dropped |= {first, last - 1} if last - first > 1 else {first}
        elif token.type == "hr":
            dropped.add(first)
        elif token.type == "inline":
            shown = _shown(token).split("\n")
            for number, (said, plain) in enumerate(
                zip(token.content.split("\n"), shown, strict=False), start=first
            ):
                if quotes:
                    lines[number] = _QUOTED.sub("", lines[number])
                lines[number] = lines[number].replace(said, plain, 1)
            if before is not None and before.type == "heading_open":
                lines[first] = _HEADING.sub("", lines[first])
                if before.markup in {"=", "-"}:  # the line below it
                    dropped.add(last)
    return "\n".join(line for number, line in enumerate(lines) if number not in dropped)


def _shown(token: Token) -> str:
    """Return what is seen of the inside of a paragraph, with its line ends."""
    seen: list[str] = []
    for child in token.children or ():
        if child.type in {"softbreak", "hardbreak"}:
            seen.append("\n")
        elif child.type in {"text", "text_special", "code_inline", "image"}:
            seen.append(child.content)
    return "".join(seen)
