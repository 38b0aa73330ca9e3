"""The one place where text becomes HTML.

What comes from articles, questions, file names and models is text and stays text: `text` for
content and attribute values, `link` for addresses. Nothing else may carry such a value to the page.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from datetime import date
from urllib.parse import urlsplit

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SCHEMES = ("http", "https")


def text(value: object) -> str:
    """Escape a value for an element's content or a quoted attribute.

    Control characters, and those that turn the direction of writing, become visible.
    """
    readable = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", str(value).replace("\r\n", "\n"))
    return html.escape(readable, quote=True)


def attributes(**values: object) -> str:
    """Write attributes, `data_x` as data-x and `class_` as class; None leaves one out."""
    return "".join(
        f' {name.rstrip("_").replace("_", "-")}="{text(value)}"'
        for name, value in values.items()
        if value is not None
    )


def button(
    label: str, act: str, *, title: str | None = None, class_: str = "", **data: object
) -> str:
    """Write a button that asks the server for `act`; `label` is HTML, the rest are values."""
    wired = {f"data_{name}": value for name, value in data.items()}
    marks = attributes(
        type="button", class_=class_ or None, data_act=act, title=title, aria_label=title, **wired
    )
    return f"<button{marks}>{label}</button>"


def link(url: str | None) -> str:
    """Write an address as a link that names its host; text alone if it is no http(s) address."""
    if not url:
        return ""
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname
    except ValueError:
        host = None
    if not host or parts.scheme.lower() not in _SCHEMES:
        return f'<span class="no-link">{text(url)}</span>'
    marks = attributes(href=url.strip(), target="_blank", rel="noopener noreferrer nofollow")
    return f"<a{marks}>Original at {text(host)}<span class='sr'> (opens another page)</span></a>"


def day(value: date | None) -> str:
    """Write a date for people, "10 September 2018"; empty if there is none."""
    return f"{value.day} {value:%B %Y}" if value else ""


def short_day(value: date | None) -> str:
    """Write a date for a table, "10 Sep 2018"; empty if there is none."""
    return f"{value.day} {value:%b %Y}" if value else ""


def joined(parts: Iterable[str | None], separator: str = " · ") -> str:
    """Join the texts that are there, escaped."""
    return separator.join(text(part) for part in parts if part)


def plural(count: int, one: str, many: str | None = None) -> str:
    """Count in words: "1 article", "3 articles"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
