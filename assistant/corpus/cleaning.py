"""Bytes to text, and text to the one form in which articles are kept."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from typing import Any

from assistant.errors import SourceError

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff\ufffe\uffff\ud800-\udfff]")
_LINE_END = re.compile(r"\r\n?|\x0b|\x0c|\x85|\u2028|\u2029")
_MANY_BLANK = re.compile(r"\n{3,}")
_BINARY_SAMPLE = 8192


def clean_text(text: str) -> str:
    """Return NFC text with "\\n" line ends, without control characters and trailing space."""
    text = _LINE_END.sub("\n", text)
    text = unicodedata.normalize("NFC", _CONTROL.sub("", text))
    # Not by a regular expression: one would try every space of a long run in turn.
    text = "\n".join(line.rstrip() for line in text.split("\n"))
    return _MANY_BLANK.sub("\n\n", text).strip()


def clean_line(text: str | None) -> str | None:
    """Return text cleaned and on one line; None for nothing."""
    return " ".join(clean_text(text).split()) or None if text else None


def decode(content: bytes, name: str) -> str:
    """Decode UTF-8, else what charset-normalizer finds.

    Raises:
        SourceError: the content is binary, or no encoding fits.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    if b"\0" in content[:_BINARY_SAMPLE]:
        raise SourceError(f"{name} is binary, not text.", hint="Give a text, HTML, PDF or DOCX.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        from charset_normalizer import from_bytes

        best = from_bytes(content).best()
        if best is None:
            raise SourceError(
                f"{name} is in no encoding that could be recognised.", hint="Save it as UTF-8."
            ) from None
        return str(best)


def parse_published(value: Any, name: str) -> date | None:
    """Return the day on which an article appeared; None where the front matter leaves it empty.

    Raises:
        SourceError: it is neither empty nor a date.
    """
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return datetime.fromisoformat(str(value).strip()).date()
    except ValueError as error:
        raise SourceError(
            f"{name} has the published date {str(value)!r}, which is no date.",
            hint="Write it as YYYY-MM-DD, or leave it empty.",
        ) from error
